//! How long to wait before the next socket (protocol §7).

use std::time::Duration;

/// The longest wait before jitter.
pub(crate) const MAX: Duration = Duration::from_secs(16);

/// After a loss this client brought about.
pub(crate) const BY_CLIENT: Duration = Duration::from_millis(100);

/// After the loss of a connection that was good for [`LASTED`], where the server asked for no time.
/// Convex's own clients differ here: 1 s in JavaScript, at most 0.1 s in Rust.
pub(crate) const SOON: Duration = Duration::from_millis(250);

/// How long a connection has to be open for its loss to be put right [`SOON`]: so a server that
/// closes what it has just answered is not dialled more often than it is with the wait of
/// [`initial`].
pub(crate) const LASTED: Duration = Duration::from_secs(1);

/// What an overloaded server asks for, by the beginning of its close reason.
const OVERLOADED: [&str; 10] = [
    "SubscriptionsWorkerFullError",
    "TooManyConcurrentRequests",
    "CommitterFullError",
    "AwsTooManyRequestsException",
    "ExecuteFullError",
    "SystemTimeoutError",
    "ExpiredInQueue",
    "VectorIndexTooLarge",
    "SearchIndexTooLarge",
    "TooManyWritesInTimePeriod",
];

/// The first wait after the server closed the socket, or it could not be opened.
pub(crate) fn initial(close_reason: &str) -> Duration {
    Duration::from_secs(if is_overload(close_reason) { 3 } else { 1 })
}

/// Whether the server closed the socket because it is overloaded.
pub(crate) fn is_overload(close_reason: &str) -> bool {
    OVERLOADED.iter().any(|prefix| close_reason.starts_with(prefix))
}
