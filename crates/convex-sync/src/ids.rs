//! The ids of the protocol, and those between the core and its driver.

use std::fmt;

/// The id of a client's session: a UUID that is constant for the client's lifetime.
///
/// Together with a request's id, it lets the server recognize a resent mutation, and execute it
/// once (protocol: `Connect.sessionId`).
///
/// ```
/// use convex_sync::SessionId;
///
/// # let random = [0x5a; 16];
/// // `random` comes from the platform's secure source and becomes a version 4 UUID.
/// let session = SessionId::from_random_bytes(random);
/// assert_eq!(session.to_string(), "5a5a5a5a-5a5a-4a5a-9a5a-5a5a5a5a5a5a");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct SessionId(u128);

impl SessionId {
    /// A version 4 UUID of 16 random bytes.
    pub const fn from_random_bytes(bytes: [u8; 16]) -> Self {
        let random = u128::from_be_bytes(bytes);
        Self((random & !(0xf << 76) & !(0x3 << 62)) | (0x4 << 76) | (0x2 << 62))
    }
}

impl fmt::Display for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let hex = format!("{:032x}", self.0);
        write!(f, "{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..])
    }
}

/// All ids are `u32`, like `requestId` in the protocol, so that the maps keyed by them share one
/// implementation in the WASM file.
macro_rules! counter_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(u32);

        impl $name {
            pub(crate) const fn new(value: u32) -> Self {
                Self(value)
            }

            pub(crate) const fn next(self) -> Self {
                Self(self.0 + 1)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

counter_id! {
    /// A subscribed query. Queries with equal path, arguments and policy share one handle. A handle
    /// is never reused, and stays the same across reconnects and identity changes.
    ///
    /// ```
    /// use convex_sync::*;
    ///
    /// # let mut client = SyncClient::new(Config::default(), SessionId::from_random_bytes([7; 16]), 42, UnixMillis(0));
    /// let list = FunctionPath::parse("messages:list")?;
    /// let args = Arguments::encode(&())?.expect("`()` is `{}`");
    /// let in_sidebar = client.subscribe(&list, &args, AuthPolicy::Settled);
    /// let in_page = client.subscribe(&list, &args, AuthPolicy::Settled);
    /// assert_eq!(in_sidebar, in_page);
    ///
    /// // `Event::Transition` contains it, and `result` takes it. It is valid until both
    /// // unsubscribe.
    /// client.unsubscribe(in_sidebar);
    /// assert_eq!(client.result(in_page), None, "it is still loading");
    /// # Ok::<(), ConvexError>(())
    /// ```
    QueryHandle
}
counter_id! {
    /// A paginated list. Every [subscription](crate::SyncClient::subscribe_paginated) has its own,
    /// which is never reused.
    ///
    /// ```
    /// # use convex_sync::*;
    /// # let mut client = SyncClient::new(Config::default(), SessionId::from_random_bytes([7; 16]), 42, UnixMillis(0));
    /// # let page = FunctionPath::parse("messages:page")?;
    /// # let args = Arguments::encode(&())?.expect("not a skip");
    /// let first = client.subscribe_paginated(&page, &args, AuthPolicy::Settled, 20);
    /// let second = client.subscribe_paginated(&page, &args, AuthPolicy::Settled, 20);
    /// assert_ne!(first, second);
    /// # Ok::<(), ConvexError>(())
    /// ```
    PaginatedHandle
}
counter_id! {
    /// A mutation, an action or a one-shot query. The server knows mutations and actions by the
    /// same number (protocol: `requestId`).
    ///
    /// ```
    /// use convex_sync::*;
    ///
    /// # let mut client = SyncClient::new(Config::default(), SessionId::from_random_bytes([7; 16]), 42, UnixMillis(0));
    /// # while client.poll_event().is_some() {}
    /// let export = FunctionPath::parse("archive:export")?;
    /// let args = Arguments::encode(&())?.expect("`()` is `{}`");
    /// let request = client.act(Time::ZERO, export, args, RequestOptions::default());
    /// client.cancel(request);
    /// let outcome = Err(ConvexError::NotSent(NotSentReason::Cancelled));
    /// let events: Vec<Event> = std::iter::from_fn(|| client.poll_event()).collect();
    /// assert!(events.contains(&Event::Response { request, outcome }));
    /// # Ok::<(), ConvexError>(())
    /// ```
    RequestId
}
counter_id! {
    /// A suspension of queries. [`resume`](crate::SyncClient::resume) ends it.
    ///
    /// ```
    /// use convex_sync::*;
    ///
    /// # let mut client = SyncClient::new(Config::default(), SessionId::from_random_bytes([7; 16]), 42, UnixMillis(0));
    /// # let Some(Event::Open { socket }) = client.poll_event() else { unreachable!() };
    /// # client.handle(Time::ZERO, Input::Opened { socket });
    /// let hidden = client.suspend(SuspendedResults::Keep, |_, _| true);
    /// let quiet = client.suspend(SuspendedResults::Clear, |function, _| function.as_str() == "typing:list");
    /// let args = Arguments::encode(&())?.expect("`()` is `{}`");
    /// for function in ["messages:list", "typing:list"] {
    ///     client.subscribe(&FunctionPath::parse(function)?, &args, AuthPolicy::Settled);
    /// }
    ///
    /// // The page is visible again; typing indicators stay suspended.
    /// client.resume(hidden);
    /// let sent: String = std::iter::from_fn(|| client.poll_transmit(Time::ZERO)).collect();
    /// assert!(sent.contains("messages:list") && !sent.contains("typing:list"));
    /// # client.resume(quiet);
    /// # Ok::<(), ConvexError>(())
    /// ```
    SuspensionId
}
counter_id! {
    /// A socket. Inputs of an earlier socket are ignored, so a driver may report them late.
    ///
    /// ```
    /// use convex_sync::*;
    ///
    /// # let mut client = SyncClient::new(Config::default(), SessionId::from_random_bytes([7; 16]), 42, UnixMillis(0));
    /// let Some(Event::Open { socket: slow }) = client.poll_event() else { unreachable!() };
    /// // It takes longer than `Config::dial_timeout` to open.
    /// let late = client.poll_timeout().expect("a dial times out");
    /// client.handle(late, Input::Timeout);
    /// assert_eq!(client.poll_event(), Some(Event::Close { socket: slow }));
    ///
    /// client.handle(late, Input::Opened { socket: slow });
    /// assert!(matches!(client.connection(), ConnectionState::Reconnecting { .. }));
    /// ```
    SocketId
}
counter_id! {
    /// A token fetch. The result of an earlier fetch is ignored.
    ///
    /// ```
    /// use convex_sync::*;
    ///
    /// # let mut client = SyncClient::new(Config::default(), SessionId::from_random_bytes([7; 16]), 42, UnixMillis(0));
    /// # while client.poll_event().is_some() {}
    /// client.set_session(Time::ZERO, Some(Session::signed_in("login_of_ada")));
    /// let Some(Event::FetchToken { fetch: adas, .. }) = client.poll_event() else { unreachable!() };
    /// # while client.poll_event().is_some() {}
    /// client.set_session(Time::ZERO, Some(Session::signed_in("login_of_grace")));
    /// assert_eq!(client.poll_event(), Some(Event::DropFetch { fetch: adas }));
    /// let Some(Event::FetchToken { fetch: graces, .. }) = client.poll_event() else { unreachable!() };
    ///
    /// let token = Token::new("e30.eyJzdWIiOiJncmFjZSJ9.c2ln");
    /// client.handle(Time::ZERO, Input::Token { fetch: graces, outcome: Ok(Some(token)) });
    /// assert_eq!(client.claims().and_then(|claims| claims.subject.as_deref()), Some("grace"));
    /// ```
    FetchId
}

macro_rules! with_none {
    ($($name:ident),*) => {$(
        impl $name {
            /// An id that no client returns. Commands with it do nothing.
            pub const NONE: Self = Self(u32::MAX);
        }
    )*};
}

with_none!(QueryHandle, PaginatedHandle, SuspensionId);

impl RequestId {
    pub(crate) const fn wire(self) -> u32 {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_id_is_a_version_4_uuid() {
        assert_eq!(
            SessionId::from_random_bytes([0xff; 16]).to_string(),
            "ffffffff-ffff-4fff-bfff-ffffffffffff"
        );
        assert_eq!(SessionId::from_random_bytes([0; 16]).to_string(), "00000000-0000-4000-8000-000000000000");
    }
}
