//! The arguments of functions.

use super::{DecodeError, EncodeError, de, ser};
use serde::{Serialize, Serializer, de::DeserializeOwned};
use serde_json::value::RawValue;
use std::{collections::BTreeMap, sync::Arc};

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

/// How long the text of arguments may be: what is around them in a message fits into the rest of
/// its 64 MiB (protocol §16).
const MAX_JSON: usize = 63 << 20;

impl Arguments {
    /// Encodes arguments: an object, or pairs of names and values; `()` is `{}`, and `None` (so
    /// [`Skip`]) gives `None`: the query is not to run.
    ///
    /// A *field* that is `None` is sent as `null`, which `v.optional(…)` refuses: it takes a value
    /// or no field. Leave the field out:
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
    /// Where they are none of these, where [`EncodedValue::encode`](super::EncodedValue::encode)
    /// fails, and where they are larger than a call's may be: 16 MiB, by the measure of the server,
    /// and 63 MiB as JSON. (Actions in Node.js take 5 MiB, which only the server can check.)
    pub fn encode<T: Serialize + ?Sized>(args: &T) -> Result<Option<Self>, EncodeError> {
        let (json, shape) = ser::encode(args, "args", 16)?;
        if json.len() > MAX_JSON {
            return Err(EncodeError(format!(
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
                None => Err(EncodeError(format!(
                    "at args: the arguments of a function are an object, not {other}"
                ))),
            },
        }
    }

    /// Decodes them into any deserializable type.
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
    /// Where they are not of that type.
    pub fn decode<T: DeserializeOwned>(&self) -> Result<T, DecodeError> {
        de::decode(&self.0)
    }

    /// These with one more argument, in place of one of that name.
    pub(crate) fn with(&self, name: &str, json: String) -> Self {
        let value = RawValue::from_string(json).expect("an argument's text is JSON");
        let mut fields = self.fields();
        fields.insert(name.to_owned(), &value);
        Self(serde_json::to_string(&fields).expect("JSON can be written as JSON").into())
    }

    /// Whether all of `others` are among these.
    pub(crate) fn contains(&self, others: &Self) -> bool {
        let fields = self.fields();
        let is_there = |(name, value): (String, &RawValue)| {
            fields.get(&name).is_some_and(|own| own.get() == value.get())
        };
        others.fields().into_iter().all(is_there)
    }

    /// By name; text that is the same is the same value, since the encoding is canonical.
    fn fields(&self) -> BTreeMap<String, &RawValue> {
        serde_json::from_str(&self.0).expect("arguments are an object")
    }

    /// The JSON text of the object.
    pub fn as_json(&self) -> &str {
        &self.0
    }
}

/// Arguments that say: do not run the query. Serializes as `None`.
///
/// ```
/// use convex_sync::{Arguments, Skip};
///
/// // `()` asks with no arguments; `Skip` does not ask.
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
/// // Nothing is searched for before something is typed.
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
    /// Run it with these.
    Args(T),
    /// Do not run it.
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
    fn nothing_is_the_empty_object() {
        for json in
            [encode(()), encode(NoArgs), encode(json!({})), encode(Some(())), encode(QueryArgs::Args(()))]
        {
            assert_eq!(json.as_deref(), Some("{}"));
        }
    }

    #[test]
    fn an_object_is_itself() {
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
    fn pairs_are_an_object() {
        let json = Some(r#"{"at":{"$integer":"BQAAAAAAAAA="},"channel":"general"}"#);
        let pairs = [("channel", json!("general")), ("at", json!({ "$integer": "BQAAAAAAAAA=" }))];
        assert_eq!(encode(&pairs).as_deref(), json);
        assert_eq!(encode(pairs.to_vec()).as_deref(), json);
        assert_eq!(encode(Some([("n", 0.1 + 0.2)])).as_deref(), Some(r#"{"n":0.30000000000000004}"#));
    }

    #[test]
    fn pairs_are_named_as_arguments_are() {
        let error = |pairs: &[(&str, f64)]| Arguments::encode(pairs).unwrap_err().to_string();
        assert_eq!(error(&[("a", 1.0), ("a", 2.0)]), "at args: there are two arguments \"a\"");
        assert!(error(&[("$set", 1.0)]).starts_with("at args: "), "{}", error(&[("$set", 1.0)]));
    }

    #[test]
    fn none_skips() {
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
    fn nothing_else_can_be_arguments() {
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

    /// Auth contract §4, line 51.
    #[test]
    fn arguments_beyond_the_limits_are_errors() {
        const MIB: usize = 1 << 20;
        let error = |args: serde_json::Value| Arguments::encode(&args).unwrap_err().to_string();
        // Around the text: 2 bytes of its own, 2 of its key, 2 of the object, and 2 of the array
        // that it is sent in.
        let text = |length| json!({ "s": "x".repeat(length) });
        assert!(Arguments::encode(&text(16 * MIB - 8)).is_ok());
        assert_eq!(
            error(text(16 * MIB - 7)),
            "at args: too large: 16777217 bytes by Convex's measure, and the limit is 16 MiB"
        );
        // Numbers are larger than their text, which has 4 MiB.
        let numbers = vec![vec![0; 256]; 8192];
        assert!(error(json!({ "n": numbers })).contains("the limit is 16 MiB"));
        // Text may be longer than what it means: 6 bytes for one.
        assert!(
            error(json!({ "s": "\0".repeat(11 * MIB) })).contains("bytes as JSON, and the limit is 66060288")
        );
    }
}
