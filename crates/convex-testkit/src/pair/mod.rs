//! A client and a deployment in virtual time, connected by a simulated network.
//!
//! Nothing here waits: time jumps from one event to the next, so that a test of an hour only costs
//! its frames.

mod event;
mod fetches;
mod link;
mod run;

use std::{fmt, time::Duration};

use convex_sync::{
    Arguments, AuthPolicy, ConnectionState, ConvexError, EncodedValue, FunctionPath, Input, LocalStore,
    OptimisticError, PaginatedHandle, PaginationResult, QueryHandle, RequestId, RequestOptions, SessionId,
    SyncClient, Time, UnixMillis,
};
use rand::{SeedableRng, rngs::StdRng};
use serde_json::Value as Json;

pub use convex_sync::Config;
pub use event::PairEvent;
pub use fetches::{FetchReply, FetchRequest, TokenResult};
pub use link::{Conditions, DialOutcome};

use crate::deployment::{ConnectionId, Deployment};
use event::{frame_type, parse_or_string};
use fetches::FetchQueue;
use link::NetworkLink;

/// The wall clocks of both ends at [`Time::ZERO`], unless a test sets the client's clock apart.
pub const START: UnixMillis = UnixMillis(1_700_000_000_000);

/// The limit of [`Pair::run_until`] in virtual time.
const PATIENCE: Duration = Duration::from_secs(600);

/// A client and a deployment in virtual time.
pub struct Pair {
    /// The client. Commands go through [`Pair::command`], which handles their effects.
    pub client: SyncClient,
    /// The deployment.
    pub deployment: Deployment,
    /// The state of the network.
    pub conditions: Conditions,
    /// How far the client's wall clock is ahead of the server's, in milliseconds.
    pub clock_ahead: i64,
    now: Time,
    /// How long the client's monotonic clock was stopped while the machine slept.
    clock_stopped: Duration,
    random: StdRng,
    links: Vec<NetworkLink>,
    fetches: FetchQueue,
    events: Vec<(Time, PairEvent)>,
    outcomes: Vec<(RequestId, Result<EncodedValue, ConvexError>)>,
    transitions: Vec<Vec<QueryHandle>>,
    lists: Vec<(PaginatedHandle, PaginationResult)>,
    /// The number of the identity that the client last reported.
    identity: u64,
}

impl Pair {
    /// A new client, which is dialling, and the deployment.
    pub fn new(deployment: Deployment) -> Self {
        Self::with_config(deployment, Config::default(), 0, 42)
    }

    /// Like [`new`](Self::new), with a configuration, a wall clock of the client that is ahead by
    /// this many milliseconds, and a seed for random decisions: the client's jitter, and those of
    /// the [`Conditions`].
    pub fn with_config(deployment: Deployment, config: Config, clock_ahead: i64, seed: u64) -> Self {
        let session = SessionId::from_random_bytes([7; 16]);
        let mut pair = Self {
            client: SyncClient::new(config, session, seed, UnixMillis(START.0 + clock_ahead)),
            deployment,
            conditions: Conditions::default(),
            clock_ahead,
            now: Time::ZERO,
            clock_stopped: Duration::ZERO,
            random: StdRng::seed_from_u64(seed),
            links: Vec::new(),
            fetches: FetchQueue::new(|_| FetchReply::Never),
            events: Vec::new(),
            outcomes: Vec::new(),
            transitions: Vec::new(),
            lists: Vec::new(),
            identity: 0,
        };
        pair.settle();
        pair
    }

    // ---- state ----

    /// The current time.
    pub fn now(&self) -> Time {
        self.now
    }

    /// The server's wall clock `later` from now.
    pub fn unix_in(&self, later: Duration) -> UnixMillis {
        START.after(self.now.since_start()).after(later)
    }

    /// A query's result as JSON; `None` while it loads.
    pub fn result(&self, query: QueryHandle) -> Option<Result<Json, String>> {
        let result = self.client.result(query)?;
        Some(result.as_ref().map(json).map_err(|error| error.message.to_string()))
    }

    /// The outcome of a request, once it has settled.
    pub fn outcome(&self, request: RequestId) -> Option<&Result<EncodedValue, ConvexError>> {
        self.outcomes.iter().find(|(id, _)| *id == request).map(|(_, outcome)| outcome)
    }

