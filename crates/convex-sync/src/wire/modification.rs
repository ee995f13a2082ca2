//! The parts of a transition.

use super::server::{null_is_empty, present, required, value};
use crate::{EncodedValue, FunctionError};
use serde::Deserialize;
use serde_json::value::RawValue;
use std::{borrow::Cow, sync::Arc};

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
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Fields<'a> {
    #[serde(borrow, rename = "type")]
    kind: Cow<'a, str>,
    query_id: Option<u32>,
    #[serde(borrow)]
    value: Option<&'a RawValue>,
    error_message: Option<String>,
    #[serde(borrow, default, deserialize_with = "present")]
    error_data: Option<&'a RawValue>,
    #[serde(default, deserialize_with = "null_is_empty")]
    log_lines: Vec<String>,
    journal: Option<String>,
}

impl TryFrom<Fields<'_>> for StateModification {
    type Error = String;

    fn try_from(fields: Fields<'_>) -> Result<Self, String> {
        let query = |kind| required(fields.query_id, kind, "queryId");
        let result = |query, outcome| Self::Result {
            query,
            outcome,
            log_lines: fields.log_lines,
            journal: fields.journal.map(Into::into),
        };
        match &*fields.kind {
            "QueryUpdated" => Ok(result(query("QueryUpdated")?, Ok(value(fields.value)))),
            "QueryFailed" => {
                let message = required(fields.error_message, "QueryFailed", "errorMessage")?.into();
                let data = fields.error_data.map(EncodedValue::received);
                Ok(result(query("QueryFailed")?, Err(FunctionError { message, data })))
            }
            "QueryRemoved" => Ok(Self::Removed { query: query("QueryRemoved")? }),
            // To skip it would leave a result on screen that is no longer true.
            _ => Err("a modification of an unknown type, in a `Transition`".into()),
        }
    }
}
