//! A model deployment: its functions, its data, and the connected clients.

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

pub(crate) use backend::ModelBackend;
use connection::ClientConnection;
pub(crate) use execution::Caller;
pub use execution::{CallResponse, Execution};
use faults::Faults;
pub use http::{HttpReply, HttpRequest, MAX_BODY_BYTES};
pub use kills::Kill;
use termination::Termination;
pub use version::{ClientVersion, RefusedClient};

/// A message of the server, with values of the testkit's own type.
type OutgoingMessage = ServerMessage<Value>;

/// The server sends a `Ping` on a connection after this much silence.
const PING_AFTER: Duration = Duration::from_secs(15);

/// The id of a client's socket, from [`Deployment::open`] until either side closes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ConnectionId(u64);

/// An output of the deployment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Output {
    /// Send a text frame.
    Send {
        /// The recipient.
        connection: ConnectionId,
        /// The frame.
        text: String,
    },
    /// Close the socket with a closing handshake. The connection is removed.
    Close {
        /// The connection.
        connection: ConnectionId,
        /// The close code; without one, a browser reports 1005.
        code: Option<u16>,
        /// The close reason.
        reason: String,
    },
    /// Break the socket without a closing handshake; a browser reports 1006. The connection is
    /// removed.
    Drop {
        /// The connection.
        connection: ConnectionId,
    },
}

/// A model of a Convex deployment.
pub struct Deployment {
    backend: ModelBackend,
    verifier: Box<dyn Verifier + Send>,
    connections: BTreeMap<ConnectionId, ClientConnection>,
    next_connection: u64,
    responses: BTreeMap<(Time, u64), DueResponse>,
    next_response: u64,
    outputs: VecDeque<Output>,
    faults: Faults,
    now: Time,
}

/// The response of an action, before it is due.
struct DueResponse {
    connection: ConnectionId,
    message: OutgoingMessage,
}

impl Deployment {
    /// An empty deployment at [`Time::ZERO`], when its wall clock reads `started_at`.
    pub fn new(
        functions: Functions,
        verifier: impl Verifier + Send + 'static,
        started_at: UnixMillis,
    ) -> Self {
        Self {
            backend: ModelBackend::new(functions, started_at),
            verifier: Box::new(verifier),
            connections: BTreeMap::new(),
            next_connection: 0,
            responses: BTreeMap::new(),
            next_response: 0,
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
        self.connections.insert(id, ClientConnection::new(version, self.now));
        id
    }

    /// Handles a frame from a client. Frames of removed connections are ignored.
    pub fn receive(&mut self, now: Time, connection: ConnectionId, text: &str) {
        self.advance(now);
        let Some(state) = self.connections.get_mut(&connection) else { return };
        match &mut state.frozen {
            Some(frames) => frames.push(text.to_owned()),
            None => self.handle_frame(connection, text),
        }
    }

    /// The client closed the socket, or it broke.
    pub fn closed(&mut self, now: Time, connection: ConnectionId) {
        self.advance(now);
        self.forget(connection);
    }

    /// Handles timers: pings, and the responses of delayed actions.
    pub fn handle_timeout(&mut self, now: Time) {
        self.advance(now);
        self.send_due_responses();
        let silent: Vec<_> =
            self.ping_times().filter(|(due, _)| *due <= self.now).map(|(_, id)| id).collect();
        for connection in silent {
            self.send(connection, OutgoingMessage::Ping);
        }
    }

    /// The next output, or `None`. Changes since the last call are turned into transitions here.
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

    /// Handles a message that is not text, or that the WebSocket library refuses.
    pub fn receive_unreadable(&mut self, now: Time, connection: ConnectionId) {
        self.advance(now);
        self.terminate(connection, Termination::internal());
    }

    /// The next deadline for [`handle_timeout`](Self::handle_timeout).
    pub fn poll_timeout(&self) -> Option<Time> {
        let responses = self.responses.iter().filter(|(_, response)| !self.is_frozen(response.connection));
        let response = responses.map(|((due, _), _)| *due).next();
        let ping = self.ping_times().map(|(due, _)| due).min();
        response.into_iter().chain(ping).min()
    }

    /// Every execution, in order.
    pub fn executions(&self) -> &[Execution] {
        &self.backend.executions
    }

    /// Like [`executions`](Self::executions), and clears them.
    pub fn take_executions(&mut self) -> Vec<Execution> {
        mem::take(&mut self.backend.executions)
    }

    /// The connected clients.
    pub fn connections(&self) -> impl Iterator<Item = ConnectionId> {
        self.connections.keys().copied()
    }

    /// The identity of this connection.
    pub fn identity(&self, connection: ConnectionId) -> Option<&Identity> {
        self.connections.get(&connection)?.identity.as_ref()
    }

    /// How many queries this connection is subscribed to.
    pub fn subscriptions(&self, connection: ConnectionId) -> usize {
        self.connections.get(&connection).map_or(0, |connection| connection.queries.len())
    }

    /// Changes data in one transaction, outside of any function, as another client would.
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
        let is_awake = |connection: &ClientConnection| connection.frozen.is_none() || connection.pings_on;
        let awake = self.connections.iter().filter(move |(_, connection)| is_awake(connection));
        awake.map(|(id, connection)| (connection.last_sent + PING_AFTER, *id))
    }

    fn is_frozen(&self, connection: ConnectionId) -> bool {
        self.connections.get(&connection).is_some_and(|connection| connection.frozen.is_some())
    }

    fn respond_after(&mut self, delay: Duration, connection: ConnectionId, message: OutgoingMessage) {
        self.responses.insert((self.now + delay, self.next_response), DueResponse { connection, message });
        self.next_response += 1;
        self.send_due_responses();
    }

    fn send_due_responses(&mut self) {
        let due = self
            .responses
            .iter()
            .filter(|((due, _), response)| *due <= self.now && !self.is_frozen(response.connection));
        let due: Vec<_> = due.map(|(key, _)| *key).collect();
        for key in due {
            if let Some(DueResponse { connection, message }) = self.responses.remove(&key) {
                self.send(connection, message);
                self.schedule_transition(connection);
            }
        }
    }

    fn send(&mut self, connection: ConnectionId, message: OutgoingMessage) {
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

    /// Marks the queries stale that have read what was written since the last call.
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
        self.responses.retain(|_, response| response.connection != connection);
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
