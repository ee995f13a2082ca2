//! What a caller says of a request.

use crate::AuthPolicy;
use std::time::Duration;

/// How a mutation or action is to be run.
///
/// ```
/// use convex_sync::*;
/// use std::time::Duration;
///
/// # let mut client = SyncClient::new(Config::default(), SessionId::from_random_bytes([7; 16]), 42, UnixMillis(0));
/// # while client.poll_event().is_some() {}
/// let options = RequestOptions { timeout: Some(Duration::from_secs(5)), ..AuthPolicy::Immediate.into() };
/// let ring = FunctionPath::parse("calls:ring")?;
/// let request = client.act(Time::ZERO, ring, Arguments::encode(&())?.expect("`()` is `{}`"), options);
///
/// // Offline, five seconds later:
/// client.handle(Time::new(Duration::from_secs(5)), Input::Timeout);
/// let outcome = Err(ConvexError::NotSent(NotSentReason::TimedOut));
/// let told: Vec<Event> = std::iter::from_fn(|| client.poll_event()).collect();
/// assert!(told.contains(&Event::Response { request, outcome }));
/// # Ok::<(), ConvexError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct RequestOptions {
    /// Who it may run as.
    pub auth: AuthPolicy,
    /// How long it may take until it settles by itself; `None`, the default: as long as it takes,
    /// offline too.
    ///
    /// A request that has not left by then never will: it ends with
    /// [`NotSentReason::TimedOut`](crate::NotSentReason::TimedOut). One that has, ends with
    /// [`ConvexError::OutcomeUnknown`](crate::ConvexError::OutcomeUnknown), and a mutation already
    /// known to have succeeded with its value.
    pub timeout: Option<Duration>,
}

impl From<AuthPolicy> for RequestOptions {
    fn from(auth: AuthPolicy) -> Self {
        Self { auth, ..Self::default() }
    }
}
