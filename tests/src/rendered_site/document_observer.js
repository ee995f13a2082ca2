// Runs after observer.js in documents of the server-rendered example. Records each state of the document from its first
// element on, and each change of its body once it is parsed.
(() => {
    const observed = { states: [], changes: [] };
    window.__observedDocument = observed;
    let isParsed = false;
    let last = "";

    // The text of each visible element with a test id.
    function parts() {
        const visible = [...document.querySelectorAll("[data-testid]")].filter((part) => part.checkVisibility());
        const texts = visible.map((part) => [part.dataset.testid, part.innerText.trim()]);
        return Object.fromEntries(texts.filter(([, text]) => text !== ""));
    }

    function note(records) {
        if (isParsed) observed.changes.push(...records.filter(isChangeOfBody).map(describe));
        const state = { title: document.title, parts: parts() };
        const text = JSON.stringify([isParsed, state]);
        if (text === last) return;
        last = text;
        observed.states.push({ at: Math.round(performance.now()), isParsed, ...state });
    }

    // Setting an attribute to its own value is recorded, but changes nothing.
    function isChangeOfBody({ type, target, attributeName, oldValue }) {
        const isSame = type === "attributes" && target.getAttribute(attributeName) === oldValue;
        return !isSame && document.body?.contains(target);
    }

    function describe({ type, target, attributeName, addedNodes, removedNodes }) {
        const html = (node) => node.outerHTML ?? `${node.nodeName} ${JSON.stringify(node.nodeValue)}`;
        const list = (sign, nodes) => [...nodes].map((node) => ` ${sign}${html(node)}`).join("");
        const where = target.nodeType === Node.ELEMENT_NODE ? target.cloneNode(false).outerHTML : html(target);
        return `${type} ${attributeName ?? ""} of ${where}:${list("+", addedNodes)}${list("-", removedNodes)}`;
    }

    const observer = new MutationObserver(note);
    observer.observe(document, { attributeOldValue: true, characterData: true, childList: true, subtree: true });
    document.addEventListener("DOMContentLoaded", () => {
        note(observer.takeRecords());
        isParsed = true;
        note([]);
    });
})();
