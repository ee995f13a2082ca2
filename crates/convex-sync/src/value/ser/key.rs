//! The keys of objects.

use super::Error;
use crate::value::tagged;
use serde::ser::{Impossible, Serialize, Serializer};

/// The longest key Convex takes, in characters.
const MAX_LENGTH: usize = 1024;

/// Whether a key may stand in an object.
pub(super) fn check(key: &str) -> Result<(), Error> {
    if key.starts_with('$') {
        return Err(Error::new(tagged::unknown(key)));
    }
    if key.len() > MAX_LENGTH {
        return Err(Error::new(format!("a key of {} characters: {MAX_LENGTH} are allowed", key.len())));
    }
    if !key.bytes().all(|byte| (b' '..=b'~').contains(&byte)) {
        return Err(Error::new(format!("the key {key:?}: keys are made of printable ASCII characters")));
    }
    Ok(())
}

/// Makes a string of a map's key, of what serde_json makes strings of (but floats).
pub(super) struct KeyEncoder;

macro_rules! strings {
    ($($method:ident($type:ty))*) => {
        $(fn $method(self, key: $type) -> Result<String, Error> {
            Ok(key.to_string())
        })*
    };
}

macro_rules! refused {
    ($($method:ident($($type:ty),*) -> $ok:ty;)*) => {
        $(fn $method(self, $(_: $type),*) -> Result<$ok, Error> {
            Err(refusal())
        })*
    };
}

fn refusal() -> Error {
    Error::new("a map's key must be a string, a number without a fraction, a boolean or a unit variant")
}

type Never = Impossible<String, Error>;

impl Serializer for KeyEncoder {
    type Ok = String;
    type Error = Error;
    type SerializeSeq = Never;
    type SerializeTuple = Never;
    type SerializeTupleStruct = Never;
    type SerializeTupleVariant = Never;
    type SerializeMap = Never;
    type SerializeStruct = Never;
    type SerializeStructVariant = Never;

    strings! {
        serialize_bool(bool) serialize_char(char) serialize_str(&str)
        serialize_i8(i8) serialize_i16(i16) serialize_i32(i32) serialize_i64(i64) serialize_i128(i128)
        serialize_u8(u8) serialize_u16(u16) serialize_u32(u32) serialize_u64(u64) serialize_u128(u128)
    }

    fn serialize_unit_variant(self, _: &'static str, _: u32, variant: &'static str) -> Result<String, Error> {
        Ok(variant.to_owned())
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        key: &T,
    ) -> Result<String, Error> {
        key.serialize(self)
    }

    fn serialize_some<T: Serialize + ?Sized>(self, key: &T) -> Result<String, Error> {
        key.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: &T,
    ) -> Result<String, Error> {
        Err(refusal())
    }

    refused! {
        serialize_f32(f32) -> String;
        serialize_f64(f64) -> String;
        serialize_bytes(&[u8]) -> String;
        serialize_none() -> String;
        serialize_unit() -> String;
        serialize_unit_struct(&'static str) -> String;
        serialize_seq(Option<usize>) -> Never;
        serialize_tuple(usize) -> Never;
        serialize_tuple_struct(&'static str, usize) -> Never;
        serialize_tuple_variant(&'static str, u32, &'static str, usize) -> Never;
        serialize_map(Option<usize>) -> Never;
        serialize_struct(&'static str, usize) -> Never;
        serialize_struct_variant(&'static str, u32, &'static str, usize) -> Never;
    }
}
