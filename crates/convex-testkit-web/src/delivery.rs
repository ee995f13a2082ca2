//! Events on their way from the deployment to a client.

use convex_testkit::{ClientVersion, ConnectionId, Output};
use convex_web::SocketEvents;

/// The client's end of a socket, until the client closes it.
pub(crate) struct ClientEnd {
    pub(crate) events: SocketEvents,
    pub(crate) version: ClientVersion,
    /// `None` while the socket is being opened.
    pub(crate) connection: Option<ConnectionId>,
}

/// A socket event that has not reached its client yet.
pub(crate) struct Delivery {
    pub(crate) socket: usize,
    pub(crate) event: PendingEvent,
}

pub(crate) enum PendingEvent {
    Opened,
    Text(String),
    Closed { code: u16, reason: String },
}

impl PendingEvent {
    /// The event of a connection that broke without a close frame.
    pub(crate) fn broken() -> Self {
        Self::Closed { code: 1006, reason: String::new() }
    }
}

impl From<Output> for PendingEvent {
    fn from(output: Output) -> Self {
        match output {
            Output::Send { text, .. } => Self::Text(text),
            Output::Close { code, reason, .. } => Self::Closed { code: code.unwrap_or(1005), reason },
            Output::Drop { .. } => Self::broken(),
        }
    }
}
