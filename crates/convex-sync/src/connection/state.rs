//! What the app is shown of the connection.

use crate::Time;
use std::sync::Arc;

/// The state of the connection to the deployment.
///
/// ```
/// use convex_sync::{ConnectionState, Time};
/// use std::time::Duration;
///
/// fn banner(connection: &ConnectionState, now: Time) -> Option<String> {
///     match connection {
///         ConnectionState::Reconnecting { next_attempt: Some(at), .. } => {
///             Some(format!("Offline. Next try in {} s.", (*at - now).as_secs()))
///         }
///         ConnectionState::Reconnecting { .. } => Some("Reconnecting …".to_owned()),
///         ConnectionState::Fatal { message } => Some(format!("Please reload the page: {message}")),
///         _ => None,
///     }
/// }
///
/// let next_attempt = Some(Time::new(Duration::from_secs(9)));
/// let lost = ConnectionState::Reconnecting { attempt: 3, next_attempt, reason: "InactiveServer".into() };
/// assert_eq!(banner(&lost, Time::new(Duration::from_secs(5))).as_deref(), Some("Offline. Next try in 4 s."));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ConnectionState {
    /// There is nothing to connect with: the client was made on a server, where it does nothing.
    Idle,
    /// The first socket is being opened.
    Connecting,
    /// The socket is open, and what was asked on it is not answered yet.
    Syncing,
    /// The socket is open, and authentication has not settled: `Settled` and `Required` requests
    /// are held back, if there are any.
    HeldForAuth,
    /// Everything that was asked is answered and kept up to date.
    Live,
    /// The connection was lost.
    Reconnecting {
        /// How many connections have failed since one was last good, the lost one among them. A
        /// page that wakes up, or [`reconnect_now`](crate::SyncClient::reconnect_now), starts the
        /// count anew, at 0.
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
