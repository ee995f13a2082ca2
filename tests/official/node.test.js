// The checks of Convex's official client, in Node.

import { after, afterEach, before, test } from "node:test";

import WebSocket from "ws";

import { checks } from "./checks.js";
import { Deployment } from "./deployment.js";
import { startDevServer } from "./dev_server.js";

let server;
let deployment;

before(async () => {
  server = await startDevServer();
  deployment = new Deployment(server.url, WebSocket);
});

afterEach(() => deployment.reset());

after(() => server?.stop());

for (const [name, check] of Object.entries(checks)) {
  test(`in Node: ${name}`, { timeout: 30_000 }, () => check(deployment));
}
