// Convex's own client, whose use is written down beside the frames it causes.

import { BaseConvexClient } from "convex/browser";
import { convexToJson } from "convex/values";
import WebSocket from "ws";

export class RecordedClient {
  constructor(url, journal, options = {}) {
    this.journal = journal;
    this.client = new BaseConvexClient(url, () => {}, {
      webSocketConstructor: WebSocket,
      skipConvexDeploymentUrlCheck: true,
      logger: false,
      ...options,
    });
  }

  subscribe(path, args = {}) {
    this.note({ subscribe: { path, args: convexToJson(args) } });
    const { unsubscribe } = this.client.subscribe(path, args);
    return () => {
      this.note({ unsubscribe: { path, args: convexToJson(args) } });
      unsubscribe();
    };
  }

  // Mutations and actions that lose their server reject: a story may look at that or not.
  mutation(path, args = {}) {
    this.note({ mutation: { path, args: convexToJson(args) } });
    return settled(this.client.mutation(path, args));
  }

  action(path, args = {}) {
    this.note({ action: { path, args: convexToJson(args) } });
    return settled(this.client.action(path, args));
  }

  // Gives one token after another, then `null`.
  setAuth(...tokens) {
    this.note({ setAuth: { tokens: [...tokens] } });
    this.client.setAuth(
      async () => tokens.shift() ?? null,
      () => {},
    );
  }

  clearAuth() {
    this.note({ clearAuth: {} });
    this.client.clearAuth();
  }

  close() {
    return this.client.close();
  }

  note(step) {
    this.journal.push({ do: step });
  }
}

function settled(promise) {
  return promise.then(
    (value) => ({ value }),
    (error) => ({ error: error.message }),
  );
}
