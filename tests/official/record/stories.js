// The recorded stories. Each produces one golden file.

import assert from "node:assert/strict";

import { removed, timestamp, updated } from "./server.js";
import { ADA, ADA_REFRESHED } from "./tokens.js";

export const stories = [
  {
    name: "empty-load",
    description: "A client without queries or auth introduces itself and sends an empty query set.",
    async run({ server, client }) {
      client();
      await (await server.connection()).receive("Connect", "ModifyQuerySet");
    },
  },
  {
    name: "plain-load",
    description: "Queries subscribed before the socket opens are sent in one query set; equal queries are sent once.",
    async run({ server, client }) {
      const convex = client();
      convex.subscribe("messages:list");
      convex.subscribe("messages:byChannel", { channel: "general", limit: 10 });
      convex.subscribe("messages:list");
      const connection = await server.connection();
      await connection.receive("Connect", "ModifyQuerySet");
      connection.transition({ querySet: 1, ts: timestamp(1) }, [updated(0, []), updated(1, [])]);
    },
  },
  {
    name: "subscribe-and-unsubscribe",
    description: "While connected, each change is one query set; ids are never reused.",
    async run({ server, client }) {
      const convex = client();
      const connection = await server.connection();
      await connection.receive("Connect", "ModifyQuerySet");
      connection.transition({ querySet: 1, ts: timestamp(1) });
      const unsubscribe = convex.subscribe("messages:list");
      await connection.receive("ModifyQuerySet");
      connection.transition({ querySet: 2, ts: timestamp(2) }, [updated(0, ["hello"])]);
      unsubscribe();
      await connection.receive("ModifyQuerySet");
      connection.transition({ querySet: 3, ts: timestamp(2) }, [removed(0)]);
      convex.subscribe("messages:list");
      await connection.receive("ModifyQuerySet");
    },
  },
  {
    name: "load-signed-in",
    description: "With auth set before the socket opens, the token is sent before the queries. (Initial token reused.)",
    async run({ server, client }) {
      const convex = client({ initialAuthTokenReuse: true });
      convex.setAuth(ADA);
      convex.subscribe("users:current");
      const connection = await server.connection();
      await connection.receive("Connect", "Authenticate", "ModifyQuerySet");
      connection.transition({ querySet: 1, identity: 1, ts: timestamp(1) }, [updated(0, { name: "Ada" })]);
    },
  },
  {
    name: "load-signed-in-refetching",
    description: "By default convex-js fetches a second token as soon as the first is confirmed.",
    async run({ server, client }) {
      const convex = client();
      convex.setAuth(ADA, ADA_REFRESHED);
      convex.subscribe("users:current");
      const connection = await server.connection();
      await connection.receive("Connect", "Authenticate", "ModifyQuerySet");
      connection.transition({ querySet: 1, identity: 1, ts: timestamp(1) }, [updated(0, { name: "Ada" })]);
      await connection.receive("Authenticate");
    },
  },
  {
    name: "sign-in-and-out",
    description: "On an open socket the token is sent alone; later subscriptions follow it.",
    async run({ server, client }) {
      const convex = client({ initialAuthTokenReuse: true });
      convex.subscribe("messages:list");
      const connection = await server.connection();
      await connection.receive("Connect", "ModifyQuerySet");
      connection.transition({ querySet: 1, ts: timestamp(1) }, [updated(0, [])]);
      convex.setAuth(ADA);
      convex.subscribe("users:current");
      await connection.receive("Authenticate", "ModifyQuerySet");
      connection.transition({ querySet: 2, identity: 1, ts: timestamp(2) }, [updated(1, { name: "Ada" })]);
      convex.clearAuth();
      await connection.receive("Authenticate");
    },
  },
  {
    name: "reconnect-with-journal",
    description: "After a close the query set is sent again, with each query's journal: null if its last journal was empty.",
    async run({ server, client }) {
      const convex = client();
      convex.subscribe("messages:list");
      convex.subscribe("messages:page", { cursor: null });
      convex.subscribe("messages:slow");
      const first = await server.connection();
      await first.receive("Connect", "ModifyQuerySet");
      first.transition({ querySet: 1, ts: timestamp(7) }, [updated(0, []), updated(1, [], "journal of the page")]);
      await whenKnown(convex, "messages:page", { cursor: null });
      first.close(1011, "InternalServerError");
      await (await server.connection()).receive("Connect", "ModifyQuerySet");
    },
  },
  {
    name: "reconnect-signed-in",
    description: "After a close without a reason, Authenticate starts at version 0 again.",
    async run({ server, client }) {
      const convex = client({ initialAuthTokenReuse: true });
      convex.setAuth(ADA);
      convex.subscribe("users:current");
      const first = await server.connection();
      await first.receive("Connect", "Authenticate", "ModifyQuerySet");
      first.transition({ querySet: 1, identity: 1, ts: timestamp(3) }, [updated(0, { name: "Ada" })]);
      await whenKnown(convex, "users:current");
      first.close(1012, "");
      await (await server.connection()).receive("Connect", "Authenticate", "ModifyQuerySet");
    },
  },
  {
    name: "requests",
    description: "Mutations and actions share one counter of ids; those called before the socket opens follow the query set.",
    async run({ server, client }) {
      const convex = client();
      convex.mutation("messages:send", { body: "first" });
      convex.action("ai:answer", { question: "why?" });
      const connection = await server.connection();
      await connection.receive("Connect", "ModifyQuerySet", "Mutation", "Action");
      connection.transition({ querySet: 1, ts: timestamp(1) });
      convex.mutation("messages:send", { body: "second" });
      await connection.receive("Mutation");
    },
  },
  {
    name: "values",
    description: "The encoding of arguments of every type.",
    async run({ server, client }) {
      const convex = client();
      const connection = await server.connection();
      await connection.receive("Connect", "ModifyQuerySet");
      convex.mutation("values:take", {
        bool: true,
        bytes: new Uint8Array([0, 1, 254, 255]).buffer,
        emptyBytes: new ArrayBuffer(0),
        float: 1.5,
        infinity: Infinity,
        int64: 9_007_199_254_740_993n,
        int64Max: 2n ** 63n - 1n,
        int64Min: -(2n ** 63n),
        list: [1, "two", [null]],
        minusInfinity: -Infinity,
        minusZero: -0,
        missing: undefined,
        nan: NaN,
        nested: { b: { c: 1 }, a: {} },
        null: null,
        text: "ü €😀\n\"\u2028",
        whole: 3,
      });
      await connection.receive("Mutation");
    },
  },
  {
    name: "mutation-replay",
    description:
      "After a close, unanswered mutations and those whose write was not seen yet are sent again under their ids; " +
      "a failed mutation and an action in flight are not.",
    async run({ server, client }) {
      const convex = client();
      convex.subscribe("messages:list");
      const first = await server.connection();
      await first.receive("Connect", "ModifyQuerySet");
      first.transition({ querySet: 1, ts: timestamp(1) }, [updated(0, [])]);
      convex.mutation("messages:send", { body: "committed and seen" });
      convex.mutation("messages:send", { body: "committed, not seen" });
      const failed = convex.mutation("messages:send", { body: "refused" });
      convex.mutation("messages:send", { body: "unanswered" });
      const lost = convex.action("ai:answer", { question: "lost?" });
      await first.receive("Mutation", "Mutation", "Mutation", "Mutation", "Action");
      first.send(committed(0, 2));
      first.transition({ ts: timestamp(2) }, [updated(0, ["committed and seen"])]);
      first.send(committed(1, 5));
      first.send({ type: "MutationResponse", requestId: 2, success: false, result: "refused", ts: null, logLines: [] });
      await failed;
      first.close(1011, "InternalServerError");
      const outcome = await lost;
      assert.match(outcome.error, /Connection lost while action was in flight/);
      const second = await server.connection();
      await second.receive("Connect", "ModifyQuerySet", "Mutation", "Mutation");
      convex.action("ai:answer", { question: "again?" });
      await second.receive("Action");
    },
  },
  {
    name: "rejected-token",
    description: "After an AuthError convex-js reconnects with a freshly fetched token.",
    async run({ server, client }) {
      const convex = client({ initialAuthTokenReuse: true });
      convex.setAuth(ADA, ADA_REFRESHED);
      convex.subscribe("users:current");
      const first = await server.connection();
      await first.receive("Connect", "Authenticate", "ModifyQuerySet");
      first.send({ type: "AuthError", error: "Token expired", baseVersion: 0, authUpdateAttempted: true });
      const second = await server.connection();
      await second.receive("Connect", "Authenticate", "ModifyQuerySet");
    },
  },
];

function committed(requestId, ts) {
  return { type: "MutationResponse", requestId, success: true, result: null, ts: timestamp(ts), logLines: [] };
}

// Waits for a result: otherwise the client could handle a close before the transition that precedes it.
async function whenKnown(convex, path, args = {}) {
  while (convex.client.localQueryResult(path, args) === undefined) {
    await new Promise((resolve) => setImmediate(resolve));
  }
}
