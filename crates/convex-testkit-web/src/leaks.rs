//! What code leaves on the page, for tests that it leaves nothing.

use crate::until::wait;
use js_sys::{Array, ArrayBuffer, Reflect, WebAssembly::Memory};
use std::collections::BTreeMap;
use wasm_bindgen::{JsCast, JsValue};

/// Notes the listeners of the window, the document and all sockets, and the timers, in
/// `globalThis.left`.
const WATCH: &str = "
    if (!globalThis.left) {
        const listeners = [], timers = new Set();
        globalThis.left = { listeners, timers };
        const watched = (target) => target === window || target === document || target instanceof WebSocket;
        const { addEventListener, removeEventListener } = EventTarget.prototype;
        EventTarget.prototype.addEventListener = function (type, listener, ...options) {
            const target = this ?? window;
            if (watched(target)) listeners.push({ target, type, listener });
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

/// What code has left on the page.
///
/// A test that counts has the page to itself: those of one binary share theirs, and leave things
/// behind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Leaks {
    /// How often the window, the document and the sockets are listened to, by the events' names.
    pub listeners: BTreeMap<String, u32>,
    /// How many timers have yet to fire.
    pub timers: u32,
}

impl Leaks {
    /// Starts to count.
    pub fn watch() {
        js_sys::eval(WATCH).expect("the script is right");
    }

    /// What there is now, of all that came since the counting [started](Self::watch).
    pub fn now() -> Self {
        let left = get(&js_sys::global(), "left");
        let mut listeners = BTreeMap::new();
        for listener in Array::from(&get(&left, "listeners")) {
            let event = get(&listener, "type").as_string().expect("events have names");
            *listeners.entry(event).or_default() += 1;
        }
        let timers = get(&get(&left, "timers"), "size").as_f64().expect("a set has a size") as u32;
        Self { listeners, timers }
    }

    /// Waits until there is this, no less and no more; fails the test, saying what there is
    /// instead, when there is not for ten seconds.
    pub async fn until(wanted: &Self) {
        wait(|| Self::now() == *wanted, || format!("for {wanted:?}; there are {:?}", Self::now())).await;
    }
}

/// How large the memory of the program is, in bytes. It never shrinks.
pub fn memory_bytes() -> u32 {
    let memory: Memory = wasm_bindgen::memory().unchecked_into();
    memory.buffer().unchecked_into::<ArrayBuffer>().byte_length()
}

fn get(object: &JsValue, name: &str) -> JsValue {
    Reflect::get(object, &name.into()).expect("`Leaks::watch` was called")
}
