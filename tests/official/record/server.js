// A server that a story controls. It records all frames in a journal.

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

  // The oldest connection that was not returned yet; waits for it if necessary.
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

  // Receives frames of exactly these types, in this order.
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

  // Sends a transition that changes the present version by `change`, with these modifications.
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

// Items that arrived and were not consumed yet.
class Queue {
  items = [];
  arrived = () => {};

  push(item) {
    this.items.push(item);
    this.arrived();
  }

  async shift(name) {
    while (this.items.length === 0) {
      await new Promise((resolve, reject) => {
        const timer = setTimeout(() => reject(new Error(`no ${name} arrived within 20 s`)), 20_000);
        this.arrived = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
    return this.items.shift();
  }
}

// Base64 of a little-endian u64: the format of all timestamps of the protocol except `serverTs`.
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

// Replaces the session id and the clock, which differ in each run.
function normalised(frame) {
  if (frame.type !== "Connect") return frame;
  return { ...frame, sessionId: PLACEHOLDER_SESSION, clientTs: 0 };
}
