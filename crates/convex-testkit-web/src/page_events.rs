//! Page events that a test dispatches in place of the browser.

use web_sys::{Document, Event, EventTarget, PageTransitionEvent, PageTransitionEventInit, Window};

/// Dispatches `online`: the machine is online again.
pub fn dispatch_online() {
    dispatch(&window(), &event("online"));
}

/// Shows or hides the page, and dispatches `visibilitychange`.
pub fn set_page_visible(visible: bool) {
    let hidden = !visible;
    let script =
        format!("Object.defineProperty(document, 'hidden', {{ get: () => {hidden}, configurable: true }})");
    js_sys::eval(&script).expect("the script is valid");
    dispatch(&document(), &event("visibilitychange"));
}

/// Dispatches `pageshow`: the page was restored from the back-forward cache if `persisted`, or else
/// has loaded.
pub fn dispatch_pageshow(persisted: bool) {
    let init = PageTransitionEventInit::new();
    init.set_persisted(persisted);
    let event = PageTransitionEvent::new_with_event_init_dict("pageshow", &init).expect("a valid event");
    dispatch(&window(), &event);
}

fn dispatch(target: &EventTarget, event: &Event) {
    target.dispatch_event(event).expect("the event was not dispatched before");
}

fn event(name: &str) -> Event {
    Event::new(name).expect("a valid event")
}

fn window() -> Window {
    web_sys::window().expect("component tests run in a page")
}

fn document() -> Document {
    window().document().expect("a window has a document")
}
