//! A client and a deployment in virtual time, over a link that fails as it is told.
//!
//! Nothing here waits: time jumps from one happening to the next, so a test of an hour takes as
//! long as its frames.

mod event;
mod link;
mod provider;
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
pub use link::{Conditions, DialOutcome};
pub use provider::{FetchReply, FetchRequest, TokenResult};

use crate::deployment::{ConnectionId, Deployment};
use event::{frame_type, parse_or_string};
use link::Link;
use provider::Provider;

/// Where both ends' wall clocks stand at [`Time::ZERO`], unless a test sets the client's apart.
pub const START: UnixMillis = UnixMillis(1_700_000_000_000);

/// How much virtual time [`Pair::run_until`] gives a condition.
const PATIENCE: Duration = Duration::from_secs(600);

/// A client and a deployment in virtual time.
pub struct Pair {
    /// The client. Commands go through [`Pair::command`], which drains what they bring about.
    pub client: SyncClient,
    /// The deployment.
    pub deployment: Deployment,
    /// The network, from now on.
    pub conditions: Conditions,
    /// How far the client's wall clock is ahead of the server's, in milliseconds.
    pub clock_ahead: i64,
    now: Time,
    /// How much less has passed by the client's own clock, which stood still in its sleep.
    stood_still: Duration,
    random: StdRng,
    links: Vec<Link>,
    provider: Provider,
    events: Vec<(Time, PairEvent)>,
    outcomes: Vec<(RequestId, Result<EncodedValue, ConvexError>)>,
    transitions: Vec<Vec<QueryHandle>>,
    lists: Vec<(PaginatedHandle, PaginationResult)>,
    /// The identity that the client last reported.
    identity: u64,
}

impl Pair {
    /// The two, right after the client was made; its first socket is being dialled.
    pub fn new(deployment: Deployment) -> Self {
        Self::with_config(deployment, Config::default(), 0, 42)
    }

    /// As [`new`](Self::new) with bounds of its own, a client whose wall clock is ahead by so many
    /// milliseconds, and a seed for what is left to chance: the client's jitter, and what the
    /// [`Conditions`] say.
    pub fn with_config(deployment: Deployment, config: Config, clock_ahead: i64, seed: u64) -> Self {
        let session = SessionId::from_random_bytes([7; 16]);
        let mut pair = Self {
            client: SyncClient::new(config, session, seed, UnixMillis(START.0 + clock_ahead)),
            deployment,
            conditions: Conditions::default(),
            clock_ahead,
            now: Time::ZERO,
            stood_still: Duration::ZERO,
            random: StdRng::seed_from_u64(seed),
            links: Vec::new(),
            provider: Provider::new(|_| FetchReply::Never),
            events: Vec::new(),
            outcomes: Vec::new(),
            transitions: Vec::new(),
            lists: Vec::new(),
            identity: 0,
        };
        pair.settle();
        pair
    }

    // ---- what a test looks at ----

    /// The time.
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

    /// What became of a request, once it is known.
    pub fn outcome(&self, request: RequestId) -> Option<&Result<EncodedValue, ConvexError>> {
        self.outcomes.iter().find(|(id, _)| *id == request).map(|(_, outcome)| outcome)
    }

    /// The queries that changed together, transition by transition.
    pub fn transitions(&self) -> &[Vec<QueryHandle>] {
        &self.transitions
    }

    /// What paginated lists came to show, each time one was told of.
    pub fn lists(&self) -> &[(PaginatedHandle, PaginationResult)] {
        &self.lists
    }

    /// What the provider was asked.
    pub fn fetches(&self) -> &[FetchRequest] {
        &self.provider.requests
    }

    /// What became of all requests that have settled, in the order in which they did.
    pub fn outcomes(&self) -> &[(RequestId, Result<EncodedValue, ConvexError>)] {
        &self.outcomes
    }

    /// Everything that happened.
    pub fn events(&self) -> &[(Time, PairEvent)] {
        &self.events
    }

    /// The frames the client sent, oldest first.
    pub fn sent(&self) -> Vec<&Json> {
        let frames = self.events.iter().filter_map(|(_, happening)| match happening {
            PairEvent::Sent(frame) => Some(frame),
            _ => None,
        });
        frames.collect()
    }

    /// The types of the frames the client sent, oldest first; `Authenticate` says whom:
    /// `Authenticate User`.
    pub fn sent_types(&self) -> Vec<String> {
        self.sent().into_iter().map(frame_type).collect()
    }

    /// The story as lines, for a failing test.
    pub fn trace(&self) -> String {
        event::trace(&self.events)
    }

    // ---- what a test does ----

    /// Answers token fetches from now on.
    pub fn provide(&mut self, answer: impl FnMut(FetchRequest) -> FetchReply + Send + 'static) {
        self.provider.answer = Box::new(answer);
    }

