//! The configuration of a client: its timeouts, intervals and limits.

use std::time::Duration;

/// The timeouts, intervals and limits of a client. Each field's documentation has its default.
///
/// ```
/// use convex_sync::Config;
/// use std::time::Duration;
///
/// // An app with many anonymous visitors: their queries do not wait long for a sign-in that hangs.
/// let config = Config { auth_patience: Duration::from_secs(3), ..Config::default() };
/// assert_eq!(config.inactivity_timeout, Duration::from_secs(60));
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Config {
    /// The refresh of a token starts this long before it expires: 10 s, or a third of its remaining
    /// lifetime if that is shorter.
    pub refresh_leeway: Duration,
    /// The time limit of a token fetch: 30 s. After it, the fetch counts as failed.
    pub fetch_timeout: Duration,
    /// The delay before a failed token fetch is retried: 1 s. It doubles with every further
    /// failure, with a jitter of ±50%. Less than 100 ms counts as 100 ms.
    pub fetch_retry_initial: Duration,
    /// The maximum of that delay, before jitter: 30 s.
    pub fetch_retry_max: Duration,
    /// How long `Settled` queries wait for auth to settle: 10 s. After it, they are sent
    /// anonymously, and run again once auth has settled.
    pub auth_patience: Duration,
    /// How long the server may reject tokens, from the first rejection on, before the session ends:
    /// 20 s. Fewer than three rejections in a row never end the session. The third one ends it
    /// early if the server's message says that no later token can be accepted.
    pub rejection_patience: Duration,
    /// The time limit for opening a socket: 20 s.
    pub dial_timeout: Duration,
    /// The time limit for the server's answer to a frame that requires one: 30 s.
    pub answer_timeout: Duration,
    /// How long a socket may be silent before it is replaced: 60 s. The server sends a ping after
    /// 15 s.
    pub inactivity_timeout: Duration,
    /// The time limit for the answer to a probe, which is sent after a wake: 2.5 s. After it, the
    /// socket is replaced.
    pub probe_timeout: Duration,
    /// How long a query stays subscribed after its last subscriber unsubscribed, so that a new
    /// subscriber finds its result: zero.
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
