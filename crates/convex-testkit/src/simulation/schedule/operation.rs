//! The operations on a simulated world.

use std::time::Duration;

use convex_sync::AuthPolicy;

use crate::pair::DialOutcome;

/// An operation on a simulated world.
#[derive(Debug, Clone)]
pub enum Operation {
    // ---- sessions ----
    /// The newest provider reports this login.
    SignIn(Login),
    /// The newest provider reports that no user is signed in.
    ProviderSignsOut,
    /// The newest provider reports that it is loading.
    ProviderLoads,
    /// The app signs out.
    SignOut,
    /// The app calls `reauthenticate`.
    Reauthenticate,

    // ---- components ----
    /// A component with one query is mounted.
    Mount(QuerySpec),
    /// The n-th mounted component is unmounted.
    Unmount(u8),
    /// The n-th mounted component is replaced by one with the same query.
    Remount(u8),
    /// The arguments of the n-th mounted component change.
    ChangeArgs(u8, u8),
    /// Queries are suspended.
    Suspend {
        /// Which queries; `None` for all.
        kind: Option<QueryKind>,
        /// Whether their results are cleared meanwhile.
        clears: bool,
    },
    /// The n-th suspension ends.
    Resume(u8),
    /// A query is kept subscribed for a while without a subscriber.
    Prewarm(QuerySpec, Duration),

    // ---- requests ----
    /// A mutation is called.
    RunMutation(MutationSpec),
    /// An action is called.
    RunAction {
        /// Its policy.
        auth: AuthPolicy,
        /// How long it runs on the server.
        takes: Duration,
        /// Its timeout.
        timeout: Option<Duration>,
    },
    /// A mutation is called that ends every connection that it is sent on: an index into `KILLERS`.
    RunKiller(AuthPolicy, u8),
    /// A one-shot query, with its timeout.
    QueryOnce(QuerySpec, Option<Duration>),
    /// The n-th last request is cancelled.
    Cancel(u8),

    // ---- the provider ----
    /// Changes how the provider answers token fetches.
    SetProvider(ProviderBehavior),

    // ---- clocks ----
    /// Sets how far the client's wall clock is ahead, in milliseconds.
    SetClock(i64),
    /// The page wakes up.
    Wake,
    /// The app calls `reconnect_now`.
    ReconnectNow,
    /// The machine sleeps.
    Sleep {
        /// For how long.
        lasts: Duration,
        /// Whether its monotonic clock stops meanwhile.
        clock_stops: bool,
    },

    // ---- the network ----
    /// Breaks every socket.
    Cut,
    /// The network changes, and the browser reports that the machine is online.
    NetworkChanges {
        /// Whether the open sockets die silently.
        sockets_die: bool,
    },
    /// Changes the outcome of dials.
    SetDialOutcome(DialOutcome),
    /// Whether all messages are lost silently.
    SetHalfOpen(bool),

    // ---- the server ----
    /// The server restarts: all connections break.
    Restart,
    /// Changes which tokens the server rejects.
    Reject(RejectionMode),
    /// The identity of every connection expires.
    Revoke,
    /// The server is overloaded, and closes all connections.
    Overload,
    /// The server stops answering on the open sockets.
    Freeze,
    /// The server stops answering on the open sockets, except for pings.
    Stall,
    /// The server answers again.
    Thaw,
    /// The next transition does not start at the version of the last one.
    BreakContinuity,
    /// The server sends a malformed or meaningless frame.
    SendRaw(&'static str),
    /// The server sends a `FatalError`.
    FailFatally,
    /// Another client writes.
    Write,

    // ---- lists ----
    /// An operation on paginated lists.
    Lists(ListOperation),

    // ---- providers ----
    /// An operation on provider components.
    Providers(ProviderOperation),
}

/// An operation on paginated lists.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ListOperation {
    /// A component with a list is mounted.
    Mount(AuthPolicy),
    /// The n-th list is unmounted.
    Unmount(u8),
    /// The n-th list loads this many more items.
    LoadMore(u8, u8),
    /// Another client inserts this many items in one transaction.
    Insert(u8),
    /// Another client removes the n-th item.
    Remove(u8),
    /// Changes how pages fail.
    Fault(ListFault),
    /// The server restarts and can no longer decode the cursors and journals that it issued.
    ForgetCursors,
}

