//! The browser's question whether to leave the page while something is not saved.

use gloo_events::{EventListener, EventListenerOptions};
use std::cell::RefCell;

/// Has the browser ask before the page is left, as long as something would be lost.
///
/// It listens only then: a page that listens for `beforeunload` all the time may lose its place in the back-forward cache.
#[derive(Default)]
pub(crate) struct UnloadPrompt(RefCell<Option<EventListener>>);

impl UnloadPrompt {
    pub(crate) fn show_when(&self, is_unsaved: bool) {
        let mut listener = self.0.borrow_mut();
        if listener.is_some() != is_unsaved {
            *listener = is_unsaved.then(listen).flatten();
        }
    }
}

/// A worker has no window that could ask.
fn listen() -> Option<EventListener> {
    let options = EventListenerOptions::enable_prevent_default();
    let window = web_sys::window()?;
    Some(EventListener::new_with_options(&window, "beforeunload", options, |event| event.prevent_default()))
}
