//! Listeners of updates and of auth.

use super::ConvexClient;
use crate::{Update, backend::Backend, sync::AuthState, update::ListenerId};
use std::{
    cell::RefCell,
    fmt,
    sync::{Arc, Weak},
};

/// A registered listener. It is called until this guard is dropped.
///
/// It does not keep the client alive.
///
/// ```
/// use convex_web::{ConvexClient, Listener};
/// use std::{cell::Cell, rc::Rc};
///
/// /// A status bar that is redrawn when the connection changes.
/// struct Status {
///     needs_redraw: Rc<Cell<bool>>,
///     _listener: Listener,
/// }
///
/// impl Status {
///     fn new(client: &ConvexClient) -> Self {
///         let needs_redraw = Rc::new(Cell::new(true));
///         let flag = Rc::clone(&needs_redraw);
///         let listener = client.on_update(move |update| flag.set(flag.get() || update.connection));
///         Self { needs_redraw, _listener: listener }
///     }
/// }
/// ```
#[must_use = "the listener is removed when this is dropped"]
pub struct Listener {
    client: Weak<Backend>,
    id: ListenerId,
}

/// # Listeners
impl ConvexClient {
    /// Calls `listener` after every change with the [`Update`], until the returned [`Listener`] is
    /// dropped.
    ///
    /// The effects of a command are delivered before the command returns. If a listener calls a
    /// command, its effects are delivered after all listeners have received the current update.
    pub fn on_update(&self, listener: impl Fn(&Update) + 'static) -> Listener {
        let id = self.0.add_listener(Box::new(listener));
        Listener { client: Arc::downgrade(&self.0), id }
    }

    /// Calls `listener` with the new [`auth`](Self::auth) state whenever it changes, until the
    /// returned [`Listener`] is dropped. Replacing a token is not a change.
    ///
    /// ```no_run
    /// use convex_web::{ConvexClient, sync::AuthState};
    ///
    /// let client = ConvexClient::builder("https://happy-animal-123.convex.cloud").build();
    /// let listener = client.on_auth_change(|auth| match auth {
    ///     AuthState::Loading { waiting_for, .. } => { /* show a spinner */ }
    ///     AuthState::Authenticated { refreshing } => { /* show the user's data; writes wait while `refreshing` */ }
    ///     AuthState::Unauthenticated { reason } => { /* show the sign-in form, and why */ }
    /// });
    /// # drop(listener);
    /// ```
    pub fn on_auth_change(&self, listener: impl Fn(&AuthState) + 'static) -> Listener {
        let client = Arc::downgrade(&self.0);
        let last = RefCell::new(self.auth());
        self.on_update(move |update| {
            let Some(client) = client.upgrade().filter(|_| update.auth) else { return };
            let client = Self(client);
            let auth = client.auth();
            // `update.auth` is also set if only `identity` or `token_problem` changed.
            if last.replace(auth.clone()) != auth {
                listener(&auth);
            }
        })
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        if let Some(client) = self.client.upgrade() {
            client.remove_listener(self.id);
        }
    }
}

impl fmt::Debug for Listener {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Listener").field(&self.id.0).finish()
    }
}
