//! The client: it takes commands and inputs, and returns events and frames.

mod auth;
mod inputs;
mod one_shot;
mod page_takeover;
mod pagination;
mod queries;
mod requests;
mod transmit;

use crate::{
    AuthState, Claims, Config, ConnectionState, ConvexError, EncodedValue, Event, FunctionError, InFlight,
    NotSentReason, QueryHandle, SessionId, Time, TokenError, UnixMillis,
    auth::{Auth, AuthEvent},
    clock::WallClocks,
    connection::{Connection, Stopped},
    context::Context,
    one_shots::OneShots,
    optimistic::{LayerChanges, Layers},
    pagination::Pagination,
    queries::Queries,
    random::Random,
    requests::{Requests, SettledRequest},
    timer::Timers,
};
use std::{collections::VecDeque, sync::Arc};

/// The path of the sync endpoint under a deployment's origin. The version in it is the protocol's:
/// it tells the server that this client supports transitions in chunks.
///
/// ```
/// let origin = "https://happy-animal-123.convex.cloud".replacen("http", "ws", 1);
/// let url = format!("{origin}{}", convex_sync::SYNC_PATH);
/// assert!(url.starts_with("wss://happy-animal-123.convex.cloud/api/"));
/// ```
pub const SYNC_PATH: &str = "/api/1.28.0/sync";

/// A Convex client without IO. The [crate's docs](crate) say how to drive it.
///
/// A mutation settles with the transition that contains its writes, not with its response:
///
/// ```
/// use convex_sync::*;
/// use serde_json::json;
///
/// # let mut client = SyncClient::new(Config::default(), SessionId::from_random_bytes([7; 16]), 42, UnixMillis(0));
/// # let Some(Event::Open { socket }) = client.poll_event() else { unreachable!() };
/// # client.handle(Time::ZERO, Input::Opened { socket });
/// # while client.poll_event().is_some() {}
/// let args = Arguments::encode(&json!({ "body": "hello" }))?.expect("an object");
/// let sent = client.mutate(Time::ZERO, FunctionPath::parse("messages:send")?, args, RequestOptions::default());
/// let frames: Vec<String> = std::iter::from_fn(|| client.poll_transmit(Time::ZERO)).collect();
/// assert!(frames.last().unwrap().contains("messages:send"));
/// # while client.poll_event().is_some() {}
///
/// let mut outcome_after = |text| {
///     client.handle(Time::ZERO, Input::Text { socket, text });
///     std::iter::from_fn(|| client.poll_event()).find(|event| matches!(event, Event::Response { .. }))
/// };
/// let response = r#"{"type":"MutationResponse","requestId":0,"success":true,"result":"m1","ts":"AgAAAAAAAAA=","logLines":[]}"#;
/// assert_eq!(outcome_after(response), None);
/// let transition = r#"{"type":"Transition","modifications":[],
///     "startVersion":{"querySet":0,"identity":0,"ts":"AAAAAAAAAAA="},
///     "endVersion":{"querySet":1,"identity":0,"ts":"AgAAAAAAAAA="}}"#;
/// let outcome = Ok(EncodedValue::encode("m1")?);
/// assert_eq!(outcome_after(transition), Some(Event::Response { request: sent, outcome }));
/// # Ok::<(), ConvexError>(())
/// ```
#[derive(Debug)]
pub struct SyncClient {
    config: Config,
    session_id: SessionId,
    clock: WallClocks,
    timers: Timers,
    random: Random,
    auth: Auth,
    connection: Connection,
    queries: Queries,
    pagination: Pagination,
    requests: Requests,
    one_shots: OneShots,
    layers: Layers,
    identity_changes: u64,
    events: VecDeque<Event>,
    published_auth: AuthState,
    published_identity: u64,
    published_token_problem: Option<TokenError>,
    published_connection: ConnectionState,
    connection_since: Time,
    published_in_flight: InFlight,
}

impl SyncClient {
    /// A client that connects at once: its first event is [`Event::Open`].
    ///
    /// `seed` is for jitter and must differ between clients. `wall_clock` is the reading of the
    /// wall clock at [`Time::ZERO`].
    pub fn new(config: Config, session: SessionId, seed: u64, wall_clock: UnixMillis) -> Self {
        let clock = WallClocks::new(wall_clock);
        let (mut timers, mut random, mut events) = (Timers::default(), Random::new(seed), VecDeque::new());
        let connection = Connection::new(&mut Context {
            now: Time::ZERO,
            config: &config,
            clock: &clock,
            timers: &mut timers,
            events: &mut events,
            random: &mut random,
        });
        let auth = Auth::new();
        Self {
            session_id: session,
            published_auth: auth.app_state(),
            published_identity: auth.generation(),
            published_token_problem: None,
            published_connection: connection.app_state(auth.is_settled()),
            connection_since: Time::ZERO,
            published_in_flight: InFlight::default(),
            config,
            clock,
            timers,
            random,
            auth,
            connection,
            queries: Queries::new(),
            pagination: Pagination::default(),
            requests: Requests::new(),
            one_shots: OneShots::default(),
            layers: Layers::default(),
            identity_changes: 0,
            events,
        }
    }

