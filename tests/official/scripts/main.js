// Runs a script on Convex's official client and prints the recording.
//
//     node main.js <script> < { "url", "tokens" }
//
// `tests/tests/scripts/script.rs` describes the steps, and `recording.rs` beside it the output.

import { readFile } from "node:fs/promises";
import { text } from "node:stream/consumers";

import { Player } from "./player.js";

const { steps, together } = JSON.parse(await readFile(process.argv[2], "utf8"));
const { url, tokens } = JSON.parse(await text(process.stdin));

const player = new Player(url, tokens, together);
for (const step of steps) {
  try {
    // Steps between two waits run in one turn of the event loop.
    const wait = player.perform(step);
    if (wait !== undefined) await wait;
  } catch (error) {
    throw new Error(`at ${JSON.stringify(step)}, after ${JSON.stringify(player.recording, null, 2)}`, { cause: error });
  }
}
process.stdout.write(JSON.stringify(player.recording), () => process.exit());
