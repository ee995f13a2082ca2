import { useQuery } from "convex/react";

import { api } from "../api.js";

// One large result, of which little is shown.
export function Documents() {
  const documents = useQuery(api.bench.documents);
  return (
    <>
      <p id="count">{documents?.length}</p>
      <p id="first">{documents?.[0]?.title}</p>
    </>
  );
}
