// `bench.run(name, options)` measures one scenario on the page that shows it. It resolves to `samples` (milliseconds each), what was counted (the median
// per sample: `mutations` of the DOM, `bytes` of messages, `copiedIn` and `copiedOut` of WebAssembly with `?count=copies`), and the `text` the page ends with.

import { idle, keepMoving, root } from "./page.js";
import * as scenarios from "./scenarios.js";

const n = Number(new URLSearchParams(location.search).get("n") ?? 1);

keepMoving();

window.bench.run = async (name, options = {}) => {
  const measured = await scenarios[name]({ n, ...options });
  await idle();
  return { n, ...measured, text: root.textContent };
};
