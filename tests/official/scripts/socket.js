// A WebSocket that writes down what goes over it.

export function recorded(WebSocket, connections, happened) {
  return class extends WebSocket {
    frames = [];

    constructor(...args) {
      super(...args);
      this.addEventListener("open", () => connections.push(this.frames));
      this.addEventListener("message", ({ data }) => this.frames.push({ received: JSON.parse(data) }));
      // What waits for this event is asked when the client has had it.
      for (const event of ["message", "close"]) this.addEventListener(event, () => setImmediate(happened));
    }

    send(text) {
      this.frames.push({ sent: JSON.parse(text) });
      super.send(text);
    }
  };
}
