//! Arrays, objects and enums, whose parts are in Convex's encoding as well.

use super::{Asked, Cx, TrailCell, key::KeyDeserializer, visitor::Translate};
use crate::text::Text;
use serde::de::{DeserializeSeed, Deserializer, EnumAccess, MapAccess, SeqAccess, VariantAccess, Visitor};
use std::borrow::Cow;

/// Something inside a value.
struct Part<'t, S> {
    seed: S,
    trail: &'t TrailCell,
}

impl<'de, S: DeserializeSeed<'de>> DeserializeSeed<'de> for Part<'_, S> {
    type Value = S::Value;

    fn deserialize<D: Deserializer<'de>>(self, inner: D) -> Result<S::Value, D::Error> {
        self.seed.deserialize(Cx { inner, trail: self.trail })
    }
}

pub(super) struct Elements<'t, A> {
    inner: A,
    index: usize,
    trail: &'t TrailCell,
}

impl<'t, A> Elements<'t, A> {
    pub(super) fn new(inner: A, trail: &'t TrailCell) -> Self {
        Self { inner, index: 0, trail }
    }
}

impl<'de, A: SeqAccess<'de>> SeqAccess<'de> for Elements<'_, A> {
    type Error = A::Error;

    fn next_element_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, A::Error> {
        let element = self
            .inner
            .next_element_seed(Part { seed, trail: self.trail })
            .inspect_err(|_| self.trail.borrow_mut().up_from_index(self.index))?;
        self.index += 1;
        Ok(element)
    }

    fn size_hint(&self) -> Option<usize> {
        self.inner.size_hint()
    }
}

pub(super) struct Fields<'de, 't, A> {
    inner: A,
    /// The first key, which had to be read to know what the object is.
    first: Option<Text<'de>>,
    /// The key whose value comes next.
    key: Cow<'de, str>,
    trail: &'t TrailCell,
}

impl<'de, 't, A> Fields<'de, 't, A> {
    pub(super) fn new(first: Option<Text<'de>>, inner: A, trail: &'t TrailCell) -> Self {
        Self { inner, first, key: Cow::Borrowed(""), trail }
    }
}

impl<'de, A: MapAccess<'de>> MapAccess<'de> for Fields<'de, '_, A> {
    type Error = A::Error;

    fn next_key_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, A::Error> {
        let next = match self.first.take() {
            Some(first) => Some(first),
            None => self.inner.next_key()?,
        };
        let Some(Text(key)) = next else { return Ok(None) };
        self.key = key;
        seed.deserialize(KeyDeserializer::new(&self.key)).map(Some)
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, A::Error> {
        self.inner
            .next_value_seed(Part { seed, trail: self.trail })
            .inspect_err(|_| self.trail.borrow_mut().up_from_key(&self.key))
    }

    fn size_hint(&self) -> Option<usize> {
        self.inner.size_hint()
    }
}

pub(super) struct Variants<'t, A> {
    inner: A,
    trail: &'t TrailCell,
}

impl<'t, A> Variants<'t, A> {
    pub(super) fn new(inner: A, trail: &'t TrailCell) -> Self {
        Self { inner, trail }
    }
}

impl<'de, 't, A: EnumAccess<'de>> EnumAccess<'de> for Variants<'t, A> {
    type Error = A::Error;
    type Variant = Variant<'de, 't, A::Variant>;

    fn variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<(S::Value, Self::Variant), A::Error> {
        let (Text(name), inner) = self.inner.variant::<Text<'de>>()?;
        let variant = seed.deserialize(KeyDeserializer::new(&name))?;
        Ok((variant, Variant { inner, name, trail: self.trail }))
    }
}

pub(super) struct Variant<'de, 't, A> {
    inner: A,
    name: Cow<'de, str>,
    trail: &'t TrailCell,
}

impl<'de, 't, A> Variant<'de, 't, A> {
    /// Reads the variant's content.
    fn content<T, E>(self, read: impl FnOnce(A, &'t TrailCell) -> Result<T, E>) -> Result<T, E> {
        read(self.inner, self.trail).inspect_err(|_| self.trail.borrow_mut().up_from_key(&self.name))
    }
}

impl<'de, A: VariantAccess<'de>> VariantAccess<'de> for Variant<'de, '_, A> {
    type Error = A::Error;

    fn unit_variant(self) -> Result<(), A::Error> {
        self.content(|inner, _| inner.unit_variant())
    }

    fn newtype_variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<S::Value, A::Error> {
        self.content(|inner, trail| inner.newtype_variant_seed(Part { seed, trail }))
    }

    fn tuple_variant<V: Visitor<'de>>(self, len: usize, visitor: V) -> Result<V::Value, A::Error> {
        self.content(|inner, trail| inner.tuple_variant(len, Translate { visitor, asked: Asked::Any, trail }))
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, A::Error> {
        self.content(|inner, trail| {
            inner.struct_variant(fields, Translate { visitor, asked: Asked::Any, trail })
        })
    }
}
