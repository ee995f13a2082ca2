import { useQuery } from "convex/react";
import { memo } from "react";

import { api } from "../api.js";

// A long keyed list.
export function Rows() {
  const documents = useQuery(api.bench.documents);
  return (
    <ul>
      {documents?.map(({ _id, title, author }) => (
        <Row key={_id} title={title} author={author} />
      ))}
    </ul>
  );
}

// Takes strings only, because `memo` compares props by identity and each result consists of new objects.
const Row = memo(function Row({ title, author }) {
  return (
    <li>
      <span>{title}</span>
      <span>{author}</span>
    </li>
  );
});
