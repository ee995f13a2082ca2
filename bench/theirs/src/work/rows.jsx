import { useQuery } from "convex/react";
import { memo } from "react";

import { api } from "../api.js";

// A long list, shown by key.
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

// Of text only, by which `memo` can tell: each result is made of new objects.
const Row = memo(function Row({ title, author }) {
  return (
    <li>
      <span>{title}</span>
      <span>{author}</span>
    </li>
  );
});
