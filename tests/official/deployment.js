// A test's access to the dev server, from Node or from a page: clients, the identity service, the controls.

import { ConvexClient, ConvexHttpClient } from "convex/browser";

export class Deployment {
  clients = [];

  // `WebSocket` is the browser's, or in Node that of `ws`.
  constructor(url, WebSocket) {
    this.url = url;
    this.WebSocket = WebSocket;
  }

  // A new client. The types of its received frames are appended to `frames`, if given.
  client({ frames, ...options } = {}) {
    const client = new ConvexClient(this.url, {
      skipConvexDeploymentUrlCheck: true,
      logger: false,
      webSocketConstructor: frames === undefined ? this.WebSocket : recordingTypes(this.WebSocket, frames),
      ...options,
    });
    this.clients.push(client);
    return client;
  }

  httpClient() {
    return new ConvexHttpClient(this.url, { skipConvexDeploymentUrlCheck: true, logger: false });
  }

  async signIn(name) {
    const response = await fetch(`${this.url}/api/auth/sign-in/email`, {
      method: "POST",
      credentials: "include",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ email: `${name}@example.com`, password: `${name}-demo` }),
    });
    if (!response.ok) throw new Error(`sign-in: ${response.status}`);
    // A browser stores the cookie and hides it. Node does not store it, so the session does. There is one cookie.
    const cookie = response.headers.get("set-cookie")?.split(";", 1)[0] ?? "";
    return new Session(this, cookie);
  }

  // Sets knobs of the server, such as `{ tokenLifetimeSecs: 2 }`.
  setKnobs(knobs) {
    return this.command("knobs", knobs);
  }

  // Breaks all sockets.
  dropConnections() {
    return this.command("drop", {});
  }

  // Runs a mutation as another client, with encoded arguments.
  async mutate(path, args) {
    const reply = await this.post("/api/mutation", { path, args: [args], format: "convex_encoded_json" });
    if (reply.status !== "success") throw new Error(`${path} of another client failed: ${JSON.stringify(reply)}`);
  }

  // Whether the server has executed a function.
  async hasExecuted(path) {
    const response = await fetch(`${this.url}/api/dev/log`);
    const { executions } = await response.json();
    return executions.some((execution) => execution.path === path);
  }

  command(name, body) {
    return this.post(`/api/dev/${name}`, body);
  }

  async post(path, body) {
    const response = await fetch(`${this.url}${path}`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    });
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
    return response.json();
  }

  // Closes all clients and restores the knobs.
  async reset() {
    for (const client of this.clients.splice(0)) await client.close();
    await this.setKnobs({ tokenLifetimeSecs: 300, rejectTokens: "none", redact: false });
  }
}

class Session {
  constructor(deployment, cookie) {
    this.deployment = deployment;
    this.cookie = cookie;
  }

  async token() {
    const response = await fetch(`${this.deployment.url}/api/auth/convex/token`, {
      credentials: "include",
      headers: this.cookie === "" ? {} : { cookie: this.cookie },
    });
    if (!response.ok) throw new Error(`token: ${response.status}`);
    return (await response.json()).token;
  }
}

function recordingTypes(WebSocket, frames) {
  return class extends WebSocket {
    constructor(...args) {
      super(...args);
      this.addEventListener("message", (event) => frames.push(JSON.parse(event.data).type));
    }
  };
}
