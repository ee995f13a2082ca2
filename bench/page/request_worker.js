// Sends the requests of `server.js`, one after another. An answer may wait: it must not disturb what the request has set going.

const PATIENCE_MS = 3;

onmessage = async ({ data: { id, path, body } }) => {
  try {
    const response = await fetch(path, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${path}: ${response.status} ${text}`);
    const answer = text === "" ? undefined : JSON.parse(text);
    setTimeout(() => postMessage({ id, answer }), PATIENCE_MS);
  } catch (error) {
    postMessage({ id, error: String(error) });
  }
};
