//! Values of a type that is only known at run time.

use super::{
    Bytes, Int64,
    tagged::{self, FLOAT64, Tagged},
};
use crate::base64;
use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{Error, MapAccess, SeqAccess, Visitor},
    ser::SerializeStruct,
};
use std::{collections::BTreeMap, fmt};

/// Any Convex value.
///
/// ```
/// use convex_sync::{EncodedValue, Int64, Value};
///
/// let value = EncodedValue::encode(&serde_json::json!({ "number": 1, "integer": Int64(1) }))?.decode::<Value>()?;
/// let Value::Object(fields) = value else { panic!("an object") };
/// assert_eq!(fields["number"], Value::Float64(1.0));
/// assert_eq!(fields["integer"], Value::Int64(1));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// `null`
    Null,
    /// A boolean.
    Bool(bool),
    /// `v.int64()`
    Int64(i64),
    /// `v.number()`
    Float64(f64),
    /// A string, or an id.
    String(String),
    /// `v.bytes()`
    Bytes(Vec<u8>),
    /// An array.
    Array(Vec<Value>),
    /// An object.
    Object(BTreeMap<String, Value>),
}

macro_rules! from {
    ($($source:ty, $pattern:pat => $value:expr;)*) => {
        $(impl From<$source> for Value {
            fn from($pattern: $source) -> Self {
                $value
            }
        })*
    };
}

// Not from `i64`: it could mean an `Int64` or a `Float64`.
from! {
    (), () => Self::Null;
    bool, value => Self::Bool(value);
    Int64, Int64(value) => Self::Int64(value);
    f64, value => Self::Float64(value);
    &str, value => Self::String(value.to_owned());
    String, value => Self::String(value);
    Bytes, Bytes(value) => Self::Bytes(value);
    Vec<Value>, value => Self::Array(value);
    BTreeMap<String, Value>, value => Self::Object(value);
}

impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Null => serializer.serialize_unit(),
            Self::Bool(value) => serializer.serialize_bool(*value),
            Self::Int64(value) => Int64(*value).serialize(serializer),
            Self::Float64(value) if tagged::is_tagged_float(*value) => {
                let mut object = serializer.serialize_struct("Float64", 1)?;
                object.serialize_field(FLOAT64, &base64::encode(&value.to_le_bytes()))?;
                object.end()
            }
            Self::Float64(value) => serializer.serialize_f64(*value),
            Self::String(value) => serializer.serialize_str(value),
            Self::Bytes(value) => {
                let mut object = serializer.serialize_struct("Bytes", 1)?;
                object.serialize_field(tagged::BYTES, &base64::encode(value))?;
                object.end()
            }
            Self::Array(values) => values.serialize(serializer),
            Self::Object(fields) => fields.serialize(serializer),
        }
    }
}

/// A type name by which this crate's deserializer recognizes [`Value`] and keeps `Int64` apart from
/// `Float64`. Other deserializers ignore it.
pub(super) const NAME: &str = "$convex_sync::Value";

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_newtype_struct(NAME, ValueVisitor { integers_are_int64: true })
    }
}

struct ValueVisitor {
    integers_are_int64: bool,
}

impl<'de> Visitor<'de> for ValueVisitor {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any Convex value")
    }

    /// Called by deserializers of other crates, which do not tell `Int64` from `Float64`. Their
    /// integers are read as `Float64` if that is exact.
    fn visit_newtype_struct<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(Self { integers_are_int64: false })
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        if self.integers_are_int64 || !tagged::is_exact(value) {
            Ok(Value::Int64(value))
        } else {
            Ok(Value::Float64(value as f64))
        }
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(Value::Float64(value as f64))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(Value::Float64(value))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::String(value.to_owned()))
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(Value::String(value))
    }

    fn visit_bytes<E>(self, value: &[u8]) -> Result<Value, E> {
        Ok(Value::Bytes(value.to_owned()))
    }

    fn visit_byte_buf<E>(self, value: Vec<u8>) -> Result<Value, E> {
        Ok(Value::Bytes(value))
    }

    fn visit_none<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        Value::deserialize(deserializer)
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Value, A::Error> {
        let mut values = Vec::new();
        while let Some(value) = seq.next_element()? {
            values.push(value);
        }
        Ok(Value::Array(values))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let mut fields = BTreeMap::new();
        while let Some(key) = map.next_key::<String>()? {
            if fields.is_empty() && tagged::is_tag(&key) {
                return tagged::read_after_tag(&key, &mut map).map(Value::from);
            }
            if key.starts_with('$') {
                return Err(A::Error::custom(tagged::describe_reserved_key(&key)));
            }
            fields.insert(key, map.next_value()?);
        }
        Ok(Value::Object(fields))
    }
}

impl From<Tagged> for Value {
    fn from(tagged: Tagged) -> Self {
        match tagged {
            Tagged::Int64(value) => Self::Int64(value),
            Tagged::Float64(value) => Self::Float64(value),
            Tagged::Bytes(value) => Self::Bytes(value),
        }
    }
}
