//! The options of a request.

use crate::AuthPolicy;
use std::time::Duration;

/// The options of a mutation or action.
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
/// let events: Vec<Event> = std::iter::from_fn(|| client.poll_event()).collect();
/// assert!(events.contains(&Event::Response { request, outcome }));
/// # Ok::<(), ConvexError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct RequestOptions {
    /// The policy: when the request may be sent, and under which identity.
    pub auth: AuthPolicy,
    /// The timeout of the request. `None`, the default: the request waits without limit, also while
    /// offline.
    ///
    /// A request that was not sent in time is never sent, and ends with
    /// [`NotSentReason::TimedOut`](crate::NotSentReason::TimedOut). A request that was sent ends
    /// with [`ConvexError::OutcomeUnknown`](crate::ConvexError::OutcomeUnknown), or with its value
    /// if it is a mutation that is known to have succeeded.
    pub timeout: Option<Duration>,
}

impl From<AuthPolicy> for RequestOptions {
    fn from(auth: AuthPolicy) -> Self {
        Self { auth, ..Self::default() }
    }
}