    /// The queries that changed together, by transition.
    pub fn transitions(&self) -> &[Vec<QueryHandle>] {
        &self.transitions
    }

    /// The results of paginated lists, in the order of their changes.
    pub fn lists(&self) -> &[(PaginatedHandle, PaginationResult)] {
        &self.lists
    }

    /// The token fetches so far.
    pub fn fetches(&self) -> &[FetchRequest] {
        &self.fetches.requests
    }

    /// The outcomes of all settled requests, in order.
    pub fn outcomes(&self) -> &[(RequestId, Result<EncodedValue, ConvexError>)] {
        &self.outcomes
    }

    /// Every event so far.
    pub fn events(&self) -> &[(Time, PairEvent)] {
        &self.events
    }

    /// The frames that the client has sent, oldest first.
    pub fn sent(&self) -> Vec<&Json> {
        let frames = self.events.iter().filter_map(|(_, event)| match event {
            PairEvent::Sent(frame) => Some(frame),
            _ => None,
        });
        frames.collect()
    }

    /// The types of the frames that the client has sent, oldest first; `Authenticate` with its
    /// kind: `Authenticate User`.
    pub fn sent_types(&self) -> Vec<String> {
        self.sent().into_iter().map(frame_type).collect()
    }

    /// The events as lines, for a failing test.
    pub fn trace(&self) -> String {
        event::trace(&self.events)
    }

    // ---- control ----

    /// Sets how token fetches are answered.
    pub fn provide(&mut self, answer: impl FnMut(FetchRequest) -> FetchReply + Send + 'static) {
        self.fetches.reply = Box::new(answer);
    }

    /// Passes a command to the client, and handles its effects.
    pub fn command<R>(&mut self, command: impl FnOnce(&mut SyncClient, Time) -> R) -> R {
        let now = self.client_now();
        let result = command(&mut self.client, now);
        self.settle();
        result
    }

    /// Subscribes to a query by its path and arguments.
    pub fn subscribe(&mut self, path: &str, args: &Json, auth: AuthPolicy) -> QueryHandle {
        let (function, args) = call(path, args);
        self.command(|client, _| client.subscribe(&function, &args, auth))
    }

    /// Subscribes to a paginated list by its path and arguments.
    pub fn subscribe_paginated(
        &mut self,
        path: &str,
        args: &Json,
        auth: AuthPolicy,
        initial_num_items: u32,
    ) -> PaginatedHandle {
        let (function, args) = call(path, args);
        self.command(|client, _| client.subscribe_paginated(&function, &args, auth, initial_num_items))
    }

    /// Calls a mutation by its path and arguments; the options can be an [`AuthPolicy`] alone.
    pub fn mutate(&mut self, path: &str, args: &Json, options: impl Into<RequestOptions>) -> RequestId {
        let (function, args) = call(path, args);
        let options = options.into();
        self.command(|client, now| client.mutate(now, function, args, options))
    }

