import { useQuery } from "convex/react";
import { anyApi } from "convex/server";

// One large result, of which little is shown.
export function Documents() {
  const documents = useQuery(anyApi.bench.documents);
  return (
    <>
      <p id="count">{documents?.length}</p>
      <p id="first">{documents?.[0]?.title}</p>
    </>
  );
}
