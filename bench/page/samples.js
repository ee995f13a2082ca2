// Repeated measurements and their summary.

import { arrivals, change, forgetFrames, idle } from "./page.js";

// Runs `sample(k)` `warmup` times, then `samples` times. Resolves to the results of the latter.
export async function repeat({ warmup = 10, samples = 50 }, sample) {
  const results = [];
  for (let k = 0; k < warmup + samples; k++) {
    await idle();
    const result = await sample(k);
    if (k >= warmup) results.push(result);
  }
  return results;
}

// Makes a change on the server and measures from the arrival of its message, before the client handles it, to the change of the page.
export async function fromMessageToPage(mutate, isShown) {
  forgetFrames();
  const copied = { ...bench.copied };
  const changed = change(isShown);
  const mutated = mutate();
  const [{ at, mutations }] = await Promise.all([changed, mutated]);
  const messages = arrivals().filter((frame) => frame.at <= at);
  return {
    ms: at - messages[0].at,
    mutations,
    bytes: messages.reduce((sum, { length }) => sum + length, 0),
    copiedIn: bench.copied && bench.copied.in - copied.in,
    copiedOut: bench.copied && bench.copied.out - copied.out,
  };
}

// All times, and the median of each count.
export function summary(results) {
  const { ms: _, ...counts } = results[0];
  const medians = Object.keys(counts).map((name) => [name, median(results.map((result) => result[name]))]);
  return { samples: results.map(({ ms }) => ms), ...Object.fromEntries(medians) };
}

function median(numbers) {
  const sorted = numbers.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)];
}
