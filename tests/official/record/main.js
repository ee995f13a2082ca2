// Records the frames that convex-js sends in each story. Our core is compared with these golden files.
//
//     npm run record            writes the files
//     npm run record -- check   fails if they would change
//
// A file is { name, description, client, events }. Each event is one of
//     { do }        a call of the app to the client
//     { opened }    the client connected to a path
//     { sent }      a frame from the client; session id and clock are replaced
//     { received }  a frame from the server
//     { closed }    the server closed the connection

import { readFile, readdir, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";

import { RecordedClient } from "./client.js";
import { ScriptedServer } from "./server.js";
import { stories } from "./stories.js";

const FOLDER = new URL("../../../crates/convex-testkit/tests/golden/", import.meta.url);
const { version } = createRequire(import.meta.url)("convex/package.json");

async function record({ name, description, run }) {
  const events = [];
  const server = await ScriptedServer.start(events);
  const clients = [];
  const client = (options) => {
    clients.push(new RecordedClient(server.url, events, options));
    return clients.at(-1);
  };
  try {
    await run({ server, client });
  } catch (error) {
    throw new Error(`${name}: ${error.message}\n${JSON.stringify(events, null, 2)}`);
  } finally {
    for (const one of clients) await one.close();
    await server.stop();
  }
  return JSON.stringify({ name, description, client: `convex ${version}`, events }, null, 2) + "\n";
}

const check = process.argv[2] === "check";
const stale = new Set((await readdir(FOLDER)).filter((file) => file.endsWith(".json")));
let changed = 0;
for (const story of stories) {
  const file = `${story.name}.json`;
  const text = await record(story);
  stale.delete(file);
  const before = await readFile(new URL(file, FOLDER), "utf8").catch(() => null);
  if (before === text) continue;
  changed += 1;
  console.log(`${check ? "would change" : "wrote"} ${file}`);
  if (!check) await writeFile(new URL(file, FOLDER), text);
}
for (const file of stale) {
  changed += 1;
  console.log(`${check ? "has no story" : "removed"}: ${file}`);
  if (!check) await rm(new URL(file, FOLDER));
}
console.log(`${stories.length} stories, ${changed} changed`);
process.exitCode = check && changed > 0 ? 1 : 0;
