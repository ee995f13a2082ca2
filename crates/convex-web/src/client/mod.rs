//! The handle of a running client. Its methods are grouped by subject, one file each.

mod auth;
mod builder;
mod listener;
mod page_takeover;
mod queries;
mod request_future;
mod requests;
mod status;
mod suspension;

pub use builder::ClientBuilder;
pub use listener::Listener;
pub use request_future::{RequestFuture, RequestHandle};
pub use suspension::Suspension;

use crate::backend::Backend;
use std::{fmt, sync::Arc};

/// A client of one Convex deployment.
///
/// It runs until the last clone is dropped or it is [closed](Self::close). It is cheap to clone,
/// and `Send + Sync`, so that frameworks accept it. In the browser it may only be used on the
/// thread that created it: it holds an id, and sockets and listeners are in a thread-local.
///
/// A [closed](Self::close) client can still be called: commands do nothing, getters report that it
/// is closed, and requests fail with
/// [`ClientClosed`](crate::sync::NotSentReason::ClientClosed).
///
/// # Inside an optimistic update
///
/// Optimistic updates and the filters of suspensions run while the client is being changed. They
/// should not use the client. If they do, also in a destructor, nothing panics:
///
/// - requests fail with [`ClientBusy`](crate::sync::NotSentReason::ClientBusy);
/// - [`subscribe`](Self::subscribe), [`subscribe_paginated`](Self::subscribe_paginated) and
///   [`suspend`](Self::suspend) return a handle that names nothing, and
///   [`load_more`](Self::load_more) returns `false`;
/// - getters return what a new client returns;
/// - every other command takes effect right afterwards.
///
/// [`when_idle`](Self::when_idle) defers a closure until the client can be used.
///
/// # Example
///
/// The [front page](crate) shows a query; this is a mutation:
///
/// ```
/// use convex_web::{ConvexClient, sync::{Arguments, ConvexError, FunctionPath, AuthPolicy}};
/// use std::collections::BTreeMap;
///
/// /// Returns the id of the new message.
/// async fn send(client: &ConvexClient, body: &str) -> Result<String, ConvexError> {
///     let function = FunctionPath::parse("messages:send")?;
///     let args = Arguments::encode(&BTreeMap::from([("body", body)]))?.expect("a map is an object");
///     // Only as a signed-in user. When it returns, every query shows what it wrote.
///     let id = client.mutate(function, args, AuthPolicy::Required).await?;
///     Ok(id.decode()?)
/// }
/// ```
#[derive(Clone)]
pub struct ConvexClient(Arc<Backend>);

impl ConvexClient {
    /// Starts building a client of the deployment at `url`, an absolute `http` or `https` URL.
    pub fn builder(url: impl Into<String>) -> ClientBuilder {
        ClientBuilder::new(url.into())
    }

    /// Creates a client that is already closed, as a placeholder. It never dials.
    ///
    /// ```
    /// use convex_web::ConvexClient;
    ///
    /// let client: Option<ConvexClient> = None;
    /// let client = client.unwrap_or_else(ConvexClient::closed);
    /// client.sign_out();
    /// assert_eq!(client.claims(), None);
    /// ```
    pub fn closed() -> Self {
        Self(Arc::new(Backend::closed()))
    }

    /// Calls `task` now, or right after the [optimistic update](Self#inside-an-optimistic-update)
    /// or filter that calls this.
    ///
    /// ```no_run
    /// # use convex_web::{ConvexClient, sync::{Arguments, FunctionPath, AuthPolicy}};
    /// # fn run(client: ConvexClient, list: FunctionPath, args: Arguments) {
    /// // An effect cannot know whether its signal is set inside an optimistic update.
    /// client.when_idle({
    ///     let client = client.clone();
    ///     move || drop(client.subscribe(&list, &args, AuthPolicy::Settled))
    /// });
    /// # }
    /// ```
    pub fn when_idle(&self, task: impl FnOnce() + 'static) {
        self.0.when_idle(task);
    }

    /// Connects now instead of at the next attempt, as for a "Try again" button.
    ///
    /// If a dial is scheduled, it starts at once. If the socket is open, the server has to answer
    /// within [`Config::probe_timeout`](crate::sync::Config::probe_timeout), or the socket is
    /// replaced. A client that has stopped stays stopped.
    ///
    /// ```no_run
    /// use convex_web::{ConvexClient, sync::ConnectionState};
    ///
    /// # fn run(client: &ConvexClient) {
    /// if matches!(client.connection(), ConnectionState::Reconnecting { .. }) {
    ///     client.reconnect_now();
    /// }
    /// # }
    /// ```
    pub fn reconnect_now(&self) {
        self.0.command(|core, now| core.reconnect_now(now));
    }

    /// Closes the client: it closes its socket, settles its requests, and removes its timers and
    /// event listeners from the page.
    pub fn close(&self) {
        self.0.close();
    }
}

impl fmt::Debug for ConvexClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ConvexClient")
            .field("connection", &self.connection())
            .field("auth", &self.auth())
            .finish_non_exhaustive()
    }
}
