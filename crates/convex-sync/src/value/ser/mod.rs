//! From Rust values to canonical JSON text.

mod containers;
mod key;
mod members;
#[cfg(test)]
mod tests;

use self::{
    containers::{Elements, Fields},
    members::Members,
};
use super::{
    EncodeError,
    error_path::ErrorPath,
    tagged::{self, BYTES, FLOAT64, INT64},
};
use crate::{base64, text::Text};
use serde::ser::{self, Serialize, Serializer};
use serde_json::value::RawValue;
use std::fmt;

/// Encodes a value canonically: keys sorted, whole numbers alike however they were typed. `root` is
/// what errors call it; it may take `max_mib` MiB.
pub(super) fn encode<T: Serialize + ?Sized>(
    value: &T,
    root: &str,
    max_mib: usize,
) -> Result<(String, Shape), EncodeError> {
    let mut encoder = Encoder { out: Vec::with_capacity(128), depth: 0, size: AROUND };
    let shape = value.serialize(&mut encoder).map_err(|error| error.at(root))?;
    if encoder.size > max_mib << 20 {
        return Err(EncodeError(format!(
            "at {root}: too large: {} bytes by Convex's measure, and the limit is {max_mib} MiB",
            encoder.size
        )));
    }
    Ok((text(encoder.out), shape))
}

/// The object that an encoded array of pairs of names and values means: no function takes an array,
/// so nothing else can be meant by one.
pub(super) fn named_arguments(array: &str) -> Result<Option<String>, EncodeError> {
    let pairs: Vec<(Text<'_>, &RawValue)> = serde_json::from_str(array).unwrap_or_default();
    if pairs.is_empty() {
        return Ok(None);
    }
    let (mut members, mut values) = (Members::default(), Vec::with_capacity(array.len()));
    for (Text(key), value) in pairs {
        let start = values.len();
        values.extend_from_slice(value.get().as_bytes());
        if members.insert(key.clone().into_owned().into(), start..values.len()) {
            return Err(EncodeError(format!("at args: there are two arguments {key:?}")));
        }
    }
    Ok(Some(text(members.object(&values).map_err(|error| error.at("args"))?)))
}

fn text(json: Vec<u8>) -> String {
    String::from_utf8(json).expect("only UTF-8 was written")
}

/// What was encoded, so far as it matters where only an object will do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    None,
    Unit,
    Bool,
    Number,
    Int64,
    String,
    Bytes,
    Array,
    Object,
}

impl fmt::Display for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::None | Self::Unit => "null",
            Self::Bool => "a boolean",
            Self::Number => "a number",
            Self::Int64 => "an int64",
            Self::String => "a string",
            Self::Bytes => "bytes",
            Self::Array => "an array",
            Self::Object => "an object",
        })
    }
}

/// Arrays and objects inside each other, at most (protocol §16). With what a message puts around
/// them that is far from the 127 levels of JSON that it may have.
const MAX_NESTING: usize = 64;

/// The elements of an array, at most.
const MAX_ELEMENTS: usize = 8192;

/// The fields of an object, at most.
const MAX_FIELDS: usize = 1024;

const NUMBER_SIZE: usize = 9;

/// The size of the array that arguments are sent in, which the server measures with them.
const AROUND: usize = 2;

struct Encoder {
    out: Vec<u8>,
    depth: usize,
    /// What the server will measure, which is not the length of the text: 1 byte for null and
    /// booleans, 9 for numbers, the length and 2 for strings (in UTF-8) and bytes, the members and
    /// 2 for arrays and objects, and a key's length and 1.
    size: usize,
}

impl Encoder {
    /// One level more than there may be is let in: it can still turn out to be an `Int64`, which is
    /// an object only on the wire.
    fn enter(&mut self) -> Result<(), Error> {
        self.depth += 1;
        if self.depth > MAX_NESTING + 1 { Err(too_deep()) } else { Ok(()) }
    }

    fn leave_container(&mut self) -> Result<(), Error> {
        let too_deep_by_one = self.depth > MAX_NESTING;
        self.depth -= 1;
        if too_deep_by_one { Err(too_deep()) } else { Ok(()) }
    }

    fn json<T: Serialize + ?Sized>(&mut self, value: &T) {
        serde_json::to_writer(&mut self.out, value).expect("numbers and strings can be written to memory");
    }

    fn text(&mut self, text: &str) {
        self.out.extend_from_slice(text.as_bytes());
    }

    fn special(&mut self, key: &str, bytes: &[u8]) {
        self.text("{\"");
        self.text(key);
        self.text("\":\"");
        self.text(&base64::encode(bytes));
        self.text("\"}");
    }

    fn int64(&mut self, integer: i64) -> Shape {
        self.size += NUMBER_SIZE;
        self.special(INT64, &integer.to_le_bytes());
        Shape::Int64
    }

    fn bytes(&mut self, bytes: &[u8]) -> Shape {
        self.size += 2 + bytes.len();
        self.special(BYTES, bytes);
        Shape::Bytes
    }

    fn float(&mut self, float: f64) -> Shape {
        self.size += NUMBER_SIZE;
        match tagged::as_exact_integer(float) {
            Some(integer) => self.json(&integer),
            None if tagged::is_special(float) => self.special(FLOAT64, &float.to_le_bytes()),
            None => self.json(&float),
        }
        Shape::Number
    }

    /// Writes an integer, if it is one that a number holds. `shown` is how it is told of if not.
    fn integer(&mut self, integer: Option<i64>, shown: &dyn fmt::Display) -> Result<Shape, Error> {
        let integer = integer.filter(|integer| tagged::is_exact(*integer)).ok_or_else(|| inexact(shown))?;
        self.size += NUMBER_SIZE;
        self.json(&integer);
        Ok(Shape::Number)
    }

