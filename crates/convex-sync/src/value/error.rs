//! The errors of encoding and decoding.

/// A value that Convex cannot hold.
///
/// ```
/// use convex_sync::{Arguments, EncodedValue, Int64};
/// use serde_json::json;
///
/// let error = Arguments::encode(&json!({ "after": { "message": u64::MAX } })).unwrap_err();
/// assert!(error.to_string().starts_with("at args.after.message: the integer 18446744073709551615 is beyond ±2^53"));
///
/// // If the deployment's validator is `v.int64()`:
/// assert!(EncodedValue::encode(&Int64(i64::MAX)).is_ok());
/// ```
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct EncodeError(String);

impl EncodeError {
    pub(crate) fn new(message: String) -> Self {
        Self(message)
    }
}

/// A value that is not of the requested type.
///
/// ```
/// use convex_sync::EncodedValue;
/// use serde_json::json;
///
/// #[derive(Debug, serde::Deserialize)]
/// struct Message { body: String, likes: u32 }
///
/// let list = EncodedValue::encode(&json!([{ "body": "hello", "likes": 1 }, { "body": "bye", "likes": "many" }]))?;
/// let error = list.decode::<Vec<Message>>().unwrap_err();
/// assert_eq!(error.to_string(), r#"at value[1].likes: invalid type: string "many", expected u32"#);
/// # Ok::<(), convex_sync::EncodeError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct DecodeError(String);

impl DecodeError {
    pub(super) fn new(message: String) -> Self {
        Self(message)
    }
}
