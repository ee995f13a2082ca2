// Runs in every document before the page's own scripts, and takes notes: each state that a panel has been in (an observer of mutations
// misses none, however short), and each frame that went over a socket.
(() => {
    const observed = { naive: [], fixed: [], sockets: [] };
    window.__observed = observed;

    const find = (within, id) => within.querySelector(`[data-testid="${id}"]`);

    function look(panel) {
        const contents = ["loading", "invitation", "query-error", "organizations"];
        const parts = contents.map((id) => find(panel, id)).filter((part) => part !== null);
        const visible = parts.filter((part) => part.checkVisibility());
        return {
            auth: find(panel, "auth-state")?.dataset.state ?? "",
            connection: find(panel, "connection-state")?.dataset.state ?? "",
            detail: find(panel, "state-detail")?.textContent ?? "",
            shows: visible.map((part) => part.dataset.testid),
            text: visible.map((part) => part.innerText).join("\n"),
            // In the document at all, even out of sight.
            error: find(panel, "query-error")?.textContent ?? null,
            messages: [...panel.querySelectorAll('[data-testid="messages"] li')].map((item) => item.innerText),
        };
    }

    function note() {
        for (const id of ["naive", "fixed"]) {
            const panel = find(document, id);
            if (panel === null) continue;
            const state = look(panel);
            const text = JSON.stringify(state);
            if (observed[id].text === text) continue;
            observed[id].text = text;
            observed[id].push(state);
        }
    }

    new MutationObserver(note).observe(document, {
        attributes: true,
        characterData: true,
        childList: true,
        subtree: true,
    });

    window.WebSocket = class extends WebSocket {
        #frames = [];

        constructor(...args) {
            super(...args);
            observed.sockets.push(this.#frames);
            this.addEventListener("message", ({ data }) => this.#frames.push({ received: data }));
        }

        send(data) {
            this.#frames.push({ sent: data });
            super.send(data);
        }
    };
})();
