import { useMutation, useQuery } from "convex/react";
import { anyApi } from "convex/server";

// A counter that counts before the server has.
export function Optimistic() {
  const count = useQuery(anyApi.bench.cell, { i: 0 });
  const increment = useMutation(anyApi.bench.increment).withOptimisticUpdate((store, args) => {
    const count = store.getQuery(anyApi.bench.cell, args);
    if (count !== undefined) {
      store.setQuery(anyApi.bench.cell, args, count + 1);
    }
  });
  return (
    <button id="increment" onClick={() => increment({ i: 0 })}>
      {count}
    </button>
  );
}
