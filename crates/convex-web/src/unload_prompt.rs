//! The browser's warning before the page is left with unsaved changes.

use gloo_events::{EventListener, EventListenerOptions};
use gloo_timers::callback::Timeout;
use std::{
    cell::{Cell, RefCell},
    rc::Rc,
};

/// How long the listener stays after everything is saved, in milliseconds.
const LINGER_MS: u32 = 1000;

/// Makes the browser ask before the page is left, while there are unsaved changes.
///
/// The `beforeunload` listener exists only then and for [`LINGER_MS`] longer. A permanent listener
/// may keep the page out of the back-forward cache. But adding and removing it takes Chromium half
/// a millisecond, which is more than the rest of a mutation, so it stays between mutations that
/// follow each other.
#[derive(Default)]
pub(crate) struct UnloadPrompt(Rc<PromptState>);

#[derive(Default)]
struct PromptState {
    is_unsaved: Cell<bool>,
    listener: RefCell<Option<EventListener>>,
    /// Removes the listener.
    removal: RefCell<Option<Timeout>>,
}

impl UnloadPrompt {
    pub(crate) fn show_when(&self, is_unsaved: bool) {
        if self.0.is_unsaved.replace(is_unsaved) == is_unsaved {
            return;
        }
        if is_unsaved {
            self.0.removal.take();
            self.listen();
        } else {
            let prompt = Rc::downgrade(&self.0);
            let removal = Timeout::new(LINGER_MS, move || {
                if let Some(prompt) = prompt.upgrade() {
                    Self(prompt).stop();
                }
            });
            self.0.removal.replace(Some(removal));
        }
    }

    /// Removes the listener and the timer.
    pub(crate) fn stop(&self) {
        self.0.listener.take();
        self.0.removal.take();
    }

    /// In a worker there is no window to listen to.
    fn listen(&self) {
        let mut listener = self.0.listener.borrow_mut();
        if listener.is_some() {
            return;
        }
        let Some(window) = web_sys::window() else { return };
        let options = EventListenerOptions::enable_prevent_default();
        let prompt = Rc::downgrade(&self.0);
        let warn = move |event: &web_sys::Event| {
            if prompt.upgrade().is_some_and(|prompt| prompt.is_unsaved.get()) {
                event.prevent_default();
            }
        };
        *listener = Some(EventListener::new_with_options(&window, "beforeunload", options, warn));
    }
}
