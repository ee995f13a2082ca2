import { useQuery } from "convex/react";

import { api } from "../api.js";

// A large result of which only a small part is shown.
export function Documents() {
  const documents = useQuery(api.bench.documents);
  return (
    <>
      <p id="count">{documents?.length}</p>
      <p id="first">{documents?.[0]?.title}</p>
    </>
  );
}
