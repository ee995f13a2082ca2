//! Convex values: their encoding to and decoding from JSON text.
//!
//! | Convex | Rust, encoding | Rust, decoding |
//! | --- | --- | --- |
//! | `v.number()` | floats; integers from -2^53 to 2^53 | floats; any integer type that holds it, if it is whole |
//! | `v.int64()` | [`Int64`] | [`Int64`]; any integer type that holds it; floats if the conversion is exact |
//! | `v.bytes()` | [`Bytes`], or with `serde_bytes` | [`Bytes`], or with `serde_bytes`; `Vec<u8>` |
//! | `v.null()` | `()`, `None` | `()`, `Option` |
//! | `v.boolean()`, `v.string()`, `v.id()`, `v.array()`, `v.object()`, `v.record()` | as with `serde_json` | as with `serde_json` |
//! | any | [`Value`] | [`Value`] |
//!
//! serde buffers the content of untagged enums, internally tagged enums and flattened structs
//! before it knows the type. Two things are lost there: a `Vec<u8>` cannot be read from bytes (a
//! [`Bytes`] can), and a [`Value`] holds every whole number within ±2^53 as a `Float64`. A
//! `serde_json::Value` can hold neither bytes nor infinities.

mod args;
mod bytes;
mod de;
mod dynamic;
mod error;
mod error_path;
#[cfg(test)]
mod generate;
mod int64;
mod ser;
mod tagged;

pub use args::{Arguments, QueryArgs, Skip};
pub use bytes::Bytes;
pub use dynamic::Value;
pub use error::{DecodeError, EncodeError};
pub use int64::Int64;

pub(crate) use de::{decode as decode_json, decode_changed};

use crate::{json::Reader, text::is_equal};
use serde::{Serialize, de::DeserializeOwned};
use std::{
    hash::{Hash, Hasher},
    sync::Arc,
};

/// The limit of elements in an array (docs/protocol.md §16).
const MAX_ELEMENTS: usize = 8192;

/// Reads JSON text as a `T`, with the decoder of Convex values.
///
/// It is for what an app fetches itself, such as a session or a token: with serde_json, the app
/// would contain a second decoder. An object whose first field starts with `$` is read as a tagged
/// value, such as `{"$integer": …}`, and refused if it is none.
///
/// ```
/// use convex_sync::{DecodeError, from_json};
///
/// #[derive(serde::Deserialize)]
/// struct TokenAnswer {
///     token: String,
/// }
///
/// assert_eq!(from_json::<TokenAnswer>(r#"{"token":"eyJ…"}"#)?.token, "eyJ…");
/// # Ok::<(), DecodeError>(())
/// ```
///
/// # Errors
///
/// The text is not JSON, or not a `T`.
pub fn from_json<T: DeserializeOwned>(json: &str) -> Result<T, DecodeError> {
    decode_json(json)
}

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
#[derive(Debug, Clone, Eq, PartialOrd, Ord)]
pub struct EncodedValue(Arc<str>);

impl PartialEq for EncodedValue {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0) || is_equal(&self.0, &other.0)
    }
}

impl Hash for EncodedValue {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.hash(state);
    }
}

impl EncodedValue {
    /// Encodes any serializable value.
    ///
    /// # Errors
    ///
    /// Convex cannot hold the value. It rejects integers beyond ±2^53 that are not an [`Int64`],
    /// keys that are not printable ASCII or start with `$`, more than 64 levels of nesting, more
    /// than 1,024 fields in an object, more than 8,192 elements in an array, and more than 32 MiB.
    /// An error of the value's own `Serialize` is passed on.
    pub fn encode<T: Serialize + ?Sized>(value: &T) -> Result<Self, EncodeError> {
        let (json, _) = ser::encode(value, "value", 32)?;
        Ok(Self(json.into()))
    }

    /// Decodes the value into any deserializable type.
    ///
    /// # Errors
    ///
    /// The value is not of that type. The error names the path to the part that does not fit.
    pub fn decode<T: DeserializeOwned>(&self) -> Result<T, DecodeError> {
        de::decode(&self.0)
    }

    /// Decodes an array whose earlier text, `before`, was decoded to `Vec<T>`. An item whose text has
    /// not changed is not decoded: `reuse` is called with its index in the earlier array, at most
    /// once for each index. An item for which it returns `None` is decoded.
    ///
    /// ```
    /// use convex_sync::EncodedValue;
    ///
    /// let before = EncodedValue::encode(&["a", "b"])?;
    /// let mut items = before.decode::<Vec<String>>()?;
    /// let after = EncodedValue::encode(&["b", "c"])?;
    /// let items = after.decode_changed_items(&before, |index| items.get_mut(index).map(std::mem::take));
    /// assert_eq!(items?, ["b", "c"]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Those of [`decode`](Self::decode).
    pub fn decode_changed_items<T: DeserializeOwned>(
        &self,
        before: &Self,
        reuse: impl FnMut(usize) -> Option<T>,
    ) -> Result<Vec<T>, DecodeError> {
        decode_changed(&self.0, &before.0, reuse)
    }

    /// The JSON text. That of a value from a server may turn out not to be JSON when it is decoded.
    pub fn as_json(&self) -> &str {
        &self.0
    }

    /// Reads the text that [`as_json`](Self::as_json) returned.
    ///
    /// # Errors
    ///
    /// The text is not JSON.
    pub fn parse(json: &str) -> Result<Self, DecodeError> {
        let mut reader = Reader::new(json);
        let value = reader.checked_raw().and_then(|value| reader.end().map(|()| value));
        value.map(Self::received).map_err(|error| DecodeError::new(error.to_string()))
    }

    pub(crate) fn null() -> Self {
        Self("null".into())
    }

    /// Wraps JSON text that is known to encode a value.
    pub(crate) fn from_json(json: String) -> Self {
        Self(json.into())
    }

    /// Wraps the JSON text of a value in a longer text.
    pub(crate) fn received(json: &str) -> Self {
        Self(json.into())
    }
}
