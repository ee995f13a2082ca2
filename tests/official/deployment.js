// The dev server as a test sees it, from Node or from a page: its clients, its identity service, its controls.

import { ConvexClient, ConvexHttpClient } from "convex/browser";

export class Deployment {
  clients = [];

  // The WebSocket is the browser's, or `ws`'s in Node.
  constructor(url, WebSocket) {
    this.url = url;
    this.WebSocket = WebSocket;
  }

  // The types of the frames that it receives are put into `frames`.
  client({ frames, ...options } = {}) {
    const client = new ConvexClient(this.url, {
      skipConvexDeploymentUrlCheck: true,
      logger: false,
      webSocketConstructor: frames === undefined ? this.WebSocket : listening(this.WebSocket, frames),
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
    // A browser keeps the cookie and hides it; in Node it is for us to keep. There is one.
    const cookie = response.headers.get("set-cookie")?.split(";", 1)[0] ?? "";
    return new Session(this, cookie);
  }

  // Turns knobs of the server, such as `{ tokenLifetimeSecs: 2 }`.
  turn(knobs) {
    return this.command("knobs", knobs);
  }

  // Breaks all sockets.
  drop() {
    return this.command("drop", {});
  }

  // Runs a mutation as another client, with encoded arguments.
  async mutate(path, args) {
    const answer = await this.post("/api/mutation", { path, args: [args], format: "convex_encoded_json" });
    if (answer.status !== "success") throw new Error(`${path} elsewhere: ${JSON.stringify(answer)}`);
  }

  // Whether the server has run a function.
  async hasRun(path) {
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

  // As it was before the test.
  async reset() {
    for (const client of this.clients.splice(0)) await client.close();
    await this.turn({ tokenLifetimeSecs: 300, rejectTokens: "none", redact: false });
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

function listening(WebSocket, frames) {
  return class extends WebSocket {
    constructor(...args) {
      super(...args);
      this.addEventListener("message", (event) => frames.push(JSON.parse(event.data).type));
    }
  };
}
