//! The arguments of functions.

use super::{
    de,
    error::{DecodeError, EncodeError},
    ser,
};
use crate::json::{JsonError, ObjectWriter, Reader};
use serde::{Serialize, Serializer, de::DeserializeOwned};
use std::{borrow::Cow, collections::BTreeMap, sync::Arc};

/// The arguments of a function: one encoded object.
///
/// ```
/// use convex_sync::{Arguments, Skip};
///
/// #[derive(serde::Serialize)]
/// struct ListArgs { channel: &'static str }
///
/// assert_eq!(Arguments::encode(&ListArgs { channel: "general" })?.unwrap().as_json(), r#"{"channel":"general"}"#);
/// assert_eq!(Arguments::encode(&[("channel", "general")])?.unwrap().as_json(), r#"{"channel":"general"}"#);
/// assert_eq!(Arguments::encode(&())?.unwrap().as_json(), "{}");
/// assert_eq!(Arguments::encode(&Skip)?, None);
/// assert!(Arguments::encode(&["an array"]).is_err());
/// # Ok::<(), convex_sync::EncodeError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Arguments(Arc<str>);

/// The longest text that arguments may have. The server reads messages of up to 64 MiB, so 1 MiB
/// remains for the rest of the message (docs/protocol.md §16).
const MAX_JSON: usize = 63 << 20;

impl Arguments {
    /// Encodes arguments: an object, or pairs of names and values.
    ///
    /// `()` is encoded as `{}`. `None`, and therefore [`Skip`], returns `Ok(None)`: the query does
    /// not run.
    ///
    /// A *field* that is `None` is sent as `null`. `v.optional(…)` rejects `null`: it accepts a
    /// value or a missing field. Omit the field instead:
    ///
    /// ```
    /// use convex_sync::Arguments;
    ///
    /// #[derive(serde::Serialize)]
    /// struct ListArgs {
    ///     channel: &'static str,
    ///     /// `v.optional(v.string())`
    ///     #[serde(skip_serializing_if = "Option::is_none")]
    ///     author: Option<String>,
    /// }
    ///
    /// let args = Arguments::encode(&ListArgs { channel: "general", author: None })?.expect("an object");
    /// assert_eq!(args.as_json(), r#"{"channel":"general"}"#);
    /// # Ok::<(), convex_sync::EncodeError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// The arguments are neither an object nor pairs,
    /// [`EncodedValue::encode`](super::EncodedValue::encode) would fail, or they are larger than
    /// 16 MiB as the server measures values or 63 MiB as JSON. (Actions in Node.js accept 5 MiB,
    /// which only the server can check.)
    pub fn encode<T: Serialize + ?Sized>(args: &T) -> Result<Option<Self>, EncodeError> {
        let (json, shape) = ser::encode(args, "args", 16)?;
        if json.len() > MAX_JSON {
            return Err(EncodeError::new(format!(
                "at args: too large: {} bytes as JSON, and the limit is {MAX_JSON}; a message holds 64 MiB",
                json.len()
            )));
        }
        match shape {
            ser::Shape::Object => Ok(Some(Self(json.into()))),
            ser::Shape::Unit => Ok(Some(Self("{}".into()))),
            ser::Shape::None => Ok(None),
            other => match ser::named_arguments(&json)? {
                Some(object) => Ok(Some(Self(object.into()))),
                None => Err(EncodeError::new(format!(
                    "at args: the arguments of a function are an object, not {other}"
                ))),
            },
        }
    }

    /// Decodes the arguments into any deserializable type.
    ///
    /// ```
    /// use convex_sync::Arguments;
    ///
    /// #[derive(serde::Deserialize)]
    /// struct ListArgs { channel: String }
    ///
    /// let args = Arguments::encode(&serde_json::json!({ "channel": "general" }))?.unwrap();
    /// assert_eq!(args.decode::<ListArgs>()?.channel, "general");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// The arguments are not of that type.
    pub fn decode<T: DeserializeOwned>(&self) -> Result<T, DecodeError> {
        de::decode(&self.0)
    }

    /// A copy with the argument `name` set to `json`.
    pub(crate) fn with(&self, name: &str, json: String) -> Self {
        let mut fields = self.fields();
        fields.insert(name.into(), &json);
        let mut args = String::with_capacity(self.0.len() + name.len() + json.len() + 4);
        let mut object = ObjectWriter::begin(&mut args);
        for (name, value) in fields {
            object.json(&name, &[value]);
        }
        object.end();
        Self(args.into())
    }

    /// Whether these arguments include all of `others`, with the same values.
    pub(crate) fn contains(&self, others: &Self) -> bool {
        let fields = self.fields();
        others.fields().iter().all(|(name, value)| fields.get(name) == Some(value))
    }

    /// The arguments by name. The encoding is canonical, so equal values have equal text.
    fn fields(&self) -> BTreeMap<Cow<'_, str>, &str> {
        let mut fields = BTreeMap::new();
        let read = Reader::new(&self.0).object(|reader, name| {
            fields.insert(name, reader.raw()?);
            Ok::<_, JsonError>(())
        });
        read.expect("arguments are an object");
        fields
    }

    /// The JSON text of the object.
    pub fn as_json(&self) -> &str {
        &self.0
    }
}

/// Arguments of a query that must not run. Serializes as `None`.
///
/// ```
/// use convex_sync::{Arguments, Skip};
///
/// // `()` runs the query without arguments; `Skip` does not run it.
/// assert_eq!(Arguments::encode(&())?.unwrap().as_json(), "{}");
/// assert_eq!(Arguments::encode(&Skip)?, None);
/// # Ok::<(), convex_sync::EncodeError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Skip;

