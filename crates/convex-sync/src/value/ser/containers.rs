//! Arrays and objects, on their own or as the content of an enum's variant.

use super::{
    encoder::{Encoder, Shape},
    error::EncodeProblem,
    key,
    members::Members,
};
use crate::{
    fields,
    value::MAX_ELEMENTS,
    value::tagged::{self, Tagged},
};
use serde::ser::{
    Serialize, SerializeMap, SerializeSeq, SerializeStruct, SerializeStructVariant, SerializeTuple,
    SerializeTupleStruct, SerializeTupleVariant,
};
use std::borrow::Cow;

/// An array being written.
pub(super) struct ArrayEncoder<'a> {
    encoder: &'a mut Encoder,
    written: usize,
    variant: Option<&'static str>,
}

impl<'a> ArrayEncoder<'a> {
    pub(super) fn new(
        encoder: &'a mut Encoder,
        variant: Option<&'static str>,
    ) -> Result<Self, EncodeProblem> {
        if let Some(variant) = variant {
            encoder.variant(variant)?;
        }
        encoder.enter_container()?;
        encoder.size += 2;
        encoder.text("[");
        Ok(Self { encoder, written: 0, variant })
    }

    fn push<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), EncodeProblem> {
        if self.written > 0 {
            self.encoder.text(",");
        }
        value.serialize(&mut *self.encoder).map_err(|error| {
            let error = error.up_from_index(self.written);
            self.variant.into_iter().fold(error, EncodeProblem::up_from_key)
        })?;
        self.written += 1;
        Ok(())
    }

    fn finish(self) -> Result<Shape, EncodeProblem> {
        if self.written > MAX_ELEMENTS {
            return Err(EncodeProblem::too_many(self.written, "elements in an array", MAX_ELEMENTS));
        }
        self.encoder.text("]");
        self.encoder.leave_container()?;
        if self.variant.is_some() {
            self.encoder.text("}");
            self.encoder.leave_container()?;
            return Ok(Shape::Object);
        }
        Ok(Shape::Array)
    }
}

/// An object being written. Values are appended in the order in which they arrive, and put into the
/// order of their keys at the end.
pub(super) struct ObjectEncoder<'a> {
    encoder: &'a mut Encoder,
    /// Where the object starts in the encoder's output.
    start: usize,
    /// The encoder's size without this object.
    size_before: usize,
    members: Members,
    /// The current key of a map, until its value is written.
    key: Option<String>,
    variant: Option<&'static str>,
}

impl<'a> ObjectEncoder<'a> {
    pub(super) fn new(
        encoder: &'a mut Encoder,
        variant: Option<&'static str>,
    ) -> Result<Self, EncodeProblem> {
        if let Some(variant) = variant {
            encoder.variant(variant)?;
        }
        encoder.enter_container()?;
        let (start, size_before) = (encoder.out.len(), encoder.size);
        encoder.size += 2;
        Ok(Self { encoder, start, size_before, members: Members::default(), key: None, variant })
    }

    fn insert<T: Serialize + ?Sized>(
        &mut self,
        key: Cow<'static, str>,
        value: &T,
    ) -> Result<(), EncodeProblem> {
        let start = self.encoder.out.len();
        self.encoder.size += key.len() + 1;
        value.serialize(&mut *self.encoder).map_err(|error| {
            let error = error.up_from_key(&key);
            self.variant.into_iter().fold(error, EncodeProblem::up_from_key)
        })?;
        self.members.insert(key, start..self.encoder.out.len());
        Ok(())
    }

    fn finish(mut self) -> Result<Shape, EncodeProblem> {
        let shape = match self.members.reserved_key() {
            Some(key) => self.finish_tagged(&key)?,
            None => self.finish_object()?,
        };
        if self.variant.is_some() {
            self.encoder.text("}");
            self.encoder.leave_container()?;
            return Ok(Shape::Object);
        }
        Ok(shape)
    }

    fn finish_object(&mut self) -> Result<Shape, EncodeProblem> {
        let object = self.members.object(&self.encoder.out)?;
        self.encoder.out.truncate(self.start);
        self.encoder.out.push_str(&object);
        self.encoder.leave_container()?;
        Ok(Shape::Object)
    }

    /// Ends an object like `{"$integer": …}`: a tagged value that was serialized by another format
    /// before, for example by `serde_json::json!`.
    fn finish_tagged(&mut self, key: &str) -> Result<Shape, EncodeProblem> {
        let text = fields::read::<String>(&self.encoder.out[self.start..]).ok();
        self.encoder.out.truncate(self.start);
        self.encoder.size = self.size_before;
        self.encoder.depth -= 1;
        if key == tagged::JSON_NUMBER {
            return self.finish_number(&text.unwrap_or_default());
        }
        let text = text
            .filter(|_| tagged::is_tag(key))
            .ok_or_else(|| EncodeProblem::new(tagged::describe_reserved_key(key)))?;
        Ok(match Tagged::parse(key, &text).map_err(EncodeProblem::new)? {
            Tagged::Int64(integer) => self.encoder.int64(integer),
            Tagged::Float64(float) => self.encoder.float(float),
            Tagged::Bytes(bytes) => self.encoder.bytes(&bytes),
        })
    }

    fn finish_number(&mut self, text: &str) -> Result<Shape, EncodeProblem> {
        match (text.parse::<i64>(), tagged::float(text)) {
            (Ok(integer), _) => self.encoder.integer(Some(integer), &text),
            (_, Some(float)) if text.contains(['.', 'e', 'E']) => Ok(self.encoder.float(float)),
            _ => Err(EncodeProblem::inexact(&text)),
        }
    }
}

macro_rules! elements {
    ($($trait:ident::$method:ident)*) => {
        $(impl $trait for ArrayEncoder<'_> {
            type Ok = Shape;
            type Error = EncodeProblem;

            fn $method<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), EncodeProblem> {
                self.push(value)
            }

            fn end(self) -> Result<Shape, EncodeProblem> {
                self.finish()
            }
        })*
    };
}

elements! {
    SerializeSeq::serialize_element
    SerializeTuple::serialize_element
    SerializeTupleStruct::serialize_field
    SerializeTupleVariant::serialize_field
}

macro_rules! fields {
    ($($trait:ident)*) => {
        $(impl $trait for ObjectEncoder<'_> {
            type Ok = Shape;
            type Error = EncodeProblem;

            fn serialize_field<T: Serialize + ?Sized>(&mut self, key: &'static str, value: &T) -> Result<(), EncodeProblem> {
                self.insert(key.into(), value)
            }

            fn end(self) -> Result<Shape, EncodeProblem> {
                self.finish()
            }
        })*
    };
}

fields! { SerializeStruct SerializeStructVariant }

impl SerializeMap for ObjectEncoder<'_> {
    type Ok = Shape;
    type Error = EncodeProblem;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), EncodeProblem> {
        self.key = Some(key.serialize(key::KeyEncoder)?);
        Ok(())
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), EncodeProblem> {
        let key = self.key.take().ok_or_else(|| EncodeProblem::new("a map's value without a key"))?;
        self.insert(key.into(), value)
    }

    fn end(self) -> Result<Shape, EncodeProblem> {
        self.finish()
    }
}
