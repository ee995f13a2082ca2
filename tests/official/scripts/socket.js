// A WebSocket that records its frames.

export function recorded(WebSocket, connections, happened) {
  return class extends WebSocket {
    frames = [];

    constructor(...args) {
      super(...args);
      this.addEventListener("open", () => connections.push(this.frames));
      this.addEventListener("message", ({ data }) => this.frames.push({ received: JSON.parse(data) }));
      // Conditions are checked after the client has handled the event.
      for (const event of ["message", "close"]) this.addEventListener(event, () => setImmediate(happened));
    }

    send(text) {
      this.frames.push({ sent: JSON.parse(text) });
      super.send(text);
    }
  };
}
