//! The page's events that say: the connection may have died unseen.

use gloo_events::EventListener;
use wasm_bindgen::JsCast;
use web_sys::PageTransitionEvent;

/// Listening ends when this is dropped.
pub(crate) type WakeListeners = Vec<EventListener>;

/// Calls `woke` when the machine comes back online and when the page becomes visible or comes back from the back-forward cache.
pub(crate) fn listen(woke: impl Fn() + Clone + 'static) -> WakeListeners {
    // A worker has no window and no such events.
    let Some(window) = web_sys::window() else { return Vec::new() };
    let online = EventListener::new(&window, "online", {
        let woke = woke.clone();
        move |_| woke()
    });
    let restored = EventListener::new(&window, "pageshow", {
        let woke = woke.clone();
        // The same event also ends every load, when there is nothing to wake.
        move |event| {
            if event.dyn_ref::<PageTransitionEvent>().is_some_and(PageTransitionEvent::persisted) {
                woke();
            }
        }
    });
    let Some(document) = window.document() else { return vec![online, restored] };
    let visible = EventListener::new(&document, "visibilitychange", {
        let document = document.clone();
        move |_| {
            if !document.hidden() {
                woke();
            }
        }
    });
    vec![online, restored, visible]
}
