//! Page events after which the page's state may be stale.

/// Listens for the page waking up, until it is dropped.
///
/// A page wakes up when the machine comes back online, when the page becomes visible, or when it is
/// restored from the back-forward cache. Meanwhile a connection may have broken, and another tab
/// may have changed cookies or storage.
///
/// A [`ConvexClient`](crate::ConvexClient) listens by itself. This is for other state that may be
/// stale then, such as the session of an identity provider. On a server it never fires.
///
/// ```no_run
/// let listener = convex_web::WakeListener::new(|| { /* check the session again */ });
/// # drop(listener);
/// ```
#[derive(Debug)]
#[must_use = "it listens until it is dropped"]
pub struct WakeListener {
    #[cfg(all(target_family = "wasm", not(feature = "server")))]
    _events: Vec<gloo_events::EventListener>,
}

#[cfg(any(not(target_family = "wasm"), feature = "server"))]
impl WakeListener {
    /// Never calls `woke`: there is no page on a server.
    pub fn new(_woke: impl Fn() + 'static) -> Self {
        Self {}
    }
}

#[cfg(all(target_family = "wasm", not(feature = "server")))]
mod page {
    use super::WakeListener;
    use gloo_events::EventListener;
    use std::rc::Rc;
    use wasm_bindgen::JsCast;
    use web_sys::{Document, PageTransitionEvent, Window};

    impl WakeListener {
        /// Calls `woke` whenever the page wakes up.
        pub fn new(woke: impl Fn() + 'static) -> Self {
            Self::with_network_changes(move |_| woke())
        }

        /// As [`new`](Self::new); the argument of `woke` says whether the network changed.
        pub(crate) fn with_network_changes(woke: impl Fn(bool) + 'static) -> Self {
            Self { _events: listen(Rc::new(woke)) }
        }
    }

    fn listen(woke: Rc<dyn Fn(bool)>) -> Vec<EventListener> {
        // In a worker there is no window, and there are no such events.
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
        // The event is also fired when the page has loaded; then it is not `persisted`.
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
