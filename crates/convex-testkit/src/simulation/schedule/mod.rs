//! The schedule of a simulated world as data: generated from a seed, shortened by shrinking, and
//! printed through `Debug`.

mod operation;
mod page;
mod random;

use std::time::Duration;

pub use operation::{
    ListFault, ListOperation, Login, MutationSpec, Operation, ProviderBehavior, ProviderOperation, QueryKind,
    QuerySpec, RejectionMode, UpdateKind,
};
pub use page::RenderedPage;

use crate::deployment::Kill;

/// A simulated world and the operations that are applied to it.
#[derive(Debug, Clone)]
pub struct Schedule {
    /// Seeds the random decisions of the run: jitter, backoff and broken sockets.
    pub seed: u64,
    /// The initial configuration of the world.
    pub config: WorldConfig,
    /// The operations, in order.
    pub operations: Vec<TimedOperation>,
}

/// The initial configuration of a world.
#[derive(Debug, Clone)]
pub struct WorldConfig {
    /// How far the client's wall clock is ahead of the server's, in milliseconds.
    pub clock_ahead: i64,
    /// Whether the server answers each frame with a transition of its own.
    pub answers_singly: bool,
    /// The size in bytes above which the server sends a transition in chunks.
    pub chunk_bytes: Option<usize>,
    /// The network's delay, one way.
    pub latency: Duration,
    /// The largest random addition to `latency`.
    pub jitter: Duration,
    /// The probability, in thousandths, that a frame breaks its socket.
    pub cuts_per_mille: u8,
    /// The lifetime of the provider's tokens.
    pub token_life: Duration,
    /// How long the client caches queries without subscribers.
    pub query_cache_time: Duration,
    /// Whether the page wakes up at the end, so that the client must recover within seconds.
    pub wakes_at_the_end: bool,
    /// Whether the network changes at the end: all sockets die silently, right after a frame.
    pub network_changes_at_the_end: bool,
    /// The page that the client takes over, if a web server has rendered it.
    pub page: Option<RenderedPage>,
}

/// An operation and the time since the previous one.
#[derive(Debug, Clone)]
pub struct TimedOperation {
    /// The time since the previous operation.
    pub after: Duration,
    /// The operation.
    pub operation: Operation,
}

/// How mutations end the connections that they are sent on.
pub(crate) const KILLERS: [Kill; 4] = [
    Kill { close: Some((1009, "")), answers_first: false },
    Kill { close: Some((1011, "InternalServerError")), answers_first: true },
    Kill { close: Some((1011, "InternalServerError")), answers_first: false },
    Kill { close: None, answers_first: false },
];

/// The logins that schedules use: two sessions of one user, and one of another user.
pub(super) const LOGINS: [Login; 3] = [
    Login { user: "alice", key: "alice" },
    Login { user: "alice", key: "alice again" },
    Login { user: "bob", key: "bob" },
];
