//! A simulated world: a client, a deployment, and a model of the app and the user.
//!
//! The world applies operations and lets time pass. It records what the rules need to know
//! (requests, epochs, suspensions) and knows nothing of the rules.

mod lists;
mod operations;
mod page;
mod providers;

pub(super) use lists::ListComponent;
pub(super) use page::TakenOverPage;

use convex_sync::{ConnectionState, QueryHandle, RequestId, SuspensionId, Time};

use super::{
    epochs::{Epochs, WantedIdentity},
    functions::functions,
    mounted_providers::MountedProviders,
    schedule::{KILLERS, QueryKind, QuerySpec, UpdateKind, WorldConfig},
    token_provider::{QuotingVerifier, TokenProvider},
};
use crate::{
    deployment::{ConnectionId, Deployment},
    functions::FunctionKind,
    identity::TestIssuer,
    pair::{Conditions, Config, Pair, PairEvent, START},
};

/// A client, a deployment, and a model of the app and the user.
pub(super) struct World {
    pub(super) pair: Pair,
    pub(super) token_provider: TokenProvider,
    pub(super) epochs: Epochs,
    pub(super) components: Vec<Component>,
    pub(super) suspensions: Vec<ActiveSuspension>,
    /// Queries kept subscribed without a subscriber: until when, and the epoch of the call.
    pub(super) prewarmed: Vec<(QuerySpec, Time, u64)>,
    pub(super) lists: Vec<ListComponent>,
    pub(super) requests: Vec<CalledRequest>,
    /// Whether the server sent a `FatalError` on purpose.
    pub(super) is_fatal_expected: bool,
    /// How many operations were applied.
    pub(super) operations: usize,
    /// The connections on which the server sends nothing but pings.
    stalled: Vec<ConnectionId>,
    /// Whether the client's estimate of the server's clock may be wrong: its own clock was set, the
    /// machine slept over a frame, or the server did not read one for a while.
    pub(super) is_clock_unreliable: bool,
    /// The server has rejected the session that the provider still reports. The client may resume
    /// the session: its tokens carry the number of the next epoch.
    pub(super) is_resumable: bool,
    /// How often the app called `reauthenticate`.
    pub(super) reauthentications: usize,
    mounted_providers: MountedProviders,
    /// The page that the client has taken over.
    pub(super) page: Option<TakenOverPage>,
    /// Whether the app has signed out, and the session has not changed since.
    is_signed_out_by_app: bool,
    /// How many notes another client wrote.
    writes: u32,
}

/// A component with a query.
pub(super) struct Component {
    pub(super) query: QuerySpec,
    pub(super) handles: Vec<QueryHandle>,
}

/// A suspension of queries that has not ended.
#[derive(Debug, Clone, Copy)]
pub(super) struct ActiveSuspension {
    id: SuspensionId,
    /// Which queries; `None` for all.
    kind: Option<QueryKind>,
    clears: bool,
}

/// A mutation, action or one-shot query that was called.
#[derive(Debug, Clone)]
pub(super) struct CalledRequest {
    pub(super) id: RequestId,
    /// Its index among the requests. Passed as an argument, so that executions can be matched.
    pub(super) serial: u32,
    pub(super) kind: FunctionKind,
    /// The epoch of the call.
    pub(super) epoch: u64,
    pub(super) update: UpdateKind,
    /// Whether it ends every connection that it is sent on.
    pub(super) kills: bool,
    /// How many sockets the network had broken before the call.
    pub(super) breaks: usize,
    /// The query, if it is a one-shot query.
    pub(super) query: Option<QuerySpec>,
    /// How many requests had settled before the call.
    pub(super) settled_before: usize,
    /// Whether it may fail before it was sent: it was cancelled, or has a timeout.
    pub(super) may_end_early: bool,
    /// When it times out.
    pub(super) deadline: Option<Time>,
    /// How often the client had dialled before the call.
    pub(super) dials: usize,
}

