// A server that only does what a story tells it to, and writes down what comes and goes.

import { once } from "node:events";
import { WebSocketServer } from "ws";

const PLACEHOLDER_SESSION = "00000000-0000-4000-8000-000000000000";

export class ScriptedServer {
  static async start(journal) {
    const sockets = new WebSocketServer({ host: "127.0.0.1", port: 0 });
    await once(sockets, "listening");
    return new ScriptedServer(sockets, journal);
  }

  constructor(sockets, journal) {
    this.sockets = sockets;
    this.waiting = new Queue();
    sockets.on("connection", (socket, request) => {
      journal.push({ opened: { path: request.url } });
      this.waiting.push(new Connection(socket, journal));
    });
  }

  get url() {
    return `http://127.0.0.1:${this.sockets.address().port}`;
  }

  // The next connection that a client makes, or made meanwhile.
  connection() {
    return this.waiting.shift("connection");
  }

  async stop() {
    for (const socket of this.sockets.clients) socket.terminate();
    this.sockets.close();
    await once(this.sockets, "close");
  }
}

class Connection {
  constructor(socket, journal) {
    this.socket = socket;
    this.journal = journal;
    this.version = { querySet: 0, identity: 0, ts: timestamp(0) };
    this.frames = new Queue();
    socket.on("message", (data) => {
      const frame = normalised(JSON.parse(data));
      journal.push({ sent: frame });
      this.frames.push(frame);
    });
  }

  // Waits for frames of these types, in this order, and for no others.
  async receive(...types) {
    for (const type of types) {
      const frame = await this.frames.shift(type);
      if (frame.type !== type) throw new Error(`expected ${type}, got ${JSON.stringify(frame)}`);
    }
  }

  send(frame) {
    this.journal.push({ received: frame });
    this.socket.send(JSON.stringify(frame));
  }

  // A transition from where the client is to `change`, with results for these queries.
  transition(change, modifications = []) {
    const startVersion = this.version;
    this.version = { ...startVersion, ...change };
    this.send({ type: "Transition", startVersion, endVersion: this.version, modifications });
  }

  close(code, reason) {
    this.journal.push({ closed: { code, reason } });
    this.socket.close(code, reason);
  }
}

// What came and was not yet looked at.
class Queue {
  items = [];
  arrived = () => {};

  push(item) {
    this.items.push(item);
    this.arrived();
  }

  async shift(what) {
    while (this.items.length === 0) {
      await new Promise((resolve, reject) => {
        const timer = setTimeout(() => reject(new Error(`no ${what} came`)), 20_000);
        this.arrived = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
    return this.items.shift();
  }
}

// Base64 of a little-endian u64, as all timestamps of the protocol but `serverTs`.
export function timestamp(value) {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt(value));
  return bytes.toString("base64");
}

export function updated(queryId, value, journal = null) {
  return { type: "QueryUpdated", queryId, value, logLines: [], journal };
}

export function removed(queryId) {
  return { type: "QueryRemoved", queryId };
}

// Two runs must give the same file: the session's id and the clock differ each time.
function normalised(frame) {
  if (frame.type !== "Connect") return frame;
  return { ...frame, sessionId: PLACEHOLDER_SESSION, clientTs: 0 };
}
