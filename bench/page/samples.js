// What one thing done again and again takes.

import { arrivals, change, forgetFrames, idle } from "./page.js";

// Does `sample(k)` some times to warm up, then so often as is asked; with what each of the latter resolves to.
export async function repeat({ warmup = 10, samples = 50 }, sample) {
  const taken = [];
  for (let k = 0; k < warmup + samples; k++) {
    await idle();
    const result = await sample(k);
    if (k >= warmup) taken.push(result);
  }
  return taken;
}

// Lets the server change something: from the moment its message is there, before the client knows, to the moment the page shows it.
export async function fromMessageToPage(cause, isShown) {
  forgetFrames();
  const copied = { ...bench.copied };
  const changed = change(isShown);
  const caused = cause();
  const [{ at, mutations }] = await Promise.all([changed, caused]);
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
export function summary(taken) {
  const { ms: _, ...counts } = taken[0];
  const medians = Object.keys(counts).map((name) => [name, median(taken.map((one) => one[name]))]);
  return { samples: taken.map(({ ms }) => ms), ...Object.fromEntries(medians) };
}

function median(numbers) {
  const sorted = numbers.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)];
}
