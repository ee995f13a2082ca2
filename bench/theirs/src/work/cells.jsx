import { useQuery } from "convex/react";
import { anyApi } from "convex/server";

// `n` components, each with a query of its own.
export function Cells({ n }) {
  return (
    <ul>
      {Array.from({ length: n }, (_, i) => (
        <Cell key={i} i={i} />
      ))}
    </ul>
  );
}

function Cell({ i }) {
  const value = useQuery(anyApi.bench.cell, { i });
  return <li>{value}</li>;
}
