//! The parts of a transition.

use super::server::value;
use crate::{
    EncodedValue, FunctionError,
    fields::{Field, Object, Search},
    text::Text,
};
use serde::{Deserialize, Deserializer, de::DeserializeSeed};
use std::sync::Arc;

/// What a transition does to one query.
#[derive(Debug)]
pub enum StateModification {
    /// A query's result, good or bad.
    Result {
        query: u32,
        outcome: Result<EncodedValue, FunctionError>,
        log_lines: Vec<String>,
        journal: Option<Arc<str>>,
    },
    Removed {
        query: u32,
    },
}

/// The fields of all types of modifications.
pub(super) struct Fields<'a>([Field<'a>; NAMES.len()]);

const NAMES: [&str; 7] = ["type", "queryId", "value", "errorMessage", "errorData", "logLines", "journal"];

impl<'de> Deserialize<'de> for Fields<'de> {
    fn deserialize<D: Deserializer<'de>>(object: D) -> Result<Self, D::Error> {
        let mut found = [None; NAMES.len()];
        Search { names: &NAMES, found: &mut found }.deserialize(object)?;
        Ok(Self(found))
    }
}

impl TryFrom<Fields<'_>> for StateModification {
    type Error = String;

    fn try_from(Fields(found): Fields<'_>) -> Result<Self, String> {
        let mut fields = Object { kind: "modification", names: &NAMES, found: &found };
        let Text(kind) = fields.required("type")?;
        fields.kind = &kind;
        let outcome = match fields.kind {
            "QueryUpdated" => Ok(value(fields.field("value"))),
            "QueryFailed" => {
                let Text(message) = fields.required("errorMessage")?;
                let data = fields.field("errorData").map(EncodedValue::received);
                Err(FunctionError { message: message.into(), data })
            }
            "QueryRemoved" => return Ok(Self::Removed { query: fields.required("queryId")? }),
            // To skip it would leave a result on screen that is no longer true.
            _ => return Err("a modification of an unknown type, in a `Transition`".into()),
        };
        Ok(Self::Result {
            query: fields.required("queryId")?,
            outcome,
            log_lines: fields.optional("logLines")?.unwrap_or_default(),
            journal: fields.optional("journal")?.map(|Text(journal)| journal.into()),
        })
    }
}
