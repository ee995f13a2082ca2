//! A client with live queries, and a server with canned responses: counts and timings cover the
//! client's work only.

use std::fmt::Write;

use convex_sync::{
    Arguments, AuthPolicy, Config, Event, FetchId, FunctionPath, Input, QueryHandle, Session, SessionId,
    SocketId, SyncClient, Time, Token, UnixMillis,
};
use serde::{Deserialize, Serialize};

use crate::pair::START;

/// A client with live queries and canned responses.
///
/// Every step is followed by the work of a driver: events and frames are drained, and the next
/// deadline is read.
///
/// ```
/// use convex_testkit::Canned;
///
/// let mut canned = Canned::live(3);
/// let frame = canned.transition([1], "true");
/// assert_eq!(canned.receive(&frame), [canned.queries[1]]);
/// assert_eq!(canned.client.result(canned.queries[1]).unwrap().as_ref().unwrap().as_json(), "true");
/// ```
#[derive(Debug)]
pub struct Canned {
    /// The client.
    pub client: SyncClient,
    /// Its subscriptions. The query at `n` is `canned:value` with `{"n":n}`.
    pub queries: Vec<QueryHandle>,
    now: Time,
    socket: SocketId,
    /// The pending token fetch.
    fetch: Option<FetchId>,
    /// The versions that the client has sent on this socket.
    asked: Version,
    /// The versions that the server has answered.
    answered: Version,
}

#[derive(Debug, Clone, Copy, Default)]
struct Version {
    query_set: u32,
    identity: u32,
}

/// A document of [`documents`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CannedDocument {
    /// `_id`.
    #[serde(rename = "_id")]
    pub id: String,
    /// `_creationTime`.
    #[serde(rename = "_creationTime")]
    pub creation_time: f64,
    /// A string.
    pub author: String,
    /// A longer string.
    pub body: String,
    /// A boolean.
    pub is_done: bool,
    /// A whole number.
    pub rank: u32,
}

/// The result of a query with this many documents, of 200 bytes each.
pub fn documents(count: usize) -> String {
    let documents: Vec<_> = (0..count)
        .map(|number| {
            format!(
                r#"{{"_creationTime":{}.{:04},"_id":"j97{number:029}","author":"author {:03}","body":"The body of document {number:05}, as long as a short message in a chat is","isDone":{},"rank":{number}}}"#,
                1_700_000_000_000 + 7919 * number as u64,
                number * 37 % 10_000,
                number % 100,
                number % 3 == 0,
            )
        })
        .collect();
    format!("[{}]", documents.join(","))
}

impl Canned {
    /// A client that is subscribed to `count` queries, all with the result `0`.
    pub fn live(count: usize) -> Self {
        let mut canned = Self::connected();
        canned.subscribe(count);
        let answer = canned.answer(0..count, "0");
        canned.receive(&answer);
        canned
    }

    /// A client with an open socket and without subscriptions.
    pub fn connected() -> Self {
        let session = SessionId::from_random_bytes([7; 16]);
        let mut client = SyncClient::new(Config::default(), session, 42, START);
        let Some(Event::Open { socket }) = client.poll_event() else { panic!("a new client dials") };
        let (asked, answered) = (Version::default(), Version::default());
        let mut canned =
            Self { client, queries: Vec::new(), now: Time::ZERO, socket, fetch: None, asked, answered };
        canned.open();
        canned
    }

    fn open(&mut self) {
        self.client.handle(self.now, Input::Opened { socket: self.socket });
        self.turn();
    }

    /// Subscribes to this many more queries, in one turn. Returns the frames sent.
    pub fn subscribe(&mut self, count: usize) -> Vec<String> {
        let start = self.queries.len();
        for number in start..start + count {
            let (function, args) = call(number);
            self.queries.push(self.client.subscribe(&function, &args, AuthPolicy::Settled));
        }
        self.turn()
    }

    /// Unsubscribes from all queries, in one turn. Returns the frames sent.
    pub fn unsubscribe(&mut self) -> Vec<String> {
        for query in self.queries.drain(..) {
            self.client.unsubscribe(query);
        }
        self.turn()
    }

    /// Signs `subject` in. The client then fetches a token.
    pub fn sign_in(&mut self, subject: &str) {
        self.client.set_session(self.now, Some(Session::signed_in(subject)));
        self.turn();
    }

