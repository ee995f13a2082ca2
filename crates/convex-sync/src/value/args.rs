//! The arguments of functions.

use super::{EncodeError, ser};
use serde::{Serialize, Serializer};
use std::sync::Arc;

/// The arguments of a function: one encoded object.
///
/// ```
/// use convex_sync::{Arguments, Skip};
///
/// #[derive(serde::Serialize)]
/// struct ListArgs { channel: &'static str }
///
/// assert_eq!(Arguments::encode(&ListArgs { channel: "general" })?.unwrap().as_json(), r#"{"channel":"general"}"#);
/// assert_eq!(Arguments::encode(&())?.unwrap().as_json(), "{}");
/// assert_eq!(Arguments::encode(&Skip)?, None);
/// assert!(Arguments::encode(&["an array"]).is_err());
/// # Ok::<(), convex_sync::EncodeError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Arguments(Arc<str>);

impl Arguments {
    /// Encodes arguments: `()` is `{}`, and `None` (so [`Skip`]) gives `None`: the query is not to run.
    ///
    /// # Errors
    ///
    /// Where they are not an object, and where [`EncodedValue::encode`](super::EncodedValue::encode) fails.
    pub fn encode<T: Serialize + ?Sized>(args: &T) -> Result<Option<Self>, EncodeError> {
        let (json, shape) = ser::encode(args, "args")?;
        match shape {
            ser::Shape::Object => Ok(Some(Self(json.into()))),
            ser::Shape::Unit => Ok(Some(Self("{}".into()))),
            ser::Shape::None => Ok(None),
            other => {
                Err(EncodeError(format!("at args: the arguments of a function are an object, not {other}")))
            }
        }
    }

    /// The JSON text of the object.
    pub fn as_json(&self) -> &str {
        &self.0
    }
}

/// Arguments that say: do not run the query. Serializes as `None`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Skip;

impl Serialize for Skip {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_none()
    }
}

/// Arguments, or [`Skip`]. Serializes as an `Option`.
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
