//! What goes into the core and what comes out of it.

use crate::{
    ConvexError, EncodedValue, FetchId, FunctionPath, OptimisticError, PaginatedHandle, QueryHandle,
    RequestId, SocketId, Token, TokenError, UnixMillis,
};

/// Something that happened outside.
///
/// A socket is lost, and the next one is asked for when it is time:
///
/// ```
/// use convex_sync::*;
///
/// # let mut client = SyncClient::new(Config::default(), SessionId::from_random_bytes([7; 16]), 42, UnixMillis(0));
/// let Some(Event::Open { socket }) = client.poll_event() else { unreachable!() };
/// client.handle(Time::ZERO, Input::Closed { socket, code: 1006, reason: "" });
/// # while client.poll_event().is_some() {}
/// let later = client.poll_timeout().expect("it is tried again");
/// client.handle(later, Input::Timeout);
/// assert!(matches!(client.poll_event(), Some(Event::Open { .. })));
/// ```
#[derive(Debug, Clone)]
pub enum Input<'a> {
    /// The socket is open.
    Opened {
        /// Which one.
        socket: SocketId,
    },
    /// A text frame arrived.
    Text {
        /// On which socket.
        socket: SocketId,
        /// The frame.
        text: &'a str,
    },
    /// The socket closed by itself, or could not be opened.
    Closed {
        /// Which one.
        socket: SocketId,
        /// The close frame's code; 1006 where there was none.
        code: u16,
        /// The close frame's reason, often empty.
        reason: &'a str,
    },
    /// The time that [`SyncClient::poll_timeout`](crate::SyncClient::poll_timeout) asked for has
    /// come. Harmless if early.
    Timeout,
    /// The answer to an [`Event::FetchToken`].
    Token {
        /// Which fetch it answers.
        fetch: FetchId,
        /// `Ok(None)` says that nobody is signed in; `Err` that it could not be found out.
        outcome: Result<Option<Token>, TokenError>,
    },
    /// The page became visible, came back from the back-forward cache or online, or its clock
    /// jumped.
    Woke {
        /// What the wall clock says now.
        wall_clock: UnixMillis,
        /// Whether the network changed (`online`): frames from before the change do not prove that
        /// the socket still works.
        network_changed: bool,
    },
}

/// Something to be done or told, outside.
///
/// The loop of a driver:
///
/// ```
/// use convex_sync::{Event, SyncClient};
/// # use convex_sync::*;
/// # fn open(_: SocketId) {}
/// # fn abandon(_: SocketId) {}
/// # fn ask_provider(_: FetchId, _: bool) {}
/// # fn forget(_: FetchId) {}
/// # fn settle(_: RequestId, _: Result<EncodedValue, ConvexError>) {}
/// # fn tell_app(_: Event) {}
///
/// fn drain(client: &mut SyncClient) {
///     while let Some(event) = client.poll_event() {
///         match event {
///             Event::Open { socket } => open(socket),
///             Event::Close { socket } => abandon(socket),
///             Event::FetchToken { fetch, force } => ask_provider(fetch, force),
///             Event::DropFetch { fetch } => forget(fetch),
///             Event::Response { request, outcome } => settle(request, outcome),
///             news => tell_app(news),
///         }
///     }
/// }
/// # drain(&mut SyncClient::new(Config::default(), SessionId::from_random_bytes([7; 16]), 42, UnixMillis(0)));
/// ```
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// Open a socket to the deployment's origin and [`SYNC_PATH`](crate::SYNC_PATH).
    Open {
        /// The id its inputs must carry.
        socket: SocketId,
    },
    /// Abandon this socket now, whatever state it is in. No more inputs of it are expected.
    Close {
        /// Which one.
        socket: SocketId,
    },
    /// Ask the identity provider for a token and answer with [`Input::Token`].
    FetchToken {
        /// The id its answer must carry.
        fetch: FetchId,
        /// The token in use was rejected or is about to run out: a cached one will not do.
        force: bool,
    },
    /// The answer to this fetch is no longer wanted: drop its future.
    DropFetch {
        /// Which one.
        fetch: FetchId,
    },
    /// The results of these queries changed, all at one moment of the server. Read them with
    /// [`SyncClient::result`](crate::SyncClient::result) and show them together.
    Transition {
        /// Every query that changed, each once; the pages of lists are among them.
        changed: Vec<QueryHandle>,
        /// Every list that [shows](crate::SyncClient::paginated) something else, each once.
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
    /// A mutation or action is done.
    Response {
        /// Which one.
        request: RequestId,
        /// Its value, or why there is none.
        outcome: Result<EncodedValue, ConvexError>,
    },
    /// An optimistic update failed: its layer is gone, its mutation runs all the same.
    OptimisticUpdateFailed {
        /// The mutation's.
        request: RequestId,
        /// Why.
        error: OptimisticError,
    },
    /// A function wrote to its log while it ran for this client, or the client says why it does not
    /// resend a mutation.
    Log {
        /// The function.
        function: FunctionPath,
        /// Its lines as the server sends them: `[LOG] 'text'`.
        lines: Vec<String>,
    },
}
