//! A client that receives the input in place of a server. Its effects are handled at once.

use std::{collections::BTreeSet, time::Duration};

use convex_sync::{
    AuthPolicy, Config, ConnectionState, Event, FetchId, Input, LocalStore, OptimisticError, QueryHandle,
    RequestId, RequestOptions, Session, SessionId, SocketId, SyncClient, Time, Token, UnixMillis,
};
use convex_sync_types::ClientMessage;
use serde_json::{Value as Json, json};

use super::{USER, valid_claims};
use crate::{
    identity::TestIssuer,
    pair::{START, call},
};

/// The client's queries. Each returns the subject of the caller.
pub(super) const QUERIES: [(&str, AuthPolicy); 3] = [
    ("people:me", AuthPolicy::Required),
    ("notes:all", AuthPolicy::Settled),
    ("public:count", AuthPolicy::Immediate),
];

/// How often the client may have effects in a row.
const MAX_EFFECTS: usize = 100;

/// How many timers fire on time while time passes; the others are late, as in a page that slept.
const MAX_DUE: usize = 15;

pub(super) struct FuzzedClient {
    pub(super) client: SyncClient,
    pub(super) now: Time,
    pub(super) issuer: TestIssuer,
    pub(super) queries: Vec<QueryHandle>,
    unsettled: BTreeSet<RequestId>,
    /// The socket that is dialling or open.
    pub(super) socket: Option<SocketId>,
    dialled: Option<SocketId>,
    fetches: Vec<FetchId>,
    /// The encoded claims of every issued token.
    pub(super) payloads: Vec<String>,
}

impl FuzzedClient {
    /// A signed-in client that has sent its subscriptions and requests, without a response so far.
    pub(super) fn new() -> Self {
        let session = SessionId::from_random_bytes([7; 16]);
        let mut fed = Self {
            client: SyncClient::new(Config::default(), session, 42, START),
            now: Time::ZERO,
            issuer: TestIssuer::new("https://issuer.example", "convex"),
            queries: Vec::new(),
            unsettled: BTreeSet::new(),
            socket: None,
            dialled: None,
            fetches: Vec::new(),
            payloads: Vec::new(),
        };
        fed.client.set_session(fed.now, Some(Session::signed_in(USER)));
        for (path, auth) in QUERIES {
            let (function, args) = call(path, &json!({}));
            fed.queries.push(fed.client.subscribe(&function, &args, auth));
        }
        fed.request();
        fed
    }

    pub(super) fn is_stopped(&self) -> bool {
        matches!(self.client.connection(), ConnectionState::Fatal { .. })
    }

    // ---- inputs ----

    /// Receives a frame.
    pub(super) fn receive(&mut self, text: &str) {
        self.wait_for_socket();
        if let Some(socket) = self.socket {
            self.client.handle(self.now, Input::Text { socket, text });
        }
        self.settle();
    }

    /// The socket closes.
    pub(super) fn close(&mut self, reason: &str) {
        if let Some(socket) = self.socket.take() {
            self.client.handle(self.now, Input::Closed { socket, code: 1011, reason });
        }
        self.settle();
    }

    /// Lets time pass, and fires its timers.
    pub(super) fn pass(&mut self, duration: Duration) {
        let end = self.now + duration;
        for _ in 0..MAX_DUE {
            if !self.step_before(end) {
                break;
            }
        }
        self.now = end;
        self.client.handle(self.now, Input::Timeout);
        self.settle();
    }

    /// The page wakes up.
    pub(super) fn wake(&mut self, wall_clock: UnixMillis) {
        self.client.handle(self.now, Input::Woke { wall_clock, network_changed: false });
        self.settle();
    }

    /// Calls a mutation and an action.
    pub(super) fn request(&mut self) {
        let (function, args) = call("notes:add", &json!({}));
        let options = RequestOptions::default();
        let mutation = self.client.mutate_optimistically(self.now, function, args, options, add_note);
        let (function, args) = call("notes:ponder", &json!({}));
        let action = self.client.act(self.now, function, args, options);
        self.unsettled.extend([mutation, action]);
        self.settle();
    }

