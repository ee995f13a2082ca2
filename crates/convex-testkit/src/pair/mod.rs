//! A client and a deployment in virtual time, over a link that fails as it is told.
//!
//! Nothing here waits: time jumps from one happening to the next, so a test of an hour takes as long as its frames.

mod link;
mod provider;

use std::{
    collections::VecDeque,
    fmt::{self, Write as _},
    time::Duration,
};

use convex_sync::{
    Arguments, ConnectionState, ConvexError, EncodedValue, Event, FunctionPath, Input, QueryAuth,
    QueryHandle, RequestId, SYNC_PATH, SessionId, SyncClient, Time, UnixMillis,
};
use serde_json::Value as Json;

pub use convex_sync::Config;
pub use link::{Conditions, Dials};
pub use provider::{FetchRequest, Fetched, TokenAnswer};

use crate::deployment::{ClientVersion, Deployment, Output};
use link::{Link, ToClient, ToServer};
use provider::Provider;

/// Where both ends' wall clocks stand at [`Time::ZERO`], unless a test sets the client's apart.
pub const START: UnixMillis = UnixMillis(1_700_000_000_000);

/// How much virtual time [`Pair::run_until`] gives a condition.
const PATIENCE: Duration = Duration::from_secs(600);

/// Something that happened between the two, in a story's words.
#[derive(Debug, Clone, PartialEq)]
pub enum Happening {
    /// A frame left the client.
    Sent(Json),
    /// A frame reached the client.
    Received(Json),
    /// Something else.
    Note(String),
}

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
    links: Vec<Link>,
    provider: Provider,
    story: Vec<(Time, Happening)>,
    outcomes: Vec<(RequestId, Result<EncodedValue, ConvexError>)>,
    transitions: Vec<Vec<QueryHandle>>,
}

impl Pair {
    /// The two, right after the client was made; its first socket is being dialled.
    pub fn new(deployment: Deployment) -> Self {
        Self::with_config(deployment, Config::default(), 0)
    }

