//! Frames from the server.

use super::{StateModification, Timestamp, modification};
use crate::{
    EncodedValue, FunctionError,
    fields::{self, Field, Object, Search},
    text::Text,
};
use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, Visitor},
};
use serde_json::{error::Category, value::RawValue};
use std::{fmt, sync::Arc};

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

/// What the results on one connection were computed from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
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
    /// Reads a frame; `Err` says what is wrong with it, in words that hold nothing of the frame
    /// itself.
    pub fn parse(text: &str) -> Result<Self, String> {
        match serde_json::from_str::<Fields<'_>>(text) {
            Ok(fields) => fields.into_frame(),
            // Nothing need be right in a frame of another type.
            Err(error) => match kind(text) {
                Some(Text(kind)) if !KNOWN.contains(&&*kind) => Ok(Self::Unknown),
                Some(Text(kind)) => Err(format!("{}, in a `{kind}`", problem(&error))),
                None => Err(problem(&error)),
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

/// The type of a frame of which something else cannot be read.
fn kind(frame: &str) -> Option<Text<'_>> {
    let [kind] = fields::find(frame, &["type"]).ok()?;
    serde_json::from_str(kind?.get()).ok()
}

/// The fields of all types of frames.
struct Fields<'a> {
    found: [Field<'a>; NAMES.len()],
    /// Not as text first: what is in them may be long.
    modifications: Option<Vec<modification::Fields<'a>>>,
}

const NAMES: [&str; 17] = [
    "type",
    "startVersion",
    "endVersion",
    "clientClockSkew",
    "chunk",
    "partNumber",
    "totalParts",
    "transitionId",
    "requestId",
    "success",
    "result",
    "ts",
    "logLines",
    "errorData",
    "error",
    "baseVersion",
    "authUpdateAttempted",
];

impl<'de> Deserialize<'de> for Fields<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct FieldsVisitor;

        impl<'de> Visitor<'de> for FieldsVisitor {
            type Value = Fields<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a frame")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Fields<'de>, A::Error> {
                let (mut found, mut modifications) = ([None; NAMES.len()], None);
                let mut search = Search { names: &NAMES, found: &mut found };
                while let Some(Text(name)) = map.next_key()? {
                    match &*name {
                        "modifications" => modifications = Some(map.next_value()?),
                        name => search.take(name, &mut map)?,
                    }
                }
                Ok(Fields { found, modifications })
            }
        }

        deserializer.deserialize_map(FieldsVisitor)
    }
}

impl Fields<'_> {
    fn into_frame(self) -> Result<ServerFrame, String> {
        let mut frame = Object { kind: "frame", names: &NAMES, found: &self.found };
        let Text(kind) = frame.required("type")?;
        frame.kind = &kind;
        Ok(match frame.kind {
            "Transition" => ServerFrame::Transition(Transition {
                start: version(&frame, "startVersion")?,
                end: version(&frame, "endVersion")?,
                modifications: self
                    .modifications
                    .ok_or_else(|| frame.without("modifications"))?
                    .into_iter()
                    .map(StateModification::try_from)
                    .collect::<Result<_, _>>()?,
                client_clock_skew: frame.optional::<f64>("clientClockSkew")?.map(|millis| millis as i64),
            }),
            "TransitionChunk" => ServerFrame::Chunk {
                chunk: frame.required("chunk")?,
                part: frame.required("partNumber")?,
                total: frame.required("totalParts")?,
                transition: frame.required("transitionId")?,
            },
            "MutationResponse" => {
                let response = response(&frame)?;
                let ts = if response.outcome.is_ok() { frame.optional("ts")? } else { None };
                ServerFrame::MutationResponse { ts, response }
            }
            "ActionResponse" => ServerFrame::ActionResponse(response(&frame)?),
            "AuthError" => ServerFrame::AuthError(AuthRejection {
                message: error(&frame)?,
                base_version: frame.optional("baseVersion")?,
                update_attempted: frame.optional("authUpdateAttempted")?,
            }),
            "FatalError" => ServerFrame::FatalError { message: error(&frame)? },
            "Ping" => ServerFrame::Ping,
            _ => ServerFrame::Unknown,
        })
    }
}

fn version(frame: &Object<'_, '_>, name: &str) -> Result<StateVersion, String> {
    const NAMES: [&str; 3] = ["querySet", "identity", "ts"];
    let version = frame.field(name).ok_or_else(|| frame.without(name))?;
    let found = fields::find(version.get(), &NAMES).map_err(|_| frame.wrong(name))?;
    let version = Object { kind: name, names: &NAMES, found: &found };
    Ok(StateVersion {
        query_set: version.required("querySet")?,
        identity: version.required("identity")?,
        ts: version.required("ts")?,
    })
}

fn response(frame: &Object<'_, '_>) -> Result<ServerResponse, String> {
    let result = frame.field("result");
    let outcome = if frame.required("success")? {
        Ok(value(result))
    } else {
        Err(FunctionError {
            message: message(result),
            data: frame.field("errorData").map(EncodedValue::received),
        })
    };
    let log_lines = frame.optional("logLines")?.unwrap_or_default();
    Ok(ServerResponse { request: frame.required("requestId")?, outcome, log_lines })
}

fn error(frame: &Object<'_, '_>) -> Result<Arc<str>, String> {
    let Text(error) = frame.required("error")?;
    Ok(error.into())
}

/// The text of a failed request's `result`: a string, or whatever else a server may have put there.
fn message(result: Field<'_>) -> Arc<str> {
    let text = result.map_or("null", RawValue::get);
    match serde_json::from_str(text) {
        Ok(Some(Text(message))) => message.into(),
        Ok(None) => "the server gave no reason".into(),
        Err(_) => text.into(),
    }
}

/// A value that is missing is `null`.
pub(super) fn value(received: Field<'_>) -> EncodedValue {
    received.map_or_else(EncodedValue::null, EncodedValue::received)
}

/// What is wrong with a frame, without the parts of it that serde would quote: they may be big, or
/// secret.
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
