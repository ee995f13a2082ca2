// The clocks and counters of a measured page. It comes before the app and knows no client: it stands around what the browser gives both.
//
// `?shown=<test id>` notes when an element with this `data-testid` and some text in it is there first. `?count=copies` counts what is copied between
// JavaScript and WebAssembly; that costs time, so such a page's times are worth nothing.

(() => {
  const params = new URLSearchParams(location.search);

  const bench = (window.bench = {
    // Each socket with its frames, in order.
    sockets: [],
    // Milliseconds since the navigation, as all times here.
    shownAt: undefined,
    // Bytes into and out of WebAssembly, where they are counted.
    copied: undefined,
    // What the app's WebAssembly has taken of memory.
    wasmBytes: () => memories.reduce((sum, memory) => sum + memory.buffer.byteLength, 0),
    roundTrips,
  });

  window.WebSocket = class extends WebSocket {
    #log = { openedAt: undefined, closedAt: undefined, frames: [] };

    constructor(...args) {
      super(...args);
      bench.sockets.push(this.#log);
      // The app's listeners come later, and so run later.
      this.addEventListener("open", () => {
        this.#log.openedAt = performance.now();
      });
      this.addEventListener("message", (event) => {
        // Before its text is looked at: the browser makes it then.
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

  // How often the client had said something and waited for the server, on the socket open last, from its opening to a time.
  function roundTrips(until) {
    let trips = 0;
    let asked = false;
    for (const { at, from } of bench.sockets.at(-1)?.frames ?? []) {
      if (at > until) break;
      if (from === "server" && asked) trips += 1;
      asked = from === "client";
    }
    return trips;
  }

  const memories = [];
  for (const name of ["instantiate", "instantiateStreaming"]) {
    const instantiate = WebAssembly[name];
    WebAssembly[name] = async (...args) => {
      const made = await instantiate.apply(WebAssembly, args);
      const { exports } = made.instance ?? made;
      memories.push(...Object.values(exports).filter((value) => value instanceof WebAssembly.Memory));
      return made;
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
    const around = (prototype, name, count) => {
      const method = prototype[name];
      prototype[name] = function (...args) {
        const result = method.apply(this, args);
        count(this, args, result);
        return result;
      };
    };
    // The glue of wasm-bindgen may copy ASCII by itself, one character at a time; nothing else on such a page asks for them.
    around(String.prototype, "charCodeAt", () => {
      if (memories.length > 0) copied.in += 1;
    });
    around(TextEncoder.prototype, "encodeInto", (_, [, view], { written }) => {
      if (isWasm(view)) copied.in += written;
    });
    around(Object.getPrototypeOf(Uint8Array.prototype), "set", (view, [source]) => {
      if (isWasm(view)) copied.in += source.byteLength ?? source.length * view.BYTES_PER_ELEMENT;
    });
    around(TextDecoder.prototype, "decode", (_, [view]) => {
      if (view !== undefined && isWasm(view)) copied.out += view.byteLength;
    });
  }
})();