    // ---- getters ----

    /// The current result of a query, with pending optimistic updates. `None` while it loads, and
    /// after an identity change until it has run again.
    pub fn result(&self, query: QueryHandle) -> Option<&Result<EncodedValue, FunctionError>> {
        self.layers.result(query).unwrap_or_else(|| self.queries.result(query))
    }

    /// The authentication state.
    pub fn auth(&self) -> &AuthState {
        &self.published_auth
    }

    /// A number that changes with every identity change: when another user signs in, the session
    /// ends, a user signs in again, or a token of another subject replaces the one in use. A token
    /// refresh does not change it. Data of one identity must not be shown to the next.
    ///
    /// [`Event::Auth`] is emitted also if only this number changed.
    ///
    /// ```
    /// # use convex_sync::*;
    /// # let mut client = SyncClient::new(Config::default(), SessionId::from_random_bytes([7; 16]), 42, UnixMillis(0));
    /// client.set_session(Time::ZERO, Some(Session::signed_in("ada")));
    /// let ada = client.identity();
    /// client.reauthenticate(Time::ZERO);
    /// assert_eq!(client.identity(), ada, "the same user, with another token");
    ///
    /// client.sign_out(Time::ZERO);
    /// client.reauthenticate(Time::ZERO);
    /// assert_ne!(client.identity(), ada, "the same user, but after a sign-out");
    /// ```
    pub fn identity(&self) -> u64 {
        self.published_identity
    }

    /// Why the client has no usable token: the error of the last fetch until a fetch succeeds, or
    /// the server's last rejection until it confirms a token. The client retries.
    pub fn token_problem(&self) -> Option<&TokenError> {
        self.published_token_problem.as_ref()
    }

    /// The claims of the token in use.
    pub fn claims(&self) -> Option<&Claims> {
        self.auth.claims()
    }

    /// The mutations and actions that have not settled.
    pub fn in_flight(&self) -> InFlight {
        self.requests.in_flight()
    }

    /// The connection state. The effect of a query command on it appears with the next
    /// [`poll_transmit`](Self::poll_transmit).
    pub fn connection(&self) -> &ConnectionState {
        &self.published_connection
    }

    /// When the current [connection state](Self::connection) was entered.
    ///
    /// ```
    /// # use convex_sync::*;
    /// # let mut client = SyncClient::new(Config::default(), SessionId::from_random_bytes([7; 16]), 42, UnixMillis(0));
    /// # let Some(Event::Open { socket }) = client.poll_event() else { unreachable!() };
    /// let lost = Time::new(std::time::Duration::from_secs(5));
    /// client.handle(lost, Input::Closed { socket, code: 1006, reason: "" });
    /// assert_eq!(client.connection_since(), lost);
    /// ```
    pub fn connection_since(&self) -> Time {
        self.connection_since
    }

    // ---- commands: the connection ----

    /// Reconnects now. A scheduled dial starts at once, as after a wake. An open socket is probed,
    /// and replaced if it does not answer.
    ///
    /// ```
    /// # use convex_sync::*;
    /// # let mut client = SyncClient::new(Config::default(), SessionId::from_random_bytes([7; 16]), 42, UnixMillis(0));
    /// # let Some(Event::Open { socket }) = client.poll_event() else { unreachable!() };
    /// client.handle(Time::ZERO, Input::Closed { socket, code: 1006, reason: "" });
    /// # while client.poll_event().is_some() {}
    /// client.reconnect_now(Time::ZERO);
    /// assert!(matches!(client.poll_event(), Some(Event::Open { .. })));
    /// ```
    pub fn reconnect_now(&mut self, now: Time) {
        let (_, connection, mut cx) = self.parts(now);
        connection.probe(&mut cx, false);
        self.publish(now);
    }

    // ---- commands: stopping ----

    /// Stops the client with an error. Every request fails with `message`, now and later.
    ///
    /// ```
    /// # use convex_sync::*;
    /// # let mut client = SyncClient::new(Config::default(), SessionId::from_random_bytes([7; 16]), 42, UnixMillis(0));
    /// // A driver without a deployment URL does this.
    /// client.fail(Time::ZERO, "the deployment URL is empty");
    /// assert_eq!(*client.connection(), ConnectionState::Fatal { message: "the deployment URL is empty".into() });
    /// ```
    pub fn fail(&mut self, now: Time, message: impl Into<Arc<str>>) {
        let message = message.into();
        let error = ConvexError::Fatal(message.clone());
        let mut outcomes = self.requests.failed(&error);
        outcomes.extend(self.fail_one_shots(|_| true, &error));
        self.stop(now, Stopped::Fatal(message), outcomes);
    }

