//! Translating: `serde::de::Visitor` for `ConvexVisitor`.

use super::wrappers::{ArrayAccess, ConvexDeserializer, ConvexVisitor, ObjectAccess, TypeHint, Variants};
use crate::{
    text::Text,
    value::tagged::{self, JSON_NUMBER, Tagged},
};
use serde::de::{Deserializer, EnumAccess, Error, MapAccess, SeqAccess, Visitor, value::SeqDeserializer};
use std::fmt;

impl<'de, V: Visitor<'de>> ConvexVisitor<'_, V> {
    fn number<E: Error>(self, float: f64) -> Result<V::Value, E> {
        let integer = match self.hint {
            // serde may buffer the number; a buffered integer can become an integer or a float.
            TypeHint::Any | TypeHint::Sequence => tagged::as_exact_integer(float),
            TypeHint::Integer => tagged::as_integer(float),
            TypeHint::Float | TypeHint::Dynamic => None,
        };
        match integer {
            Some(integer) => self.visitor.visit_i64(integer),
            None => self.visitor.visit_f64(float),
        }
    }

    fn tagged<E: Error>(self, tagged: Tagged) -> Result<V::Value, E> {
        match tagged {
            Tagged::Int64(integer) if self.hint == TypeHint::Float && !tagged::is_exact(integer) => {
                Err(E::custom(format_args!("the int64 {integer} is not exact as a float")))
            }
            Tagged::Int64(integer) => self.visitor.visit_i64(integer),
            Tagged::Float64(float) => self.visitor.visit_f64(float),
            Tagged::Bytes(bytes) if self.hint == TypeHint::Sequence => {
                self.visitor.visit_seq(SeqDeserializer::new(bytes.into_iter()))
            }
            Tagged::Bytes(bytes) => self.visitor.visit_byte_buf(bytes),
        }
    }
}

/// The meaning of a JSON object.
enum ObjectContent<'de> {
    /// An object and its first key, which is already read.
    Object(Option<Text<'de>>),
    Tagged(Tagged),
    /// A number that serde_json passed as text, because of its feature `arbitrary_precision`.
    Unsigned(u64),
    Signed(i64),
    Float(f64),
}

/// Reads the start of an object, up to where its meaning is known. Not generic over the type that
/// is read, so that an app contains this code once.
fn read_start<'de, A: MapAccess<'de>>(map: &mut A) -> Result<ObjectContent<'de>, A::Error> {
    match map.next_key::<Text<'de>>()? {
        Some(Text(key)) if key.starts_with('$') => match &*key {
            JSON_NUMBER => number(&map.next_value::<Text<'de>>()?.0),
            known if tagged::is_tag(known) => tagged::read_after_tag(known, map).map(ObjectContent::Tagged),
            unknown => Err(A::Error::custom(tagged::describe_reserved_key(unknown))),
        },
        first => Ok(ObjectContent::Object(first)),
    }
}

fn number<'de, E: Error>(text: &str) -> Result<ObjectContent<'de>, E> {
    match (text.parse(), text.parse(), tagged::float(text)) {
        (Ok(unsigned), _, _) => Ok(ObjectContent::Unsigned(unsigned)),
        (_, Ok(signed), _) => Ok(ObjectContent::Signed(signed)),
        (_, _, Some(float)) => Ok(ObjectContent::Float(float)),
        _ => Err(E::custom("an invalid number")),
    }
}

impl<'de, V: Visitor<'de>> Visitor<'de> for ConvexVisitor<'_, V> {
    type Value = V::Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.visitor.expecting(f)
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<V::Value, E> {
        self.visitor.visit_bool(value)
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<V::Value, E> {
        match self.hint {
            TypeHint::Dynamic => self.visitor.visit_f64(value as f64),
            _ => self.visitor.visit_i64(value),
        }
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<V::Value, E> {
        match self.hint {
            TypeHint::Dynamic => self.visitor.visit_f64(value as f64),
            _ => self.visitor.visit_u64(value),
        }
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<V::Value, E> {
        self.number(value)
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<V::Value, E> {
        self.visitor.visit_str(value)
    }

    fn visit_borrowed_str<E: Error>(self, value: &'de str) -> Result<V::Value, E> {
        self.visitor.visit_borrowed_str(value)
    }

    fn visit_string<E: Error>(self, value: String) -> Result<V::Value, E> {
        self.visitor.visit_string(value)
    }

    fn visit_unit<E: Error>(self) -> Result<V::Value, E> {
        self.visitor.visit_unit()
    }

    fn visit_none<E: Error>(self) -> Result<V::Value, E> {
        self.visitor.visit_none()
    }

    fn visit_some<D: Deserializer<'de>>(self, inner: D) -> Result<V::Value, D::Error> {
        self.visitor.visit_some(ConvexDeserializer { inner, path: self.path })
    }

    fn visit_seq<A: SeqAccess<'de>>(self, inner: A) -> Result<V::Value, A::Error> {
        self.visitor.visit_seq(ArrayAccess::new(inner, self.path))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<V::Value, A::Error> {
        match read_start(&mut map)? {
            ObjectContent::Object(first) => self.visitor.visit_map(ObjectAccess::new(first, map, self.path)),
            ObjectContent::Tagged(tagged) => self.tagged(tagged),
            ObjectContent::Unsigned(integer) => self.visit_u64(integer),
            ObjectContent::Signed(integer) => self.visit_i64(integer),
            ObjectContent::Float(float) => self.visit_f64(float),
        }
    }

    fn visit_enum<A: EnumAccess<'de>>(self, inner: A) -> Result<V::Value, A::Error> {
        self.visitor.visit_enum(Variants { inner, path: self.path })
    }
}
