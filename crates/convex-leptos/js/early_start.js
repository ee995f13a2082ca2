// The early start of convex-leptos: see its guide `early_start`. It sends no frame.
(() => {
  const started = Date.now();
  const href = (url) => new URL(url, document.baseURI).href;
  const responses = new Map();
  let socket, socketUrl, events;

  const drop = () => {
    socket?.close();
    socket = null;
    responses.clear();
  };
  // For everything that may have changed the session or the network.
  for (const type of ["visibilitychange", "pagehide", "online"]) addEventListener(type, drop, true);
  setTimeout(drop, 10000);

  // Hands the socket or the response of a URL over, once. Without a URL, drops the responses.
  window.convexEarly = (url) => {
    if (Math.abs(Date.now() - started) > 10000) drop();
    if (!url) return responses.clear();
    const key = href(url);
    if (socket && key == socketUrl) {
      const [taken, buffered] = [socket, events];
      socket = events = null;
      queueMicrotask(() => buffered.forEach((event) => taken.dispatchEvent(new event.constructor(event.type, event))));
      return taken;
    }
    const response = responses.get(key);
    responses.delete(key);
    return response;
  };

  const [deployment, ...requests] = document.querySelector("meta[name=convex-early-start]").content.trim().split(/\s+/);
  for (const url of requests) {
    responses.set(href(url), fetch(url, { credentials: "include", cache: "no-store" }).catch(() => {}));
  }
  socketUrl = href(deployment.replace(/\/+$/, "") + "/api/1.28.0/sync").replace("http", "ws");
  events = [];
  socket = new WebSocket(socketUrl);
  for (const type of ["open", "message"]) socket.addEventListener(type, (event) => events?.push(event));
  for (const type of ["close", "error"]) socket.addEventListener(type, () => (socket = null));
})();