    /// Signs the user out. Returns the frames sent.
    pub fn sign_out(&mut self) -> Vec<String> {
        self.client.set_session(self.now, Some(Session::SignedOut));
        self.turn()
    }

    /// Lets time pass until the token must be replaced.
    pub fn wait_for_refresh(&mut self) {
        while self.fetch.is_none() {
            self.now = self.client.poll_timeout().expect("a token is replaced before it expires");
            self.client.handle(self.now, Input::Timeout);
            self.turn();
        }
    }

    /// Answers the pending token fetch. Returns the frames sent.
    pub fn bring_token(&mut self, token: &str) -> Vec<String> {
        let fetch = self.fetch.take().expect("a token fetch is pending");
        self.client.handle(self.now, Input::Token { fetch, outcome: Ok(Some(Token::new(token))) });
        self.turn()
    }

    /// The frame that answers all pending changes, with this result for the queries at these
    /// indices.
    pub fn answer(&mut self, queries: impl IntoIterator<Item = usize>, result: &str) -> String {
        let frame = self.frame(self.asked, queries, result);
        self.answered = self.asked;
        frame
    }

    /// The frame that changes the results of the queries at these indices of
    /// [`queries`](Self::queries). It can be received any number of times.
    pub fn transition(&self, changed: impl IntoIterator<Item = usize>, result: &str) -> String {
        self.frame(self.answered, changed, result)
    }

    fn frame(&self, end: Version, changed: impl IntoIterator<Item = usize>, result: &str) -> String {
        let mut frame = r#"{"type":"Transition","modifications":["#.to_owned();
        for (count, query) in changed.into_iter().enumerate() {
            let comma = if count > 0 { "," } else { "" };
            let modification = format_args!(
                r#"{comma}{{"type":"QueryUpdated","queryId":{query},"value":{result},"logLines":[],"journal":null}}"#
            );
            frame.write_fmt(modification).expect("writing to a String succeeds");
        }
        let version = |Version { query_set, identity }| {
            format!(r#"{{"querySet":{query_set},"identity":{identity},"ts":"AAAAAAAAAAA="}}"#)
        };
        let (start, end) = (version(self.answered), version(end));
        frame + &format!(r#"],"startVersion":{start},"endVersion":{end}}}"#)
    }

    /// Receives a frame. Returns the queries that have changed.
    pub fn receive(&mut self, frame: &str) -> Vec<QueryHandle> {
        self.client.handle(self.now, Input::Text { socket: self.socket, text: frame });
        let changed = self.drain();
        self.turn();
        changed
    }

    /// Closes the socket, and opens the next one. Returns the frames sent on it.
    pub fn reconnect(&mut self) -> Vec<String> {
        let socket = self.socket;
        self.client.handle(self.now, Input::Closed { socket, code: 1006, reason: "" });
        self.turn();
        self.client.reconnect_now(self.now);
        self.turn();
        (self.asked, self.answered) = (Version::default(), Version::default());
        self.client.handle(self.now, Input::Opened { socket: self.socket });
        self.turn()
    }

    /// Does the work of a driver after a step. Returns the frames sent.
    pub fn turn(&mut self) -> Vec<String> {
        self.drain();
        let mut sent = Vec::new();
        while let Some(frame) = self.client.poll_transmit(self.now) {
            self.asked.query_set += u32::from(frame.starts_with(r#"{"type":"ModifyQuerySet""#));
            self.asked.identity += u32::from(frame.starts_with(r#"{"type":"Authenticate""#));
            sent.push(frame);
        }
        self.drain();
        self.client.poll_timeout();
        sent
    }

    fn drain(&mut self) -> Vec<QueryHandle> {
        let mut queries = Vec::new();
        while let Some(event) = self.client.poll_event() {
            match event {
                Event::Open { socket } => self.socket = socket,
                Event::FetchToken { fetch, .. } => self.fetch = Some(fetch),
                Event::Transition { changed, .. } => queries.extend(changed),
                _ => {}
            }
        }
        queries
    }
}

/// The call of a [`Canned`] client's query at this index.
pub fn call(number: usize) -> (FunctionPath, Arguments) {
    let function = FunctionPath::parse("canned:value").expect("the path is valid");
    let args = Arguments::encode(&[("n", number)]).expect("a number can be an argument");
    (function, args.expect("pairs are an object"))
}

/// The wall clock, this many seconds after the start.
pub fn seconds_later(seconds: i64) -> UnixMillis {
    UnixMillis(START.0 + 1000 * seconds)
}
