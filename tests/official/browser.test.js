// The checks of Convex's official client, in a browser.

import { after, before, test } from "node:test";

import { build } from "esbuild";

import { Browser } from "./browser.js";
import { checks } from "./checks.js";
import { startDevServer } from "./dev_server.js";

let server;
let browser;

before(async () => {
  const entry = new URL("page.js", import.meta.url).pathname;
  const bundle = await build({ entryPoints: [entry], bundle: true, format: "iife", write: false });
  server = await startDevServer();
  browser = await Browser.start();
  await browser.goto(server.url);
  await browser.run(bundle.outputFiles[0].text);
});

after(async () => {
  await browser?.stop();
  await server?.stop();
});

for (const name of Object.keys(checks)) {
  test(`in Chromium: ${name}`, { timeout: 60_000 }, async () => {
    const failure = await browser.call("runCheck", name);
    if (failure !== null) throw new Error(failure);
  });
}
