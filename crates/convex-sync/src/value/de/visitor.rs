//! What a type is told it was given.

use super::{
    Asked, Cx, TrailCell,
    access::{Elements, Fields, Variants},
};
use crate::{
    text::Text,
    value::tagged::{self, JSON_NUMBER, Tagged},
};
use serde::de::{Deserializer, EnumAccess, Error, MapAccess, SeqAccess, Visitor, value::SeqDeserializer};
use std::fmt;

/// Stands before a type's own visitor and translates JSON to Convex.
pub(super) struct Translate<'t, V> {
    pub(super) visitor: V,
    pub(super) asked: Asked,
    pub(super) trail: &'t TrailCell,
}

impl<'de, V: Visitor<'de>> Translate<'_, V> {
    fn number<E: Error>(self, float: f64) -> Result<V::Value, E> {
        let integer = match self.asked {
            // As an integer, a buffered number can still become either.
            Asked::Any | Asked::Sequence => tagged::as_exact_integer(float),
            Asked::Integer => tagged::as_integer(float),
            Asked::Float | Asked::Dynamic => None,
        };
        match integer {
            Some(integer) => self.visitor.visit_i64(integer),
            None => self.visitor.visit_f64(float),
        }
    }

    fn special<E: Error>(self, special: Tagged) -> Result<V::Value, E> {
        match special {
            Tagged::Int64(integer) if self.asked == Asked::Float && !tagged::is_exact(integer) => {
                Err(E::custom(format_args!("the int64 {integer} is not exact as a float")))
            }
            Tagged::Int64(integer) => self.visitor.visit_i64(integer),
            Tagged::Float64(float) => self.visitor.visit_f64(float),
            Tagged::Bytes(bytes) if self.asked == Asked::Sequence => {
                self.visitor.visit_seq(SeqDeserializer::new(bytes.into_iter()))
            }
            Tagged::Bytes(bytes) => self.visitor.visit_byte_buf(bytes),
        }
    }
}

/// What an object in JSON is.
enum Opened<'de> {
    /// An object, with the first key, which had to be read to know.
    Object(Option<Text<'de>>),
    Tagged(Tagged),
    /// A number in text, where serde_json was told to keep all its digits.
    Unsigned(u64),
    Signed(i64),
    Float(f64),
}

/// Reads as much of an object as tells what it is. It does not know the type that is read, so that
/// a page has it once.
fn open<'de, A: MapAccess<'de>>(map: &mut A) -> Result<Opened<'de>, A::Error> {
    match map.next_key::<Text<'de>>()? {
        Some(Text(key)) if key.starts_with('$') => match &*key {
            JSON_NUMBER => number(&map.next_value::<Text<'de>>()?.0),
            known if tagged::is_known(known) => tagged::rest_of_map(known, map).map(Opened::Tagged),
            unknown => Err(A::Error::custom(tagged::unknown(unknown))),
        },
        first => Ok(Opened::Object(first)),
    }
}

fn number<'de, E: Error>(text: &str) -> Result<Opened<'de>, E> {
    match (text.parse(), text.parse(), tagged::float(text)) {
        (Ok(unsigned), _, _) => Ok(Opened::Unsigned(unsigned)),
        (_, Ok(signed), _) => Ok(Opened::Signed(signed)),
        (_, _, Some(float)) => Ok(Opened::Float(float)),
        _ => Err(E::custom("a number that is none")),
    }
}

impl<'de, V: Visitor<'de>> Visitor<'de> for Translate<'_, V> {
    type Value = V::Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.visitor.expecting(f)
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<V::Value, E> {
        self.visitor.visit_bool(value)
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<V::Value, E> {
        match self.asked {
            Asked::Dynamic => self.visitor.visit_f64(value as f64),
            _ => self.visitor.visit_i64(value),
        }
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<V::Value, E> {
        match self.asked {
            Asked::Dynamic => self.visitor.visit_f64(value as f64),
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
        self.visitor.visit_some(Cx { inner, trail: self.trail })
    }

    fn visit_seq<A: SeqAccess<'de>>(self, inner: A) -> Result<V::Value, A::Error> {
        self.visitor.visit_seq(Elements::new(inner, self.trail))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<V::Value, A::Error> {
        match open(&mut map)? {
            Opened::Object(first) => self.visitor.visit_map(Fields::new(first, map, self.trail)),
            Opened::Tagged(special) => self.special(special),
            Opened::Unsigned(integer) => self.visit_u64(integer),
            Opened::Signed(integer) => self.visit_i64(integer),
            Opened::Float(float) => self.visit_f64(float),
        }
    }

    fn visit_enum<A: EnumAccess<'de>>(self, inner: A) -> Result<V::Value, A::Error> {
        self.visitor.visit_enum(Variants::new(inner, self.trail))
    }
}
