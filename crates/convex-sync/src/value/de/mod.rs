//! From JSON text straight into Rust types.

mod access;
mod key;
#[cfg(test)]
mod tests;
mod visitor;

use self::visitor::Translate;
use super::{DecodeError, dynamic, error_path::ErrorPath};
use serde::de::{Deserialize, Deserializer, Visitor};
use std::cell::RefCell;

/// Decodes a value.
pub(crate) fn decode<'de, T: Deserialize<'de>>(json: &'de str) -> Result<T, DecodeError> {
    let trail = RefCell::default();
    let mut deserializer = serde_json::Deserializer::from_str(json);
    T::deserialize(Cx { inner: &mut deserializer, trail: &trail })
        .and_then(|value| deserializer.end().map(|()| value))
        .map_err(|error| describe(&error, &trail.into_inner()))
}

/// Says where and what, in a few words whatever the value.
fn describe(error: &serde_json::Error, trail: &ErrorPath) -> DecodeError {
    let text = error.to_string();
    let place = format!(" at line {} column {}", error.line(), error.column());
    let problem = shorten(text.strip_suffix(&place).unwrap_or(&text));
    DecodeError(format!("at value{trail}: {problem}"))
}

/// serde quotes the value it found between its first words and what it expected: the middle can go.
fn shorten(problem: &str) -> String {
    const KEPT: usize = 100;
    let characters = problem.chars().count();
    if characters <= 2 * KEPT {
        return problem.to_owned();
    }
    let start = problem.chars().take(KEPT);
    let end = problem.chars().skip(characters - KEPT);
    start.chain(['…']).chain(end).collect()
}

/// Where an error was, to be written while it travels up.
type TrailCell = RefCell<ErrorPath>;

/// A deserializer that reads what `inner` holds as Convex's encoding.
struct Cx<'t, D> {
    inner: D,
    trail: &'t TrailCell,
}

/// What a type asked for, so far as it makes a difference.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Asked {
    /// Nothing in particular: it may well be kept aside until its type is known.
    Any,
    Integer,
    Float,
    Sequence,
    /// A [`Value`](super::Value), which tells the two kinds of numbers apart.
    Dynamic,
}

impl<'de, D: Deserializer<'de>> Cx<'_, D> {
    fn read<V: Visitor<'de>>(self, asked: Asked, visitor: V) -> Result<V::Value, D::Error> {
        self.inner.deserialize_any(Translate { visitor, asked, trail: self.trail })
    }

    /// Reads an array or an object: what formats take for a struct. All that a type can be is more
    /// code, for each type.
    fn read_container<V: Visitor<'de>>(self, asked: Asked, visitor: V) -> Result<V::Value, D::Error> {
        self.inner.deserialize_struct("", &[], Translate { visitor, asked, trail: self.trail })
    }
}

macro_rules! read {
    ($asked:ident: $($method:ident)*) => {
        $(fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
            self.read(Asked::$asked, visitor)
        })*
    };
}

/// Types that are in JSON what they are in Convex.
macro_rules! pass_on {
    ($($method:ident)*) => {
        $(fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
            self.inner.$method(visitor)
        })*
    };
}

impl<'de, D: Deserializer<'de>> Deserializer<'de> for Cx<'_, D> {
    type Error = D::Error;

    read! {
        Any: deserialize_any deserialize_bytes deserialize_byte_buf
    }

    read! {
        Integer: deserialize_i8 deserialize_i16 deserialize_i32 deserialize_i64 deserialize_i128
            deserialize_u8 deserialize_u16 deserialize_u32 deserialize_u64 deserialize_u128
    }

    read! { Float: deserialize_f32 deserialize_f64 }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
        self.read_container(Asked::Any, visitor)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
        self.read_container(Asked::Sequence, visitor)
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, _len: usize, visitor: V) -> Result<V::Value, D::Error> {
        self.read_container(Asked::Sequence, visitor)
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _len: usize,
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        self.read_container(Asked::Sequence, visitor)
    }

    pass_on! {
        deserialize_bool deserialize_char deserialize_str deserialize_string deserialize_unit deserialize_identifier
        deserialize_ignored_any
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        self.inner.deserialize_unit_struct(name, visitor)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        self.read_container(Asked::Any, visitor)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        match name {
            dynamic::NAME => self.read(Asked::Dynamic, visitor),
            // A `RawValue`: it wants the text as it is.
            _ if name.starts_with("$serde_json::private") => {
                self.inner.deserialize_newtype_struct(name, visitor)
            }
            _ => visitor.visit_newtype_struct(self),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
        self.inner.deserialize_option(Translate { visitor, asked: Asked::Any, trail: self.trail })
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        self.inner.deserialize_enum(
            name,
            variants,
            Translate { visitor, asked: Asked::Any, trail: self.trail },
        )
    }
}
