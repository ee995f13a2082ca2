//! The page's events that say: what was known may have changed unseen.

/// Listens to the page waking, until it is dropped: the machine comes back online, the page becomes
/// visible, or comes back from the back-forward cache. Then a connection may have died unseen, and
/// another tab may have done something.
///
/// A [`ConvexClient`](crate::ConvexClient) does so by itself; this is for who knows something else
/// that may be old by then, such as an identity provider. Outside of a page nothing wakes.
///
/// ```no_run
/// let listener = convex_web::WakeListener::new(|| { /* look again */ });
/// # drop(listener);
/// ```
#[derive(Debug)]
#[must_use = "it listens until it is dropped"]
pub struct WakeListener {
    #[cfg(target_family = "wasm")]
    _events: Vec<gloo_events::EventListener>,
}

#[cfg(not(target_family = "wasm"))]
impl WakeListener {
    /// Never calls `woke`: there is no page.
    pub fn new(_woke: impl Fn() + 'static) -> Self {
        Self {}
    }
}

#[cfg(target_family = "wasm")]
mod page {
    use super::WakeListener;
    use gloo_events::EventListener;
    use std::rc::Rc;
    use wasm_bindgen::JsCast;
    use web_sys::{Document, PageTransitionEvent, Window};

    impl WakeListener {
        /// Calls `woke` whenever the page wakes.
        pub fn new(woke: impl Fn() + 'static) -> Self {
            Self::telling_network_changes(move |_| woke())
        }

        /// As [`new`](Self::new); the argument says whether the network changed.
        pub(crate) fn telling_network_changes(woke: impl Fn(bool) + 'static) -> Self {
            Self { _events: listen(Rc::new(woke)) }
        }
    }

    fn listen(woke: Rc<dyn Fn(bool)>) -> Vec<EventListener> {
        // A worker has no window and no such events.
        let Some(window) = web_sys::window() else { return Vec::new() };
        let visible = window.document().map(|document| on_visible(document, Rc::clone(&woke)));
        [on_online(&window, Rc::clone(&woke)), on_restored(&window, woke)]
            .into_iter()
            .chain(visible)
            .collect()
    }

    fn on_online(window: &Window, woke: Rc<dyn Fn(bool)>) -> EventListener {
        EventListener::new(window, "online", move |_| woke(true))
    }

    fn on_restored(window: &Window, woke: Rc<dyn Fn(bool)>) -> EventListener {
        // The same event also ends every load, when there is nothing to wake.
        EventListener::new(window, "pageshow", move |event| {
            if event.dyn_ref::<PageTransitionEvent>().is_some_and(PageTransitionEvent::persisted) {
                woke(false);
            }
        })
    }

    fn on_visible(document: Document, woke: Rc<dyn Fn(bool)>) -> EventListener {
        EventListener::new(&document.clone(), "visibilitychange", move |_| {
            if !document.hidden() {
                woke(false);
            }
        })
    }
}
