// Sends the requests of `server.js`. Replies are delayed, so that they do not disturb the work that the request causes on the page.

const REPLY_DELAY_MS = 3;

onmessage = async ({ data: { id, path, body } }) => {
  try {
    const response = await fetch(path, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${path}: ${response.status} ${text}`);
    const reply = text === "" ? undefined : JSON.parse(text);
    setTimeout(() => postMessage({ id, reply }), REPLY_DELAY_MS);
  } catch (error) {
    postMessage({ id, error: String(error) });
  }
};
