//! Reading: `serde::Deserializer`.

use super::{
    access::{Fields, Items, Variant},
    problem::DecodeProblem,
};
use crate::{
    json::{Number, Reader},
    value::{
        dynamic,
        tagged::{self, Tagged},
    },
};
use serde::de::{
    Deserializer, Error, Expected, IntoDeserializer, Unexpected, Visitor,
    value::{MapDeserializer, SeqDeserializer},
};
use std::{borrow::Cow, iter};

/// Reads the value at a reader's position, in Convex's encoding.
pub(super) struct Decoder<'r, 'de>(pub(super) &'r mut Reader<'de>);

/// The kind of type that is being read, as far as the encoding depends on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum TypeHint {
    /// Unknown, or irrelevant. serde may buffer the value until it knows the type.
    Any,
    Integer,
    Float,
    Sequence,
    /// A [`Value`](crate::Value), which distinguishes the two kinds of numbers.
    Dynamic,
}

/// The name by which serde_json's `RawValue` asks for the unchanged text.
const RAW_VALUE: &str = "$serde_json::private::RawValue";

type Result<T> = std::result::Result<T, DecodeProblem>;

impl<'de> Decoder<'_, 'de> {
    /// Reads a value of any kind.
    fn any<V: Visitor<'de>>(self, hint: TypeHint, visitor: V) -> Result<V::Value> {
        match self.0.peek() {
            b'"' => visit_string(self.0.string()?, visitor),
            b'[' => self.array(visitor),
            b'{' => self.object(hint, visitor),
            b't' | b'f' => visitor.visit_bool(self.0.boolean()?),
            b'n' => {
                self.0.null()?;
                visitor.visit_unit()
            }
            _ => visit_number(self.0.number()?, hint, visitor),
        }
    }

    fn number<V: Visitor<'de>>(self, hint: TypeHint, visitor: V) -> Result<V::Value> {
        match self.0.peek() {
            b'-' | b'0'..=b'9' => visit_number(self.0.number()?, hint, visitor),
            _ => self.tagged(hint, visitor),
        }
    }

    /// Reads a tagged object, which is the only object that numbers and sequences can be.
    fn tagged<V: Visitor<'de>>(self, hint: TypeHint, visitor: V) -> Result<V::Value> {
        let reader = self.0;
        if reader.peek() != b'{' {
            return Err(wrong_type(reader, &visitor));
        }
        reader.enter(b'{')?;
        match reader.next_field(true)? {
            Some(key) if key.starts_with('$') => visit_tagged(read_tagged(reader, &key)?, hint, visitor),
            _ => Err(DecodeProblem::invalid_type(Unexpected::Map, &visitor)),
        }
    }

    fn text<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        match self.0.peek() {
            b'"' => visit_string(self.0.string()?, visitor),
            _ => Err(wrong_type(self.0, &visitor)),
        }
    }

    fn sequence<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        match self.0.peek() {
            b'[' => self.array(visitor),
            _ => self.tagged(TypeHint::Sequence, visitor),
        }
    }

    fn array<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        self.0.enter(b'[')?;
        let mut items = Items::new(self.0);
        let value = visitor.visit_seq(&mut items)?;
        items.finish()?;
        Ok(value)
    }

    fn object<V: Visitor<'de>>(self, hint: TypeHint, visitor: V) -> Result<V::Value> {
        self.0.enter(b'{')?;
        match self.0.next_field(true)? {
            Some(key) if key.starts_with('$') => visit_tagged(read_tagged(self.0, &key)?, hint, visitor),
            first => {
                let mut fields = Fields::new(self.0, first);
                let value = visitor.visit_map(&mut fields)?;
                fields.finish()?;
                Ok(value)
            }
        }
    }
}

fn visit_string<'de, V: Visitor<'de>>(string: Cow<'de, str>, visitor: V) -> Result<V::Value> {
    match string {
        Cow::Borrowed(string) => visitor.visit_borrowed_str(string),
        Cow::Owned(string) => visitor.visit_string(string),
    }
}

fn visit_number<'de, V: Visitor<'de>>(number: Number, hint: TypeHint, visitor: V) -> Result<V::Value> {
    let float = match number {
        Number::Unsigned(integer) if hint != TypeHint::Dynamic => return visitor.visit_u64(integer),
        Number::Negative(integer) if hint != TypeHint::Dynamic => return visitor.visit_i64(integer),
        number => number.to_float(),
    };
    let integer = match hint {
        // serde may buffer the number; a buffered integer can become an integer or a float.
        TypeHint::Any | TypeHint::Sequence => tagged::as_exact_integer(float),
        TypeHint::Integer => tagged::as_integer(float),
        TypeHint::Float | TypeHint::Dynamic => None,
    };
    match integer {
        Some(integer) => visitor.visit_i64(integer),
        None => visitor.visit_f64(float),
    }
}

fn visit_tagged<'de, V: Visitor<'de>>(tagged: Tagged, hint: TypeHint, visitor: V) -> Result<V::Value> {
    match tagged {
        Tagged::Int64(integer) if hint == TypeHint::Float && !tagged::is_exact(integer) => {
            Err(DecodeProblem::custom(format_args!("the int64 {integer} is not exact as a float")))
        }
        Tagged::Int64(integer) => visitor.visit_i64(integer),
        Tagged::Float64(float) => visitor.visit_f64(float),
        Tagged::Bytes(bytes) if hint == TypeHint::Sequence => {
            visitor.visit_seq(SeqDeserializer::new(bytes.into_iter()))
        }
        Tagged::Bytes(bytes) => visitor.visit_byte_buf(bytes),
    }
}

