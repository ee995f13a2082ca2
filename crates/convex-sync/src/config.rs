//! The bounds and intervals of a client.

use std::time::Duration;

/// The bounds and intervals of a client. [`Config::default`] has the values the documentation of
/// each field gives.
///
/// ```
/// use convex_sync::Config;
/// use std::time::Duration;
///
/// // An app that anonymous visitors see much of: their queries do not wait long for a sign-in that hangs.
/// let config = Config { auth_patience: Duration::from_secs(3), ..Config::default() };
/// assert_eq!(config.inactivity_timeout, Duration::from_secs(60));
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Config {
    /// How long before a token runs out its replacement is fetched, at the most: 10 s.
    /// Shorter-lived tokens are replaced when a third of their life is left.
    pub refresh_leeway: Duration,
    /// How long a token fetch may take before it counts as failed: 30 s.
    pub fetch_timeout: Duration,
    /// How long to wait before a failed token fetch is tried again: 1 s, doubled with every further
    /// failure, and each time a random part from half to one and a half of it. Less than 100 ms
    /// counts as that.
    pub fetch_retry_initial: Duration,
    /// What that doubling ends at: 30 s.
    pub fetch_retry_max: Duration,
    /// How long `Settled` queries wait for authentication before they go out anonymously, to run
    /// again when it is settled: 10 s.
    pub auth_patience: Duration,
    /// How long the server may reject tokens, from the first rejection on, before the session ends:
    /// 20 s. A session also survives the first two rejections in a row, and ends at the third one
    /// when the server says that no later token can be accepted (auth contract, rule 5).
    pub rejection_patience: Duration,
    /// How long a socket may take to open: 20 s.
    pub dial_timeout: Duration,
    /// How long the first answer on a socket may take, once something was sent that must be
    /// answered: 30 s.
    pub answer_timeout: Duration,
    /// How long a socket may stay silent before it is replaced: 60 s. The server sends a ping after
    /// 15 s.
    pub inactivity_timeout: Duration,
    /// How long a socket has to prove itself after a wake before it is replaced: 2.5 s.
    pub probe_timeout: Duration,
    /// How long a query stays subscribed after its last subscriber left, so that whoever comes back
    /// finds its result: no time at all.
    pub query_cache_time: Duration,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            refresh_leeway: Duration::from_secs(10),
            fetch_timeout: Duration::from_secs(30),
            fetch_retry_initial: Duration::from_secs(1),
            fetch_retry_max: Duration::from_secs(30),
            auth_patience: Duration::from_secs(10),
            rejection_patience: Duration::from_secs(20),
            dial_timeout: Duration::from_secs(20),
            answer_timeout: Duration::from_secs(30),
            inactivity_timeout: Duration::from_secs(60),
            probe_timeout: Duration::from_millis(2500),
            query_cache_time: Duration::ZERO,
        }
    }
}
