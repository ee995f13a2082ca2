//! Reading: `serde::Deserializer` for `ConvexDeserializer`.

use super::wrappers::{ConvexDeserializer, ConvexVisitor, TypeHint};
use crate::value::dynamic;
use serde::de::{Deserializer, Visitor};

impl<'de, D: Deserializer<'de>> ConvexDeserializer<'_, D> {
    fn read<V: Visitor<'de>>(self, hint: TypeHint, visitor: V) -> Result<V::Value, D::Error> {
        self.inner.deserialize_any(ConvexVisitor { visitor, hint, path: self.path })
    }

    /// Reads an array or an object. Formats accept both for a struct, and `deserialize_struct`
    /// compiles to less code per type than `deserialize_any`.
    fn read_container<V: Visitor<'de>>(self, hint: TypeHint, visitor: V) -> Result<V::Value, D::Error> {
        self.inner.deserialize_struct("", &[], ConvexVisitor { visitor, hint, path: self.path })
    }
}

macro_rules! read {
    ($hint:ident: $($method:ident)*) => {
        $(fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
            self.read(TypeHint::$hint, visitor)
        })*
    };
}

/// Types that Convex encodes as plain JSON.
macro_rules! pass_on {
    ($($method:ident)*) => {
        $(fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
            self.inner.$method(visitor)
        })*
    };
}

impl<'de, D: Deserializer<'de>> Deserializer<'de> for ConvexDeserializer<'_, D> {
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
        self.read_container(TypeHint::Any, visitor)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
        self.read_container(TypeHint::Sequence, visitor)
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, _len: usize, visitor: V) -> Result<V::Value, D::Error> {
        self.read_container(TypeHint::Sequence, visitor)
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _len: usize,
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        self.read_container(TypeHint::Sequence, visitor)
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
        self.read_container(TypeHint::Any, visitor)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        match name {
            dynamic::NAME => self.read(TypeHint::Dynamic, visitor),
            // A `RawValue`, which reads the unchanged text.
            _ if name.starts_with("$serde_json::private") => {
                self.inner.deserialize_newtype_struct(name, visitor)
            }
            _ => visitor.visit_newtype_struct(self),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
        self.inner.deserialize_option(ConvexVisitor { visitor, hint: TypeHint::Any, path: self.path })
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
            ConvexVisitor { visitor, hint: TypeHint::Any, path: self.path },
        )
    }
}
