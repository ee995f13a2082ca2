//! Writing: `serde::Serializer` for [`Encoder`].

use super::{
    containers::{ArrayEncoder, ObjectEncoder},
    encoder::{Encoder, Shape},
    error::EncodeProblem,
};
use crate::json;
use serde::ser::{Serialize, Serializer};

macro_rules! integers {
    ($($method:ident($type:ty))*) => {
        $(fn $method(self, integer: $type) -> Result<Shape, EncodeProblem> {
            self.integer(i64::try_from(integer).ok(), &integer)
        })*
    };
}

impl<'a> Serializer for &'a mut Encoder {
    type Ok = Shape;
    type Error = EncodeProblem;
    type SerializeSeq = ArrayEncoder<'a>;
    type SerializeTuple = ArrayEncoder<'a>;
    type SerializeTupleStruct = ArrayEncoder<'a>;
    type SerializeTupleVariant = ArrayEncoder<'a>;
    type SerializeMap = ObjectEncoder<'a>;
    type SerializeStruct = ObjectEncoder<'a>;
    type SerializeStructVariant = ObjectEncoder<'a>;

    integers! {
        serialize_i8(i8) serialize_i16(i16) serialize_i32(i32) serialize_i64(i64) serialize_i128(i128)
        serialize_u8(u8) serialize_u16(u16) serialize_u32(u32) serialize_u64(u64) serialize_u128(u128)
    }

    fn serialize_f32(self, float: f32) -> Result<Shape, EncodeProblem> {
        Ok(self.float(float.into()))
    }

    fn serialize_f64(self, float: f64) -> Result<Shape, EncodeProblem> {
        Ok(self.float(float))
    }

    fn serialize_bool(self, value: bool) -> Result<Shape, EncodeProblem> {
        self.size += 1;
        self.text(if value { "true" } else { "false" });
        Ok(Shape::Bool)
    }

    fn serialize_char(self, value: char) -> Result<Shape, EncodeProblem> {
        self.serialize_str(value.encode_utf8(&mut [0; 4]))
    }

    fn serialize_str(self, value: &str) -> Result<Shape, EncodeProblem> {
        self.size += 2 + value.len();
        json::write_string(&mut self.out, value);
        Ok(Shape::String)
    }

    fn serialize_bytes(self, value: &[u8]) -> Result<Shape, EncodeProblem> {
        Ok(self.bytes(value))
    }

    fn serialize_none(self) -> Result<Shape, EncodeProblem> {
        self.size += 1;
        self.text("null");
        Ok(Shape::None)
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<Shape, EncodeProblem> {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result<Shape, EncodeProblem> {
        self.size += 1;
        self.text("null");
        Ok(Shape::Unit)
    }

    fn serialize_unit_struct(self, _name: &'static str) -> Result<Shape, EncodeProblem> {
        self.serialize_unit()
    }

    fn serialize_unit_variant(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
    ) -> Result<Shape, EncodeProblem> {
        self.serialize_str(variant)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _name: &'static str,
        value: &T,
    ) -> Result<Shape, EncodeProblem> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<Shape, EncodeProblem> {
        self.variant(variant)?;
        value.serialize(&mut *self).map_err(|error| error.up_from_key(variant))?;
        self.text("}");
        self.leave_container()?;
        Ok(Shape::Object)
    }

    fn serialize_seq(self, _len: Option<usize>) -> Result<ArrayEncoder<'a>, EncodeProblem> {
        ArrayEncoder::new(self, None)
    }

    fn serialize_tuple(self, _len: usize) -> Result<ArrayEncoder<'a>, EncodeProblem> {
        ArrayEncoder::new(self, None)
    }

    fn serialize_tuple_struct(
        self,
        _name: &'static str,
        _len: usize,
    ) -> Result<ArrayEncoder<'a>, EncodeProblem> {
        ArrayEncoder::new(self, None)
    }

    fn serialize_tuple_variant(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
        _len: usize,
    ) -> Result<ArrayEncoder<'a>, EncodeProblem> {
        ArrayEncoder::new(self, Some(variant))
    }

    fn serialize_map(self, _len: Option<usize>) -> Result<ObjectEncoder<'a>, EncodeProblem> {
        ObjectEncoder::new(self, None)
    }

    fn serialize_struct(self, _name: &'static str, _len: usize) -> Result<ObjectEncoder<'a>, EncodeProblem> {
        ObjectEncoder::new(self, None)
    }

    fn serialize_struct_variant(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
        _len: usize,
    ) -> Result<ObjectEncoder<'a>, EncodeProblem> {
        ObjectEncoder::new(self, Some(variant))
    }
}