/// Reads the rest of a tagged object, behind its key.
fn read_tagged(reader: &mut Reader<'_>, key: &str) -> Result<Tagged> {
    if !tagged::is_tag(key) {
        return Err(DecodeProblem::custom(tagged::describe_reserved_key(key)));
    }
    if reader.peek() != b'"' {
        return Err(wrong_type(reader, &"a string"));
    }
    let text = reader.string()?;
    match reader.next_field(false)? {
        None => Tagged::parse(key, &text).map_err(DecodeProblem::custom),
        Some(_) => Err(DecodeProblem::custom(tagged::describe_other_keys(key))),
    }
}

/// The error that the value at the reader's position is not of the type that was asked for.
#[cold]
fn wrong_type(reader: &mut Reader<'_>, expected: &dyn Expected) -> DecodeProblem {
    match describe_value(reader, expected) {
        Ok(problem) | Err(problem) => problem,
    }
}

fn describe_value(reader: &mut Reader<'_>, expected: &dyn Expected) -> Result<DecodeProblem> {
    let found = match reader.peek() {
        b'"' => return Ok(DecodeProblem::invalid_type(Unexpected::Str(&reader.string()?), expected)),
        b'[' => Unexpected::Seq,
        b'{' => Unexpected::Map,
        b't' | b'f' => Unexpected::Bool(reader.boolean()?),
        b'n' => {
            reader.null()?;
            Unexpected::Unit
        }
        _ => match reader.number()? {
            Number::Unsigned(integer) => Unexpected::Unsigned(integer),
            Number::Negative(integer) => Unexpected::Signed(integer),
            Number::Float(float) => Unexpected::Float(float),
        },
    };
    Ok(DecodeProblem::invalid_type(found, expected))
}

macro_rules! read {
    ($($kind:ident $hint:tt: $($method:ident)*;)*) => {
        $($(fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
            read!(self.$kind $hint visitor)
        })*)*
    };
    ($self:ident.$kind:ident () $visitor:ident) => { $self.$kind($visitor) };
    ($self:ident.$kind:ident ($hint:ident) $visitor:ident) => { $self.$kind(TypeHint::$hint, $visitor) };
}

impl<'de> Deserializer<'de> for Decoder<'_, 'de> {
    type Error = DecodeProblem;

    read! {
        any(Any): deserialize_any deserialize_bytes deserialize_byte_buf;
        number(Integer): deserialize_i8 deserialize_i16 deserialize_i32 deserialize_i64 deserialize_i128;
        number(Integer): deserialize_u8 deserialize_u16 deserialize_u32 deserialize_u64 deserialize_u128;
        number(Float): deserialize_f32 deserialize_f64;
        text(): deserialize_char deserialize_str deserialize_string deserialize_identifier;
        sequence(): deserialize_seq;
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        match self.0.peek() {
            b't' | b'f' => visitor.visit_bool(self.0.boolean()?),
            _ => Err(wrong_type(self.0, &visitor)),
        }
    }

    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        if self.0.peek() != b'n' {
            return Err(wrong_type(self.0, &visitor));
        }
        self.0.null()?;
        visitor.visit_unit()
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(self, _name: &'static str, visitor: V) -> Result<V::Value> {
        self.deserialize_unit(visitor)
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        self.0.raw()?;
        visitor.visit_unit()
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        if self.0.peek() != b'n' {
            return visitor.visit_some(self);
        }
        self.0.null()?;
        visitor.visit_none()
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, _len: usize, visitor: V) -> Result<V::Value> {
        self.sequence(visitor)
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _len: usize,
        visitor: V,
    ) -> Result<V::Value> {
        self.sequence(visitor)
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        match self.0.peek() {
            b'{' => self.object(TypeHint::Any, visitor),
            _ => Err(wrong_type(self.0, &visitor)),
        }
    }

    /// Accepts an array, too: the fields in their order.
    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value> {
        match self.0.peek() {
            b'[' => self.array(visitor),
            _ => self.deserialize_map(visitor),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, name: &'static str, visitor: V) -> Result<V::Value> {
        match name {
            dynamic::NAME => self.any(TypeHint::Dynamic, visitor),
            RAW_VALUE => {
                let text = self.0.checked_raw()?;
                visitor.visit_map(MapDeserializer::new(iter::once((RAW_VALUE, text))))
            }
            _ => visitor.visit_newtype_struct(self),
        }
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value> {
        let reader = self.0;
        match reader.peek() {
            b'"' => visitor.visit_enum(reader.string()?.into_deserializer()),
            b'{' => {
                reader.enter(b'{')?;
                let Some(name) = reader.next_field(true)? else {
                    return Err(DecodeProblem::invalid_value(Unexpected::Map, &"an object with one field"));
                };
                let value = visitor.visit_enum(Variant { reader: &mut *reader, name })?;
                match reader.next_field(false)? {
                    None => Ok(value),
                    Some(_) => Err(DecodeProblem::custom("a variant with other fields beside it")),
                }
            }
            _ => Err(wrong_type(reader, &visitor)),
        }
    }
}
