//! What the app is shown of the connection.

use crate::Time;
use std::sync::Arc;

/// The state of the connection to the deployment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ConnectionState {
    /// The first socket is being opened.
    Connecting,
    /// The socket is open, and what was asked on it is not answered yet.
    Syncing,
    /// The socket is open, and everything that could be asked waits for authentication.
    HeldForAuth,
    /// Everything that was asked is answered and kept up to date.
    Live,
    /// The connection was lost.
    Reconnecting {
        /// How many connections have failed since one was last good, the lost one among them. A page that wakes up starts the count anew, at 0.
        attempt: u32,
        /// When it will be tried next; `None` while it is being tried.
        next_attempt: Option<Time>,
        /// Why it was lost: the server's close reason, or what this client noticed.
        reason: Arc<str>,
    },
    /// The client was closed.
    Closed,
    /// The client stopped for good, or was never able to start.
    Fatal {
        /// Why.
        message: Arc<str>,
    },
}
