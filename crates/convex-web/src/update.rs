//! What listeners are told.

#[cfg(target_family = "wasm")]
use crate::driver::Backend;
#[cfg(not(target_family = "wasm"))]
use crate::server_stub::Backend;
use crate::sync::{FunctionPath, OptimisticError, PaginatedHandle, QueryHandle, RequestId};
use std::{fmt, sync::Weak};

/// What changed since the last update, all of it at once: show it in one batch.
///
/// ```no_run
/// # let client = convex_web::ConvexClient::builder("https://happy-animal-123.convex.cloud").build();
/// let listener = client.on_update(|update| {
///     for (function, lines) in &update.logs {
///         for line in lines {
///             println!("{function}: {line}");
///         }
///     }
///     for (_, error) in &update.failed_updates {
///         eprintln!("{error}");
///     }
/// });
/// # drop(listener);
/// ```
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Update {
    /// The queries whose [result](crate::ConvexClient::result) changed, each once, all at one
    /// moment of the server.
    pub queries: Vec<QueryHandle>,
    /// The lists that [show](crate::ConvexClient::paginated) something else, each once, at the same
    /// moment.
    pub paginated: Vec<PaginatedHandle>,
    /// Whether [`auth`](crate::ConvexClient::auth), [`identity`](crate::ConvexClient::identity) or
    /// [`token_problem`](crate::ConvexClient::token_problem) changed.
    pub auth: bool,
    /// Whether [`connection`](crate::ConvexClient::connection) changed.
    pub connection: bool,
    /// Whether [`in_flight`](crate::ConvexClient::in_flight) changed.
    pub in_flight: bool,
    /// What functions wrote to their logs while they ran for this client.
    pub logs: Vec<(FunctionPath, Vec<String>)>,
    /// The optimistic updates that failed, and why. Nothing of them is shown; their mutations run
    /// all the same.
    pub failed_updates: Vec<(RequestId, OptimisticError)>,
}

/// A registered listener: it is called until this is dropped. It does not keep the client alive.
///
/// ```
/// use convex_web::{ConvexClient, Listener};
/// use std::{cell::Cell, rc::Rc};
///
/// /// Redraws while it is there.
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
#[must_use = "the listener is not called any more once this is dropped"]
pub struct Listener {
    client: Weak<Backend>,
    id: ListenerId,
}

/// Names a listener of one client.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct ListenerId(pub(crate) u64);

impl Listener {
    pub(crate) fn new(client: Weak<Backend>, id: ListenerId) -> Self {
        Self { client, id }
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        if let Some(client) = self.client.upgrade() {
            client.driver().remove_listener(self.id);
        }
    }
}

impl fmt::Debug for Listener {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Listener").field(&self.id.0).finish()
    }
}
