//! Frames from the server.

use super::Timestamp;
use crate::{EncodedValue, FunctionError};
use std::sync::Arc;

/// A frame from the server, as far as it matters.
#[derive(Debug)]
pub(crate) enum ServerFrame {
    Transition(Transition),
    Chunk { chunk: String, part: u32, total: u32, transition: String },
    /// `ts` is there when it succeeded.
    MutationResponse { ts: Option<Timestamp>, response: ServerResponse },
    ActionResponse(ServerResponse),
    AuthError(AuthRejection),
    FatalError { message: Arc<str> },
    Ping,
    /// A type this client does not know. It counts as a sign of life, no more.
    Unknown,
}

#[derive(Debug)]
pub(crate) struct Transition {
    pub(crate) start: StateVersion,
    pub(crate) end: StateVersion,
    pub(crate) modifications: Vec<StateModification>,
    /// Client's clock minus server's clock, in milliseconds.
    pub(crate) client_clock_skew: Option<i64>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct StateVersion {
    pub(crate) query_set: u32,
    pub(crate) identity: u32,
    pub(crate) ts: Timestamp,
}

#[derive(Debug)]
pub(crate) enum StateModification {
    /// A query's result, good or bad.
    Result { query: u32, outcome: Result<EncodedValue, FunctionError>, log_lines: Vec<String>, journal: Option<Arc<str>> },
    Removed { query: u32 },
}

#[derive(Debug)]
pub(crate) struct ServerResponse {
    pub(crate) request: u32,
    pub(crate) outcome: Result<EncodedValue, FunctionError>,
    pub(crate) log_lines: Vec<String>,
}

#[derive(Debug)]
pub(crate) struct AuthRejection {
    pub(crate) message: Arc<str>,
    pub(crate) base_version: Option<u32>,
    /// Whether an `Authenticate` was rejected (`true`) or the identity ran out (`false`).
    pub(crate) update_attempted: Option<bool>,
}

impl ServerFrame {
    /// Reads a frame; `Err` says what is wrong with it.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        todo!("{text}")
    }
}
