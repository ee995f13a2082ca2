// The optimistic updates of scripts, for the official client. `tests/tests/scripts/optimistic.rs` is the same for ours.

import {
  insertAtBottomIfLoaded,
  insertAtPosition,
  insertAtTop,
  optimisticallyUpdateValueInPaginatedQuery,
} from "convex/react";
import { makeFunctionReference } from "convex/server";
import { jsonToConvex } from "convex/values";

// An optimistic update that makes these changes.
export function optimisticUpdate(changes) {
  return (store) => {
    for (const change of changes) {
      const [[kind, details]] = Object.entries(change);
      apply[kind](store, details);
    }
  };
}

const apply = {
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

  insertAtTop(store, { item, ...list }) {
    insertAtTop({ ...inLists(store, list), item: jsonToConvex(item) });
  },

  insertAtBottom(store, { item, ...list }) {
    insertAtBottomIfLoaded({ ...inLists(store, list), item: jsonToConvex(item) });
  },

  insertByText(store, { order, item, ...list }) {
    const sortOrder = { ascending: "asc", descending: "desc" }[order];
    const sortKeyFromItem = ({ text }) => text;
    insertAtPosition({ ...inLists(store, list), sortOrder, sortKeyFromItem, item: jsonToConvex(item) });
  },

  rename(store, { function: path, args = {}, from, to }) {
    const renamed = (item) => (item.text === from ? { ...item, text: to } : item);
    optimisticallyUpdateValueInPaginatedQuery(store, makeFunctionReference(path), jsonToConvex(args), renamed);
  },
};

function inLists(localQueryStore, { function: path, args = {} }) {
  return { paginatedQuery: makeFunctionReference(path), argsToMatch: jsonToConvex(args), localQueryStore };
}
