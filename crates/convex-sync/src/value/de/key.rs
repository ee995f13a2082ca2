//! The keys of objects.

use serde::{
    de::{Deserializer, Error, Unexpected, Visitor, value::StrDeserializer},
    forward_to_deserialize_any,
};
use std::{marker::PhantomData, str::FromStr};

/// Deserializes a key: as a string, or as the number or boolean in its text.
pub(super) struct KeyDeserializer<'k, E> {
    key: &'k str,
    error: PhantomData<E>,
}

impl<'k, E: Error> KeyDeserializer<'k, E> {
    pub(super) fn new(key: &'k str) -> Self {
        Self { key, error: PhantomData }
    }

    fn parsed<T: FromStr>(&self, expected: &str) -> Result<T, E> {
        self.key.parse().map_err(|_| E::invalid_type(Unexpected::Str(self.key), &expected))
    }
}

macro_rules! parsed {
    ($($method:ident => $visit:ident: $expected:literal)*) => {
        $(fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, E> {
            visitor.$visit(self.parsed($expected)?)
        })*
    };
}

impl<'de, E: Error> Deserializer<'de> for KeyDeserializer<'_, E> {
    type Error = E;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, E> {
        visitor.visit_str(self.key)
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

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, E> {
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, E> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, E> {
        StrDeserializer::new(self.key).deserialize_enum(name, variants, visitor)
    }

    forward_to_deserialize_any! {
        f32 f64 char str string bytes byte_buf unit unit_struct seq tuple tuple_struct map struct identifier ignored_any
    }
}