/// How pages fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ListFault {
    /// They succeed.
    None,
    /// The cursors of all pages but the first are invalid.
    InvalidCursor,
    /// The same, reported by the error message only.
    InvalidCursorByMessage,
    /// The cursors of all pages but the first cannot be decoded.
    UnreadableCursor,
    /// Every page reports an invalid cursor, even the first.
    AlwaysInvalid,
    /// They throw.
    Throws,
}

/// An operation on provider components.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProviderOperation {
    /// A provider is mounted, with this login or loading.
    Mount(Option<Login>),
    /// The n-th provider is unmounted.
    Unmount(u8),
    /// The n-th provider is unmounted and mounted again within one turn of the event loop.
    Rebuild(u8),
    /// The n-th provider reports this login, or signed out.
    Report(u8, Option<Login>),
}

/// A login of a user. Two logins of one user are two sessions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Login {
    /// The user's name: the subject of the tokens.
    pub user: &'static str,
    /// The session's key.
    pub key: &'static str,
}

/// The query of a component.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct QuerySpec {
    /// Which functions it subscribes to.
    pub kind: QueryKind,
    /// One of a few arguments.
    pub args: u8,
    /// Its policy.
    pub auth: AuthPolicy,
}

/// The functions that components subscribe to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum QueryKind {
    /// The caller.
    Me,
    /// All notes.
    Notes,
    /// Two queries with data that is always written together.
    Halves,
    /// A result that is the same for every caller.
    Public,
}

impl QueryKind {
    /// Every kind.
    pub(crate) const ALL: [Self; 4] = [Self::Me, Self::Notes, Self::Halves, Self::Public];
}

/// A mutation that writes a note and both halves.
#[derive(Debug, Clone, Copy)]
pub struct MutationSpec {
    /// Its policy.
    pub auth: AuthPolicy,
    /// Whether it throws after its writes.
    pub fails: bool,
    /// Its optimistic update.
    pub update: UpdateKind,
    /// Its timeout.
    pub timeout: Option<Duration>,
}

/// The optimistic update of a mutation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UpdateKind {
    /// No update.
    None,
    /// Adds its note to every subscribed query of notes.
    Note,
    /// Adds its note to one query of notes.
    NoteInOne,
    /// Makes one query of notes load.
    Clears,
    /// Adds its note, and then returns an error.
    Fails,
}

/// How the provider answers token fetches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProviderBehavior {
    /// With a fresh token.
    Fresh,
    /// With a fresh token, after a delay. An unforced fetch shares the one that is in flight, even
    /// if that one is for another session.
    Slow,
    /// With "signed out".
    SignedOut,
    /// With an error.
    Throws,
    /// Never.
    Hangs,
    /// With the first token of this login.
    FirstToken,
    /// With its last token.
    LastToken,
    /// With a token of an earlier session.
    EarlierSession,
    /// With a token of an earlier session if the fetch is unforced, with a fresh one if it is
    /// forced.
    EarlierSessionFromCache,
    /// With an expired token.
    Expired,
    /// With a token that the server rejects.
    Rejected,
    /// With a token without `iat`.
    WithoutIat,
    /// With a token without `exp`, which the server rejects.
    WithoutExp,
    /// With a text that is not a JWT.
    NotAJwt,
    /// With a token of another user under the same session key, as after a change of the
    /// organization.
    OtherUser,
}

/// Which tokens the server rejects.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RejectionMode {
    /// The next one.
    Next,
    /// All from now on.
    All,
    /// All from now on; the error says that no later token can be accepted.
    AllPermanently,
    /// None.
    None,
}
