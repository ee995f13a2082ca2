//! How long to wait before the next socket (protocol §7).

use std::time::Duration;

/// The longest wait before jitter.
pub(crate) const MAX: Duration = Duration::from_secs(16);

/// After a loss this client brought about.
pub(crate) const BY_CLIENT: Duration = Duration::from_millis(100);

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
    let overloaded = OVERLOADED.iter().any(|prefix| close_reason.starts_with(prefix));
    Duration::from_secs(if overloaded { 3 } else { 1 })
}
