// The optimistic updates of scripts, for the official client.

import { makeFunctionReference } from "convex/server";
import { jsonToConvex } from "convex/values";

// The update that makes these changes.
export function optimisticUpdate(changes) {
  return (store) => {
    for (const change of changes) {
      const [[kind, details]] = Object.entries(change);
      make[kind](store, details);
    }
  };
}

const make = {
  set(store, { function: path, args = {}, value }) {
    store.setQuery(makeFunctionReference(path), jsonToConvex(args), jsonToConvex(value));
  },

  append(store, { function: path, args = {}, item }) {
    const list = store.getQuery(makeFunctionReference(path), jsonToConvex(args));
    if (list === undefined) return;
    store.setQuery(makeFunctionReference(path), jsonToConvex(args), [...list, jsonToConvex(item)]);
  },

  appendToAll(store, { function: path, item }) {
    for (const { args, value } of store.getAllQueries(makeFunctionReference(path))) {
      if (value !== undefined) store.setQuery(makeFunctionReference(path), args, [...value, jsonToConvex(item)]);
    }
  },

  clear(store, { function: path, args = {} }) {
    store.setQuery(makeFunctionReference(path), jsonToConvex(args), undefined);
  },

  fail(store, reason) {
    throw new Error(reason);
  },
};
