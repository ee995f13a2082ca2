// Requests to the dev server, from a worker: they take no time of the measured thread.

const worker = new Worker(new URL("request_worker.js", import.meta.url), { type: "module" });
const pending = new Map();
let requests = 0;

worker.onmessage = ({ data: { id, error, reply } }) => {
  const { resolve, reject } = pending.get(id);
  pending.delete(id);
  if (error === undefined) resolve(reply);
  else reject(new Error(error));
};

// Sends a request and resolves to its reply.
export function post(path, body) {
  return new Promise((resolve, reject) => {
    const id = requests++;
    pending.set(id, { resolve, reject });
    worker.postMessage({ id, path: new URL(path, location.origin).href, body });
  });
}

export async function call(kind, path, args) {
  const reply = await post(`/api/${kind}`, { path, args, format: "convex_encoded_json" });
  if (reply.status !== "success") throw new Error(`${path}: ${reply.errorMessage}`);
  return reply.value;
}

export function mutation(path, args) {
  return call("mutation", path, args);
}
