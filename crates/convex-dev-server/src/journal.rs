//! The log of the server, for tests and for the demo's page: `GET /api/dev/log`.

use std::{
    collections::VecDeque,
    sync::{Mutex, MutexGuard, PoisonError},
};

use convex_testkit::{ConnectionId, Execution, FunctionError, FunctionKind, Time, Value};
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use crate::knobs::TokenEndpoint;

/// How many entries of each kind are stored; older ones are dropped.
const MAX_ENTRIES: usize = 5_000;

/// The log. All of its times are milliseconds since the server's start.
#[derive(Debug, Default)]
pub(crate) struct Journal(Mutex<Entries>);

/// The entries of the log, oldest first.
#[derive(Debug, Clone, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Entries {
    connections: VecDeque<ConnectionEntry>,
    executions: VecDeque<ExecutionEntry>,
    token_fetches: VecDeque<TokenFetchEntry>,
    #[serde(skip)]
    connections_so_far: u64,
}

/// One socket.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
struct ConnectionEntry {
    /// Its number, counted from 0.
    connection: u64,
    #[serde(skip)]
    id: ConnectionId,
    opened_at_ms: u64,
    closed_at_ms: Option<u64>,
    /// From its `Connect`.
    session_id: Option<String>,
    authenticates: Vec<Authenticate>,
}

/// One `Authenticate` frame.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
struct Authenticate {
    at_ms: u64,
    /// `User`, `None` or `Admin`.
    token_type: String,
}

/// One execution of a function.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
struct ExecutionEntry {
    at_ms: u64,
    /// The number of its socket; null for a call over HTTP.
    connection: Option<u64>,
    session_id: Option<String>,
    kind: &'static str,
    path: String,
    args: Json,
    /// The subject (`sub`) that it ran as; null if anonymous.
    subject: Option<String>,
    /// The error that it threw; null if it returned.
    error: Option<String>,
    log_lines: Vec<String>,
}

/// One request to the token endpoint.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
struct TokenFetchEntry {
    at_ms: u64,
    /// The user of its session; null without a session, which is answered with 401.
    subject: Option<&'static str>,
    /// The state of the token endpoint's knob.
    token_endpoint: TokenEndpoint,
}

/// The parts of a client's frame that are logged.
#[derive(Deserialize)]
#[serde(tag = "type")]
enum LoggedFrame {
    #[serde(rename_all = "camelCase")]
    Connect { session_id: String },
    #[serde(rename_all = "camelCase")]
    Authenticate { token_type: String },
    #[serde(other)]
    Other,
}

impl Journal {
    pub(crate) fn opened(&self, at: Time, id: ConnectionId) {
        let mut entries = self.lock();
        let connection = entries.connections_so_far;
        entries.connections_so_far += 1;
        let opened = ConnectionEntry {
            connection,
            id,
            opened_at_ms: millis(at),
            closed_at_ms: None,
            session_id: None,
            authenticates: Vec::new(),
        };
        push(&mut entries.connections, opened);
    }

    pub(crate) fn received(&self, at: Time, id: ConnectionId, text: &str) {
        let Ok(frame) = serde_json::from_str(text) else { return };
        let mut entries = self.lock();
        let Some(connection) = entries.connection(id) else { return };
        match frame {
            LoggedFrame::Connect { session_id } => connection.session_id = Some(session_id),
            LoggedFrame::Authenticate { token_type } => {
                connection.authenticates.push(Authenticate { at_ms: millis(at), token_type });
            }
            LoggedFrame::Other => {}
        }
    }

    pub(crate) fn closed(&self, at: Time, id: ConnectionId) {
        if let Some(connection) = self.lock().connection(id) {
            connection.closed_at_ms.get_or_insert(millis(at));
        }
    }

    pub(crate) fn ran(&self, execution: Execution) {
        let mut entries = self.lock();
        let connection = execution.connection.and_then(|id| entries.connection(id));
        let (connection, session_id) =
            connection.map(|entry| (entry.connection, entry.session_id.clone())).unzip();
        let run = ExecutionEntry {
            at_ms: millis(execution.at),
            connection,
            session_id: session_id.flatten(),
            kind: kind_name(execution.kind),
            path: execution.path,
            args: Value::from(execution.args).into(),
            subject: execution.identity.map(|identity| identity.subject),
            error: execution.outcome.err().map(|error| match error {
                FunctionError::Thrown(message)
                | FunctionError::Server(message)
                | FunctionError::ConvexError { message, .. } => message,
            }),
            log_lines: execution.log_lines,
        };
        push(&mut entries.executions, run);
    }

    pub(crate) fn token_fetched(
        &self,
        at: Time,
        subject: Option<&'static str>,
        token_endpoint: TokenEndpoint,
    ) {
        push(&mut self.lock().token_fetches, TokenFetchEntry { at_ms: millis(at), subject, token_endpoint });
    }

    /// All entries.
    pub(crate) fn entries(&self) -> Entries {
        self.lock().clone()
    }

    /// Clears everything but the open sockets.
    pub(crate) fn clear(&self) {
        let mut entries = self.lock();
        entries.executions.clear();
        entries.token_fetches.clear();
        entries.connections.retain(|connection| connection.closed_at_ms.is_none());
        for connection in &mut entries.connections {
            connection.authenticates.clear();
        }
    }

    /// The connections with this session id in their `Connect`.
    pub(crate) fn connections_of(&self, session_id: &str) -> Vec<ConnectionId> {
        let entries = self.lock();
        let of_session =
            entries.connections.iter().filter(|entry| entry.session_id.as_deref() == Some(session_id));
        of_session.map(|entry| entry.id).collect()
    }

    fn lock(&self) -> MutexGuard<'_, Entries> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Entries {
    /// The entry of a connection; searched from the end, since it is usually recent.
    fn connection(&mut self, id: ConnectionId) -> Option<&mut ConnectionEntry> {
        self.connections.iter_mut().rev().find(|connection| connection.id == id)
    }
}

fn push<T>(entries: &mut VecDeque<T>, entry: T) {
    if entries.len() == MAX_ENTRIES {
        entries.pop_front();
    }
    entries.push_back(entry);
}

fn millis(at: Time) -> u64 {
    u64::try_from(at.since_start().as_millis()).unwrap_or(u64::MAX)
}

fn kind_name(kind: FunctionKind) -> &'static str {
    match kind {
        FunctionKind::Query => "query",
        FunctionKind::Mutation => "mutation",
        FunctionKind::Action => "action",
    }
}
