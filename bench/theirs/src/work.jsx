// The measured pages, chosen by `?scenario=<name>&n=<size>`. `bench/page` drives and measures them, and the same pages in `bench/ours`.

import { ConvexProvider, ConvexReactClient } from "convex/react";
import { createRoot } from "react-dom/client";
import { Cells } from "./work/cells.jsx";
import { Documents } from "./work/documents.jsx";
import { Optimistic } from "./work/optimistic.jsx";
import { Rows } from "./work/rows.jsx";

const params = new URLSearchParams(location.search);
const n = Number(params.get("n") ?? 1);
const scenarios = {
  cells: () => <Cells n={n} />,
  documents: () => <Documents />,
  rows: () => <Rows />,
  optimistic: () => <Optimistic />,
};

const convex = new ConvexReactClient(location.origin, { skipConvexDeploymentUrlCheck: true });
createRoot(document.getElementById("root")).render(
  <ConvexProvider client={convex}>{scenarios[params.get("scenario")]()}</ConvexProvider>,
);
