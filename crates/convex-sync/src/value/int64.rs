//! Convex's integers.

use super::tagged::{self, INT64, Tagged};
use crate::base64;
use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{Error, MapAccess, Unexpected, Visitor},
    ser::SerializeStruct,
};
use std::fmt;

/// An integer that is sent as Convex's `v.int64()`. Plain Rust integers are sent as `v.number()`.
///
/// ```
/// use convex_sync::{EncodedValue, Int64};
///
/// let count = EncodedValue::encode(&Int64(1))?;
/// assert_eq!(count.as_json(), r#"{"$integer":"AQAAAAAAAAA="}"#);
/// assert_eq!(count.decode::<Int64>()?, Int64(1));
/// assert_eq!(count.decode::<i64>()?, 1);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Int64(pub i64);

impl From<i64> for Int64 {
    fn from(integer: i64) -> Self {
        Self(integer)
    }
}

impl From<Int64> for i64 {
    fn from(integer: Int64) -> Self {
        integer.0
    }
}

impl fmt::Display for Int64 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Serialize for Int64 {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut object = serializer.serialize_struct("Int64", 1)?;
        object.serialize_field(INT64, &base64::encode(&self.0.to_le_bytes()))?;
        object.end()
    }
}

impl<'de> Deserialize<'de> for Int64 {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // `deserialize_any`, because other formats have no such type and hold the tagged object.
        deserializer.deserialize_any(Int64Visitor)
    }
}

struct Int64Visitor;

impl<'de> Visitor<'de> for Int64Visitor {
    type Value = Int64;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an integer")
    }

    fn visit_i64<E: Error>(self, integer: i64) -> Result<Int64, E> {
        Ok(Int64(integer))
    }

    fn visit_u64<E: Error>(self, integer: u64) -> Result<Int64, E> {
        i64::try_from(integer).map(Int64).map_err(|_| E::invalid_value(Unexpected::Unsigned(integer), &self))
    }

    fn visit_f64<E: Error>(self, float: f64) -> Result<Int64, E> {
        tagged::as_integer(float).map(Int64).ok_or_else(|| E::invalid_value(Unexpected::Float(float), &self))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Int64, A::Error> {
        match tagged::from_map(map)? {
            Some(Tagged::Int64(integer)) => Ok(Int64(integer)),
            _ => Err(A::Error::invalid_type(Unexpected::Map, &self)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{EncodedValue, value::de};
    use serde_json::json;

    #[test]
    fn int64_survives_other_formats() {
        let object = json!({ "count": Int64(-1) });
        assert_eq!(object, json!({"count": {"$integer": "//////////8="}}));
        assert_eq!(serde_json::from_value::<Int64>(object["count"].clone()).unwrap(), Int64(-1));
        assert_eq!(EncodedValue::encode(&object).unwrap().as_json(), object.to_string());
    }

    #[test]
    fn int64_is_read_only_from_whole_numbers() {
        for (json, expected) in [
            ("7", Some(7)),
            ("7.0", Some(7)),
            ("-7.0", Some(-7)),
            ("1.7e18", Some(1_700_000_000_000_000_000)),
            ("7.5", None),
            ("1e19", None),
            ("18446744073709551615", None),
            ("\"7\"", None),
            ("{}", None),
            (r#"{"a":1}"#, None),
            (r#"{"$bytes":"AQAAAAAAAAA="}"#, None),
        ] {
            let read = de::decode::<Int64>(json);
            assert_eq!(read.ok().map(i64::from), expected, "{json}");
        }
    }
}