    fn step_before(&mut self, end: Time) -> bool {
        let Some(next) = self.client.poll_timeout().filter(|next| *next <= end) else { return false };
        self.now = self.now.max(next);
        self.client.handle(self.now, Input::Timeout);
        self.settle();
        true
    }

    /// Gives a client that delays its dial the time for it.
    fn wait_for_socket(&mut self) {
        let end = self.now + Duration::from_secs(60);
        while self.socket.is_none() && self.step_before(end) {}
    }

    // ---- effects ----

    /// Handles the client's effects until it waits for a timer, or has stopped.
    fn settle(&mut self) {
        let is_idle = (0..MAX_EFFECTS).any(|_| !self.handle_effects());
        assert!(is_idle, "the client loops: {:?}", self.client);
        assert_eq!(self.client.in_flight().count(), self.unsettled.len());
        if self.is_stopped() {
            assert!(self.unsettled.is_empty(), "requests are pending");
        } else {
            assert!(self.client.poll_timeout().is_some(), "no timer is set: {:?}", self.client);
        }
    }

    /// Handles the next effect. `false` if there was no effect.
    fn handle_effects(&mut self) -> bool {
        let mut has_effects = false;
        while let Some(event) = self.client.poll_event() {
            self.take(event);
            has_effects = true;
        }
        if let Some(socket) = self.dialled.take() {
            self.client.handle(self.now, Input::Opened { socket });
            return true;
        }
        if let Some(fetch) = self.fetches.pop() {
            let outcome = Ok(Some(self.token()));
            self.client.handle(self.now, Input::Token { fetch, outcome });
            return true;
        }
        while let Some(frame) = self.client.poll_transmit(self.now) {
            let frame: Json = serde_json::from_str(&frame).expect("frames are JSON");
            ClientMessage::try_from(frame).expect("the frame is valid");
            has_effects = true;
        }
        has_effects
    }

    fn take(&mut self, event: Event) {
        match event {
            Event::Open { socket } => (self.socket, self.dialled) = (Some(socket), Some(socket)),
            Event::Close { socket } => {
                self.socket.take_if(|open| *open == socket);
                self.dialled.take_if(|dialled| *dialled == socket);
            }
            Event::FetchToken { fetch, .. } => self.fetches.push(fetch),
            Event::DropFetch { fetch } => self.fetches.retain(|wanted| *wanted != fetch),
            Event::Response { request, .. } => {
                assert!(self.unsettled.remove(&request), "{request} settles twice");
            }
            Event::Transition { .. }
            | Event::Auth
            | Event::Connection
            | Event::InFlight
            | Event::OptimisticUpdateFailed { .. }
            | Event::Log { .. } => {}
        }
    }

    /// A fresh token.
    fn token(&mut self) -> Token {
        let mut claims = valid_claims(self.now);
        claims["serial"] = self.payloads.len().into();
        let token = self.issuer.token_with(claims);
        self.payloads.push(token.split('.').nth(1).expect("it is a JWT").to_owned());
        Token::new(token)
    }
}

/// Adds a note to the result of the query, or fails if that is not a list.
fn add_note(store: &mut LocalStore<'_>) -> Result<(), OptimisticError> {
    let (function, args) = call("notes:all", &json!({}));
    let Some(result) = store.get(&function, &args) else { return Ok(()) };
    let failed = |error: &dyn std::fmt::Display| OptimisticError::new(error.to_string());
    let mut notes: Vec<Json> = result.decode().map_err(|error| failed(&error))?;
    notes.push(json!("a note"));
    let notes = convex_sync::EncodedValue::encode(&notes).map_err(|error| failed(&error))?;
    store.set(&function, &args, notes);
    Ok(())
}
