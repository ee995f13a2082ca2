// The dev server, from a thread of its own: what is asked and answered there takes no time of the measured one.

const worker = new Worker(new URL("request_worker.js", import.meta.url), { type: "module" });
const waiting = new Map();
let requests = 0;

worker.onmessage = ({ data: { id, error, answer } }) => {
  const { resolve, reject } = waiting.get(id);
  waiting.delete(id);
  if (error === undefined) resolve(answer);
  else reject(new Error(error));
};

// Asks, and waits for the answer.
export function post(path, body) {
  return new Promise((resolve, reject) => {
    const id = requests++;
    waiting.set(id, { resolve, reject });
    worker.postMessage({ id, path: new URL(path, location.origin).href, body });
  });
}

export async function call(kind, path, args) {
  const answer = await post(`/api/${kind}`, { path, args, format: "convex_encoded_json" });
  if (answer.status !== "success") throw new Error(`${path}: ${answer.errorMessage}`);
  return answer.value;
}

export function mutation(path, args) {
  return call("mutation", path, args);
}
