import { useMutation, useQuery } from "convex/react";

import { api } from "../api.js";

// A counter with an optimistic update.
export function Optimistic() {
  const count = useQuery(api.bench.cell, { i: 0 });
  const increment = useMutation(api.bench.increment).withOptimisticUpdate((store, args) => {
    const count = store.getQuery(api.bench.cell, args);
    if (count !== undefined) {
      store.setQuery(api.bench.cell, args, count + 1);
    }
  });
  return (
    <button id="increment" onClick={() => increment({ i: 0 })}>
      {count}
    </button>
  );
}
