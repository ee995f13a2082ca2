// The entry point of the browser bundle: the checks, which run one by one on a page of the dev server.

import { checks } from "./checks.js";
import { Deployment } from "./deployment.js";

const deployment = new Deployment(location.origin, WebSocket);

// Resolves to the failure, or null.
globalThis.runCheck = async (name) => {
  try {
    await checks[name](deployment);
    return null;
  } catch (error) {
    return error.stack;
  } finally {
    await deployment.reset();
  }
};
