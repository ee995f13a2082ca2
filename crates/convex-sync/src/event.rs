//! The inputs and events of the core.

use crate::{
    ConvexError, EncodedValue, FetchId, FunctionPath, OptimisticError, PaginatedHandle, QueryHandle,
    RequestId, SocketId, Token, TokenError, UnixMillis,
};

/// An input: something that happened outside of the core.
///
/// A lost socket is redialled when the timeout is due:
///
/// ```
/// use convex_sync::*;
///
/// # let mut client = SyncClient::new(Config::default(), SessionId::from_random_bytes([7; 16]), 42, UnixMillis(0));
/// let Some(Event::Open { socket }) = client.poll_event() else { unreachable!() };
/// client.handle(Time::ZERO, Input::Closed { socket, code: 1006, reason: "" });
/// # while client.poll_event().is_some() {}
/// let later = client.poll_timeout().expect("a redial is scheduled");
/// client.handle(later, Input::Timeout);
/// assert!(matches!(client.poll_event(), Some(Event::Open { .. })));
/// ```
#[derive(Debug, Clone)]
pub enum Input<'a> {
    /// The socket is open.
    Opened {
        /// The socket.
        socket: SocketId,
    },
    /// A text frame arrived.
    Text {
        /// The socket.
        socket: SocketId,
        /// The frame.
        text: &'a str,
    },
    /// The socket closed, or could not be opened.
    Closed {
        /// The socket.
        socket: SocketId,
        /// The close code; 1006 if there was no close frame.
        code: u16,
        /// The close reason, often empty.
        reason: &'a str,
    },
    /// The time that [`SyncClient::poll_timeout`](crate::SyncClient::poll_timeout) returned has
    /// come. An early timeout is harmless.
    Timeout,
    /// The result of an [`Event::FetchToken`].
    Token {
        /// The fetch.
        fetch: FetchId,
        /// `Ok(None)`: no user is signed in. `Err`: the outcome is unknown, and the client retries.
        outcome: Result<Option<Token>, TokenError>,
    },
    /// The page became visible, was restored from the back-forward cache, came online, or its clock
    /// jumped.
    Woke {
        /// The current reading of the wall clock.
        wall_clock: UnixMillis,
        /// Whether the network changed (`online`). Frames from before the change do not prove that
        /// the socket still works.
        network_changed: bool,
    },
}

/// An event: something that the driver has to do or to report.
///
/// The loop of a driver:
///
/// ```
/// use convex_sync::{Event, SyncClient};
/// # use convex_sync::*;
/// # fn open(_: SocketId) {}
/// # fn abandon(_: SocketId) {}
/// # fn fetch_token(_: FetchId, _: bool) {}
/// # fn drop_fetch(_: FetchId) {}
/// # fn settle(_: RequestId, _: Result<EncodedValue, ConvexError>) {}
/// # fn notify_app(_: Event) {}
///
/// fn drain(client: &mut SyncClient) {
///     while let Some(event) = client.poll_event() {
///         match event {
///             Event::Open { socket } => open(socket),
///             Event::Close { socket } => abandon(socket),
///             Event::FetchToken { fetch, force } => fetch_token(fetch, force),
///             Event::DropFetch { fetch } => drop_fetch(fetch),
///             Event::Response { request, outcome } => settle(request, outcome),
///             change => notify_app(change),
///         }
///     }
/// }
/// # drain(&mut SyncClient::new(Config::default(), SessionId::from_random_bytes([7; 16]), 42, UnixMillis(0)));
/// ```
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// Open a socket to the deployment's origin and [`SYNC_PATH`](crate::SYNC_PATH).
    Open {
        /// The id that its inputs must carry.
        socket: SocketId,
    },
    /// Abandon this socket now, without waiting for a closing handshake. Its later inputs are
    /// ignored.
    Close {
        /// The socket.
        socket: SocketId,
    },
    /// Fetch a token from the identity provider, and answer with [`Input::Token`].
    FetchToken {
        /// The id that the answer must carry.
        fetch: FetchId,
        /// Whether a cached token must not be returned, for example because the token in use was
        /// rejected or is about to expire.
        force: bool,
    },
    /// The result of this fetch is no longer needed: drop its future.
    DropFetch {
        /// The fetch.
        fetch: FetchId,
    },
    /// The results of these queries changed, all at one timestamp of the server. Read them with
    /// [`SyncClient::result`](crate::SyncClient::result) and publish them together.
    Transition {
        /// Every changed query, once. The pages of lists are among them.
        changed: Vec<QueryHandle>,
        /// Every list with a changed [result](crate::SyncClient::paginated), once.
        paginated: Vec<PaginatedHandle>,
    },
    /// [`SyncClient::auth`](crate::SyncClient::auth),
    /// [`SyncClient::identity`](crate::SyncClient::identity) or
    /// [`SyncClient::token_problem`](crate::SyncClient::token_problem) changed.
    Auth,
    /// [`SyncClient::connection`](crate::SyncClient::connection) changed.
    Connection,
    /// [`SyncClient::in_flight`](crate::SyncClient::in_flight) changed.
    InFlight,
    /// A mutation, an action or a one-shot query has settled.
    Response {
        /// The request.
        request: RequestId,
        /// Its value, or the error.
        outcome: Result<EncodedValue, ConvexError>,
    },
    /// An optimistic update failed. Its layer is removed, and its mutation continues.
    OptimisticUpdateFailed {
        /// The mutation.
        request: RequestId,
        /// The error.
        error: OptimisticError,
    },
    /// A function logged lines while it ran for this client, or the client reports why it does not
    /// resend a mutation.
    Log {
        /// The function.
        function: FunctionPath,
        /// The lines as the server sends them: `[LOG] 'text'`.
        lines: Vec<String>,
    },
}
