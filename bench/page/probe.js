// The clocks and counters of a measured page. It runs before the app and does not depend on a client: it wraps the browser's functions.
//
// `?shown=<test id>` records when an element with this `data-testid` first has text. `?count=copies` counts the bytes copied between JavaScript and
// WebAssembly; counting takes time, so the times of such a page are meaningless.

(() => {
  const params = new URLSearchParams(location.search);

  const bench = (window.bench = {
    // Each socket with its frames, in order.
    sockets: [],
    // Milliseconds since the navigation, like all times here.
    shownAt: undefined,
    // Bytes copied into and out of WebAssembly, if they are counted.
    copied: undefined,
    // The memory of the app's WebAssembly.
    wasmBytes: () => memories.reduce((sum, memory) => sum + memory.buffer.byteLength, 0),
    roundTrips,
  });

  window.WebSocket = class extends WebSocket {
    #log = { openedAt: undefined, closedAt: undefined, frames: [] };

    constructor(...args) {
      super(...args);
      bench.sockets.push(this.#log);
      // The app adds its listeners later, so they run after these.
      this.addEventListener("open", () => {
        // Again when the client takes an early socket over.
        this.#log.openedAt ??= performance.now();
      });
      this.addEventListener("message", (event) => {
        // Before the first access to `data`: the browser creates the string at that moment.
        const at = performance.now();
        this.#log.frames.push({ at, from: "server", length: event.data.length });
      });
      this.addEventListener("close", () => {
        this.#log.closedAt = performance.now();
      });
    }

    send(data) {
      this.#log.frames.push({ at: performance.now(), from: "client", length: data.length });
      super.send(data);
    }
  };

  // The number of round trips on the last socket from its opening to a time: a frame of the client, then one of the server.
  function roundTrips(until) {
    let trips = 0;
    let isWaiting = false;
    for (const { at, from } of bench.sockets.at(-1)?.frames ?? []) {
      if (at > until) break;
      if (from === "server" && isWaiting) trips += 1;
      isWaiting = from === "client";
    }
    return trips;
  }

  const memories = [];
  for (const name of ["instantiate", "instantiateStreaming"]) {
    const instantiate = WebAssembly[name];
    WebAssembly[name] = async (...args) => {
      const result = await instantiate.apply(WebAssembly, args);
      const { exports } = result.instance ?? result;
      memories.push(...Object.values(exports).filter((value) => value instanceof WebAssembly.Memory));
      return result;
    };
  }

  if (params.has("shown")) {
    const selector = `[data-testid="${CSS.escape(params.get("shown"))}"]`;
    const observer = new MutationObserver(() => {
      const at = performance.now();
      if (!document.querySelector(selector)?.textContent) return;
      bench.shownAt = at;
      observer.disconnect();
    });
    observer.observe(document, { subtree: true, childList: true, characterData: true });
  }

  if (params.get("count") === "copies") {
    const copied = (bench.copied = { in: 0, out: 0 });
    const isWasm = (view) => memories.some((memory) => memory.buffer === view.buffer);
    const wrap = (prototype, name, count) => {
      const method = prototype[name];
      prototype[name] = function (...args) {
        const result = method.apply(this, args);
        count(this, args, result);
        return result;
      };
    };
    // The glue code of wasm-bindgen may copy ASCII one character at a time; nothing else on these pages calls `charCodeAt`.
    wrap(String.prototype, "charCodeAt", () => {
      if (memories.length > 0) copied.in += 1;
    });
    wrap(TextEncoder.prototype, "encodeInto", (_, [, view], { written }) => {
      if (isWasm(view)) copied.in += written;
    });
    wrap(Object.getPrototypeOf(Uint8Array.prototype), "set", (view, [source]) => {
      if (isWasm(view)) copied.in += source.byteLength ?? source.length * view.BYTES_PER_ELEMENT;
    });
    wrap(TextDecoder.prototype, "decode", (_, [view]) => {
      if (view !== undefined && isWasm(view)) copied.out += view.byteLength;
    });
  }
})();
