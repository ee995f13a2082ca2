//! Arrays, objects and enums. Their parts are in Convex's encoding too.

use super::{
    key::KeyDeserializer,
    wrappers::{
        ArrayAccess, ConvexDeserializer, ConvexVisitor, ErrorPathCell, ObjectAccess, PartSeed, TypeHint,
        Variant, Variants,
    },
};
use crate::text::Text;
use serde::de::{DeserializeSeed, Deserializer, EnumAccess, MapAccess, SeqAccess, VariantAccess, Visitor};

impl<'de, S: DeserializeSeed<'de>> DeserializeSeed<'de> for PartSeed<'_, S> {
    type Value = S::Value;

    fn deserialize<D: Deserializer<'de>>(self, inner: D) -> Result<S::Value, D::Error> {
        self.seed.deserialize(ConvexDeserializer { inner, path: self.path })
    }
}

impl<'de, A: SeqAccess<'de>> SeqAccess<'de> for ArrayAccess<'_, A> {
    type Error = A::Error;

    fn next_element_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, A::Error> {
        let element = self
            .inner
            .next_element_seed(PartSeed { seed, path: self.path })
            .inspect_err(|_| self.path.borrow_mut().up_from_index(self.index))?;
        self.index += 1;
        Ok(element)
    }

    fn size_hint(&self) -> Option<usize> {
        self.inner.size_hint()
    }
}

impl<'de, A: MapAccess<'de>> MapAccess<'de> for ObjectAccess<'de, '_, A> {
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
            .next_value_seed(PartSeed { seed, path: self.path })
            .inspect_err(|_| self.path.borrow_mut().up_from_key(&self.key))
    }

    fn size_hint(&self) -> Option<usize> {
        self.inner.size_hint()
    }
}

impl<'de, 't, A: EnumAccess<'de>> EnumAccess<'de> for Variants<'t, A> {
    type Error = A::Error;
    type Variant = Variant<'de, 't, A::Variant>;

    fn variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<(S::Value, Self::Variant), A::Error> {
        let (Text(name), inner) = self.inner.variant::<Text<'de>>()?;
        let variant = seed.deserialize(KeyDeserializer::new(&name))?;
        Ok((variant, Variant { inner, name, path: self.path }))
    }
}

impl<'de, 't, A> Variant<'de, 't, A> {
    /// Reads the variant's content, and adds its name to the path of an error.
    fn content<T, E>(self, read: impl FnOnce(A, &'t ErrorPathCell) -> Result<T, E>) -> Result<T, E> {
        read(self.inner, self.path).inspect_err(|_| self.path.borrow_mut().up_from_key(&self.name))
    }
}

impl<'de, A: VariantAccess<'de>> VariantAccess<'de> for Variant<'de, '_, A> {
    type Error = A::Error;

    fn unit_variant(self) -> Result<(), A::Error> {
        self.content(|inner, _| inner.unit_variant())
    }

    fn newtype_variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<S::Value, A::Error> {
        self.content(|inner, path| inner.newtype_variant_seed(PartSeed { seed, path }))
    }

    fn tuple_variant<V: Visitor<'de>>(self, len: usize, visitor: V) -> Result<V::Value, A::Error> {
        self.content(|inner, path| {
            inner.tuple_variant(len, ConvexVisitor { visitor, hint: TypeHint::Any, path })
        })
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, A::Error> {
        self.content(|inner, path| {
            inner.struct_variant(fields, ConvexVisitor { visitor, hint: TypeHint::Any, path })
        })
    }
}
