//! Frames from the server.

use super::{StateModification, Timestamp, modification};
use crate::{EncodedValue, FunctionError};
use serde::{Deserialize, Deserializer};
use serde_json::{error::Category, value::RawValue};
use std::{borrow::Cow, sync::Arc};

/// A frame from the server, as far as it matters.
#[derive(Debug)]
pub enum ServerFrame {
    Transition(Transition),
    Chunk {
        chunk: String,
        part: u32,
        total: u32,
        transition: String,
    },
    /// `ts` is there when it succeeded.
    MutationResponse {
        ts: Option<Timestamp>,
        response: ServerResponse,
    },
    ActionResponse(ServerResponse),
    AuthError(AuthRejection),
    FatalError {
        message: Arc<str>,
    },
    Ping,
    /// A type this client does not know. It counts as a sign of life, no more.
    Unknown,
}

/// What changed in the results of the wanted queries, all at one moment of the database.
#[derive(Debug)]
pub struct Transition {
    pub start: StateVersion,
    pub end: StateVersion,
    pub modifications: Vec<StateModification>,
    /// Client's clock minus server's clock, in milliseconds.
    pub client_clock_skew: Option<i64>,
}

impl Transition {
    /// Whether it answers something the client sent, rather than only telling of news.
    pub(crate) fn is_answer(&self) -> bool {
        self.end.query_set > self.start.query_set || self.end.identity > self.start.identity
    }
}

/// What the results on one connection were computed from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StateVersion {
    pub query_set: u32,
    pub identity: u32,
    pub ts: Timestamp,
}

/// The answer to a mutation or action.
#[derive(Debug)]
pub struct ServerResponse {
    pub request: u32,
    pub outcome: Result<EncodedValue, FunctionError>,
    pub log_lines: Vec<String>,
}

/// The server does not accept who the client says it is.
#[derive(Debug)]
pub struct AuthRejection {
    pub message: Arc<str>,
    pub base_version: Option<u32>,
    /// Whether an `Authenticate` was rejected (`true`) or the identity ran out (`false`).
    pub update_attempted: Option<bool>,
}

impl ServerFrame {
    /// Reads a frame; `Err` says what is wrong with it, in words that hold nothing of the frame itself.
    pub fn parse(text: &str) -> Result<Self, String> {
        match serde_json::from_str::<Fields>(text) {
            Ok(fields) => fields.into_frame(),
            Err(error) => match serde_json::from_str::<Kind>(text) {
                Ok(Kind { kind }) => match KNOWN.iter().find(|known| **known == kind) {
                    Some(known) => Err(format!("{}, in a `{known}`", problem(&error))),
                    None => Ok(Self::Unknown),
                },
                Err(_) => Err(problem(&error)),
            },
        }
    }
}

const KNOWN: [&str; 7] = [
    "Transition",
    "TransitionChunk",
    "MutationResponse",
    "ActionResponse",
    "AuthError",
    "FatalError",
    "Ping",
];

#[derive(Deserialize)]
struct Kind<'a> {
    #[serde(borrow, rename = "type")]
    kind: Cow<'a, str>,
}

/// The fields of all types of frames: values are kept as text, and serde cannot do that inside a tagged enum.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Fields<'a> {
    #[serde(borrow, rename = "type")]
    kind: Cow<'a, str>,
    start_version: Option<StateVersion>,
    end_version: Option<StateVersion>,
    #[serde(borrow)]
    modifications: Option<Vec<modification::Fields<'a>>>,
    client_clock_skew: Option<f64>,
    chunk: Option<String>,
    part_number: Option<u32>,
    total_parts: Option<u32>,
    transition_id: Option<String>,
    request_id: Option<u32>,
    success: Option<bool>,
    #[serde(borrow)]
    result: Option<&'a RawValue>,
    ts: Option<Timestamp>,
    #[serde(default, deserialize_with = "null_is_empty")]
    log_lines: Vec<String>,
    #[serde(borrow, default, deserialize_with = "present")]
    error_data: Option<&'a RawValue>,
    error: Option<String>,
    base_version: Option<u32>,
    auth_update_attempted: Option<bool>,
}

