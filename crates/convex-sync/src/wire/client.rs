//! Frames to the server.

use crate::{Arguments, FunctionPath, SessionId, Token, UnixMillis};
use super::Timestamp;

/// A frame to the server.
#[derive(Debug)]
pub(crate) enum ClientFrame<'a> {
    Connect {
        session: SessionId,
        connection_count: u32,
        last_close_reason: Option<&'a str>,
        max_observed_timestamp: Option<Timestamp>,
        client_ts: UnixMillis,
    },
    /// From `base_version` to the next one.
    ModifyQuerySet { base_version: u32, modifications: Vec<QueryModification<'a>> },
    Mutation { request: u32, function: &'a FunctionPath, args: &'a Arguments },
    Action { request: u32, function: &'a FunctionPath, args: &'a Arguments },
    /// `None` signs out.
    Authenticate { base_version: u32, token: Option<&'a Token> },
    /// An entry for the server's log.
    Event { event_type: &'a str, event: &'a str },
}

#[derive(Debug)]
pub(crate) enum QueryModification<'a> {
    /// `journal`: `None` before any result, then as the server last sent it.
    Add { query: u32, function: &'a FunctionPath, args: &'a Arguments, journal: Option<Option<&'a str>> },
    Remove { query: u32 },
}

impl ClientFrame<'_> {
    /// The frame's text.
    pub(crate) fn to_json(&self) -> String {
        todo!()
    }
}
