//! What a browser tells a page about itself, told by a test.

use web_sys::{Document, Event, EventTarget, PageTransitionEvent, PageTransitionEventInit, Window};

/// The machine is online again.
pub fn come_online() {
    dispatch(&window(), &event("online"));
}

/// The page comes into view, or goes out of it.
pub fn set_visible(visible: bool) {
    let hidden = !visible;
    let script =
        format!("Object.defineProperty(document, 'hidden', {{ get: () => {hidden}, configurable: true }})");
    js_sys::eval(&script).expect("the script is right");
    dispatch(&document(), &event("visibilitychange"));
}

/// The page is shown: `restored` from the back-forward cache, or because it has been loaded.
pub fn show_page(restored: bool) {
    let init = PageTransitionEventInit::new();
    init.set_persisted(restored);
    let event = PageTransitionEvent::new_with_event_init_dict("pageshow", &init).expect("an event");
    dispatch(&window(), &event);
}

fn dispatch(target: &EventTarget, event: &Event) {
    target.dispatch_event(event).expect("it is dispatched");
}

fn event(name: &str) -> Event {
    Event::new(name).expect("an event")
}

fn window() -> Window {
    web_sys::window().expect("component tests run in a page")
}

fn document() -> Document {
    window().document().expect("a window has a document")
}
