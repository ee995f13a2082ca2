//! The connection state that the app sees.

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
    /// The client was created on a server (during server-side rendering), where it never connects.
    Idle,
    /// The first socket is being opened.
    Connecting,
    /// The socket is open, and not every subscribed query has its result yet.
    Syncing,
    /// The socket is open, and authentication has not settled: `Settled` and `Required` requests
    /// are held back, if there are any.
    HeldForAuth,
    /// Everything that was sent after connecting is answered, and results are kept up to date.
    Live,
    /// The connection was lost.
    Reconnecting {
        /// The number of failed connections since the last healthy one, including the lost one. It
        /// starts again at 0 when the page wakes up or the app calls
        /// [`reconnect_now`](crate::SyncClient::reconnect_now).
        attempt: u32,
        /// When the next attempt starts; `None` while it is in progress.
        next_attempt: Option<Time>,
        /// Why the connection was lost: the server's close reason, or the client's own.
        reason: Arc<str>,
    },
    /// The client was closed.
    Closed,
    /// Terminal: the client has stopped with an error, or could not start.
    Fatal {
        /// The error.
        message: Arc<str>,
    },
}
