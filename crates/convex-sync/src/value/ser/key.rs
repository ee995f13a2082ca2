//! The keys of objects.

use super::error::EncodeProblem;
use crate::value::tagged;
use serde::ser::{Impossible, Serialize, Serializer};

/// The longest key that Convex accepts, in characters.
const MAX_LENGTH: usize = 1024;

/// Checks that Convex accepts a key.
pub(super) fn check(key: &str) -> Result<(), EncodeProblem> {
    if key.starts_with('$') {
        return Err(EncodeProblem::new(tagged::describe_reserved_key(key)));
    }
    if key.len() > MAX_LENGTH {
        return Err(EncodeProblem::new(format!(
            "a key of {} characters: {MAX_LENGTH} are allowed",
            key.len()
        )));
    }
    if !key.bytes().all(|byte| (b' '..=b'~').contains(&byte)) {
        return Err(EncodeProblem::new(format!(
            "the key {key:?}: keys are made of printable ASCII characters"
        )));
    }
    Ok(())
}

/// Converts a map's key to a string. Accepts the same types as serde_json, except floats.
pub(super) struct KeyEncoder;

macro_rules! strings {
    ($($method:ident($type:ty))*) => {
        $(fn $method(self, key: $type) -> Result<String, EncodeProblem> {
            Ok(key.to_string())
        })*
    };
}

macro_rules! unsupported {
    ($($method:ident($($type:ty),*) -> $ok:ty;)*) => {
        $(fn $method(self, $(_: $type),*) -> Result<$ok, EncodeProblem> {
            Err(unsupported_key())
        })*
    };
}

fn unsupported_key() -> EncodeProblem {
    EncodeProblem::new(
        "a map's key must be a string, a number without a fraction, a boolean or a unit variant",
    )
}

type Never = Impossible<String, EncodeProblem>;

impl Serializer for KeyEncoder {
    type Ok = String;
    type Error = EncodeProblem;
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

    fn serialize_unit_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
    ) -> Result<String, EncodeProblem> {
        Ok(variant.to_owned())
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        key: &T,
    ) -> Result<String, EncodeProblem> {
        key.serialize(self)
    }

    fn serialize_some<T: Serialize + ?Sized>(self, key: &T) -> Result<String, EncodeProblem> {
        key.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: &T,
    ) -> Result<String, EncodeProblem> {
        Err(unsupported_key())
    }

    unsupported! {
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
