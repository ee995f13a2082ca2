//! One world: a client, a deployment and everything around them, doing what a schedule says.

mod actions;

use std::time::Duration;

use convex_sync::{ConnectionState, QueryHandle, RequestId, SuspensionId, Time};

use super::{
    epochs::{Asking, Epochs},
    functions::functions,
    lists::ListComponent,
    provider::{Provider, Quoting},
    providers::Mounts,
    rules::{Rules, Violation},
    schedule::{Action, Asks, KILLS, Query, Setting, Update},
};
use crate::{
    deployment::{ConnectionId, Deployment},
    functions::FunctionKind,
    identity::TestIssuer,
    pair::{Conditions, Config, Pair, START},
};

/// A world that runs.
pub(super) struct World {
    pub(super) pair: Pair,
    pub(super) provider: Provider,
    pub(super) epochs: Epochs,
    pub(super) components: Vec<Component>,
    pub(super) suspensions: Vec<Suspension>,
    /// The queries that were asked for nobody: until when, and when, by who was asking.
    pub(super) prewarmed: Vec<(Query, Time, u64)>,
    pub(super) lists: Vec<ListComponent>,
    pub(super) requests: Vec<Request>,
    /// Whether the server told the client to go away.
    pub(super) fatal: bool,
    /// How much was done to it.
    pub(super) actions: usize,
    /// The connections on which the server does nothing but send pings.
    stalled: Vec<ConnectionId>,
    /// Whether the client may be wrong about the server's clock: somebody set its own, the machine
    /// slept over a frame, or the server did not read one for a while.
    pub(super) clock_in_doubt: bool,
    /// The server has rejected the session that the provider still reports. The client may resume
    /// it: its tokens carry the next epoch.
    pub(super) is_resumable: bool,
    /// How often the app started authentication anew.
    pub(super) reauthentications: usize,
    pub(super) mounts: Mounts,
    writes: u32,
    rules: Rules,
}

/// A component with a query.
pub(super) struct Component {
    pub(super) query: Query,
    pub(super) handles: Vec<QueryHandle>,
}

/// Queries that do not run for a while.
#[derive(Debug, Clone, Copy)]
pub(super) struct Suspension {
    id: SuspensionId,
    /// Which; `None` for all.
    asks: Option<Asks>,
    clears: bool,
}

/// A mutation or action that was called, or a query that was asked once.
#[derive(Debug, Clone)]
pub(super) struct Request {
    pub(super) id: RequestId,
    /// What the deployment knows it by.
    pub(super) serial: u32,
    pub(super) kind: FunctionKind,
    /// When it was called, by who was asking.
    pub(super) epoch: u64,
    pub(super) update: Update,
    /// Whether it ends every connection it is sent on.
    pub(super) kills: bool,
    /// How often the network had broken a socket.
    pub(super) breaks: usize,
    /// What was asked once.
    pub(super) query: Option<Query>,
    /// How many requests had settled.
    pub(super) settled_before: usize,
    /// Whether it may be given up.
    pub(super) may_end_early: bool,
    /// When it is given up.
    pub(super) deadline: Option<Time>,
    /// How often the client had dialled.
    pub(super) dials: usize,
}

impl World {
    pub(super) fn new(seed: u64, setting: &Setting) -> Self {
        let issuer = TestIssuer::new("https://issuer.example", "convex");
        let mut deployment = Deployment::new(functions(), Quoting(issuer.clone()), START);
        deployment.answer_singly(setting.answers_singly);
        deployment.set_chunk_bytes(setting.chunk_bytes);
        for (kind, kill) in (0..).zip(KILLS) {
            deployment.kill_on_call(&killer(kind), Some(kill));
        }
        let config = Config { query_cache_time: setting.query_cache_time, ..Config::default() };
        let mut pair = Pair::with_config(deployment, config, setting.clock_ahead, seed);
        pair.conditions = Conditions {
            latency: setting.latency,
            jitter: setting.jitter,
            break_chance: f64::from(setting.cuts_per_mille) / 1000.0,
            ..Conditions::default()
        };
        let provider = Provider::new(issuer, setting.token_life);
        let answering = provider.clone();
        pair.provide(move |request| answering.answer(request));
        Self {
            pair,
            provider,
            epochs: Epochs::new(),
            components: Vec::new(),
            suspensions: Vec::new(),
            prewarmed: Vec::new(),
            lists: Vec::new(),
            requests: Vec::new(),
            fatal: false,
            actions: 0,
            stalled: Vec::new(),
            clock_in_doubt: false,
            is_resumable: false,
            reauthentications: 0,
            mounts: Mounts::default(),
            writes: 0,
            rules: Rules::default(),
        }
    }

    // ---- time ----

    /// Lets time pass, and looks at the rules after everything that happens.
    pub(super) fn run_for(&mut self, duration: Duration) -> Result<(), Violation> {
        self.run_until(self.pair.now() + duration, |_| false)
    }

