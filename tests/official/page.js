// What is bundled for the browser: the checks, to be run one by one on a page of the dev server.

import { checks } from "./checks.js";
import { Deployment } from "./deployment.js";

const deployment = new Deployment(location.origin, WebSocket);

// Resolves to what went wrong, or null.
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
