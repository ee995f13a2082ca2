//! Convex's bytes.

use super::tagged::{self, BYTES, Tagged};
use crate::base64;
use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{Error, MapAccess, Unexpected, Visitor},
    ser::SerializeStruct,
};
use std::fmt;

/// Bytes: Convex's `v.bytes()`.
///
/// ```
/// use convex_sync::{Bytes, EncodedValue};
///
/// let hash = EncodedValue::encode(&Bytes(vec![1, 2, 3]))?;
/// assert_eq!(hash.as_json(), r#"{"$bytes":"AQID"}"#);
/// assert_eq!(hash.decode::<Bytes>()?, Bytes(vec![1, 2, 3]));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Bytes(pub Vec<u8>);

impl From<Vec<u8>> for Bytes {
    fn from(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }
}

impl From<Bytes> for Vec<u8> {
    fn from(bytes: Bytes) -> Self {
        bytes.0
    }
}

impl AsRef<[u8]> for Bytes {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

impl Serialize for Bytes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut object = serializer.serialize_struct("Bytes", 1)?;
        object.serialize_field(BYTES, &base64::encode(&self.0))?;
        object.end()
    }
}

impl<'de> Deserialize<'de> for Bytes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // `deserialize_any`, because other formats hold the tagged object.
        deserializer.deserialize_any(BytesVisitor)
    }
}

struct BytesVisitor;

impl<'de> Visitor<'de> for BytesVisitor {
    type Value = Bytes;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("bytes")
    }

    fn visit_bytes<E: Error>(self, bytes: &[u8]) -> Result<Bytes, E> {
        Ok(Bytes(bytes.to_owned()))
    }

    fn visit_byte_buf<E: Error>(self, bytes: Vec<u8>) -> Result<Bytes, E> {
        Ok(Bytes(bytes))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Bytes, A::Error> {
        match tagged::from_map(map)? {
            Some(Tagged::Bytes(bytes)) => Ok(Bytes(bytes)),
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
    fn bytes_survive_other_formats() {
        let object = json!({ "hash": Bytes(vec![0xfb, 0xff]) });
        assert_eq!(object, json!({"hash": {"$bytes": "+/8="}}));
        assert_eq!(serde_json::from_value::<Bytes>(object["hash"].clone()).unwrap(), Bytes(vec![0xfb, 0xff]));
        assert_eq!(EncodedValue::encode(&object).unwrap().as_json(), object.to_string());
    }

    #[test]
    fn bytes_are_read_only_from_bytes() {
        for json in ["\"AQID\"", "[1,2,3]", "{}", r#"{"$integer":"AQAAAAAAAAA="}"#, r#"{"a":1}"#, "null"] {
            assert!(de::decode::<Bytes>(json).is_err(), "{json}");
        }
        assert_eq!(de::decode::<Bytes>(r#"{"$bytes":""}"#).unwrap(), Bytes(vec![]));
    }
}
