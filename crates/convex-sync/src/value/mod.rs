//! Convex values: their encoding to and decoding from JSON text.
//!
//! | Convex | Rust, encoding | Rust, decoding |
//! | --- | --- | --- |
//! | `v.number()` | floats; integers from -2^53 to 2^53 | floats; any integer type that holds it, if it is whole |
//! | `v.int64()` | [`Int64`] | [`Int64`]; any integer type that holds it; floats where that is exact |
//! | `v.bytes()` | [`Bytes`], or with `serde_bytes` | [`Bytes`], or with `serde_bytes`; `Vec<u8>` |
//! | `v.null()` | `()`, `None` | `()`, `Option` |
//! | `v.boolean()`, `v.string()`, `v.id()`, `v.array()`, `v.object()`, `v.record()` | as with `serde_json` | as with `serde_json` |
//! | any | [`Value`] | [`Value`] |
//!
//! A few things get lost where serde keeps a value aside before it knows its type, inside untagged
//! or internally tagged enums and flattened structs: a `Vec<u8>` cannot be read from bytes there (a
//! [`Bytes`] can), and a [`Value`] holds every whole number within ±2^53 as a `Float64`. A
//! `serde_json::Value` has no room for bytes, nor for infinities.

mod args;
mod bytes;
mod de;
mod dynamic;
mod error_path;
#[cfg(test)]
mod generate;
mod int64;
mod ser;
mod tagged;

pub use args::{Arguments, QueryArgs, Skip};
pub use bytes::Bytes;
pub use dynamic::Value;
pub use int64::Int64;

pub(crate) use de::decode as decode_json;

use serde::{Serialize, de::DeserializeOwned};
use serde_json::value::RawValue;
use std::sync::Arc;

/// A value as JSON text in Convex's encoding: as received, or canonically encoded (keys sorted).
///
/// ```
/// use convex_sync::EncodedValue;
///
/// let point = EncodedValue::encode(&serde_json::json!({ "y": 2, "x": 1.0 }))?;
/// assert_eq!(point.as_json(), r#"{"x":1,"y":2}"#);
///
/// #[derive(serde::Deserialize)]
/// struct Point { x: i32, y: f64 }
///
/// let Point { x, y } = point.decode()?;
/// assert_eq!((x, y), (1, 2.0));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct EncodedValue(Arc<str>);

impl EncodedValue {
    /// Encodes any serializable value.
    ///
    /// # Errors
    ///
    /// Where Convex cannot hold it: integers beyond ±2^53 that are no [`Int64`], keys that are not
    /// printable ASCII or start with `$`, more than 64 levels of nesting, 1,024 fields in an
    /// object, 8,192 elements in an array or 32 MiB, and whatever the value's own `Serialize`
    /// refuses.
    pub fn encode<T: Serialize + ?Sized>(value: &T) -> Result<Self, EncodeError> {
        let (json, _) = ser::encode(value, "value", 32)?;
        Ok(Self(json.into()))
    }

    /// Decodes it into any deserializable type.
    ///
    /// # Errors
    ///
    /// Where it is not of that type; the error tells the path to the part that is not.
    pub fn decode<T: DeserializeOwned>(&self) -> Result<T, DecodeError> {
        de::decode(&self.0)
    }

    /// The JSON text.
    pub fn as_json(&self) -> &str {
        &self.0
    }

    pub(crate) fn null() -> Self {
        Self("null".into())
    }

    /// From text that is known to be a value's.
    pub(crate) fn from_json(json: String) -> Self {
        Self(json.into())
    }

    pub(crate) fn received(json: &RawValue) -> Self {
        Self(json.get().into())
    }
}

/// A value that Convex cannot hold.
///
/// ```
/// use convex_sync::{Arguments, EncodedValue, Int64};
/// use serde_json::json;
///
/// let error = Arguments::encode(&json!({ "after": { "message": u64::MAX } })).unwrap_err();
/// assert!(error.to_string().starts_with("at args.after.message: the integer 18446744073709551615 is beyond ±2^53"));
///
/// // Where the deployment's validator is `v.int64()`:
/// assert!(EncodedValue::encode(&Int64(i64::MAX)).is_ok());
/// ```
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct EncodeError(String);

impl EncodeError {
    pub(crate) fn new(problem: String) -> Self {
        Self(problem)
    }
}

/// A value that is not of the type asked for.
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
