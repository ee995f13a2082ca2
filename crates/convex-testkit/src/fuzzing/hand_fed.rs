//! A client whose server is the input: what it wants done is done at once, what it hears is fed by
//! hand.

use std::{collections::BTreeSet, time::Duration};

use convex_sync::{
    AuthPolicy, Config, ConnectionState, Event, FetchId, Input, LocalStore, OptimisticError, QueryHandle,
    RequestId, RequestOptions, Session, SessionId, SocketId, SyncClient, Time, Token, UnixMillis,
};
use convex_sync_types::ClientMessage;
use serde_json::{Value as Json, json};

use super::{PERSON, good_claims};
use crate::{
    identity::TestIssuer,
    pair::{START, call},
};

/// What the client asks: all of it is answered with who is asking.
pub(super) const QUERIES: [(&str, AuthPolicy); 3] = [
    ("people:me", AuthPolicy::Required),
    ("notes:all", AuthPolicy::Settled),
    ("public:count", AuthPolicy::Immediate),
];

/// How often the client may want something done before it comes to rest.
const PATIENCE: usize = 100;

/// How much that is due in time that passes happens by and by; the rest is late, as in a page that
/// slept.
const MAX_DUE: usize = 15;

pub(super) struct HandFed {
    pub(super) client: SyncClient,
    pub(super) now: Time,
    pub(super) issuer: TestIssuer,
    pub(super) queries: Vec<QueryHandle>,
    unsettled: BTreeSet<RequestId>,
    /// The socket that is being dialled or open.
    pub(super) socket: Option<SocketId>,
    dialled: Option<SocketId>,
    fetches: Vec<FetchId>,
    /// The claims of every token that was handed out, as they are in it.
    pub(super) payloads: Vec<String>,
}

impl HandFed {
    /// Somebody who is signed in, with a connection on which everything has been asked and nothing
    /// answered.
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
        fed.client.set_session(fed.now, Some(Session::signed_in(PERSON)));
        for (path, auth) in QUERIES {
            let (function, args) = call(path, &json!({}));
            fed.queries.push(fed.client.subscribe(&function, &args, auth));
        }
        fed.request();
        fed
    }

    pub(super) fn is_over(&self) -> bool {
        matches!(self.client.connection(), ConnectionState::Fatal { .. })
    }

    // ---- what happens ----

    /// A frame comes.
    pub(super) fn hear(&mut self, text: &str) {
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

    /// Time passes, with what is due meanwhile.
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

    /// A mutation is called, and an action.
    pub(super) fn request(&mut self) {
        let (function, args) = call("notes:add", &json!({}));
        let options = RequestOptions::default();
        let mutation = self.client.mutate_optimistically(self.now, function, args, options, show);
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

    /// A client that waits before it dials is given the time.
    fn wait_for_socket(&mut self) {
        let end = self.now + Duration::from_secs(60);
        while self.socket.is_none() && self.step_before(end) {}
    }

    // ---- what the client wants ----

    /// Does all that the client wants done; then it waits for something, or it is over.
    fn settle(&mut self) {
        let rests = (0..PATIENCE).any(|_| !self.act());
        assert!(rests, "the client runs in circles: {:?}", self.client);
        assert_eq!(self.client.in_flight().count(), self.unsettled.len());
        if self.is_over() {
            assert!(self.unsettled.is_empty(), "requests settle");
        } else {
            assert!(self.client.poll_timeout().is_some(), "it waits for nothing: {:?}", self.client);
        }
    }

    /// Does what the client wants next, of which there was some.
    fn act(&mut self) -> bool {
        let mut acts = false;
        while let Some(event) = self.client.poll_event() {
            self.take(event);
            acts = true;
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
            ClientMessage::try_from(frame).expect("the server can read it");
            acts = true;
        }
        acts
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

    /// A fresh one.
    fn token(&mut self) -> Token {
        let mut claims = good_claims(self.now);
        claims["serial"] = self.payloads.len().into();
        let token = self.issuer.token_with(claims);
        self.payloads.push(token.split('.').nth(1).expect("it is a JWT").to_owned());
        Token::new(token)
    }
}

/// Shows a note among those there are, whatever a server says these are.
fn show(store: &mut LocalStore<'_>) -> Result<(), OptimisticError> {
    let (function, args) = call("notes:all", &json!({}));
    let Some(shown) = store.get(&function, &args) else { return Ok(()) };
    let failed = |error: &dyn std::fmt::Display| OptimisticError::new(error.to_string());
    let mut notes: Vec<Json> = shown.decode().map_err(|error| failed(&error))?;
    notes.push(json!("a note"));
    let notes = convex_sync::EncodedValue::encode(&notes).map_err(|error| failed(&error))?;
    store.set(&function, &args, notes);
    Ok(())
}
