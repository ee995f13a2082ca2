//! Arrays, objects and enums. Their parts are in Convex's encoding too.

use super::{decoder::Decoder, key::KeyDeserializer, problem::DecodeProblem};
use crate::{json::Reader, value::MAX_ELEMENTS};
use serde::de::{
    DeserializeSeed, Deserializer, EnumAccess, Error, MapAccess, SeqAccess, VariantAccess, Visitor,
};
use std::borrow::Cow;

type Result<T> = std::result::Result<T, DecodeProblem>;

/// The items of an array.
pub(super) struct Items<'r, 'de> {
    reader: &'r mut Reader<'de>,
    /// The index of the next item.
    index: usize,
    is_at_end: bool,
    /// So that a long list is allocated once. A list that grows leaves holes in the memory of
    /// WebAssembly, which never shrinks.
    estimated_len: usize,
}

impl<'r, 'de> Items<'r, 'de> {
    /// `reader` is behind the opening bracket.
    pub(super) fn new(reader: &'r mut Reader<'de>) -> Self {
        let estimated_len = estimate_len(reader);
        Self { reader, index: 0, is_at_end: false, estimated_len }
    }

    fn has_next(&mut self) -> Result<bool> {
        self.is_at_end = self.is_at_end || !self.reader.next_item(self.index == 0)?;
        Ok(!self.is_at_end)
    }

    /// Moves past the closing bracket. An error if items are left.
    pub(super) fn finish(&mut self) -> Result<()> {
        if self.has_next()? {
            return Err(DecodeProblem::custom(format_args!("an array of more than {} items", self.index)));
        }
        Ok(())
    }
}

/// About how many items an array has. `reader` is behind the opening bracket.
pub(super) fn estimate_len(reader: &Reader<'_>) -> usize {
    reader.estimate_items().min(MAX_ELEMENTS)
}

impl<'de> SeqAccess<'de> for &mut Items<'_, 'de> {
    type Error = DecodeProblem;

    fn next_element_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>> {
        if !self.has_next()? {
            return Ok(None);
        }
        let item =
            seed.deserialize(Decoder(self.reader)).map_err(|problem| problem.up_from_index(self.index))?;
        self.index += 1;
        Ok(Some(item))
    }

    /// serde reserves at most 1 MB.
    fn size_hint(&self) -> Option<usize> {
        Some(self.estimated_len.saturating_sub(self.index))
    }
}

/// The fields of an object.
pub(super) struct Fields<'r, 'de> {
    reader: &'r mut Reader<'de>,
    next: Next<'de>,
    /// The current field, whose value is being read.
    key: Cow<'de, str>,
}

/// What follows in the text.
enum Next<'de> {
    /// The value of the first field, whose key was read to see whether the object is tagged.
    FirstValue(Cow<'de, str>),
    /// Another field, or the end.
    Field,
    /// What is behind the object.
    Other,
}

impl<'r, 'de> Fields<'r, 'de> {
    /// `reader` is behind the first key, or behind the object if that is empty.
    pub(super) fn new(reader: &'r mut Reader<'de>, first: Option<Cow<'de, str>>) -> Self {
        let next = first.map_or(Next::Other, Next::FirstValue);
        Self { reader, next, key: Cow::Borrowed("") }
    }

    fn advance(&mut self) -> Result<Option<Cow<'de, str>>> {
        let key = match std::mem::replace(&mut self.next, Next::Field) {
            Next::FirstValue(key) => Some(key),
            Next::Field => self.reader.next_field(false)?,
            Next::Other => None,
        };
        if key.is_none() {
            self.next = Next::Other;
        }
        Ok(key)
    }

    /// Moves past the closing bracket. An error if fields are left.
    pub(super) fn finish(&mut self) -> Result<()> {
        match self.advance()? {
            None => Ok(()),
            Some(key) => Err(DecodeProblem::custom(format_args!("an object with a field `{key}` more"))),
        }
    }
}

impl<'de> MapAccess<'de> for &mut Fields<'_, 'de> {
    type Error = DecodeProblem;

    fn next_key_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>> {
        let Some(key) = self.advance()? else { return Ok(None) };
        self.key = key;
        seed.deserialize(KeyDeserializer(&self.key)).map(Some)
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value> {
        seed.deserialize(Decoder(self.reader)).map_err(|problem| problem.up_from_key(&self.key))
    }
}

/// An enum's variant in an object whose only key is its name, and the variant's content.
pub(super) struct Variant<'r, 'de> {
    pub(super) reader: &'r mut Reader<'de>,
    pub(super) name: Cow<'de, str>,
}

impl<'r, 'de> Variant<'r, 'de> {
    /// Reads the content, and adds the variant's name to the path of an error.
    fn content<T>(self, read: impl FnOnce(Decoder<'r, 'de>) -> Result<T>) -> Result<T> {
        read(Decoder(self.reader)).map_err(|problem| problem.up_from_key(&self.name))
    }
}

impl<'de> EnumAccess<'de> for Variant<'_, 'de> {
    type Error = DecodeProblem;
    type Variant = Self;

    fn variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<(S::Value, Self)> {
        Ok((seed.deserialize(KeyDeserializer(&self.name))?, self))
    }
}

impl<'de> VariantAccess<'de> for Variant<'_, 'de> {
    type Error = DecodeProblem;

    fn unit_variant(self) -> Result<()> {
        self.content(serde::Deserialize::deserialize)
    }

    fn newtype_variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<S::Value> {
        self.content(|content| seed.deserialize(content))
    }

    fn tuple_variant<V: Visitor<'de>>(self, len: usize, visitor: V) -> Result<V::Value> {
        self.content(|content| content.deserialize_tuple(len, visitor))
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value> {
        self.content(|content| content.deserialize_struct("", fields, visitor))
    }
}
