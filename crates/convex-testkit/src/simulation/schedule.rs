//! What happens in one simulated world, as data: made from a seed, shortened by shrinking, told by
//! its `Debug`.

mod chance;

pub(super) use chance::LOGINS;

use std::time::Duration;

use convex_sync::AuthPolicy;

use super::{lists::ListAction, providers::ProviderAction};
use crate::{deployment::Kill, pair::DialOutcome};

/// A world and what happens in it.
#[derive(Debug, Clone)]
pub struct Schedule {
    /// Decides over everything that is left to chance while it runs.
    pub seed: u64,
    /// How the world is from its start.
    pub setting: Setting,
    /// What happens, in order.
    pub steps: Vec<Step>,
}

/// How a world is from its start.
#[derive(Debug, Clone)]
pub struct Setting {
    /// How far the client's wall clock is ahead, in milliseconds.
    pub clock_ahead: i64,
    /// Whether the server answers each frame by a transition of its own.
    pub answers_singly: bool,
    /// From how many bytes on the server sends a transition in chunks.
    pub chunk_bytes: Option<usize>,
    /// How long anything takes on the network, one way.
    pub latency: Duration,
    /// How much longer it may take.
    pub jitter: Duration,
    /// How likely the network cuts a socket under a frame, in thousandths.
    pub cuts_per_mille: u8,
    /// How long the provider's tokens live.
    pub token_life: Duration,
    /// How long the client keeps queries that nobody subscribes to.
    pub query_cache_time: Duration,
    /// Whether the page wakes up when the world heals, so that all must be well soon.
    pub wakes_at_the_end: bool,
    /// Whether the network changes when the world heals, and the sockets die unnoticed right after
    /// a frame.
    pub network_changes_at_the_end: bool,
}

/// Something that happens, and how long after the thing before.
#[derive(Debug, Clone)]
pub struct Step {
    /// How long after.
    pub after: Duration,
    /// What.
    pub action: Action,
}

/// Something that happens.
#[derive(Debug, Clone)]
pub enum Action {
    // ---- people ----
    /// The newest provider says that this login is signed in.
    SignIn(Login),
    /// The provider says that nobody is.
    ProviderSignsOut,
    /// The provider looks again.
    ProviderLoads,
    /// The app signs out.
    SignOut,
    /// The app asks to start anew.
    Reauthenticate,

    // ---- components ----
    /// A component with one query appears.
    Mount(Query),
    /// The n-th of those there are goes.
    Unmount(u8),
    /// The n-th of those there are goes, and another that asks the same comes in its place.
    Remount(u8),
    /// The n-th of those there are asks something else.
    ChangeArgs(u8, u8),
    /// Queries are suspended.
    Suspend {
        /// Which; `None` for all.
        asks: Option<Asks>,
        /// Whether their results go meanwhile.
        clears: bool,
    },
    /// The n-th suspension there is ends.
    Resume(u8),
    /// A query is kept up to date for nobody, for so long.
    Prewarm(Query, Duration),

    // ---- requests ----
    /// A mutation is called.
    Mutate(Mutation),
    /// An action is called that takes so long.
    Act {
        /// Who it may run as.
        auth: AuthPolicy,
        /// How long it takes on the server.
        takes: Duration,
        /// How long it may take.
        timeout: Option<Duration>,
    },
    /// A mutation is called that ends every connection it is sent on: one of `KILLS`.
    Kill(AuthPolicy, u8),
    /// A query is asked once, and may take so long.
    AskOnce(Query, Option<Duration>),
    /// The n-th last request is cancelled.
    Cancel(u8),

    // ---- the provider ----
    /// The provider answers like this from now on.
    Provider(Answers),

    // ---- clocks ----
    /// The client's wall clock is set, so many milliseconds ahead.
    SetClock(i64),
    /// The page wakes up.
    Wake,
    /// The app asks to connect now.
    ReconnectNow,
    /// The machine sleeps; its clock may stand still meanwhile.
    Sleep {
        /// For how long.
        lasts: Duration,
        /// Whether its clock stands still.
        clock_stops: bool,
    },

