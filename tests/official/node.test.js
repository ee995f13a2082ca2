// Convex's own client in Node against a dev server of ours. CONVEX_DEV_SERVER is the server's binary.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { after, afterEach, before, test } from "node:test";

import WebSocket from "ws";

import { checks } from "./checks.js";
import { Deployment } from "./deployment.js";

const binary = process.env.CONVEX_DEV_SERVER;
if (!binary) throw new Error("CONVEX_DEV_SERVER is not set; `cargo xtask test official` sets it");

let server;
let deployment;

before(async () => {
  server = spawn(binary, ["--port", "0"], { stdio: ["ignore", "pipe", "inherit"] });
  for await (const line of createInterface({ input: server.stdout })) {
    const url = line.match(/http:\/\/[\d.:]+/)?.[0];
    if (url) {
      deployment = new Deployment(url, WebSocket);
      return;
    }
  }
  throw new Error("the dev server ended without telling its address");
});

afterEach(() => deployment.reset());

after(async () => {
  if (server.exitCode !== null) return;
  server.kill();
  await once(server, "exit");
});

for (const [name, check] of Object.entries(checks)) {
  test(name, { timeout: 30_000 }, () => check(deployment));
}