impl Fields<'_> {
    fn into_frame(self) -> Result<ServerFrame, String> {
        Ok(match &*self.kind {
            "Transition" => ServerFrame::Transition(self.into_transition()?),
            "TransitionChunk" => ServerFrame::Chunk {
                chunk: required(self.chunk, "TransitionChunk", "chunk")?,
                part: required(self.part_number, "TransitionChunk", "partNumber")?,
                total: required(self.total_parts, "TransitionChunk", "totalParts")?,
                transition: required(self.transition_id, "TransitionChunk", "transitionId")?,
            },
            "MutationResponse" => ServerFrame::MutationResponse {
                ts: self.ts.filter(|_| self.success == Some(true)),
                response: self.into_response("MutationResponse")?,
            },
            "ActionResponse" => ServerFrame::ActionResponse(self.into_response("ActionResponse")?),
            "AuthError" => ServerFrame::AuthError(AuthRejection {
                message: required(self.error, "AuthError", "error")?.into(),
                base_version: self.base_version,
                update_attempted: self.auth_update_attempted,
            }),
            "FatalError" => {
                ServerFrame::FatalError { message: required(self.error, "FatalError", "error")?.into() }
            }
            "Ping" => ServerFrame::Ping,
            _ => ServerFrame::Unknown,
        })
    }

    fn into_transition(self) -> Result<Transition, String> {
        Ok(Transition {
            start: required(self.start_version, "Transition", "startVersion")?,
            end: required(self.end_version, "Transition", "endVersion")?,
            modifications: required(self.modifications, "Transition", "modifications")?
                .into_iter()
                .map(StateModification::try_from)
                .collect::<Result<_, _>>()?,
            client_clock_skew: self.client_clock_skew.map(|millis| millis as i64),
        })
    }

    fn into_response(self, kind: &str) -> Result<ServerResponse, String> {
        let outcome = if required(self.success, kind, "success")? {
            Ok(value(self.result))
        } else {
            Err(FunctionError {
                message: message(self.result),
                data: self.error_data.map(EncodedValue::received),
            })
        };
        Ok(ServerResponse {
            request: required(self.request_id, kind, "requestId")?,
            outcome,
            log_lines: self.log_lines,
        })
    }
}

/// The text of a failed request's `result`: a string, or whatever else a server may have put there.
fn message(result: Option<&RawValue>) -> Arc<str> {
    let Some(result) = result else { return "the server gave no reason".into() };
    match serde_json::from_str::<String>(result.get()) {
        Ok(message) => message.into(),
        Err(_) => result.get().into(),
    }
}

/// A value that is missing is `null`.
pub(super) fn value(received: Option<&RawValue>) -> EncodedValue {
    received.map_or_else(EncodedValue::null, EncodedValue::received)
}

pub(super) fn required<T>(field: Option<T>, kind: &str, name: &str) -> Result<T, String> {
    field.ok_or_else(|| format!("a `{kind}` without `{name}`"))
}

/// `Some` whenever the field is there, even as `null`: `ConvexError(null)` is not a plain error.
pub(super) fn present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<&'de RawValue>, D::Error> {
    <&RawValue>::deserialize(deserializer).map(Some)
}

pub(super) fn null_is_empty<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    Option::deserialize(deserializer).map(Option::unwrap_or_default)
}

/// What is wrong with a frame, without the parts of it that serde would quote: they may be big, or secret.
fn problem(error: &serde_json::Error) -> String {
    match error.classify() {
        Category::Data => {
            format!("a field of the wrong type at line {} column {}", error.line(), error.column())
        }
        Category::Syntax | Category::Eof | Category::Io => format!("no valid JSON: {error}"),
    }
}

#[cfg(test)]
mod tests;
