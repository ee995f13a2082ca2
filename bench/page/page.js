// Observes the measured page from outside: its contents and the times of their changes.

export const root = document.getElementById("root");

const WAIT_LIMIT_MS = 120_000;

// Resolves when a change of the DOM makes `isShown` true, with the time of that change and the number of mutations up to it.
export function change(isShown) {
  return new Promise((resolve, reject) => {
    let mutations = 0;
    const observer = new MutationObserver((records) => {
      const at = performance.now();
      mutations += records.length;
      if (!isShown()) return;
      observer.disconnect();
      clearTimeout(timeout);
      resolve({ at, mutations });
    });
    const timeout = setTimeout(() => {
      observer.disconnect();
      reject(new Error(`timed out after ${WAIT_LIMIT_MS} ms; the page shows ${root.textContent.slice(0, 200)}`));
    }, WAIT_LIMIT_MS);
    observer.observe(root, { subtree: true, childList: true, characterData: true });
  });
}

// Resolves when `isShown` is true.
export async function shown(isShown) {
  if (!isShown()) await change(isShown);
}

// Returns a function that checks whether all of `count` parts have arrived. A part that has arrived is not checked again.
export function all(count, hasArrived) {
  let arrived = 0;
  return () => {
    while (arrived < count && hasArrived(arrived)) arrived += 1;
    return arrived === count;
  };
}

// Resolves when the last change is painted and the page is idle.
export async function idle() {
  await new Promise(requestAnimationFrame);
  await new Promise((resolve) => requestIdleCallback(resolve, { timeout: 500 }));
}

// The frames received from the server since `forgetFrames`.
export function arrivals() {
  return bench.sockets.flatMap(({ frames }) => frames).filter(({ from }) => from === "server");
}

export function forgetFrames() {
  for (const { frames } of bench.sockets) frames.length = 0;
}

// Requests every animation frame, like a page with an animation. On a page at rest the first change of the DOM wakes the browser's compositor, which costs
// several times as much as the change itself.
export function keepMoving() {
  requestAnimationFrame(keepMoving);
}
