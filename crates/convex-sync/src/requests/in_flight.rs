//! The requests that would be lost if the page were closed.

use crate::Time;

/// The pending mutations and actions, including those that were not sent yet. They are lost if the
/// page is closed now.
///
/// ```
/// use convex_sync::*;
///
/// let session = SessionId::from_random_bytes([7; 16]);
/// let mut client = SyncClient::new(Config::default(), session, 42, UnixMillis(1_700_000_000_000));
/// let send = FunctionPath::parse("messages:send")?;
/// let args = Arguments::encode(&())?.expect("`()` is `{}`, not a skip");
///
/// let called = Time::new(std::time::Duration::from_secs(3));
/// client.mutate(called, send, args, RequestOptions::default());
/// assert_eq!(client.in_flight(), InFlight { mutations: 1, actions: 0, oldest: Some(called) });
/// # Ok::<(), ConvexError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct InFlight {
    /// The number of mutations.
    pub mutations: usize,
    /// The number of actions.
    pub actions: usize,
    /// When the oldest of them was called; `None` without any.
    pub oldest: Option<Time>,
}

impl InFlight {
    /// The number of mutations and actions.
    ///
    /// ```
    /// let in_flight = convex_sync::InFlight { mutations: 2, actions: 1, oldest: None };
    /// assert_eq!(in_flight.count(), 3);
    /// ```
    pub fn count(self) -> usize {
        self.mutations + self.actions
    }
}
