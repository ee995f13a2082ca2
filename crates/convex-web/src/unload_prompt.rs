//! The browser's question whether to leave the page while something is not saved.

use gloo_events::{EventListener, EventListenerOptions};
use gloo_timers::callback::Timeout;
use std::{
    cell::{Cell, RefCell},
    rc::Rc,
};

/// How long it goes on listening once all is saved, in milliseconds.
const PATIENCE: u32 = 1000;

/// Has the browser ask before the page is left, as long as something would be lost.
///
/// It listens only then and shortly afterwards: a page that listens for `beforeunload` all the time
/// may lose its place in the back-forward cache. But to begin and to stop takes Chromium half a
/// millisecond together, which is more than all else that a mutation takes.
#[derive(Default)]
pub(crate) struct UnloadPrompt(Rc<State>);

#[derive(Default)]
struct State {
    is_unsaved: Cell<bool>,
    listener: RefCell<Option<EventListener>>,
    /// Stops listening.
    end: RefCell<Option<Timeout>>,
}

impl UnloadPrompt {
    pub(crate) fn show_when(&self, is_unsaved: bool) {
        if self.0.is_unsaved.replace(is_unsaved) == is_unsaved {
            return;
        }
        if is_unsaved {
            self.0.end.take();
            self.listen();
        } else {
            let prompt = Rc::downgrade(&self.0);
            let end = Timeout::new(PATIENCE, move || {
                if let Some(prompt) = prompt.upgrade() {
                    Self(prompt).stop();
                }
            });
            self.0.end.replace(Some(end));
        }
    }

    /// Leaves nothing on the page.
    pub(crate) fn stop(&self) {
        self.0.listener.take();
        self.0.end.take();
    }

    /// A worker has no window that could ask.
    fn listen(&self) {
        let mut listener = self.0.listener.borrow_mut();
        if listener.is_some() {
            return;
        }
        let Some(window) = web_sys::window() else { return };
        let options = EventListenerOptions::enable_prevent_default();
        let prompt = Rc::downgrade(&self.0);
        let ask = move |event: &web_sys::Event| {
            if prompt.upgrade().is_some_and(|prompt| prompt.is_unsaved.get()) {
                event.prevent_default();
            }
        };
        *listener = Some(EventListener::new_with_options(&window, "beforeunload", options, ask));
    }
}
