//! One backend: its functions, its data, and the clients connected to it.

mod backend;
mod chunks;
mod connection;
mod credentials;
mod execution;
mod faults;
mod http;
mod kills;
mod sync;
mod termination;
mod transition;
mod version;

use std::{
    collections::{BTreeMap, VecDeque},
    fmt, mem,
    time::Duration,
};

use convex_sync::{Time, UnixMillis};
use convex_sync_types::ServerMessage;
use serde_json::Value as Json;

use crate::{
    functions::Functions,
    identity::{Identity, Verifier},
    store::DatabaseWriter,
    value::Value,
};

pub(crate) use backend::Backend;
use connection::Connection;
pub(crate) use execution::Caller;
pub use execution::{CallResponse, Execution};
use faults::Faults;
pub use http::{HttpReply, HttpRequest, MAX_BODY_BYTES};
pub use kills::Kill;
use termination::Termination;
pub use version::{ClientVersion, RefusedClient};

/// What the server sends; values in the testkit's own representation.
type Message = ServerMessage<Value>;

/// A connection that has been silent for this long gets a `Ping`.
const PING_AFTER: Duration = Duration::from_secs(15);

/// One client's socket, from [`Deployment::open`] until it is closed by either side.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ConnectionId(u64);

/// What the deployment wants done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Output {
    /// Send a text frame.
    Send {
        /// To whom.
        connection: ConnectionId,
        /// The frame.
        text: String,
    },
    /// Close the socket with a closing handshake. The connection is gone.
    Close {
        /// Whose.
        connection: ConnectionId,
        /// The close code; where there is none, a browser reports 1005.
        code: Option<u16>,
        /// The close reason.
        reason: String,
    },
    /// Let the socket break without a closing handshake; a browser reports 1006. The connection is
    /// gone.
    Drop {
        /// Whose.
        connection: ConnectionId,
    },
}

/// A model of one Convex deployment.
pub struct Deployment {
    backend: Backend,
    verifier: Box<dyn Verifier + Send>,
    connections: BTreeMap<ConnectionId, Connection>,
    next_connection: u64,
    answers: BTreeMap<(Time, u64), DueAnswer>,
    next_answer: u64,
    outputs: VecDeque<Output>,
    faults: Faults,
    now: Time,
}

/// An action's answer, on its way.
struct DueAnswer {
    connection: ConnectionId,
    message: Message,
}

impl Deployment {
    /// A deployment without data, at [`Time::ZERO`], when its wall clock reads `started_at`.
    pub fn new(
        functions: Functions,
        verifier: impl Verifier + Send + 'static,
        started_at: UnixMillis,
    ) -> Self {
        Self {
            backend: Backend::new(functions, started_at),
            verifier: Box::new(verifier),
            connections: BTreeMap::new(),
            next_connection: 0,
            answers: BTreeMap::new(),
            next_answer: 0,
            outputs: VecDeque::new(),
            faults: Faults::default(),
            now: Time::ZERO,
        }
    }

    /// Accepts a socket.
    pub fn open(&mut self, now: Time, version: ClientVersion) -> ConnectionId {
        self.advance(now);
        let id = ConnectionId(self.next_connection);
        self.next_connection += 1;
        self.connections.insert(id, Connection::new(version, self.now));
        id
    }

    /// Takes a frame from a client. Frames of a connection that is gone are dropped.
    pub fn receive(&mut self, now: Time, connection: ConnectionId, text: &str) {
        self.advance(now);
        let Some(held) = self.connections.get_mut(&connection) else { return };
        match &mut held.frozen {
            Some(frames) => frames.push(text.to_owned()),
            None => self.handle_frame(connection, text),
        }
    }

    /// The client went away, or its socket broke.
    pub fn closed(&mut self, now: Time, connection: ConnectionId) {
        self.advance(now);
        self.forget(connection);
    }

    /// Does what is due: pings, and the answers of delayed actions.
    pub fn handle_timeout(&mut self, now: Time) {
        self.advance(now);
        self.send_due_answers();
        let silent: Vec<_> =
            self.ping_times().filter(|(due, _)| *due <= self.now).map(|(_, id)| id).collect();
        for connection in silent {
            self.send(connection, Message::Ping);
        }
    }

    /// The next thing to do, until there is none. What changed since the last call becomes
    /// transitions here.
    pub fn poll_output(&mut self) -> Option<Output> {
        loop {
            if let Some(output) = self.outputs.pop_front() {
                return Some(output);
            }
            let due = self.connections.iter().find(|(_, connection)| connection.wants_transition());
            let Some((&id, _)) = due else { break };
            self.transition(id);
        }
        self.connections.values_mut().for_each(|connection| connection.pending_mutations = 0);
        None
    }

