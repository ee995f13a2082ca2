//! The keys of objects.

use super::problem::DecodeProblem;
use serde::{
    de::{Deserializer, Error, Unexpected, Visitor, value::StrDeserializer},
    forward_to_deserialize_any,
};
use std::str::FromStr;

type Result<T> = std::result::Result<T, DecodeProblem>;

/// Deserializes a key: as a string, or as the number or boolean in its text.
pub(super) struct KeyDeserializer<'k>(pub(super) &'k str);

impl KeyDeserializer<'_> {
    fn parsed<T: FromStr>(&self, expected: &str) -> Result<T> {
        self.0.parse().map_err(|_| DecodeProblem::invalid_type(Unexpected::Str(self.0), &expected))
    }
}

macro_rules! parsed {
    ($($method:ident => $visit:ident: $expected:literal)*) => {
        $(fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
            visitor.$visit(self.parsed($expected)?)
        })*
    };
}

impl<'de> Deserializer<'de> for KeyDeserializer<'_> {
    type Error = DecodeProblem;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        visitor.visit_str(self.0)
    }

    parsed! {
        deserialize_bool => visit_bool: "a boolean as a key"
        deserialize_i8 => visit_i64: "an integer as a key"
        deserialize_i16 => visit_i64: "an integer as a key"
        deserialize_i32 => visit_i64: "an integer as a key"
        deserialize_i64 => visit_i64: "an integer as a key"
        deserialize_i128 => visit_i128: "an integer as a key"
        deserialize_u8 => visit_u64: "an integer as a key"
        deserialize_u16 => visit_u64: "an integer as a key"
        deserialize_u32 => visit_u64: "an integer as a key"
        deserialize_u64 => visit_u64: "an integer as a key"
        deserialize_u128 => visit_u128: "an integer as a key"
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value> {
        StrDeserializer::new(self.0).deserialize_enum(name, variants, visitor)
    }

    forward_to_deserialize_any! {
        f32 f64 char str string bytes byte_buf unit unit_struct seq tuple tuple_struct map struct identifier ignored_any
    }
}
