// The code that `npx convex dev` generates, without types.

import { anyApi } from "convex/server";

export const api = anyApi;
