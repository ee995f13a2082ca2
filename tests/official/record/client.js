// Convex's official client. Calls are recorded in the same journal as the frames that they cause.

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

  // Mutations and actions reject when the connection is lost. `settled` prevents unhandled rejections.
  mutation(path, args = {}) {
    this.note({ mutation: { path, args: convexToJson(args) } });
    return settled(this.client.mutation(path, args));
  }

  action(path, args = {}) {
    this.note({ action: { path, args: convexToJson(args) } });
    return settled(this.client.action(path, args));
  }

  // Uses a provider that returns one token after another, then `null`.
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
