// What a script does with the client, and what is written down of it.

import { isDeepStrictEqual } from "node:util";

import { makeFunctionReference } from "convex/server";
import { ConvexError, convexToJson, jsonToConvex } from "convex/values";
import WebSocket from "ws";

import { Deployment } from "../deployment.js";
import { optimisticUpdate } from "./optimistic.js";
import { recorded } from "./socket.js";

const PATIENCE_MS = 20_000;
const PAUSE_MS = 10;

export class Player {
  recording = { queries: {}, together: [], requests: {}, settled: [], authenticated: [false], connections: [] };
  subscriptions = new Map();
  lists = 0;
  happened = () => {};

  constructor(url, tokens, together = []) {
    this.tokens = tokens;
    this.together = together;
    const socket = recorded(WebSocket, this.recording.connections, () => this.happened());
    this.deployment = new Deployment(url, socket);
    // Without this it would fetch a second token as soon as the first is confirmed; ours waits until it runs out.
    this.convex = this.deployment.client({ initialAuthTokenReuse: true });
    this.client = this.convex.client;
    this.client.addOnTransitionHandler(() => this.look());
  }

  // Does a step. Gives a promise where there is something to wait for.
  perform(step) {
    const [[name, details]] = Object.entries(typeof step === "string" ? { [step]: null } : step);
    return this[name](details);
  }

  subscribe({ query, function: path, args = {} }) {
    const { queryToken, unsubscribe } = this.client.subscribe(path, jsonToConvex(args));
    this.subscriptions.set(query, { unsubscribe, result: () => this.client.localQueryResultByToken(queryToken) });
    this.look();
  }

  paginate({ query, function: path, args = {}, items }) {
    const lists = this.convex.paginatedClient;
    // Every list is one of its own, and ours are counted from 1.
    this.lists += 1;
    const options = { initialNumItems: items, id: this.lists };
    const { paginatedQueryToken, unsubscribe } = lists.subscribe(path, jsonToConvex(args), options);
    const list = () => lists.localQueryResultByToken(paginatedQueryToken);
    const result = () => ({ results: list().results, status: list().status });
    this.subscriptions.set(query, { unsubscribe, result, loadMore: (count) => list().loadMore(count) });
    this.look();
  }

  loadMore({ query, items }) {
    this.subscriptions.get(query).loadMore(items);
    this.look();
  }

  unsubscribe(query) {
    this.subscriptions.get(query).unsubscribe();
    this.subscriptions.delete(query);
  }

  mutate({ request, function: path, args = {}, optimistic = [] }) {
    const options = optimistic.length > 0 ? { optimisticUpdate: optimisticUpdate(optimistic) } : {};
    this.settle(request, this.client.mutation(path, jsonToConvex(args), options));
  }

  act({ request, function: path, args = {} }) {
    this.settle(request, this.client.action(path, jsonToConvex(args)));
  }

  ask({ request, function: path, args = {} }) {
    this.settle(request, this.convex.query(makeFunctionReference(path), jsonToConvex(args)));
  }

  signIn(person) {
    const tokens = [...this.tokens[person]];
    this.client.setAuth(
      async () => tokens.shift() ?? null,
      (isAuthenticated) => {
        pushNew(this.recording.authenticated, isAuthenticated);
        this.happened();
      },
    );
  }

  signOut() {
    this.client.clearAuth();
  }

  atOnce(steps) {
    for (const step of steps) this.perform(step);
  }

  elsewhere({ function: path, args = {} }) {
    return this.deployment.mutate(path, args);
  }

  drop() {
    return this.deployment.drop();
  }

  turn(knobs) {
    return this.deployment.turn(knobs);
  }

  untilShown({ query, value }) {
    const wanted = { value: convexToJson(jsonToConvex(value)) };
    return this.until(() => isDeepStrictEqual(this.recording.queries[query].at(-1), wanted));
  }

  untilFailed(query) {
    return this.until(() => this.recording.queries[query].at(-1).error !== undefined);
  }

  untilSettled(request) {
    return this.until(() => request in this.recording.requests);
  }

  untilAuthenticated() {
    return this.until(() => this.recording.authenticated.at(-1));
  }

  untilDisconnected() {
    return this.until(() => !this.client.connectionState().isWebSocketConnected);
  }

  untilAnswered(count) {
    const isAnswered = (frames) => frames.some(({ received }) => received?.type === "Transition");
    return this.until(() => this.recording.connections.filter(isAnswered).length >= count);
  }

  async untilRan(path) {
    const deadline = Date.now() + PATIENCE_MS;
    while (!(await this.deployment.hasRun(path))) {
      if (Date.now() > deadline) throw new Error("it did not run");
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    }
  }

  async settle(request, promise) {
    const outcome = await promise.then((value) => ({ value: convexToJson(value) }), failure);
    const shown = [...this.subscriptions].map(([query, { result }]) => [query, shownBy(result)]);
    this.recording.requests[request] = { outcome, shown: Object.fromEntries(shown) };
    this.recording.settled.push(request);
    this.happened();
  }

  // Writes down what the page shows now.
  look() {
    for (const [query, { result }] of this.subscriptions) {
      pushNew((this.recording.queries[query] ??= []), shownBy(result));
    }
    const together = this.together.flatMap((query) => this.recording.queries[query]?.at(-1) ?? []);
    if (together.length > 0) pushNew(this.recording.together, together);
    this.happened();
  }

  until(isSo) {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error("it did not come to that")), PATIENCE_MS);
      this.happened = () => {
        if (!isSo()) return;
        clearTimeout(timer);
        this.happened = () => {};
        resolve();
      };
      this.happened();
    });
  }
}

// What a subscription shows.
function shownBy(result) {
  try {
    const value = result();
    return value === undefined ? "loading" : { value: convexToJson(value) };
  } catch (error) {
    return failure(error);
  }
}

// An error as the server sent it: this client puts the function before and a line about its caller after it.
function failure(error) {
  const [, message] = error.message.match(/^\[CONVEX [QMA]\(.*?\)\] (.*)\n  Called by client$/s) ?? [, error.message];
  if (message === "Connection lost while action was in flight") return "lost";
  return error instanceof ConvexError ? { error: message, data: convexToJson(error.data) } : { error: message };
}

function pushNew(history, now) {
  if (!isDeepStrictEqual(history.at(-1), now)) history.push(now);
}
