//! The parts of a transition.

use super::{
    fields::{Field, Named, optional, required},
    server::value,
};
use crate::{EncodedValue, FunctionError, text::Text};
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
        Named { names: &NAMES, found: &mut found }.deserialize(object)?;
        Ok(Self(found))
    }
}

impl TryFrom<Fields<'_>> for StateModification {
    type Error = String;

    fn try_from(Fields(found): Fields<'_>) -> Result<Self, String> {
        let [kind, query, result, message, error_data, log_lines, journal] = found;
        let Text(kind) = required(kind, "modification", "type")?;
        let kind = &*kind;
        let outcome = match kind {
            "QueryUpdated" => Ok(value(result)),
            "QueryFailed" => Err(FunctionError {
                message: required::<Text<'_>>(message, kind, "errorMessage")?.0.into(),
                data: error_data.map(EncodedValue::received),
            }),
            "QueryRemoved" => return Ok(Self::Removed { query: required(query, kind, "queryId")? }),
            // To skip it would leave a result on screen that is no longer true.
            _ => return Err("a modification of an unknown type, in a `Transition`".into()),
        };
        Ok(Self::Result {
            query: required(query, kind, "queryId")?,
            outcome,
            log_lines: optional(log_lines, kind, "logLines")?.unwrap_or_default(),
            journal: optional::<Text<'_>>(journal, kind, "journal")?.map(|Text(journal)| journal.into()),
        })
    }
}
