//! One page, located in the JSON text that a paginated function returned.

use crate::{
    DecodeError, EncodedValue, FunctionError, pagination::options::Cursor, queries::is_undecodable,
    value::decode_json,
};
use serde::{Deserialize, Deserializer, de::DeserializeOwned, de::IgnoredAny};
use serde_json::value::RawValue;
use std::{fmt, ops::Range, sync::Arc};

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

    /// The JSON text of the array.
    pub fn as_json(&self) -> &str {
        &self.returned.as_json()[self.items.clone()]
    }

    /// The JSON text of each item.
    pub(crate) fn items(&self) -> Vec<&RawValue> {
        serde_json::from_str(self.as_json()).expect("`Envelope::parse` checked that a page is an array")
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
        self.as_json() == other.as_json()
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

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Returned<'a> {
    #[serde(borrow)]
    page: &'a RawValue,
    is_done: bool,
    continue_cursor: String,
    split_cursor: Option<String>,
    #[serde(default)]
    page_status: PageStatus,
}

#[derive(Default, PartialEq, Eq)]
enum PageStatus {
    #[default]
    Normal,
    SplitRecommended,
    SplitRequired,
}

impl<'de> Deserialize<'de> for PageStatus {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let status = Option::<String>::deserialize(deserializer)?;
        Ok(match status.as_deref() {
            Some("SplitRecommended") => Self::SplitRecommended,
            Some("SplitRequired") => Self::SplitRequired,
            _ => Self::Normal,
        })
    }
}

impl Envelope {
    /// Parses a function's return value.
    pub(super) fn parse(returned: &EncodedValue) -> Result<Self, FunctionError> {
        let json = returned.as_json();
        let parts: Returned<'_> =
            serde_json::from_str(json).map_err(|error| not_a_page(&error.to_string()))?;
        let page = parts.page.get();
        if !page.starts_with('[') {
            return Err(not_a_page("its `page` is not an array"));
        }
        let start = page.as_ptr() as usize - json.as_ptr() as usize;
        let split = parts.split_cursor.map(|cursor| SplitPoint {
            cursor: cursor.into(),
            is_recommended: parts.page_status != PageStatus::Normal,
            is_required: parts.page_status == PageStatus::SplitRequired,
        });
        Ok(Self {
            page: Page { returned: returned.clone(), items: start..start + page.len() },
            is_done: parts.is_done,
            continue_cursor: parts.continue_cursor.into(),
            split,
        })
    }

    /// Whether the page has more than `count` items.
    pub(super) fn has_more_items_than(&self, count: u64) -> bool {
        let items: Vec<IgnoredAny> = serde_json::from_str(self.page.as_json()).unwrap_or_default();
        items.len() as u64 > count
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
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct SystemError {
        is_convex_system_error: bool,
        pagination_error: String,
    }
    let data = error.data.as_ref().and_then(|data| data.decode::<SystemError>().ok());
    is_undecodable(error)
        || error.message.contains("InvalidCursor")
        || data.is_some_and(|data| data.is_convex_system_error && data.pagination_error == "InvalidCursor")
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
        assert_eq!((envelope.continue_cursor, envelope.is_done), ("c".to_owned().into(), false));
        let split = envelope.split.unwrap();
        assert_eq!(
            (split.cursor, split.is_recommended, split.is_required),
            ("s".to_owned().into(), true, true)
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
