//! The options of a paginated function, and the errors for unknown cursors.

use super::{Args, FunctionError};
use crate::{
    object,
    value::{Object, Value},
};

/// The `paginationOpts` of a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PaginationOptions {
    /// How many documents, if the page has no end yet.
    pub num_items: usize,
    /// The cursor that it starts at; `None` starts at the beginning.
    pub cursor: Option<String>,
    /// The cursor that it ends at, regardless of the journal.
    pub end_cursor: Option<String>,
}

impl Args {
    /// The argument `paginationOpts`, as `paginationOptsValidator` accepts it.
    ///
    /// # Errors
    ///
    /// It is absent or has another shape.
    pub fn pagination(&self) -> Result<PaginationOptions, FunctionError> {
        let mistyped = || self.mistyped("paginationOpts", "paginationOptsValidator");
        let options = self.required("paginationOpts")?.as_object().ok_or_else(mistyped)?;
        let num_items = options.get("numItems").and_then(Value::as_f64).filter(|number| *number >= 0.0);
        let cursor = options.get("cursor").ok_or_else(mistyped)?;
        Ok(PaginationOptions {
            num_items: num_items.ok_or_else(mistyped)? as usize,
            cursor: optional_string(Some(cursor)).ok_or_else(mistyped)?,
            end_cursor: optional_string(options.get("endCursor")).ok_or_else(mistyped)?,
        })
    }
}

fn optional_string(value: Option<&Value>) -> Option<Option<String>> {
    match value {
        None | Some(Value::Null) => Some(None),
        Some(Value::String(text)) => Some(Some(text.clone())),
        Some(_) => None,
    }
}

const INVALID_CURSOR: &str = "InvalidCursor: Tried to run a query starting from a cursor, but it looks like this \
                              cursor is from a different query.";

impl FunctionError {
    /// The error of `paginate` for a cursor of another query, recognizable by its data.
    pub fn invalid_cursor() -> Self {
        let data: Object = object! { "isConvexSystemError" => true, "paginationError" => "InvalidCursor" };
        Self::ConvexError { message: INVALID_CURSOR.to_owned(), data: Value::Object(data) }
    }

    /// The same error, recognizable only by its message.
    pub fn invalid_cursor_by_message() -> Self {
        Self::thrown(INVALID_CURSOR)
    }
}
