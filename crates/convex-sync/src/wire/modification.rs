//! The modifications in a transition.

use crate::{
    EncodedValue, FunctionError,
    fields::{self, FieldText, FieldValue, ReceivedObject, field_names},
    json::{JsonError, Reader},
};
use std::{borrow::Cow, sync::Arc};

/// The change of one query in a transition.
#[derive(Debug)]
pub enum StateModification {
    /// The query succeeded or failed.
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

/// The fields of all types of modifications, as text.
pub(super) struct ModificationFields<'a>([FieldText<'a>; NAMES.len()]);

field_names! {
    TYPE = "type",
    QUERY_ID = "queryId",
    VALUE = "value",
    ERROR_MESSAGE = "errorMessage",
    ERROR_DATA = "errorData",
    LOG_LINES = "logLines",
    JOURNAL = "journal",
}

impl<'a> FieldValue<'a> for ModificationFields<'a> {
    fn read(reader: &mut Reader<'a>) -> Result<Self, JsonError> {
        let mut texts = [None; NAMES.len()];
        reader.object(|reader, name| fields::read_field(reader, &name, &NAMES, &mut texts))?;
        Ok(Self(texts))
    }
}

impl TryFrom<ModificationFields<'_>> for StateModification {
    type Error = String;

    fn try_from(ModificationFields(texts): ModificationFields<'_>) -> Result<Self, String> {
        let mut fields = ReceivedObject { kind: "modification", names: &NAMES, texts: &texts };
        let kind: Cow<'_, str> = fields.required(TYPE)?;
        fields.kind = &kind;
        let outcome = match fields.kind {
            "QueryUpdated" => Ok(fields.value(VALUE)),
            "QueryFailed" => {
                let message: Cow<'_, str> = fields.required(ERROR_MESSAGE)?;
                let data = fields.text(ERROR_DATA).map(EncodedValue::received);
                Err(FunctionError { message: message.into(), data })
            }
            "QueryRemoved" => return Ok(Self::Removed { query: fields.required(QUERY_ID)? }),
            // An error, because skipping it would keep an outdated result on screen.
            _ => return Err("a modification of an unknown type, in a `Transition`".into()),
        };
        Ok(Self::Result {
            query: fields.required(QUERY_ID)?,
            outcome,
            log_lines: fields.optional(LOG_LINES)?.unwrap_or_default(),
            journal: fields.optional(JOURNAL)?.map(|journal: Cow<'_, str>| journal.into()),
        })
    }
}
