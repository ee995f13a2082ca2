//! One page, located in the JSON text that a paginated function returned.

use crate::{
    DecodeError, EncodedValue, FunctionError,
    fields::{self, ReceivedObject, field_names},
    pagination::options::Cursor,
    queries::is_undecodable,
    text::{contains, is_equal},
    value::{decode_changed, decode_json},
};
use serde::de::DeserializeOwned;
use std::{borrow::Cow, fmt, ops::Range, sync::Arc};

/// One page of a paginated list: an array of items, from the server or from an optimistic update.
///
/// Two pages are equal if the JSON text of their items is equal. The decoded items of one can then
/// be reused for the other.
///
/// ```
/// use convex_sync::{DecodeError, Page};
///
/// #[derive(serde::Deserialize)]
/// struct Message { body: String }
///
/// fn bodies(page: &Page) -> Result<Vec<String>, DecodeError> {
///     Ok(page.decode::<Message>()?.into_iter().map(|message| message.body).collect())
/// }
/// ```
#[derive(Clone)]
pub struct Page {
    /// The function's return value.
    returned: EncodedValue,
    /// The range of the array in it.
    items: Range<usize>,
}

impl Page {
    /// Decodes the items.
    ///
    /// # Errors
    ///
    /// An item is not of that type.
    pub fn decode<T: DeserializeOwned>(&self) -> Result<Vec<T>, DecodeError> {
        decode_json(self.as_json())
    }

    /// Decodes the items whose text is not in an earlier page, and reuses the others. See
    /// [`EncodedValue::decode_changed_items`].
    ///
    /// # Errors
    ///
    /// An item is not of that type.
    pub fn decode_changed_items<T: DeserializeOwned>(
        &self,
        before: &Self,
        reuse: impl FnMut(usize) -> Option<T>,
    ) -> Result<Vec<T>, DecodeError> {
        decode_changed(self.as_json(), before.as_json(), reuse)
    }

    /// The JSON text of the array.
    pub fn as_json(&self) -> &str {
        &self.returned.as_json()[self.items.clone()]
    }

    /// The JSON text of each item.
    pub(crate) fn items(&self) -> Vec<&str> {
        fields::read(self.as_json()).expect("`Envelope::parse` checked that a page is an array")
    }

    /// The function's return value, with these items instead.
    pub(crate) fn with_items<'a>(&self, items: impl IntoIterator<Item = &'a str>) -> EncodedValue {
        let returned = self.returned.as_json();
        let items: Vec<_> = items.into_iter().collect();
        let (before, after) = (&returned[..self.items.start], &returned[self.items.end..]);
        EncodedValue::from_json(format!("{before}[{}]{after}", items.join(",")))
    }
}

impl PartialEq for Page {
    fn eq(&self, other: &Self) -> bool {
        is_equal(self.as_json(), other.as_json())
    }
}

impl Eq for Page {}

impl fmt::Debug for Page {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Page").field(&self.as_json()).finish()
    }
}

/// The return value of a paginated function.
#[derive(Debug, Clone)]
pub(crate) struct Envelope {
    pub(super) page: Page,
    pub(super) is_done: bool,
    pub(super) continue_cursor: Cursor,
    pub(super) split: Option<SplitPoint>,
}

/// The cursor at which a page can be split.
#[derive(Debug, Clone)]
pub(super) struct SplitPoint {
    pub(super) cursor: Cursor,
    /// The server recommends or requires the split.
    pub(super) is_recommended: bool,
    /// The server requires the split: the page lacks some items between its cursors.
    pub(super) is_required: bool,
}

field_names! {
    PAGE = "page",
    IS_DONE = "isDone",
    CONTINUE_CURSOR = "continueCursor",
    SPLIT_CURSOR = "splitCursor",
    PAGE_STATUS = "pageStatus",
}

impl Envelope {
    /// Parses a function's return value.
    pub(super) fn parse(returned: &EncodedValue) -> Result<Self, FunctionError> {
        let json = returned.as_json();
        let texts = fields::find(json, &NAMES).map_err(|_| not_a_page("it is not an object"))?;
        let returned_page = ReceivedObject { kind: "page", names: &NAMES, texts: &texts };
        let read = |problem: String| not_a_page(&problem);
        let page: &str = returned_page.required(PAGE).map_err(read)?;
        // The items are only found here, not checked.
        if fields::read::<Vec<&str>>(page).is_err() {
            return Err(not_a_page("its `page` is not an array"));
        }
        let start = page.as_ptr() as usize - json.as_ptr() as usize;
        let status: Option<Cow<'_, str>> = returned_page.optional(PAGE_STATUS).map_err(read)?;
        let split_cursor: Option<Cow<'_, str>> = returned_page.optional(SPLIT_CURSOR).map_err(read)?;
        let is_required = status.as_deref() == Some("SplitRequired");
        let split = split_cursor.map(|cursor| SplitPoint {
            cursor: cursor.into(),
            is_recommended: is_required || status.as_deref() == Some("SplitRecommended"),
            is_required,
        });
        let continue_cursor: Cow<'_, str> = returned_page.required(CONTINUE_CURSOR).map_err(read)?;
        Ok(Self {
            page: Page { returned: returned.clone(), items: start..start + page.len() },
            is_done: returned_page.required(IS_DONE).map_err(read)?,
            continue_cursor: continue_cursor.into(),
            split,
        })
    }

