//! What a paginated function is asked for.

use crate::Arguments;
use serde::{Serialize, Serializer};
use std::sync::Arc;

/// A place in a list, as the server wrote it.
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

/// The range of one page; it travels as the argument `paginationOpts`. The names are in the order
/// of the canonical encoding.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Extent {
    /// Where it starts; at the start of the list where there is none.
    pub(super) cursor: Option<Cursor>,
    /// Where it ends, whatever the journal says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) end_cursor: Option<Cursor>,
    /// Keeps lists apart that are otherwise the same, each with journals of its own.
    pub(super) id: u64,
    /// How many items, where it has no end yet.
    pub(super) num_items: u32,
}

impl Extent {
    /// The arguments of the query of this page.
    pub(super) fn of(&self, list: &Arguments) -> Arguments {
        let options = serde_json::to_string(self).expect("strings and numbers can be written as JSON");
        list.with("paginationOpts", options)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_options_stand_among_the_arguments_in_canonical_order() {
        let list = Arguments::encode(&serde_json::json!({ "z": 1, "a\"b": "x" })).unwrap().unwrap();
        let first = Extent { cursor: None, end_cursor: None, id: 1, num_items: 10 };
        assert_eq!(
            first.of(&list).as_json(),
            r#"{"a\"b":"x","paginationOpts":{"cursor":null,"id":1,"numItems":10},"z":1}"#
        );
        let half =
            Extent { cursor: Some("a".to_owned().into()), end_cursor: Some("b".to_owned().into()), ..first };
        let none = Arguments::encode(&()).unwrap().unwrap();
        assert_eq!(
            half.of(&none).as_json(),
            r#"{"paginationOpts":{"cursor":"a","endCursor":"b","id":1,"numItems":10}}"#
        );
    }
}
