// The measured scenarios, by name.

import { arrivals, all, change, forgetFrames, root, shown } from "./page.js";
import { fromMessageToPage, repeat, summary } from "./samples.js";
import { call, mutation, post } from "./server.js";

// A prime step through the parts of the page: it visits all of them, in an order that does not favour caches.
const STRIDE = 7919;

// A latency longer than any run: answers never arrive.
const ENDLESS_LATENCY_MS = 600_000;

// The clients treat a connection that lasted this long as healthy, so they redial it without backoff.
const HEALTHY_CONNECTION_MS = 1_500;

// Changes one of the cells (`change: "one"`), or all of them in one transition (`"all"`).
export async function cells({ n, change = "one", ...options }) {
  await resetCells(n);
  if (change === "all") {
    const results = await repeat(options, (k) =>
      fromMessageToPage(() => mutation("bench:setCells", { n, value: k + 1 }), allCells(n, k + 1)),
    );
    return summary(results);
  }
  const results = await repeat(options, (k) => {
    const [i, value] = [(k * STRIDE) % n, k + 1];
    return fromMessageToPage(() => mutation("bench:setCell", { i, value }), () => cellShows(i, value));
  });
  return summary(results);
}

// Replaces all documents. The page shows their number and the first title.
export async function documents({ n, ...options }) {
  await resetDocuments(n);
  const [count, first] = [document.getElementById("count"), document.getElementById("first")];
  await shown(() => count.textContent === String(n) && first.textContent === title(0, 0));
  const results = await repeat(options, (k) =>
    fromMessageToPage(
      () => mutation("bench:setDocuments", { n, generation: k + 1 }),
      () => first.textContent === title(0, k + 1),
    ),
  );
  return summary(results);
}

// Changes one document of a list that is shown completely.
export async function rows({ n, ...options }) {
  await resetDocuments(n);
  const list = root.querySelector("ul");
  const rowShows = (index, generation) =>
    list.children[index]?.firstElementChild.textContent === title(index, generation);
  await shown(() => list.childElementCount === n && all(n, (index) => rowShows(index, 0))());
  const results = await repeat(options, (k) => {
    const [index, generation] = [(k * STRIDE) % n, k + 1];
    return fromMessageToPage(
      () => mutation("bench:setDocument", { index, generation }),
      () => rowShows(index, generation),
    );
  });
  return summary(results);
}

// A click on a button that counts optimistically, with `inFlight` earlier clicks unanswered. `series` is the time of those clicks.
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
  await post("/api/dev/knobs", { latencyMs: ENDLESS_LATENCY_MS });
  const from = performance.now();
  while (clicks < inFlight) await click();
  const series = performance.now() - from;
  const results = await repeat(options, click);
  await post("/api/dev/knobs", { latencyMs: 0 });
  await post("/api/dev/drop", {});
  while ((await call("query", "bench:cell", { i: 0 })) !== clicks);
  return { ...summary(results), series };
}

// Clicks and waits for the server's two messages: the response and the transition with the write.
async function answered(click) {
  forgetFrames();
  const result = await click();
  while (arrivals().length < 2) await new Promise((resolve) => setTimeout(resolve));
  return result;
}

// Breaks all sockets and changes all cells while disconnected. Measures from the close to the last new value; `sinceOpen` excludes the random wait for the
// new socket.
export async function reconnect({ n, ...options }) {
  await resetCells(n);
  let value = 0;
  const results = await repeat(options, async () => {
    for (;;) {
      value += 1;
      const isShown = change(allCells(n, value));
      await until(bench.sockets.at(-1).openedAt + HEALTHY_CONNECTION_MS);
      await post("/api/dev/drop", {});
      await mutation("bench:setCells", { n, value });
      const changedAt = performance.now();
      const { at } = await isShown;
      const [before, after] = bench.sockets.slice(-2);
      if (changedAt < after.openedAt) return { ms: at - before.closedAt, sinceOpen: at - after.openedAt };
    }
  });
  // The number of attempts differs, but the final text must not.
  await resetCells(n);
  return { ...summary(results), sinceOpen: results.map(({ sinceOpen }) => sinceOpen) };
}

function until(time) {
  return new Promise((resolve) => setTimeout(resolve, time - performance.now()));
}

// Shows the data of the page's scenario and measures nothing.
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

// The title that `bench:setDocuments` writes.
function title(index, generation) {
  return `Document ${index}, as of ${generation}`;
}
