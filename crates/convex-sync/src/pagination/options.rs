//! The options of a page query.

use crate::{Arguments, json::ObjectWriter};
use std::{borrow::Cow, sync::Arc};

/// A position in a list, in the server's encoding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Cursor(Arc<str>);

impl From<Cow<'_, str>> for Cursor {
    fn from(text: Cow<'_, str>) -> Self {
        Self(text.into())
    }
}

/// The range of one page, sent as the argument `paginationOpts`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct PaginationOpts {
    /// The start of the page; `None` is the start of the list.
    pub(super) cursor: Option<Cursor>,
    /// The end of the page. It overrides the journal.
    pub(super) end_cursor: Option<Cursor>,
    /// Distinguishes lists with equal function and arguments, so that each has its own journals.
    pub(super) id: u64,
    /// The number of items of a page without an end.
    pub(super) num_items: u32,
}

impl PaginationOpts {
    /// The arguments of the page's query.
    pub(super) fn add_to(&self, args: &Arguments) -> Arguments {
        // The fields are in the order of the canonical encoding.
        let mut json = String::with_capacity(128);
        let mut options = ObjectWriter::begin(&mut json);
        options.text_or_null("cursor", self.cursor.as_ref().map(|Cursor(text)| &**text));
        if let Some(Cursor(end)) = &self.end_cursor {
            options.text("endCursor", end);
        }
        options.json("id", &[&self.id.to_string()]);
        options.number("numItems", self.num_items);
        options.end();
        args.with("paginationOpts", json)
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
            cursor: Some(Cow::Borrowed("a").into()),
            end_cursor: Some(Cow::Borrowed("b").into()),
            ..first
        };
        let none = Arguments::encode(&()).unwrap().unwrap();
        assert_eq!(
            half.add_to(&none).as_json(),
            r#"{"paginationOpts":{"cursor":"a","endCursor":"b","id":1,"numItems":10}}"#
        );
    }
}
