// What `npx convex dev` generates, without its types.

import { anyApi } from "convex/server";

export const api = anyApi;
