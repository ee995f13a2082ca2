//! Frames from the server.

use super::{
    modification::{ModificationFields, StateModification},
    timestamp::Timestamp,
};
use crate::{
    EncodedValue, FunctionError,
    fields::{self, FieldName, FieldText, FieldValue, ReceivedObject, field_names},
    json::{JsonError, Reader},
};
use std::{borrow::Cow, sync::Arc};

/// A frame from the server, without the fields that this client ignores.
#[derive(Debug)]
pub enum ServerFrame {
    Transition(Transition),
    Chunk {
        chunk: String,
        part: u32,
        total: u32,
        transition: String,
    },
    /// `ts` is `None` if the mutation failed.
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
    /// A frame of an unknown type. It only proves that the server is alive.
    Unknown,
}

/// The results that changed in the query set, all read at one timestamp of the database.
#[derive(Debug)]
pub struct Transition {
    pub start: StateVersion,
    pub end: StateVersion,
    pub modifications: Vec<StateModification>,
    /// The client's clock minus the server's clock, in milliseconds.
    pub client_clock_skew: Option<i64>,
}

/// The query set, identity and timestamp that the results on one connection were computed from.
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

/// The server rejected a token, or a token expired.
#[derive(Debug)]
pub struct AuthRejection {
    pub message: Arc<str>,
    pub base_version: Option<u32>,
    /// Whether an `Authenticate` was rejected (`true`) or the identity expired (`false`).
    pub update_attempted: Option<bool>,
}

impl ServerFrame {
    /// Parses a frame. The error describes the problem without quoting the frame, which may hold
    /// secrets.
    pub fn parse(text: &str) -> Result<Self, String> {
        match fields::read::<FrameFields<'_>>(text) {
            Ok(fields) => fields.into_frame(),
            // A frame of an unknown type may have any content.
            Err(error) => match kind(text) {
                Some(kind) if !KNOWN_TYPES.contains(&&*kind) => Ok(Self::Unknown),
                Some(kind) => Err(format!("{error}, in a `{kind}`")),
                None => Err(error.to_string()),
            },
        }
    }
}

const KNOWN_TYPES: [&str; 7] = [
    "Transition",
    "TransitionChunk",
    "MutationResponse",
    "ActionResponse",
    "AuthError",
    "FatalError",
    "Ping",
];

/// The type of a frame with other fields that could not be read.
fn kind(frame: &str) -> Option<Cow<'_, str>> {
    let [kind] = fields::find(frame, &["type"]).ok()?;
    fields::read(kind?).ok()
}

/// The fields of all types of frames, as text.
struct FrameFields<'a> {
    texts: [FieldText<'a>; NAMES.len()],
    /// Split into its own fields at once, because a second pass over long results would be slow.
    modifications: Option<Vec<ModificationFields<'a>>>,
}

field_names! {
    TYPE = "type",
    START_VERSION = "startVersion",
    END_VERSION = "endVersion",
    CLIENT_CLOCK_SKEW = "clientClockSkew",
    CHUNK = "chunk",
    PART_NUMBER = "partNumber",
    TOTAL_PARTS = "totalParts",
    TRANSITION_ID = "transitionId",
    REQUEST_ID = "requestId",
    SUCCESS = "success",
    RESULT = "result",
    TS = "ts",
    LOG_LINES = "logLines",
    ERROR_DATA = "errorData",
    ERROR = "error",
    BASE_VERSION = "baseVersion",
    AUTH_UPDATE_ATTEMPTED = "authUpdateAttempted",
}

impl<'a> FieldValue<'a> for FrameFields<'a> {
    fn read(reader: &mut Reader<'a>) -> Result<Self, JsonError> {
        let (mut texts, mut modifications) = ([None; NAMES.len()], None);
        reader.object(|reader, name| {
            if name == "modifications" {
                modifications = Some(Vec::read(reader)?);
                return Ok(());
            }
            fields::read_field(reader, &name, &NAMES, &mut texts)
        })?;
        Ok(Self { texts, modifications })
    }
}

impl FrameFields<'_> {
    fn into_frame(self) -> Result<ServerFrame, String> {
        let mut frame = ReceivedObject { kind: "frame", names: &NAMES, texts: &self.texts };
        let kind: Cow<'_, str> = frame.required(TYPE)?;
        frame.kind = &kind;
        Ok(match frame.kind {
            "Transition" => ServerFrame::Transition(Transition {
                start: version(&frame, START_VERSION)?,
                end: version(&frame, END_VERSION)?,
                modifications: self
                    .modifications
                    .ok_or_else(|| frame.missing("modifications"))?
                    .into_iter()
                    .map(StateModification::try_from)
                    .collect::<Result<_, _>>()?,
                client_clock_skew: frame.optional::<f64>(CLIENT_CLOCK_SKEW)?.map(|millis| millis as i64),
            }),
            "TransitionChunk" => ServerFrame::Chunk {
                chunk: frame.required(CHUNK)?,
                part: frame.required(PART_NUMBER)?,
                total: frame.required(TOTAL_PARTS)?,
                transition: frame.required(TRANSITION_ID)?,
            },
            "MutationResponse" => {
                let response = response(&frame)?;
                let ts = if response.outcome.is_ok() { frame.optional(TS)? } else { None };
                ServerFrame::MutationResponse { ts, response }
            }
            "ActionResponse" => ServerFrame::ActionResponse(response(&frame)?),
            "AuthError" => ServerFrame::AuthError(AuthRejection {
                message: error(&frame)?,
                base_version: frame.optional(BASE_VERSION)?,
                update_attempted: frame.optional(AUTH_UPDATE_ATTEMPTED)?,
            }),
            "FatalError" => ServerFrame::FatalError { message: error(&frame)? },
            "Ping" => ServerFrame::Ping,
            _ => ServerFrame::Unknown,
        })
    }
}

fn version(frame: &ReceivedObject<'_, '_>, field: FieldName) -> Result<StateVersion, String> {
    field_names! { QUERY_SET = "querySet", IDENTITY = "identity", TS = "ts" }
    let kind = frame.name(field);
    let version = frame.text(field).ok_or_else(|| frame.missing(kind))?;
    let texts = fields::find(version, &NAMES).map_err(|_| frame.wrong_type(field))?;
    let version = ReceivedObject { kind, names: &NAMES, texts: &texts };
    Ok(StateVersion {
        query_set: version.required(QUERY_SET)?,
        identity: version.required(IDENTITY)?,
        ts: version.required(TS)?,
    })
}

fn response(frame: &ReceivedObject<'_, '_>) -> Result<ServerResponse, String> {
    let outcome = if frame.required(SUCCESS)? {
        Ok(frame.value(RESULT))
    } else {
        Err(FunctionError {
            message: message(frame.text(RESULT)),
            data: frame.text(ERROR_DATA).map(EncodedValue::received),
        })
    };
    let log_lines = frame.optional(LOG_LINES)?.unwrap_or_default();
    Ok(ServerResponse { request: frame.required(REQUEST_ID)?, outcome, log_lines })
}

fn error(frame: &ReceivedObject<'_, '_>) -> Result<Arc<str>, String> {
    let error: Cow<'_, str> = frame.required(ERROR)?;
    Ok(error.into())
}

/// The message of a failed request: its `result` if that is a string, else the JSON text of it.
fn message(result: FieldText<'_>) -> Arc<str> {
    let text = match result {
        None | Some("null") => return "the server gave no reason".into(),
        Some(text) => text,
    };
    match fields::read::<Cow<'_, str>>(text) {
        Ok(message) => message.into(),
        Err(_) => text.into(),
    }
}

#[cfg(test)]
mod tests;
