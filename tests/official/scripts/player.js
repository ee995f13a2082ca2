// Runs the steps of a script on the official client and records the results.

import { isDeepStrictEqual } from "node:util";

import { makeFunctionReference } from "convex/server";
import { ConvexError, convexToJson, jsonToConvex } from "convex/values";
import WebSocket from "ws";

import { Deployment } from "../deployment.js";
import { optimisticUpdate } from "./optimistic.js";
import { recorded } from "./socket.js";

const WAIT_LIMIT_MS = 20_000;
const POLL_INTERVAL_MS = 10;

export class Player {
  recording = { queries: {}, together: [], requests: {}, settled: [], authenticated: [false], connections: [] };
  subscriptions = new Map();
  lists = 0;
  // Called after everything that can end a wait.
  happened = () => {};

  constructor(url, tokens, together = []) {
    this.tokens = tokens;
    this.together = together;
    const socket = recorded(WebSocket, this.recording.connections, () => this.happened());
    this.deployment = new Deployment(url, socket);
    // Without this option the client fetches a second token as soon as the first is confirmed; ours does that only
    // before the first one expires.
    this.convex = this.deployment.client({ initialAuthTokenReuse: true });
    this.client = this.convex.client;
    this.client.addOnTransitionHandler(() => this.recordResults());
  }

  // Performs a step. Returns a promise if the step waits.
  perform(step) {
    const [[name, details]] = Object.entries(typeof step === "string" ? { [step]: null } : step);
    return this[name](details);
  }

  subscribe({ query, function: path, args = {} }) {
    const { queryToken, unsubscribe } = this.client.subscribe(path, jsonToConvex(args));
    this.subscriptions.set(query, { unsubscribe, result: () => this.client.localQueryResultByToken(queryToken) });
    this.recordResults();
  }

  paginate({ query, function: path, args = {}, items }) {
    const lists = this.convex.paginatedClient;
    // Equal lists must not be shared, and the ids of our client's lists start at 1.
    this.lists += 1;
    const options = { initialNumItems: items, id: this.lists };
    const { paginatedQueryToken, unsubscribe } = lists.subscribe(path, jsonToConvex(args), options);
    const list = () => lists.localQueryResultByToken(paginatedQueryToken);
    const result = () => ({ results: list().results, status: list().status });
    this.subscriptions.set(query, { unsubscribe, result, loadMore: (count) => list().loadMore(count) });
    this.recordResults();
  }

  loadMore({ query, items }) {
    this.subscriptions.get(query).loadMore(items);
    this.recordResults();
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

  queryOnce({ request, function: path, args = {} }) {
    this.settle(request, this.convex.query(makeFunctionReference(path), jsonToConvex(args)));
  }

  signIn(name) {
    const tokens = [...this.tokens[name]];
    this.client.setAuth(
      async () => tokens.shift() ?? null,
      (isAuthenticated) => {
        pushIfChanged(this.recording.authenticated, isAuthenticated);
        this.happened();
      },
    );
  }

  signOut() {
    this.client.clearAuth();
  }

  inOneTurn(steps) {
    for (const step of steps) this.perform(step);
  }

  mutateElsewhere({ function: path, args = {} }) {
    return this.deployment.mutate(path, args);
  }

  dropConnections() {
    return this.deployment.dropConnections();
  }

  setKnobs(knobs) {
    return this.deployment.setKnobs(knobs);
  }

  untilResult({ query, value }) {
    const wanted = { value: convexToJson(jsonToConvex(value)) };
    return this.until(() => isDeepStrictEqual(this.recording.queries[query].at(-1), wanted));
  }

  untilError(query) {
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

  untilTransitions(count) {
    const hasTransition = (frames) => frames.some(({ received }) => received?.type === "Transition");
    return this.until(() => this.recording.connections.filter(hasTransition).length >= count);
  }

  async untilExecuted(path) {
    const deadline = Date.now() + WAIT_LIMIT_MS;
    while (!(await this.deployment.hasExecuted(path))) {
      if (Date.now() > deadline) throw new Error(`the server did not execute ${path}`);
      await new Promise((resolve) => setTimeout(resolve, POLL_INTERVAL_MS));
    }
  }

  async settle(request, promise) {
    const outcome = await promise.then((value) => ({ value: convexToJson(value) }), failure);
    const results = [...this.subscriptions].map(([query, { result }]) => [query, recordedResult(result)]);
    this.recording.requests[request] = { outcome, results: Object.fromEntries(results) };
    this.recording.settled.push(request);
    this.happened();
  }

  // Records the present results, if they changed.
  recordResults() {
    for (const [query, { result }] of this.subscriptions) {
      pushIfChanged((this.recording.queries[query] ??= []), recordedResult(result));
    }
    const together = this.together.flatMap((query) => this.recording.queries[query]?.at(-1) ?? []);
    if (together.length > 0) pushIfChanged(this.recording.together, together);
    this.happened();
  }

  until(condition) {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`timed out after ${WAIT_LIMIT_MS} ms`)), WAIT_LIMIT_MS);
      this.happened = () => {
        if (!condition()) return;
        clearTimeout(timer);
        this.happened = () => {};
        resolve();
      };
      this.happened();
    });
  }
}

// The result of a subscription, as recorded.
function recordedResult(result) {
  try {
    const value = result();
    return value === undefined ? "loading" : { value: convexToJson(value) };
  } catch (error) {
    return failure(error);
  }
}

// An error as the server sent it: the official client adds the function before it and a line after it.
function failure(error) {
  const [, message] = error.message.match(/^\[CONVEX [QMA]\(.*?\)\] (.*)\n  Called by client$/s) ?? [, error.message];
  if (message === "Connection lost while action was in flight") return "lost";
  return error instanceof ConvexError ? { error: message, data: convexToJson(error.data) } : { error: message };
}

function pushIfChanged(history, now) {
  if (!isDeepStrictEqual(history.at(-1), now)) history.push(now);
}