impl Serialize for Skip {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_none()
    }
}

/// Arguments, or [`Skip`]. Serializes as an `Option`.
///
/// ```
/// use convex_sync::{Arguments, QueryArgs};
/// use serde_json::json;
///
/// // No search runs before the user has typed something.
/// let search = |typed: &str| match typed.trim() {
///     "" => QueryArgs::Skip,
///     text => QueryArgs::Args(json!({ "text": text })),
/// };
/// assert_eq!(Arguments::encode(&search("  "))?, None);
/// assert_eq!(Arguments::encode(&search("hello "))?.unwrap().as_json(), r#"{"text":"hello"}"#);
/// # Ok::<(), convex_sync::EncodeError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum QueryArgs<T> {
    /// Run the query with these arguments.
    Args(T),
    /// Do not run the query.
    Skip,
}

impl<T: Serialize> Serialize for QueryArgs<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Args(args) => serializer.serialize_some(args),
            Self::Skip => serializer.serialize_none(),
        }
    }
}

impl<T> From<Option<T>> for QueryArgs<T> {
    fn from(args: Option<T>) -> Self {
        args.map_or(Self::Skip, Self::Args)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[derive(Serialize)]
    struct NoArgs;

    #[derive(Serialize)]
    struct ListArgs {
        channel: &'static str,
    }

    #[track_caller]
    fn encode(args: impl Serialize) -> Option<String> {
        Arguments::encode(&args).unwrap().map(|args| args.as_json().to_owned())
    }

    #[test]
    fn unit_encodes_as_the_empty_object() {
        for json in
            [encode(()), encode(NoArgs), encode(json!({})), encode(Some(())), encode(QueryArgs::Args(()))]
        {
            assert_eq!(json.as_deref(), Some("{}"));
        }
    }

    #[test]
    fn objects_are_encoded_unchanged() {
        let args = || ListArgs { channel: "general" };
        for json in [
            encode(args()),
            encode(Some(Some(args()))),
            encode(QueryArgs::Args(args())),
            encode(QueryArgs::from(Some(args()))),
            encode(json!({"channel": "general"})),
        ] {
            assert_eq!(json.as_deref(), Some(r#"{"channel":"general"}"#));
        }
    }

    #[test]
    fn pairs_are_encoded_as_an_object() {
        let json = Some(r#"{"at":{"$integer":"BQAAAAAAAAA="},"channel":"general"}"#);
        let pairs = [("channel", json!("general")), ("at", json!({ "$integer": "BQAAAAAAAAA=" }))];
        assert_eq!(encode(&pairs).as_deref(), json);
        assert_eq!(encode(pairs.to_vec()).as_deref(), json);
        assert_eq!(encode(Some([("n", 0.1 + 0.2)])).as_deref(), Some(r#"{"n":0.30000000000000004}"#));
    }

    #[test]
    fn pairs_with_duplicate_or_reserved_names_are_errors() {
        let error = |pairs: &[(&str, f64)]| Arguments::encode(pairs).unwrap_err().to_string();
        assert_eq!(error(&[("a", 1.0), ("a", 2.0)]), "at args: there are two arguments \"a\"");
        assert!(error(&[("$set", 1.0)]).starts_with("at args: "), "{}", error(&[("$set", 1.0)]));
    }

    #[test]
    fn none_and_skip_encode_as_none() {
        for json in [
            encode(Skip),
            encode(None::<()>),
            encode(Some(Skip)),
            encode(QueryArgs::<()>::Skip),
            encode(Some(None::<()>)),
        ] {
            assert_eq!(json, None);
        }
    }

    #[test]
    fn other_values_cannot_be_arguments() {
        let error = |args: serde_json::Value| Arguments::encode(&args).unwrap_err().to_string();
        for (args, found) in [
            (json!([]), "an array"),
            (json!([[1, "a"]]), "an array"),
            (json!([["a", 1], ["b"]]), "an array"),
            (json!("a"), "a string"),
            (json!(1), "a number"),
            (json!(true), "a boolean"),
            (json!({"$integer": "AQAAAAAAAAA="}), "an int64"),
            (json!({"$bytes": ""}), "bytes"),
        ] {
            assert_eq!(
                error(args),
                format!("at args: the arguments of a function are an object, not {found}")
            );
        }
    }

    #[test]
    fn errors_name_the_argument() {
        let error = Arguments::encode(&json!({"items": [1, {"when": u64::MAX}]})).unwrap_err().to_string();
        assert!(error.starts_with("at args.items[1].when: the integer"), "{error}");
    }

    /// docs/auth.md §4, line 51.
    #[test]
    fn arguments_beyond_the_limits_are_errors() {
        const MIB: usize = 1 << 20;
        let error = |args: serde_json::Value| Arguments::encode(&args).unwrap_err().to_string();
        // Besides its characters, the server counts 2 bytes for the string, 2 for its key, 2 for
        // the object and 2 for the array that arguments are sent in.
        let text = |length| json!({ "s": "x".repeat(length) });
        assert!(Arguments::encode(&text(16 * MIB - 8)).is_ok());
        assert_eq!(
            error(text(16 * MIB - 7)),
            "at args: too large: 16777217 bytes by Convex's measure, and the limit is 16 MiB"
        );
        // The server counts 9 bytes per number, so 4 MiB of text are too large.
        let numbers = vec![vec![0; 256]; 8192];
        assert!(error(json!({ "n": numbers })).contains("the limit is 16 MiB"));
        // Escapes make the text longer than the string: 6 bytes for one.
        assert!(
            error(json!({ "s": "\0".repeat(11 * MIB) })).contains("bytes as JSON, and the limit is 66060288")
        );
    }
}
