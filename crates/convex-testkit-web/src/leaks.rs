//! Event listeners and timers that code has not removed from the page.

use crate::until::wait;
use js_sys::{Array, ArrayBuffer, Reflect, WebAssembly::Memory};
use std::collections::BTreeMap;
use wasm_bindgen::{JsCast, JsValue};

/// Records the listeners of the window, the document and all sockets, and the timers, in
/// `globalThis.leaks`.
const TRACKER: &str = "
    if (!globalThis.leaks) {
        const listeners = [], timers = new Set();
        globalThis.leaks = { listeners, timers };
        const tracked = (target) => target === window || target === document || target instanceof WebSocket;
        const { addEventListener, removeEventListener } = EventTarget.prototype;
        EventTarget.prototype.addEventListener = function (type, listener, ...options) {
            const target = this ?? window;
            if (tracked(target)) listeners.push({ target, type, listener });
            return addEventListener.call(target, type, listener, ...options);
        };
        EventTarget.prototype.removeEventListener = function (type, listener, ...options) {
            const target = this ?? window;
            const at = listeners.findIndex((l) => l.target === target && l.type === type && l.listener === listener);
            if (at >= 0) listeners.splice(at, 1);
            return removeEventListener.call(target, type, listener, ...options);
        };
        for (const [set, clear, repeats] of [['setTimeout', 'clearTimeout', false], ['setInterval', 'clearInterval', true]]) {
            const { [set]: realSet, [clear]: realClear } = window;
            window[set] = (run, ...options) => {
                const id = realSet((...args) => { if (!repeats) timers.delete(id); run(...args); }, ...options);
                timers.add(id);
                return id;
            };
            window[clear] = (id) => { timers.delete(id); realClear(id); };
        }
    }";

/// The event listeners and timers on the page.
///
/// A test that counts them must not run beside others in the same page. A test binary has one page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Leaks {
    /// The number of listeners of the window, the document and all sockets, by event name.
    pub listeners: BTreeMap<String, u32>,
    /// The number of timers that have not fired.
    pub timers: u32,
}

impl Leaks {
    /// Starts tracking. Listeners and timers that exist already are not counted.
    pub fn track() {
        js_sys::eval(TRACKER).expect("the script is valid");
    }

    /// The listeners and timers that were added since [`track`](Self::track) and still exist.
    pub fn count() -> Self {
        let leaks = get(&js_sys::global(), "leaks");
        let mut listeners = BTreeMap::new();
        for listener in Array::from(&get(&leaks, "listeners")) {
            let event = get(&listener, "type").as_string().expect("events have names");
            *listeners.entry(event).or_default() += 1;
        }
        let timers = get(&get(&leaks, "timers"), "size").as_f64().expect("a set has a size") as u32;
        Self { listeners, timers }
    }

    /// Waits until the count equals `expected`. After ten seconds it panics with both.
    pub async fn wait_for(expected: &Self) {
        wait(
            || Self::count() == *expected,
            || format!("the page has {expected:?}; it has {:?}", Self::count()),
        )
        .await;
    }
}

/// The size of the program's memory in bytes. It never shrinks.
pub fn memory_bytes() -> u32 {
    let memory: Memory = wasm_bindgen::memory().unchecked_into();
    memory.buffer().unchecked_into::<ArrayBuffer>().byte_length()
}

fn get(object: &JsValue, name: &str) -> JsValue {
    Reflect::get(object, &name.into()).expect("`Leaks::track` was called")
}