    /// As [`run_for`](Self::run_for), until `condition` holds.
    pub(super) fn run_until(
        &mut self,
        end: Time,
        condition: impl Fn(&Self) -> bool,
    ) -> Result<(), Violation> {
        while !condition(self) && self.pair.step_before(end) {
            self.look()?;
        }
        Ok(())
    }

    fn look(&mut self) -> Result<(), Violation> {
        // The rules look at everything else of the world.
        let mut rules = std::mem::take(&mut self.rules);
        let verdict = rules.look(self);
        self.rules = rules;
        verdict
    }

    /// Lets something happen.
    pub(super) fn take(&mut self, action: &Action) -> Result<(), Violation> {
        self.actions += 1;
        let changes_before = self.query_set_changes();
        self.act(action);
        let is_one_change = matches!(action, Action::Suspend { .. } | Action::Resume(_));
        if is_one_change && self.query_set_changes() > changes_before + 1 {
            let how = format!("{action:?} takes more than one");
            return Err(Violation { rule: "a suspension is one message each way", how });
        }
        self.look()
    }

    fn query_set_changes(&self) -> usize {
        self.pair.sent_types().iter().filter(|sent| *sent == "ModifyQuerySet").count()
    }

    // ---- what rules ask ----

    /// Whether the client waits for a token, or for its next try to fetch one.
    pub(super) fn is_fetching(&self) -> bool {
        self.rules.is_fetching() || self.pair.client.token_problem().is_some()
    }

    /// When the client was last proven to be connected.
    pub(super) fn proven_at(&self) -> Option<Time> {
        self.rules.proven_at()
    }

    /// When the connection that the client has was opened.
    pub(super) fn opened_at(&self) -> Option<Time> {
        self.rules.opened_at()
    }

    /// How many mutations are pending that end every connection.
    pub(super) fn killers(&self) -> usize {
        let pending = |request: &&Request| self.pair.outcome(request.id).is_none();
        self.requests.iter().filter(|request| request.kills).filter(pending).count()
    }

    /// When the client last heard of the server, on the connection it has.
    pub(super) fn heard_at(&self) -> Option<Time> {
        self.rules.heard_at()
    }

    /// The server has rejected the session, and the client may fetch tokens to resume it.
    pub(super) fn becomes_resumable(&mut self) {
        self.is_resumable = true;
        self.provider.renew(self.epochs.now() + 1);
    }

    /// The server has accepted a token of the session that it had rejected.
    pub(super) fn is_resumed(&mut self) {
        self.is_resumable = false;
        self.epochs.begin(Asking::Person);
    }

    /// Whether this is a token that may resume the rejected session.
    pub(super) fn may_resume(&self, token: &str) -> bool {
        self.is_resumable && self.provider.epoch_of(token) == Some(self.epochs.now() + 1)
    }

    /// Whether what was asked in this epoch was asked by somebody who is not asking any more.
    pub(super) fn is_past(&self, epoch: u64) -> bool {
        epoch != self.epochs.now() || self.provider.speaks_for_several(epoch)
    }

    /// Whether queries of this kind are not to run.
    pub(super) fn is_suspended(&self, asks: Asks) -> bool {
        self.suspensions.iter().any(|suspension| suspension.matches(asks))
    }

    /// Whether queries of this kind are to show nothing.
    pub(super) fn is_cleared(&self, asks: Asks) -> bool {
        self.suspensions.iter().any(|suspension| suspension.clears && suspension.matches(asks))
    }

    /// Whether an update that is still shown lets this query load.
    pub(super) fn is_cleared_by_update(&self, query: Query) -> bool {
        query == Query::ONE
            && self
                .requests
                .iter()
                .any(|request| request.update == Update::Clears && self.pair.outcome(request.id).is_none())
    }

    pub(super) fn connection(&self) -> &ConnectionState {
        self.pair.client.connection()
    }

    pub(super) fn is_over(&self) -> bool {
        matches!(self.connection(), ConnectionState::Fatal { .. })
    }

    /// The ids of all notes there are.
    pub(super) fn notes(&self) -> Vec<f64> {
        let written =
            self.pair.deployment.executions().iter().filter_map(|run| match (run.kind, &run.outcome) {
                (FunctionKind::Mutation, Ok(id)) => id.as_f64(),
                _ => None,
            });
        written.chain((1..=self.writes).map(foreign)).collect()
    }
}

impl Suspension {
    fn matches(&self, asks: Asks) -> bool {
        self.asks.is_none_or(|suspended| suspended == asks)
    }
}

/// A mutation that ends every connection it is sent on.
fn killer(kind: u8) -> String {
    format!("killers:kind{kind}")
}

/// The id of the n-th note that somebody else writes.
fn foreign(serial: u32) -> f64 {
    f64::from(1_000_000 + serial)
}

/// What stands for a note that is not written yet.
pub(super) fn marker(serial: u32) -> f64 {
    -1.0 - f64::from(serial)
}