impl World {
    pub(super) fn new(seed: u64, config: &WorldConfig) -> Self {
        let issuer = TestIssuer::new("https://issuer.example", "convex");
        let mut deployment = Deployment::new(functions(), QuotingVerifier(issuer.clone()), START);
        deployment.answer_singly(config.answers_singly);
        deployment.set_chunk_bytes(config.chunk_bytes);
        for (kind, kill) in (0..).zip(KILLERS) {
            deployment.kill_on_call(&killer(kind), Some(kill));
        }
        let client_config = Config { query_cache_time: config.query_cache_time, ..Config::default() };
        let mut pair = Pair::with_config(deployment, client_config, config.clock_ahead, seed);
        pair.conditions = Conditions {
            latency: config.latency,
            jitter: config.jitter,
            break_chance: f64::from(config.cuts_per_mille) / 1000.0,
            ..Conditions::default()
        };
        let token_provider = TokenProvider::new(issuer, config.token_life);
        let shared = token_provider.clone();
        pair.provide(move |request| shared.reply(request));
        let mut world = Self {
            pair,
            token_provider,
            epochs: Epochs::new(),
            components: Vec::new(),
            suspensions: Vec::new(),
            prewarmed: Vec::new(),
            lists: Vec::new(),
            requests: Vec::new(),
            is_fatal_expected: false,
            operations: 0,
            stalled: Vec::new(),
            is_clock_unreliable: false,
            is_resumable: false,
            reauthentications: 0,
            mounted_providers: MountedProviders::default(),
            page: None,
            is_signed_out_by_app: false,
            writes: 0,
        };
        if let Some(page) = config.page {
            world.take_over(page);
        }
        world
    }

    // ---- the session of the model ----

    /// The server has rejected the session, and the client may fetch tokens to resume it.
    pub(super) fn session_rejected(&mut self) {
        self.is_resumable = true;
        self.token_provider.set_epoch(self.epochs.current() + 1);
    }

    /// The server has accepted a token of the session that it had rejected.
    pub(super) fn session_resumed(&mut self) {
        self.is_resumable = false;
        self.begin_epoch(WantedIdentity::User);
    }

    /// Whether this token may resume the rejected session.
    pub(super) fn may_resume(&self, token: &str) -> bool {
        self.is_resumable && self.token_provider.epoch_of(token) == Some(self.epochs.current() + 1)
    }

    /// Whether the identity may have changed since this epoch: another epoch has begun, or the
    /// epoch's tokens have several subjects.
    pub(super) fn has_identity_changed(&self, epoch: u64) -> bool {
        epoch != self.epochs.current() || self.token_provider.has_several_subjects(epoch)
    }

    // ---- queries and requests ----

    /// How many mutations that end every connection are pending.
    pub(super) fn pending_killers(&self) -> usize {
        let is_pending = |request: &&CalledRequest| self.pair.outcome(request.id).is_none();
        self.requests.iter().filter(|request| request.kills).filter(is_pending).count()
    }

    /// Whether queries of this kind are suspended.
    pub(super) fn is_suspended(&self, kind: QueryKind) -> bool {
        self.suspensions.iter().any(|suspension| suspension.matches(kind))
    }

    /// Whether queries of this kind are suspended without results.
    pub(super) fn is_cleared(&self, kind: QueryKind) -> bool {
        self.suspensions.iter().any(|suspension| suspension.clears && suspension.matches(kind))
    }

    /// Whether the optimistic update of a pending mutation makes this query load.
    pub(super) fn is_cleared_by_update(&self, query: QuerySpec) -> bool {
        query == QuerySpec::ONE
            && self.requests.iter().any(|request| {
                request.update == UpdateKind::Clears && self.pair.outcome(request.id).is_none()
            })
    }

    // ---- connections ----

    pub(super) fn connection(&self) -> &ConnectionState {
        self.pair.client.connection()
    }

    /// Whether a `FatalError` has stopped the client.
    pub(super) fn is_stopped(&self) -> bool {
        matches!(self.connection(), ConnectionState::Fatal { .. })
    }

    /// How often the client has dialled, and how many sockets the network has broken.
    fn dials_and_breaks(&self) -> (usize, usize) {
        self.pair.events().iter().fold((0, 0), |(dials, breaks), (_, event)| {
            (
                dials + usize::from(*event == PairEvent::Dialed),
                breaks + usize::from(*event == PairEvent::NetworkBreak),
            )
        })
    }

    // ---- data ----

    /// The ids of all notes in the deployment.
    pub(super) fn note_ids(&self) -> Vec<f64> {
        let written =
            self.pair.deployment.executions().iter().filter_map(|run| match (run.kind, &run.outcome) {
                (FunctionKind::Mutation, Ok(id)) => id.as_f64(),
                _ => None,
            });
        written.chain((1..=self.writes).map(foreign_note)).collect()
    }
}

impl ActiveSuspension {
    fn matches(&self, kind: QueryKind) -> bool {
        self.kind.is_none_or(|suspended| suspended == kind)
    }
}

/// The path of a mutation that ends every connection that it is sent on.
fn killer(kind: u8) -> String {
    format!("killers:kind{kind}")
}

/// The id of the n-th note that another client writes.
fn foreign_note(serial: u32) -> f64 {
    f64::from(1_000_000 + serial)
}

/// Maps a random number to an index; `None` if there are no items.
fn pick(which: u8, count: usize) -> Option<usize> {
    (count > 0).then(|| usize::from(which) % count)
}
