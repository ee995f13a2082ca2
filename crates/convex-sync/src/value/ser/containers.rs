//! Arrays and objects, alone or as the content of an enum's variant.

use super::{Encoder, Error, MAX_ELEMENTS, Shape, inexact, key, members::Members, too_many};
use crate::value::tagged::{self, Tagged};
use serde::ser::{
    Serialize, SerializeMap, SerializeSeq, SerializeStruct, SerializeStructVariant, SerializeTuple,
    SerializeTupleStruct, SerializeTupleVariant,
};
use std::borrow::Cow;

/// An array being written.
pub(super) struct Elements<'a> {
    encoder: &'a mut Encoder,
    written: usize,
    variant: Option<&'static str>,
}

impl<'a> Elements<'a> {
    pub(super) fn new(encoder: &'a mut Encoder, variant: Option<&'static str>) -> Result<Self, Error> {
        if let Some(variant) = variant {
            encoder.variant(variant)?;
        }
        encoder.enter()?;
        encoder.size += 2;
        encoder.text("[");
        Ok(Self { encoder, written: 0, variant })
    }

    fn push<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        if self.written > 0 {
            self.encoder.text(",");
        }
        value.serialize(&mut *self.encoder).map_err(|error| {
            let error = error.up_from_index(self.written);
            self.variant.into_iter().fold(error, Error::up_from_key)
        })?;
        self.written += 1;
        Ok(())
    }

    fn finish(self) -> Result<Shape, Error> {
        if self.written > MAX_ELEMENTS {
            return Err(too_many(self.written, "elements in an array", MAX_ELEMENTS));
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

/// An object being written. Its values are written as they come, and put in order at the end.
pub(super) struct Fields<'a> {
    encoder: &'a mut Encoder,
    start: usize,
    /// The encoder's size without this object.
    size_before: usize,
    members: Members,
    /// A map's key that waits for its value.
    key: Option<String>,
    variant: Option<&'static str>,
}

impl<'a> Fields<'a> {
    pub(super) fn new(encoder: &'a mut Encoder, variant: Option<&'static str>) -> Result<Self, Error> {
        if let Some(variant) = variant {
            encoder.variant(variant)?;
        }
        encoder.enter()?;
        let (start, size_before) = (encoder.out.len(), encoder.size);
        encoder.size += 2;
        Ok(Self { encoder, start, size_before, members: Members::default(), key: None, variant })
    }

    fn insert<T: Serialize + ?Sized>(&mut self, key: Cow<'static, str>, value: &T) -> Result<(), Error> {
        let start = self.encoder.out.len();
        self.encoder.size += key.len() + 1;
        value.serialize(&mut *self.encoder).map_err(|error| {
            let error = error.up_from_key(&key);
            self.variant.into_iter().fold(error, Error::up_from_key)
        })?;
        self.members.insert(key, start..self.encoder.out.len());
        Ok(())
    }

    fn finish(mut self) -> Result<Shape, Error> {
        let shape = match self.members.reserved_key() {
            Some(key) => self.finish_special(&key)?,
            None => self.finish_object()?,
        };
        if self.variant.is_some() {
            self.encoder.text("}");
            self.encoder.leave_container()?;
            return Ok(Shape::Object);
        }
        Ok(shape)
    }

    fn finish_object(&mut self) -> Result<Shape, Error> {
        let mut object = self.members.object(&self.encoder.out)?;
        self.encoder.out.truncate(self.start);
        self.encoder.out.append(&mut object);
        self.encoder.leave_container()?;
        Ok(Shape::Object)
    }

    /// `{"$integer": …}` and its like: an `Int64` that came by way of another format, such as
    /// `serde_json::json!`.
    fn finish_special(&mut self, key: &str) -> Result<Shape, Error> {
        let json = str::from_utf8(&self.encoder.out[self.start..]).ok();
        let text = json.and_then(|json| serde_json::from_str::<String>(json).ok());
        self.encoder.out.truncate(self.start);
        self.encoder.size = self.size_before;
        self.encoder.depth -= 1;
        if key == tagged::JSON_NUMBER {
            return self.finish_number(&text.unwrap_or_default());
        }
        let text = text.filter(|_| tagged::is_known(key)).ok_or_else(|| Error::new(tagged::unknown(key)))?;
        Ok(match Tagged::parse(key, &text).map_err(Error::new)? {
            Tagged::Int64(integer) => self.encoder.int64(integer),
            Tagged::Float64(float) => self.encoder.float(float),
            Tagged::Bytes(bytes) => self.encoder.bytes(&bytes),
        })
    }

    fn finish_number(&mut self, text: &str) -> Result<Shape, Error> {
        match (text.parse::<i64>(), tagged::float(text)) {
            (Ok(integer), _) => self.encoder.integer(Some(integer), &text),
            (_, Some(float)) if text.contains(['.', 'e', 'E']) => Ok(self.encoder.float(float)),
            _ => Err(inexact(&text)),
        }
    }
}

macro_rules! elements {
    ($($trait:ident::$method:ident)*) => {
        $(impl $trait for Elements<'_> {
            type Ok = Shape;
            type Error = Error;

            fn $method<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
                self.push(value)
            }

            fn end(self) -> Result<Shape, Error> {
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
        $(impl $trait for Fields<'_> {
            type Ok = Shape;
            type Error = Error;

            fn serialize_field<T: Serialize + ?Sized>(&mut self, key: &'static str, value: &T) -> Result<(), Error> {
                self.insert(key.into(), value)
            }

            fn end(self) -> Result<Shape, Error> {
                self.finish()
            }
        })*
    };
}

fields! { SerializeStruct SerializeStructVariant }

impl SerializeMap for Fields<'_> {
    type Ok = Shape;
    type Error = Error;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), Error> {
        self.key = Some(key.serialize(key::KeyEncoder)?);
        Ok(())
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        let key = self.key.take().ok_or_else(|| Error::new("a map's value without a key"))?;
        self.insert(key.into(), value)
    }

    fn end(self) -> Result<Shape, Error> {
        self.finish()
    }
}
