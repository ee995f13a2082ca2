import { useQuery } from "convex/react";

import { api } from "../api.js";

// `n` components, each with its own query.
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
  const value = useQuery(api.bench.cell, { i });
  return <li>{value}</li>;
}