    /// Opens the object that names an enum's variant.
    fn variant(&mut self, variant: &str) -> Result<(), Error> {
        self.enter()?;
        key::check(variant)?;
        self.size += 2 + variant.len() + 1;
        self.text("{");
        self.json(variant);
        self.text(":");
        Ok(())
    }
}

/// Why a value could not be encoded, and where in it.
#[derive(Debug)]
struct Error {
    problem: String,
    trail: ErrorPath,
}

impl Error {
    fn at(self, root: &str) -> EncodeError {
        let Self { problem, trail } = self;
        EncodeError(format!("at {root}{trail}: {problem}"))
    }

    fn new(problem: impl Into<String>) -> Self {
        Self { problem: problem.into(), trail: ErrorPath::default() }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.problem)
    }
}

impl std::error::Error for Error {}

impl ser::Error for Error {
    fn custom<T: fmt::Display>(problem: T) -> Self {
        Self::new(problem.to_string())
    }
}

fn too_deep() -> Error {
    Error::new(format!("nested deeper than {MAX_NESTING} levels"))
}

fn too_many(count: usize, what: &str, limit: usize) -> Error {
    Error::new(format!("{count} {what}, and the limit is {limit}"))
}

fn inexact(integer: &dyn fmt::Display) -> Error {
    Error::new(format!(
        "the integer {integer} is beyond ±2^53 and would not be exact as a number: use `Int64` (and `v.int64()` in the function), or a float"
    ))
}

macro_rules! integers {
    ($($method:ident($type:ty))*) => {
        $(fn $method(self, integer: $type) -> Result<Shape, Error> {
            self.integer(i64::try_from(integer).ok(), &integer)
        })*
    };
}

impl<'a> Serializer for &'a mut Encoder {
    type Ok = Shape;
    type Error = Error;
    type SerializeSeq = Elements<'a>;
    type SerializeTuple = Elements<'a>;
    type SerializeTupleStruct = Elements<'a>;
    type SerializeTupleVariant = Elements<'a>;
    type SerializeMap = Fields<'a>;
    type SerializeStruct = Fields<'a>;
    type SerializeStructVariant = Fields<'a>;

    integers! {
        serialize_i8(i8) serialize_i16(i16) serialize_i32(i32) serialize_i64(i64) serialize_i128(i128)
        serialize_u8(u8) serialize_u16(u16) serialize_u32(u32) serialize_u64(u64) serialize_u128(u128)
    }

    fn serialize_f32(self, float: f32) -> Result<Shape, Error> {
        Ok(self.float(float.into()))
    }

    fn serialize_f64(self, float: f64) -> Result<Shape, Error> {
        Ok(self.float(float))
    }

    fn serialize_bool(self, value: bool) -> Result<Shape, Error> {
        self.size += 1;
        self.json(&value);
        Ok(Shape::Bool)
    }

    fn serialize_char(self, value: char) -> Result<Shape, Error> {
        self.serialize_str(value.encode_utf8(&mut [0; 4]))
    }

    fn serialize_str(self, value: &str) -> Result<Shape, Error> {
        self.size += 2 + value.len();
        self.json(value);
        Ok(Shape::String)
    }

    fn serialize_bytes(self, value: &[u8]) -> Result<Shape, Error> {
        Ok(self.bytes(value))
    }

    fn serialize_none(self) -> Result<Shape, Error> {
        self.size += 1;
        self.text("null");
        Ok(Shape::None)
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<Shape, Error> {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result<Shape, Error> {
        self.size += 1;
        self.text("null");
        Ok(Shape::Unit)
    }

    fn serialize_unit_struct(self, _name: &'static str) -> Result<Shape, Error> {
        self.serialize_unit()
    }

    fn serialize_unit_variant(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
    ) -> Result<Shape, Error> {
        self.serialize_str(variant)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _name: &'static str,
        value: &T,
    ) -> Result<Shape, Error> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<Shape, Error> {
        self.variant(variant)?;
        value.serialize(&mut *self).map_err(|error| error.up_from_key(variant))?;
        self.text("}");
        self.leave_container()?;
        Ok(Shape::Object)
    }

    fn serialize_seq(self, _len: Option<usize>) -> Result<Elements<'a>, Error> {
        Elements::new(self, None)
    }

    fn serialize_tuple(self, _len: usize) -> Result<Elements<'a>, Error> {
        Elements::new(self, None)
    }

    fn serialize_tuple_struct(self, _name: &'static str, _len: usize) -> Result<Elements<'a>, Error> {
        Elements::new(self, None)
    }

    fn serialize_tuple_variant(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
        _len: usize,
    ) -> Result<Elements<'a>, Error> {
        Elements::new(self, Some(variant))
    }

    fn serialize_map(self, _len: Option<usize>) -> Result<Fields<'a>, Error> {
        Fields::new(self, None)
    }

    fn serialize_struct(self, _name: &'static str, _len: usize) -> Result<Fields<'a>, Error> {
        Fields::new(self, None)
    }

    fn serialize_struct_variant(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
        _len: usize,
    ) -> Result<Fields<'a>, Error> {
        Fields::new(self, Some(variant))
    }
}

impl Error {
    fn up_from_key(mut self, key: &str) -> Self {
        self.trail.up_from_key(key);
        self
    }

    fn up_from_index(mut self, index: usize) -> Self {
        self.trail.up_from_index(index);
        self
    }
}