    /// Gives the client a command, and does what it wants done.
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

    /// Calls a mutation by its path and arguments; the options can be a [`AuthPolicy`] alone.
    pub fn mutate(&mut self, path: &str, args: &Json, options: impl Into<RequestOptions>) -> RequestId {
        let (function, args) = call(path, args);
        let options = options.into();
        self.command(|client, now| client.mutate(now, function, args, options))
    }

    /// Calls a mutation by its path and arguments, and shows at once what `update` does.
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

    /// Calls an action by its path and arguments; the options can be a [`AuthPolicy`] alone.
    pub fn act(&mut self, path: &str, args: &Json, options: impl Into<RequestOptions>) -> RequestId {
        let (function, args) = call(path, args);
        let options = options.into();
        self.command(|client, now| client.act(now, function, args, options))
    }

    /// Asks a query once, by its path and arguments; the options can be a [`AuthPolicy`] alone.
    pub fn query_once(&mut self, path: &str, args: &Json, options: impl Into<RequestOptions>) -> RequestId {
        let (function, args) = call(path, args);
        let options = options.into();
        self.command(|client, now| client.query_once(now, function, args, options))
    }

    /// Subscribes to a query on behalf of nobody, for so long.
    pub fn prewarm(&mut self, path: &str, args: &Json, auth: AuthPolicy, lasts: Duration) {
        let (function, args) = call(path, args);
        self.command(|client, now| client.prewarm(now, &function, &args, auth, lasts));
    }

    /// Tells the deployment of something, and lets what it sends be on its way.
    pub fn server<R>(&mut self, act: impl FnOnce(&mut Deployment, Time) -> R) -> R {
        let result = act(&mut self.deployment, self.now);
        self.settle();
        result
    }

    /// Breaks every socket, as a network that goes away for a moment: both ends learn of it at
    /// once.
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

    /// The network carries again what is sent. Sockets that lost something meanwhile stay dead, and
    /// nobody is told.
    pub fn end_half_open(&mut self) {
        self.note("the network carries again");
        self.conditions.half_open = false;
        for link in &mut self.links {
            link.stay_dead();
        }
    }

    /// The sockets there are carry nothing any more, and neither end is told.
    pub fn kill_sockets_silently(&mut self) {
        self.note("every socket dies, unnoticed");
        for link in &mut self.links {
            link.lose();
            link.stay_dead();
        }
    }

    /// The connection of the socket the client has.
    pub fn connection(&self) -> Option<ConnectionId> {
        self.links.last()?.connection
    }

    /// The page wakes up.
    pub fn wake(&mut self) {
        self.note("the page wakes up");
        self.woke(false);
    }

    /// The network changed, and the browser says that the machine is online.
    pub fn go_online(&mut self) {
        self.note("the machine is online");
        self.woke(true);
    }

    fn woke(&mut self, network_changed: bool) {
        let wall_clock = self.client_wall();
        self.client.handle(self.client_now(), Input::Woke { wall_clock, network_changed });
        self.settle();
    }

    /// The machine sleeps: time passes for the server and for both wall clocks, while nothing runs
    /// here; then the page wakes up.
    pub fn sleep(&mut self, duration: Duration) {
        self.note("the machine sleeps");
        self.now = self.now + duration;
        self.wake();
    }

    /// As [`sleep`](Self::sleep), on a machine whose clock stands still meanwhile; only the wall
    /// clock does not.
    pub fn sleep_with_clock_stopped(&mut self, duration: Duration) {
        self.stood_still += duration;
        self.sleep(duration);
    }

    /// Lets everything happen that happens before `duration` has passed.
    pub fn run_for(&mut self, duration: Duration) {
        let end = self.now + duration;
        while self.step_before(end) {}
    }

    /// Lets what comes next happen if it does by `end`; else it is `end`, and this is `false`.
    pub(crate) fn step_before(&mut self, end: Time) -> bool {
        let happens = self.next_happening().is_some_and(|next| next <= end);
        if happens {
            self.step();
        } else {
            self.now = self.now.max(end);
        }
        happens
    }

    /// Lets things happen until `condition` holds.
    ///
    /// # Panics
    ///
    /// If it does not within ten minutes of virtual time, with the story so far.
    pub fn run_until(&mut self, condition: impl Fn(&Self) -> bool) {
        let end = self.now + PATIENCE;
        while !condition(self) {
            let waited = self.next_happening().is_none_or(|next| next > end);
            assert!(!waited, "it never came to it:\n{}", self.trace());
            self.step();
        }
    }

    /// Lets things happen until the client is live.
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
    let function = FunctionPath::parse(path).expect("the test names a good path");
    let args = Arguments::encode(args).expect("the test's arguments can be encoded");
    (function, args.expect("the test's arguments are not a skip"))
}

fn json(value: &EncodedValue) -> Json {
    parse_or_string(value.as_json())
}