    /// Calls a mutation by its path and arguments, with an optimistic update.
    pub fn mutate_optimistically(
        &mut self,
        path: &str,
        args: &Json,
        update: impl FnMut(&mut LocalStore<'_>) -> Result<(), OptimisticError> + Send + Sync + 'static,
    ) -> RequestId {
        let (function, args) = call(path, args);
        let options = RequestOptions::default();
        self.command(|client, now| client.mutate_optimistically(now, function, args, options, update))
    }

    /// Calls an action by its path and arguments; the options can be an [`AuthPolicy`] alone.
    pub fn act(&mut self, path: &str, args: &Json, options: impl Into<RequestOptions>) -> RequestId {
        let (function, args) = call(path, args);
        let options = options.into();
        self.command(|client, now| client.act(now, function, args, options))
    }

    /// Runs a one-shot query by its path and arguments; the options can be an [`AuthPolicy`] alone.
    pub fn query_once(&mut self, path: &str, args: &Json, options: impl Into<RequestOptions>) -> RequestId {
        let (function, args) = call(path, args);
        let options = options.into();
        self.command(|client, now| client.query_once(now, function, args, options))
    }

    /// Keeps a query subscribed for a while without a subscriber.
    pub fn prewarm(&mut self, path: &str, args: &Json, auth: AuthPolicy, lasts: Duration) {
        let (function, args) = call(path, args);
        self.command(|client, now| client.prewarm(now, &function, &args, auth, lasts));
    }

    /// Passes a command to the deployment, and handles its outputs.
    pub fn server<R>(&mut self, act: impl FnOnce(&mut Deployment, Time) -> R) -> R {
        let result = act(&mut self.deployment, self.now);
        self.settle();
        result
    }

    /// Breaks every socket, as after a short network failure: both ends are notified at once.
    pub fn cut(&mut self) {
        self.record(PairEvent::NetworkBreak);
        for link in std::mem::take(&mut self.links) {
            if let Some(connection) = link.connection {
                self.deployment.closed(self.now, connection);
            }
            self.client
                .handle(self.client_now(), Input::Closed { socket: link.socket, code: 1006, reason: "" });
        }
        self.settle();
    }

    /// Ends [`Conditions::half_open`]. Sockets that have lost a message stay dead, silently.
    pub fn end_half_open(&mut self) {
        self.note("the network works again");
        self.conditions.half_open = false;
        for link in &mut self.links {
            link.stay_dead();
        }
    }

    /// The open sockets carry nothing any longer; neither end is notified.
    pub fn kill_sockets_silently(&mut self) {
        self.note("every socket dies silently");
        for link in &mut self.links {
            link.lose();
            link.stay_dead();
        }
    }

    /// The connection of the client's socket.
    pub fn connection(&self) -> Option<ConnectionId> {
        self.links.last()?.connection
    }

    /// The page wakes up.
    pub fn wake(&mut self) {
        self.note("the page wakes up");
        self.handle_wake(false);
    }

    /// The network changes, and the browser reports that the machine is online.
    pub fn go_online(&mut self) {
        self.note("the machine is online");
        self.handle_wake(true);
    }

    fn handle_wake(&mut self, network_changed: bool) {
        let wall_clock = self.client_wall();
        self.client.handle(self.client_now(), Input::Woke { wall_clock, network_changed });
        self.settle();
    }

    /// The machine sleeps: time passes for the server and for both wall clocks, while the client
    /// does not run; then the page wakes up.
    pub fn sleep(&mut self, duration: Duration) {
        self.note("the machine sleeps");
        self.now = self.now + duration;
        self.wake();
    }

    /// Like [`sleep`](Self::sleep), but the monotonic clock stops meanwhile; the wall clock does
    /// not.
    pub fn sleep_with_clock_stopped(&mut self, duration: Duration) {
        self.clock_stopped += duration;
        self.sleep(duration);
    }

    /// Lets `duration` pass.
    pub fn run_for(&mut self, duration: Duration) {
        let end = self.now + duration;
        while self.step_before(end) {}
    }

    /// Handles the next event if it is due by `end`, and returns `true`. Otherwise advances the
    /// time to `end`.
    pub(crate) fn step_before(&mut self, end: Time) -> bool {
        let happens = self.next_event().is_some_and(|next| next <= end);
        if happens {
            self.step();
        } else {
            self.now = self.now.max(end);
        }
        happens
    }

    /// Lets time pass until `condition` holds.
    ///
    /// # Panics
    ///
    /// The condition does not hold within ten minutes of virtual time. The message contains the
    /// events.
    pub fn run_until(&mut self, condition: impl Fn(&Self) -> bool) {
        let end = self.now + PATIENCE;
        while !condition(self) {
            let waited = self.next_event().is_none_or(|next| next > end);
            assert!(!waited, "the condition never held:\n{}", self.trace());
            self.step();
        }
    }

    /// Lets time pass until the client is live.
    pub fn run_until_live(&mut self) {
        self.run_until(|pair| *pair.client.connection() == ConnectionState::Live);
    }
}

impl fmt::Debug for Pair {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.trace())
    }
}

pub(crate) fn call(path: &str, args: &Json) -> (FunctionPath, Arguments) {
    let function = FunctionPath::parse(path).expect("the test's path is valid");
    let args = Arguments::encode(args).expect("the test's arguments can be encoded");
    (function, args.expect("the test's arguments are not a skip"))
}

fn json(value: &EncodedValue) -> Json {
    parse_or_string(value.as_json())
}