    // ---- the network ----
    /// All sockets break.
    Cut,
    /// The network changes, and the browser says that the machine is online. The sockets may have
    /// died unnoticed.
    NetworkChanges {
        /// Whether they have.
        sockets_die: bool,
    },
    /// What becomes of dials from now on.
    Dial(DialOutcome),
    /// Whether everything that is sent gets lost, unnoticed.
    Swallow(bool),

    // ---- the server ----
    /// All connections are gone.
    Restart,
    /// It rejects the next token, or all from now on.
    Reject(Rejections),
    /// It finds that the identity of every connection has run out.
    Revoke,
    /// It is overloaded, and closes.
    Overload,
    /// It stops answering on the sockets there are.
    Freeze,
    /// It stops answering on the sockets there are, and sends pings.
    Stall,
    /// It answers again.
    Thaw,
    /// The next transition does not follow from the last.
    BreakContinuity,
    /// It sends something that cannot be read, or means nothing.
    Send(&'static str),
    /// It tells the client to go away for good.
    FailFatally,
    /// Somebody else writes.
    Write,

    // ---- lists ----
    /// Something happens to paginated lists.
    Lists(ListAction),

    // ---- providers ----
    /// Something happens to the components with providers.
    Providers(ProviderAction),
}

/// How mutations end the connections they are sent on.
pub(crate) const KILLS: [Kill; 4] = [
    Kill { close: Some((1009, "")), answers_first: false },
    Kill { close: Some((1011, "InternalServerError")), answers_first: true },
    Kill { close: Some((1011, "InternalServerError")), answers_first: false },
    Kill { close: None, answers_first: false },
];

/// A person's login. Two of one person are two sessions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Login {
    /// Whose.
    pub person: &'static str,
    /// The session's key.
    pub key: &'static str,
}

/// What a component asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Query {
    /// Which functions.
    pub asks: Asks,
    /// One of a few arguments.
    pub args: u8,
    /// Who it may run as.
    pub auth: AuthPolicy,
}

/// The functions that components ask.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asks {
    /// Who is asking.
    Me,
    /// All notes.
    Notes,
    /// The two halves of a pair that are only ever written together.
    Halves,
    /// Something that is the same for everybody.
    Public,
}

impl Asks {
    /// All of them.
    pub(crate) const ALL: [Self; 4] = [Self::Me, Self::Notes, Self::Halves, Self::Public];
}

/// A mutation that writes a note and both halves.
#[derive(Debug, Clone, Copy)]
pub struct Mutation {
    /// Who it may run as.
    pub auth: AuthPolicy,
    /// Whether it throws, after it wrote.
    pub fails: bool,
    /// What is shown meanwhile.
    pub update: Update,
    /// How long it may take.
    pub timeout: Option<Duration>,
}

/// What a mutation shows meanwhile.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Update {
    /// Nothing.
    None,
    /// Its note.
    Note,
    /// Its note, in one list only.
    NoteInOne,
    /// That one list loads.
    Clears,
    /// Its note, but then the update fails.
    Fails,
}

/// How the provider answers token fetches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answers {
    /// A fresh token.
    Good,
    /// A fresh token, after a while. An unforced fetch shares the one under way, for whichever
    /// session that is.
    Slow,
    /// Nobody is signed in.
    Refuses,
    /// An error.
    Throws,
    /// Nothing, ever.
    Hangs,
    /// The first token of this login.
    Old,
    /// The token it gave last.
    Equal,
    /// A token of an earlier session.
    Earlier,
    /// A token of an earlier session to an unforced fetch, a fresh one to a forced one.
    EarlierFromCache,
    /// A token that has run out.
    Expired,
    /// A token that the server rejects.
    Rejected,
    /// A token that does not say when it was issued.
    WithoutIat,
    /// A token that does not say when it runs out; the server rejects it.
    WithoutExp,
    /// No JWT at all.
    Garbage,
    /// A token of somebody else under the same key, as one that changes the organisation may.
    SomebodyElse,
}

/// Which tokens the server rejects.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rejections {
    /// The next one.
    Next,
    /// All from now on.
    All,
    /// All from now on, and the server says that no later token can be accepted.
    AllForGood,
    /// None.
    None,
}