    /// Whether the page has more than `count` items.
    pub(super) fn has_more_items_than(&self, count: u64) -> bool {
        self.page.items().len() as u64 > count
    }
}

fn not_a_page(reason: &str) -> FunctionError {
    let message = format!(
        "the function of a paginated query did not return a page: {reason}; return the result of `paginate`"
    );
    FunctionError { message: Arc::from(message), data: None }
}

/// Whether a page failed because the server does not know or cannot decode a cursor in its
/// arguments or its journal (docs/protocol.md §5, §12.2).
pub(super) fn is_invalid_cursor(error: &FunctionError) -> bool {
    is_undecodable(error)
        || contains(&error.message, "InvalidCursor")
        || is_system_error(error, "InvalidCursor")
}

/// Whether a system function of Convex threw this pagination error.
fn is_system_error(error: &FunctionError, pagination_error: &str) -> bool {
    field_names! { IS_SYSTEM_ERROR = "isConvexSystemError", PAGINATION_ERROR = "paginationError" }
    let Some(data) = &error.data else { return false };
    let Ok(texts) = fields::find(data.as_json(), &NAMES) else { return false };
    let data = ReceivedObject { kind: "error", names: &NAMES, texts: &texts };
    data.required(IS_SYSTEM_ERROR) == Ok(true)
        && data.required::<Cow<'_, str>>(PAGINATION_ERROR).is_ok_and(|error| error == pagination_error)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn envelope(returned: &str) -> Result<Envelope, FunctionError> {
        Envelope::parse(&EncodedValue::from_json(returned.to_owned()))
    }

    #[test]
    fn parsing_a_page_keeps_its_text() {
        let returned = r#"{"continueCursor":"c", "isDone":false,"page": [ {"n":1.0},{"n":2} ],"splitCursor":"s","pageStatus":"SplitRequired"}"#;
        let envelope = envelope(returned).unwrap();
        assert_eq!(envelope.page.as_json(), r#"[ {"n":1.0},{"n":2} ]"#);
        assert_eq!((envelope.continue_cursor, envelope.is_done), (Cow::Borrowed("c").into(), false));
        let split = envelope.split.unwrap();
        assert_eq!(
            (split.cursor, split.is_recommended, split.is_required),
            (Cow::Borrowed("s").into(), true, true)
        );
        let changed = envelope.page.with_items(["0", "1"]);
        assert_eq!(changed.as_json(), returned.replace(r#"[ {"n":1.0},{"n":2} ]"#, "[0,1]"));
    }

    #[test]
    fn fields_missing_from_older_servers_are_none() {
        let plain = r#"{"page":[],"isDone":true,"continueCursor":"c"}"#;
        assert!(envelope(plain).unwrap().split.is_none());
        let nulls = r#"{"page":[],"isDone":true,"continueCursor":"c","splitCursor":null,"pageStatus":null}"#;
        assert!(envelope(nulls).unwrap().split.is_none());
    }

    #[test]
    fn other_return_values_are_errors() {
        for returned in ["[]", r#"{"page":[]}"#, r#"{"page":{},"isDone":true,"continueCursor":"c"}"#] {
            assert!(envelope(returned).unwrap_err().message.contains("did not return a page"), "{returned}");
        }
    }

    #[test]
    fn invalid_cursors_are_recognized_by_message_or_data() {
        let error = |message: &str, data: Option<serde_json::Value>| FunctionError {
            message: message.into(),
            data: data.map(|data| EncodedValue::encode(&data).unwrap()),
        };
        assert!(is_invalid_cursor(&error("Uncaught Error: InvalidCursor: gone", None)));
        assert!(is_invalid_cursor(&error("Server Error\nFailed to parse cursor", None)));
        let data = json!({ "isConvexSystemError": true, "paginationError": "InvalidCursor" });
        assert!(is_invalid_cursor(&error("Server Error", Some(data))));
        let from_the_app = json!({ "isConvexSystemError": false, "paginationError": "InvalidCursor" });
        assert!(!is_invalid_cursor(&error("Server Error", Some(from_the_app))));
        assert!(!is_invalid_cursor(&error("Server Error", None)));
    }
}
