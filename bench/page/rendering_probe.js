// Observes a page of `examples/ssr`, however it is rendered. It runs in each document before the page's own scripts.

(() => {
  const ROW = '[data-testid="messages"] li, [data-testid="organizations"] li';
  const TEXT = "Sent by the benchmark";
  const ATTEMPT_INTERVAL_MS = 4;
  // Longer than any pause between two requests of one page load.
  const QUIET_MS = 600;
  const LIMIT_MS = 30_000;

  // All times are in milliseconds since the navigation.
  let contentAt;
  let interactiveAt;
  let activeAt = 0;
  let sockets = 0;
  // Whether the app has handled a submission.
  let isHandled = false;

  const find = (testId) => document.querySelector(`[data-testid="${testId}"]`);

  const observer = new MutationObserver(() => {
    const at = performance.now();
    if (document.querySelector(ROW)?.textContent) contentAt ??= at;
    if (find("messages")?.textContent.includes(TEXT)) interactiveAt ??= at;
  });
  observer.observe(document, { subtree: true, childList: true, characterData: true });

  // Submits a message until the app handles it. A form without a handler would navigate.
  addEventListener("submit", (event) => {
    isHandled = event.defaultPrevented;
    event.preventDefault();
  });
  const attempts = setInterval(() => {
    const [input, button] = [find("message-input"), find("send")];
    if (contentAt === undefined || !input || !button) return;
    input.value = TEXT;
    input.dispatchEvent(new Event("input", { bubbles: true }));
    button.click();
    if (isHandled) clearInterval(attempts);
  }, ATTEMPT_INTERVAL_MS);

  window.WebSocket = class extends WebSocket {
    constructor(...args) {
      super(...args);
      sockets += 1;
      this.addEventListener("message", isActive);
    }

    send(data) {
      isActive();
      super.send(data);
    }
  };
  new PerformanceObserver(isActive).observe({ type: "resource" });

  function isActive() {
    activeAt = performance.now();
  }

  // Resolves to the figures when all is shown and the network is quiet.
  async function settled() {
    for (;;) {
      const isShown = contentAt !== undefined && (!find("messages") || interactiveAt !== undefined);
      const now = performance.now();
      if (isShown && now - activeAt > QUIET_MS) break;
      if (now > LIMIT_MS) throw new Error(`the page is not complete after ${LIMIT_MS} ms: ${document.body.innerText}`);
      await new Promise((resolve) => setTimeout(resolve, QUIET_MS / 10));
    }
    return {
      text: document.querySelector("main").textContent,
      contentAt,
      interactiveAt,
      // The document, its files, fetches and sockets.
      requests: 1 + performance.getEntriesByType("resource").length + sockets,
    };
  }

  window.renderingProbe = { settled };
})();
