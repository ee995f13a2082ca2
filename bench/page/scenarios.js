// What is measured, by name.

import { arrivals, all, change, forgetFrames, root, shown } from "./page.js";
import { fromMessageToPage, repeat, summary } from "./samples.js";
import { call, mutation, post } from "./server.js";

// A step that shares no factor with any round number: it comes by all parts of the page, in no order that caches like.
const STRIDE = 7919;

// Far longer than any run.
const HELD_MS = 600_000;

// After so long a connection that breaks is one that was good, not one of many that fail.
const LASTED_MS = 1_500;

// `change: "one"` of the cells, or `"all"` of them in one transition.
export async function cells({ n, change = "one", ...options }) {
  await resetCells(n);
  if (change === "all") {
    const taken = await repeat(options, (k) =>
      fromMessageToPage(() => mutation("bench:setCells", { n, value: k + 1 }), allCells(n, k + 1)),
    );
    return summary(taken);
  }
  const taken = await repeat(options, (k) => {
    const [i, value] = [(k * STRIDE) % n, k + 1];
    return fromMessageToPage(() => mutation("bench:setCell", { i, value }), () => cellShows(i, value));
  });
  return summary(taken);
}

// All documents replaced; their number and the first one's title are shown.
export async function documents({ n, ...options }) {
  await resetDocuments(n);
  const [count, first] = [document.getElementById("count"), document.getElementById("first")];
  await shown(() => count.textContent === String(n) && first.textContent === title(0, 0));
  const taken = await repeat(options, (k) =>
    fromMessageToPage(
      () => mutation("bench:setDocuments", { n, generation: k + 1 }),
      () => first.textContent === title(0, k + 1),
    ),
  );
  return summary(taken);
}

// One document changed of a list that is shown whole.
export async function rows({ n, ...options }) {
  await resetDocuments(n);
  const list = root.querySelector("ul");
  const rowShows = (index, generation) =>
    list.children[index]?.firstElementChild.textContent === title(index, generation);
  await shown(() => list.childElementCount === n && all(n, (index) => rowShows(index, 0))());
  const taken = await repeat(options, (k) => {
    const [index, generation] = [(k * STRIDE) % n, k + 1];
    return fromMessageToPage(
      () => mutation("bench:setDocument", { index, generation }),
      () => rowShows(index, generation),
    );
  });
  return summary(taken);
}

// A click on a button that counts optimistically, with `inFlight` clicks before it that the server has not answered. Also the time all of the latter took.
export async function optimistic({ inFlight = 0, ...options }) {
  await mutation("bench:setCell", { i: 0, value: 0 });
  const button = document.getElementById("increment");
  let clicks = 0;
  await shown(() => button.textContent === "0");
  const click = async () => {
    clicks += 1;
    const counted = change(() => button.textContent === String(clicks));
    const from = performance.now();
    button.click();
    const { at, mutations } = await counted;
    return { ms: at - from, mutations };
  };
  if (inFlight === 0) {
    return summary(await repeat(options, () => answered(click)));
  }
  await post("/api/dev/knobs", { latencyMs: HELD_MS });
  const from = performance.now();
  while (clicks < inFlight) await click();
  const series = performance.now() - from;
  const taken = await repeat(options, click);
  await post("/api/dev/knobs", { latencyMs: 0 });
  await post("/api/dev/drop", {});
  while ((await call("query", "bench:cell", { i: 0 })) !== clicks);
  return { ...summary(taken), series };
}

// Does `click`, and waits until the server has answered it and shown what it wrote: with two messages.
async function answered(click) {
  forgetFrames();
  const result = await click();
  while (arrivals().length < 2) await new Promise((resolve) => setTimeout(resolve));
  return result;
}

// All sockets broken, all cells changed while there is none: from the close to the last new value. `sinceOpen` leaves out the wait for the new socket,
// which is up to chance.
export async function reconnect({ n, ...options }) {
  await resetCells(n);
  let value = 0;
  const taken = await repeat(options, async () => {
    for (;;) {
      value += 1;
      const isShown = change(allCells(n, value));
      await until(bench.sockets.at(-1).openedAt + LASTED_MS);
      await post("/api/dev/drop", {});
      await mutation("bench:setCells", { n, value });
      const changedAt = performance.now();
      const { at } = await isShown;
      const [before, after] = bench.sockets.slice(-2);
      if (changedAt < after.openedAt) return { ms: at - before.closedAt, sinceOpen: at - after.openedAt };
    }
  });
  // However often it took another try, the page ends with the same text.
  await resetCells(n);
  return { ...summary(taken), sinceOpen: taken.map(({ sinceOpen }) => sinceOpen) };
}

function until(time) {
  return new Promise((resolve) => setTimeout(resolve, time - performance.now()));
}

// Nothing but a page that shows its scenario's data, whichever that is, for others to look at.
export async function ready({ n }) {
  if (new URLSearchParams(location.search).get("scenario") === "cells") {
    await resetCells(n);
  } else {
    await resetDocuments(n);
    await shown(() => root.textContent.includes(title(0, 0)));
  }
  return { samples: [] };
}

async function resetCells(n) {
  await mutation("bench:setCells", { n, value: 0 });
  await shown(allCells(n, 0));
}

function allCells(n, value) {
  return all(n, (i) => cellShows(i, value));
}

function cellShows(i, value) {
  return root.firstElementChild?.children[i]?.textContent === String(value);
}

async function resetDocuments(n) {
  await mutation("bench:setDocuments", { n, generation: 0 });
}

// As `bench:setDocuments` has it.
function title(index, generation) {
  return `Document ${index}, as of ${generation}`;
}
