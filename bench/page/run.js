// `bench.run(name, options)` measures one scenario on its page. It resolves to `samples` (in milliseconds), the median counts per sample (`mutations` of the
// DOM, `bytes` of messages, `copiedIn` and `copiedOut` of WebAssembly with `?count=copies`), and the final `text` of the page.

import { idle, keepMoving, root } from "./page.js";
import * as scenarios from "./scenarios.js";

const n = Number(new URLSearchParams(location.search).get("n") ?? 1);

keepMoving();

window.bench.run = async (name, options = {}) => {
  const measured = await scenarios[name]({ n, ...options });
  await idle();
  return { n, ...measured, text: root.textContent };
};