    /// A client sent a message that is not text, or that the WebSocket library refuses.
    pub fn receive_unreadable(&mut self, now: Time, connection: ConnectionId) {
        self.advance(now);
        self.terminate(connection, Termination::internal());
    }

    /// When [`handle_timeout`](Self::handle_timeout) should be called, at the latest.
    pub fn poll_timeout(&self) -> Option<Time> {
        let answers = self.answers.iter().filter(|(_, answer)| !self.is_frozen(answer.connection));
        let answer = answers.map(|((due, _), _)| *due).next();
        let ping = self.ping_times().map(|(due, _)| due).min();
        answer.into_iter().chain(ping).min()
    }

    /// Every function that ran, in order.
    pub fn executions(&self) -> &[Execution] {
        &self.backend.executions
    }

    /// Like [`executions`](Self::executions), and forgets them.
    pub fn take_executions(&mut self) -> Vec<Execution> {
        mem::take(&mut self.backend.executions)
    }

    /// The clients connected now.
    pub fn connections(&self) -> impl Iterator<Item = ConnectionId> {
        self.connections.keys().copied()
    }

    /// Whom the server takes the client of this connection for.
    pub fn identity(&self, connection: ConnectionId) -> Option<&Identity> {
        self.connections.get(&connection)?.identity.as_ref()
    }

    /// How many queries the client of this connection is subscribed to.
    pub fn subscriptions(&self, connection: ConnectionId) -> usize {
        self.connections.get(&connection).map_or(0, |connection| connection.queries.len())
    }

    /// Changes data as somebody else would, in one transaction, outside of any function.
    pub fn edit<R>(&mut self, now: Time, edit: impl FnOnce(&mut DatabaseWriter<'_, '_>) -> R) -> R {
        self.advance(now);
        let result = self.backend.edit(self.now, edit);
        self.invalidate();
        result
    }

    /// The server's wall clock.
    pub fn unix_time(&self) -> UnixMillis {
        self.backend.unix_time(self.now)
    }

    fn advance(&mut self, now: Time) {
        self.now = self.now.max(now);
    }

    fn ping_times(&self) -> impl Iterator<Item = (Time, ConnectionId)> {
        let is_awake = |connection: &Connection| connection.frozen.is_none() || connection.pings_on;
        let awake = self.connections.iter().filter(move |(_, connection)| is_awake(connection));
        awake.map(|(id, connection)| (connection.last_sent + PING_AFTER, *id))
    }

    fn is_frozen(&self, connection: ConnectionId) -> bool {
        self.connections.get(&connection).is_some_and(|connection| connection.frozen.is_some())
    }

    fn answer_after(&mut self, delay: Duration, connection: ConnectionId, message: Message) {
        self.answers.insert((self.now + delay, self.next_answer), DueAnswer { connection, message });
        self.next_answer += 1;
        self.send_due_answers();
    }

    fn send_due_answers(&mut self) {
        let due = self
            .answers
            .iter()
            .filter(|((due, _), answer)| *due <= self.now && !self.is_frozen(answer.connection));
        let due: Vec<_> = due.map(|(key, _)| *key).collect();
        for key in due {
            if let Some(DueAnswer { connection, message }) = self.answers.remove(&key) {
                self.send(connection, message);
                self.schedule_transition(connection);
            }
        }
    }

    fn send(&mut self, connection: ConnectionId, message: Message) {
        self.send_text(connection, Json::from(message).to_string());
    }

    fn send_text(&mut self, connection: ConnectionId, text: String) {
        if let Some(state) = self.connections.get_mut(&connection) {
            state.last_sent = self.now;
            self.outputs.push_back(Output::Send { connection, text });
        }
    }

    fn schedule_transition(&mut self, connection: ConnectionId) {
        if let Some(connection) = self.connections.get_mut(&connection) {
            connection.update_scheduled = true;
        }
    }

    /// Makes every query stale that read what was written since the last call.
    fn invalidate(&mut self) {
        let writes = self.backend.take_writes();
        if writes.is_empty() {
            return;
        }
        for connection in self.connections.values_mut() {
            connection.invalidate(&writes);
        }
    }

    fn forget(&mut self, connection: ConnectionId) {
        self.connections.remove(&connection);
        self.answers.retain(|_, answer| answer.connection != connection);
    }
}

impl fmt::Debug for Deployment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Deployment")
            .field("now", &self.now)
            .field("backend", &self.backend)
            .field("connections", &self.connections)
            .finish_non_exhaustive()
    }
}
