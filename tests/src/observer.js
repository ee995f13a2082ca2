// Runs in every document before the page's own scripts (the dev server's `--observe`). Records each state of a panel (a
// mutation observer misses none, however short), each frame of a socket, the page's events and the console's errors.
(() => {
    const observed = {
        naive: [],
        fixed: [],
        sockets: [],
        // Sockets that are connecting or open.
        openSockets: 0,
        lastFrame: 0,
        events: [],
    };
    window.__observed = observed;

    const now = () => Math.round(performance.now());

    const find = (within, id) => within.querySelector(`[data-testid="${id}"]`);

    function stateOf(panel) {
        const contents = ["loading", "invitation", "query-error", "organizations"];
        const parts = contents.map((id) => find(panel, id)).filter((part) => part !== null);
        const visible = parts.filter((part) => part.checkVisibility());
        return {
            user: document.querySelector('[data-testid^="sign-in-"][aria-pressed="true"]')?.innerText ?? "",
            auth: find(panel, "auth-state")?.dataset.state ?? "",
            connection: find(panel, "connection-state")?.dataset.state ?? "",
            detail: find(panel, "state-detail")?.textContent ?? "",
            shows: visible.map((part) => part.dataset.testid),
            text: visible.map((part) => part.innerText).join("\n"),
            // Also if it is in the document but invisible.
            error: find(panel, "query-error")?.textContent ?? null,
            messages: [...panel.querySelectorAll('[data-testid="messages"] li')].map((item) => item.innerText),
        };
    }

    function note() {
        for (const id of ["naive", "fixed"]) {
            const panel = find(document, id);
            if (panel === null) continue;
            const state = stateOf(panel);
            const text = JSON.stringify(state);
            if (observed[id].text === text) continue;
            observed[id].text = text;
            observed[id].push({ at: now(), ...state });
        }
    }

    // In local storage, so that errors survive reloads and are shared by all tabs.
    const CONSOLE = "observer-console";

    window.__observedErrors = () => JSON.parse(localStorage.getItem(CONSOLE) ?? "[]");

    function noteError(...words) {
        localStorage.setItem(CONSOLE, JSON.stringify([...window.__observedErrors(), words.map(String).join(" ")]));
    }

    for (const level of ["error", "warn"]) {
        const write = console[level];
        console[level] = (...words) => {
            noteError(...words);
            write.apply(console, words);
        };
    }
    window.addEventListener("error", (event) => noteError(event.error ?? event.message));
    window.addEventListener("unhandledrejection", (event) => noteError("unhandled rejection:", event.reason));

    new MutationObserver(note).observe(document, {
        attributes: true,
        characterData: true,
        childList: true,
        subtree: true,
    });

    function noteEvent(event) {
        // One event type reports both changes of visibility, so record the new state.
        const kind = event.type === "visibilitychange" ? document.visibilityState : event.type;
        observed.events.push({ kind, persisted: event.persisted ?? false, at: now() });
    }

    for (const type of ["online", "offline", "pageshow", "pagehide"]) window.addEventListener(type, noteEvent);
    for (const type of ["visibilitychange", "freeze", "resume"]) document.addEventListener(type, noteEvent);

    window.WebSocket = class extends WebSocket {
        #frames = [];

        constructor(...args) {
            super(...args);
            observed.sockets.push(this.#frames);
            observed.openSockets += 1;
            this.addEventListener("close", () => (observed.openSockets -= 1));
            this.addEventListener("message", ({ data }) => {
                this.#frames.push({ received: data });
                observed.lastFrame = now();
            });
        }

        send(data) {
            this.#frames.push({ sent: data });
            super.send(data);
        }
    };
})();