    /// Closes the client. The socket is abandoned, and every request settles.
    ///
    /// ```
    /// # use convex_sync::*;
    /// # let mut client = SyncClient::new(Config::default(), SessionId::from_random_bytes([7; 16]), 42, UnixMillis(0));
    /// # let Some(Event::Open { socket }) = client.poll_event() else { unreachable!() };
    /// client.close(Time::ZERO);
    /// assert_eq!(client.poll_event(), Some(Event::Close { socket }));
    /// # while client.poll_event().is_some() {}
    /// assert_eq!(client.poll_timeout(), None, "no timer is armed");
    /// ```
    pub fn close(&mut self, now: Time) {
        let mut outcomes = self.requests.closed();
        let closed = ConvexError::NotSent(NotSentReason::ClientClosed);
        outcomes.extend(self.fail_one_shots(|_| true, &closed));
        self.stop(now, Stopped::Closed, outcomes);
    }

    fn stop(&mut self, now: Time, stopped: Stopped, outcomes: Vec<SettledRequest>) {
        if self.connection.stopped().is_some() {
            return;
        }
        self.handle_auth_event(now, AuthEvent::Stop(stopped.reason()));
        let (_, connection, mut cx) = self.parts(now);
        connection.stop(&mut cx, stopped);
        self.timers.clear_all();
        self.queries.clear_cache();
        self.respond(outcomes);
        self.publish(now);
    }

    // ---- outputs ----

    /// The next event. Drain it to `None` after every command and input.
    pub fn poll_event(&mut self) -> Option<Event> {
        self.events.pop_front()
    }

    /// When [`Input::Timeout`](crate::Input::Timeout) is due; `None` if no timer is armed.
    pub fn poll_timeout(&self) -> Option<Time> {
        let requests = self.requests.next_deadline().into_iter().chain(self.one_shots.next_deadline());
        self.timers.next().into_iter().chain(requests).chain(self.queries.next_expiry()).min()
    }

    // ---- shared by commands and inputs ----

    /// Borrows the parts that a transition of [`Auth`] or [`Connection`] works with.
    fn parts(&mut self, now: Time) -> (&mut Auth, &mut Connection, Context<'_>) {
        let context = Context {
            now,
            config: &self.config,
            clock: &self.clock,
            timers: &mut self.timers,
            events: &mut self.events,
            random: &mut self.random,
        };
        (&mut self.auth, &mut self.connection, context)
    }

    fn respond(&mut self, outcomes: Vec<SettledRequest>) {
        self.respond_with(Vec::new(), outcomes);
    }

    /// Reports changed results and settled requests in one update. The optimistic layers of these
    /// requests are removed in the same update.
    fn respond_with(&mut self, changed: Vec<QueryHandle>, outcomes: Vec<SettledRequest>) {
        let mut settled = outcomes.iter().map(|(request, _)| *request);
        self.pagination.apply_results(&mut self.queries, &changed);
        let layer_changes = self.layers.advance(&self.queries, &self.pagination, changed, &mut settled);
        self.emit_layer_changes(layer_changes);
        for (request, outcome) in outcomes {
            self.events.push_back(Event::Response { request, outcome });
        }
    }

    fn emit_layer_changes(&mut self, LayerChanges { changed, failed }: LayerChanges) {
        self.pagination.apply_layers(&changed, &|query| self.layers.result(query));
        let paginated = self.pagination.take_changed();
        if !changed.is_empty() || !paginated.is_empty() {
            self.events.push_back(Event::Transition { changed, paginated });
        }
        for (request, error) in failed {
            self.events.push_back(Event::OptimisticUpdateFailed { request, error });
        }
    }

    /// Publishes the auth state, the connection state and the counts in flight if they changed.
    fn publish(&mut self, now: Time) {
        let (auth, identity, problem) = (self.auth.app_state(), self.auth.generation(), self.auth.problem());
        if auth != self.published_auth
            || identity != self.published_identity
            || problem != self.published_token_problem.as_ref()
        {
            self.published_identity = identity;
            self.published_token_problem = problem.cloned();
            self.published_auth = auth;
            self.events.push_back(Event::Auth);
        }
        let connection = self.connection.app_state(self.auth.is_settled());
        if connection != self.published_connection {
            self.published_connection = connection;
            self.connection_since = now;
            self.events.push_back(Event::Connection);
        }
        self.publish_in_flight();
    }

    fn publish_in_flight(&mut self) {
        let in_flight = self.in_flight();
        if std::mem::replace(&mut self.published_in_flight, in_flight) != in_flight {
            self.events.push_back(Event::InFlight);
        }
    }

    /// Whether a query or request is held back until auth settles.
    fn is_any_held_back(&self) -> bool {
        !self.auth.is_anonymous()
            && (self.queries.is_any_held(|policy| self.auth.may_query(policy))
                || self.requests.is_any_held(|policy| self.auth.may_request(policy)))
    }
}
