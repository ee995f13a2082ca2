// The measured page, as anybody sees it: what it shows, and when.

export const root = document.getElementById("root");

const PATIENCE_MS = 120_000;

// Resolves when the page has changed and `isShown` holds: with the time of the change, and how many changes of the DOM it took.
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
      reject(new Error(`not shown in ${PATIENCE_MS} ms; the page shows ${root.textContent.slice(0, 200)}`));
    }, PATIENCE_MS);
    observer.observe(root, { subtree: true, childList: true, characterData: true });
  });
}

// Resolves when `isShown` holds, now or later.
export async function shown(isShown) {
  if (!isShown()) await change(isShown);
}

// Says whether each of `count` parts of the page has arrived, looking at none twice.
export function all(count, hasArrived) {
  let arrived = 0;
  return () => {
    while (arrived < count && hasArrived(arrived)) arrived += 1;
    return arrived === count;
  };
}

// Resolves when the last change is painted and nothing is left to do.
export async function idle() {
  await new Promise(requestAnimationFrame);
  await new Promise((resolve) => requestIdleCallback(resolve, { timeout: 500 }));
}

// The frames that have come from the server since `forgetFrames`.
export function arrivals() {
  return bench.sockets.flatMap(({ frames }) => frames).filter(({ from }) => from === "server");
}

export function forgetFrames() {
  for (const { frames } of bench.sockets) frames.length = 0;
}

// Asks for every frame, as a page does on which something moves. Where nothing does, the first change of the DOM has to wake the browser's compositor: that costs
// several times what the change does, whoever makes it, and hides what is to be measured.
export function keepMoving() {
  requestAnimationFrame(keepMoving);
}