    /// As [`new`](Self::new) with bounds of its own, and a client whose wall clock is ahead by so many milliseconds.
    pub fn with_config(deployment: Deployment, config: Config, clock_ahead: i64) -> Self {
        let session = SessionId::from_random_bytes([7; 16]);
        let mut pair = Self {
            client: SyncClient::new(config, session, 42, UnixMillis(START.0 + clock_ahead)),
            deployment,
            conditions: Conditions::default(),
            clock_ahead,
            now: Time::ZERO,
            stood_still: Duration::ZERO,
            links: Vec::new(),
            provider: Provider::new(|_| Fetched::Never),
            story: Vec::new(),
            outcomes: Vec::new(),
            transitions: Vec::new(),
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

    /// What the provider was asked.
    pub fn fetches(&self) -> &[FetchRequest] {
        &self.provider.requests
    }

    /// Everything that happened.
    pub fn story(&self) -> &[(Time, Happening)] {
        &self.story
    }

    /// The frames the client sent, oldest first.
    pub fn sent(&self) -> Vec<&Json> {
        let frames = self.story.iter().filter_map(|(_, happening)| match happening {
            Happening::Sent(frame) => Some(frame),
            _ => None,
        });
        frames.collect()
    }

    /// The types of the frames the client sent, oldest first; `Authenticate` says whom: `Authenticate User`.
    pub fn sent_types(&self) -> Vec<String> {
        self.sent().into_iter().map(frame_type).collect()
    }

    /// The story as lines, for a failing test.
    pub fn tell(&self) -> String {
        let mut told = String::new();
        for (time, happening) in &self.story {
            let line = match happening {
                Happening::Sent(frame) => format!("→ {}", short(frame)),
                Happening::Received(frame) => format!("← {}", short(frame)),
                Happening::Note(note) => format!("· {note}"),
            };
            writeln!(told, "{time:>12} {line}").expect("a String takes everything");
        }
        told
    }

    // ---- what a test does ----

    /// Answers token fetches from now on.
    pub fn provide(&mut self, answer: impl FnMut(FetchRequest) -> Fetched + Send + 'static) {
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
    pub fn subscribe(&mut self, path: &str, args: &Json, auth: QueryAuth) -> QueryHandle {
        let (function, args) = call(path, args);
        self.command(|client, _| client.subscribe(&function, &args, auth))
    }

    /// Calls a mutation by its path and arguments.
    pub fn mutate(&mut self, path: &str, args: &Json, auth: QueryAuth) -> RequestId {
        let (function, args) = call(path, args);
        self.command(|client, _| client.mutate(function, args, auth))
    }

    /// Calls an action by its path and arguments.
    pub fn act(&mut self, path: &str, args: &Json, auth: QueryAuth) -> RequestId {
        let (function, args) = call(path, args);
        self.command(|client, _| client.act(function, args, auth))
    }

    /// Tells the deployment of something, and lets what it sends be on its way.
    pub fn server<R>(&mut self, act: impl FnOnce(&mut Deployment, Time) -> R) -> R {
        let result = act(&mut self.deployment, self.now);
        self.settle();
        result
    }

    /// Breaks every socket, as a network that goes away for a moment: both ends learn of it at once.
    pub fn cut(&mut self) {
        self.note("the network breaks every socket");
        for link in std::mem::take(&mut self.links) {
            if let Some(connection) = link.connection {
                self.deployment.closed(self.now, connection);
            }
            self.client
                .handle(self.client_now(), Input::Closed { socket: link.socket, code: 1006, reason: "" });
        }
        self.settle();
    }

    /// The page wakes up.
    pub fn wake(&mut self) {
        self.note("the page wakes up");
        let wall_clock = self.client_wall();
        self.client.handle(self.client_now(), Input::Woke { wall_clock });
        self.settle();
    }

    /// The machine sleeps: time passes for the server and for both wall clocks, while nothing runs here; then the page
    /// wakes up.
    pub fn sleep(&mut self, duration: Duration) {
        self.note("the machine sleeps");
        self.now = self.now + duration;
        self.wake();
    }

    /// As [`sleep`](Self::sleep), on a machine whose clock stands still meanwhile; only the wall clock does not.
    pub fn sleep_with_clock_stopped(&mut self, duration: Duration) {
        self.stood_still += duration;
        self.sleep(duration);
    }

    /// Lets everything happen that happens before `duration` has passed.
    pub fn run_for(&mut self, duration: Duration) {
        let end = self.now + duration;
        while self.next_happening().is_some_and(|next| next <= end) {
            self.step();
        }
        self.now = end;
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
            assert!(!waited, "it never came to it:\n{}", self.tell());
            self.step();
        }
    }

    /// Lets things happen until the client is live.
    pub fn run_until_live(&mut self) {
        self.run_until(|pair| *pair.client.connection() == ConnectionState::Live);
    }

    // ---- how it works ----

    fn client_now(&self) -> Time {
        Time::new(self.now.since_start() - self.stood_still)
    }

    fn next_happening(&self) -> Option<Time> {
        let links = self.links.iter().filter_map(Link::next_arrival);
        let client = self.client.poll_timeout().map(|due| due + self.stood_still);
        let others = [client, self.deployment.poll_timeout(), self.provider.next_answer()];
        links.chain(others.into_iter().flatten()).min()
    }

    /// Jumps to the next happening and lets it, and whatever is due at the same moment, happen.
    fn step(&mut self) {
        let Some(next) = self.next_happening() else { return };
        self.now = self.now.max(next);
        self.deliver_to_server();
        self.deployment.handle_timeout(self.now);
        self.deliver_to_client();
        while let Some((fetch, outcome)) = self.provider.answered(self.now) {
            self.note("the provider answers");
            self.client.handle(self.client_now(), Input::Token { fetch, outcome });
            self.drain_events();
        }
        self.client.handle(self.client_now(), Input::Timeout);
        self.settle();
    }

    fn deliver_to_server(&mut self) {
        let mut links = std::mem::take(&mut self.links);
        for link in &mut links {
            while let Some(message) = link.arrived_at_server(self.now) {
                match (message, link.connection) {
                    (ToServer::Dial, _) => {
                        let version =
                            ClientVersion::from_request(SYNC_PATH, None).expect("the path is a good one");
                        link.connection = Some(self.deployment.open(self.now, version));
                        link.send_to_client(self.now + self.conditions.latency, ToClient::Opened);
                    }
                    (ToServer::Frame(text), Some(connection)) => {
                        self.deployment.receive(self.now, connection, &text);
                    }
                    (ToServer::Gone, Some(connection)) => self.deployment.closed(self.now, connection),
                    (ToServer::Frame(_) | ToServer::Gone, None) => {}
                }
            }
        }
        // The client has no say in between, so no link was added.
        self.links = links;
    }

    fn deliver_to_client(&mut self) {
        let mut arrived = VecDeque::new();
        for link in &mut self.links {
            while let Some(message) = link.arrived_at_client(self.now) {
                arrived.push_back((link.socket, message));
            }
        }
        for (socket, message) in arrived {
            match message {
                ToClient::Opened => {
                    self.note("the socket opens");
                    self.client.handle(self.client_now(), Input::Opened { socket });
                }
                ToClient::Frame(text) => {
                    self.story.push((self.now, Happening::Received(parse_or_string(&text))));
                    self.client.handle(self.client_now(), Input::Text { socket, text: &text });
                }
                ToClient::Closed { code, reason } => {
                    self.note(format!("the socket closes: {code} {reason}"));
                    self.client.handle(self.client_now(), Input::Closed { socket, code, reason: &reason });
                }
            }
            self.drain_events();
        }
    }

    /// Does all that either side wants done now.
    fn settle(&mut self) {
        self.drain_events();
        while let Some(text) = self.client.poll_transmit(self.client_now()) {
            self.transmit(text);
        }
        self.drain_events();
        self.drain_outputs();
    }

    fn transmit(&mut self, text: String) {
        self.story.push((self.now, Happening::Sent(parse_or_string(&text))));
        let arrival = self.now + self.conditions.latency;
        if let Some(link) = self.links.last_mut().filter(|_| !self.conditions.half_open) {
            link.send_to_server(arrival, ToServer::Frame(text));
        }
    }

    fn drain_events(&mut self) {
        while let Some(event) = self.client.poll_event() {
            match event {
                Event::Open { socket } => self.dial(socket),
                Event::Close { socket } => self.abandon(socket),
                Event::FetchToken { fetch, force } => {
                    self.note(format!("the client fetches a token, force: {force}"));
                    self.provider.fetch(self.now, fetch, force);
                }
                // A provider may answer all the same; the client must not mind.
                Event::DropFetch { .. } => self.note("the client drops the fetch"),
                Event::Transition { changed } => self.transitions.push(changed),
                Event::Auth => self.note(format!("auth: {:?}", self.client.auth())),
                Event::Connection => self.note(format!("connection: {:?}", self.client.connection())),
                Event::Response { request, outcome } => self.outcomes.push((request, outcome)),
                Event::Log { function, lines } => self.note(format!("{function:?} logs {lines:?}")),
            }
        }
    }

    fn dial(&mut self, socket: convex_sync::SocketId) {
        self.note("the client dials");
        let mut link = Link::new(socket);
        let arrival = self.now + self.conditions.latency;
        match self.conditions.dials {
            Dials::Accepted => link.send_to_server(arrival, ToServer::Dial),
            Dials::Refused => {
                link.send_to_client(arrival, ToClient::Closed { code: 1006, reason: String::new() });
            }
            Dials::Hanging => {}
        }
        self.links.push(link);
    }

    fn abandon(&mut self, socket: convex_sync::SocketId) {
        self.note("the client leaves the socket");
        let arrival = self.now + self.conditions.latency;
        if let Some(link) = self.links.iter_mut().find(|link| link.socket == socket) {
            link.leave();
            link.send_to_server(arrival, ToServer::Gone);
        }
    }

    fn drain_outputs(&mut self) {
        while let Some(output) = self.deployment.poll_output() {
            let (connection, message) = match output {
                Output::Send { connection, text } => (connection, ToClient::Frame(text)),
                Output::Close { connection, code, reason } => {
                    (connection, ToClient::Closed { code: code.unwrap_or(1005), reason })
                }
                Output::Drop { connection } => {
                    (connection, ToClient::Closed { code: 1006, reason: String::new() })
                }
            };
            let arrival = self.now + self.conditions.latency;
            let link = self.links.iter_mut().find(|link| link.connection == Some(connection));
            if let Some(link) = link.filter(|_| !self.conditions.half_open) {
                link.send_to_client(arrival, message);
            }
        }
    }

    fn client_wall(&self) -> UnixMillis {
        UnixMillis(self.unix_in(Duration::ZERO).0 + self.clock_ahead)
    }

    fn note(&mut self, note: impl Into<String>) {
        self.story.push((self.now, Happening::Note(note.into())));
    }
}

impl fmt::Debug for Pair {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.tell())
    }
}

fn call(path: &str, args: &Json) -> (FunctionPath, Arguments) {
    let function = FunctionPath::parse(path).expect("the test names a good path");
    let args = Arguments::encode(args).expect("the test's arguments can be encoded");
    (function, args.expect("the test's arguments are not a skip"))
}

fn json(value: &EncodedValue) -> Json {
    parse_or_string(value.as_json())
}

fn parse_or_string(text: &str) -> Json {
    serde_json::from_str(text).unwrap_or_else(|_| Json::String(text.to_owned()))
}

fn frame_type(frame: &Json) -> String {
    let name = frame["type"].as_str().unwrap_or("?");
    match frame["tokenType"].as_str() {
        Some(kind) => format!("{name} {kind}"),
        None => name.to_owned(),
    }
}

fn short(frame: &Json) -> String {
    let mut frame = frame.clone();
    if frame["tokenType"] != Json::Null {
        frame["value"] = "…".into();
    }
    frame.to_string().chars().take(200).collect()
}
