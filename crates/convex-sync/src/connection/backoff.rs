//! The delay before the next dial (docs/protocol.md §7).

use std::time::Duration;

/// The longest delay, before jitter.
pub(crate) const MAX: Duration = Duration::from_secs(16);

/// The first delay after the client itself dropped the connection.
pub(crate) const BY_CLIENT: Duration = Duration::from_millis(100);

/// The first delay after a network failure of a connection that was healthy for at least
/// [`MIN_HEALTHY_TIME`]. Convex's own clients differ here: 1 s in JavaScript, at most 0.1 s in Rust.
pub(crate) const AFTER_HEALTHY: Duration = Duration::from_millis(250);

/// How long a connection must have been open for the delay [`AFTER_HEALTHY`]. Therefore a server that
/// accepts connections and closes them at once is not dialled more often than after [`initial`].
pub(crate) const MIN_HEALTHY_TIME: Duration = Duration::from_secs(1);

/// The beginnings of the close reasons by which an overloaded server asks for a longer delay.
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

/// The first delay after the server closed the socket, or after a dial failed.
pub(crate) fn initial(close_reason: &str) -> Duration {
    Duration::from_secs(if is_overload(close_reason) { 3 } else { 1 })
}

/// Whether the server closed the socket because it is overloaded.
pub(crate) fn is_overload(close_reason: &str) -> bool {
    OVERLOADED.iter().any(|prefix| close_reason.starts_with(prefix))
}
