//! The options of a page query.

use crate::Arguments;
use serde::{Serialize, Serializer};
use std::sync::Arc;

/// A position in a list, in the server's encoding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Cursor(Arc<str>);

impl From<String> for Cursor {
    fn from(text: String) -> Self {
        Self(text.into())
    }
}

impl Serialize for Cursor {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

/// The range of one page, sent as the argument `paginationOpts`. The fields are declared in the
/// order of the canonical encoding.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct PaginationOpts {
    /// The start of the page; `None` is the start of the list.
    pub(super) cursor: Option<Cursor>,
    /// The end of the page. It overrides the journal.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) end_cursor: Option<Cursor>,
    /// Distinguishes lists with equal function and arguments, so that each has its own journals.
    pub(super) id: u64,
    /// The number of items of a page without an end.
    pub(super) num_items: u32,
}

impl PaginationOpts {
    /// The arguments of the page's query.
    pub(super) fn add_to(&self, args: &Arguments) -> Arguments {
        let options = serde_json::to_string(self).expect("strings and numbers can be written as JSON");
        args.with("paginationOpts", options)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_are_added_to_the_arguments_in_canonical_order() {
        let list = Arguments::encode(&serde_json::json!({ "z": 1, "a\"b": "x" })).unwrap().unwrap();
        let first = PaginationOpts { cursor: None, end_cursor: None, id: 1, num_items: 10 };
        assert_eq!(
            first.add_to(&list).as_json(),
            r#"{"a\"b":"x","paginationOpts":{"cursor":null,"id":1,"numItems":10},"z":1}"#
        );
        let half = PaginationOpts {
            cursor: Some("a".to_owned().into()),
            end_cursor: Some("b".to_owned().into()),
            ..first
        };
        let none = Arguments::encode(&()).unwrap().unwrap();
        assert_eq!(
            half.add_to(&none).as_json(),
            r#"{"paginationOpts":{"cursor":"a","endCursor":"b","id":1,"numItems":10}}"#
        );
    }
}
