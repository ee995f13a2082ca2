// Starts a dev server on a free port. CONVEX_DEV_SERVER names its binary.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";

export async function startDevServer() {
  const binary = process.env.CONVEX_DEV_SERVER;
  if (!binary) throw new Error("CONVEX_DEV_SERVER is not set; `cargo xtask test official` sets it");
  const server = spawn(binary, ["--port", "0"], { stdio: ["ignore", "pipe", "inherit"] });
  const stop = () => ended(server);
  for await (const line of createInterface({ input: server.stdout })) {
    const url = line.match(/http:\/\/[\d.:]+/)?.[0];
    if (url) return { url, stop };
  }
  throw new Error("the dev server ended before it printed its address");
}

export async function ended(child) {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill();
  await once(child, "exit");
}
