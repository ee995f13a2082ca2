//! The wrappers around another deserializer's types. Their serde traits are implemented in the
//! other files of this folder.

use crate::{text::Text, value::error_path::ErrorPath};
use std::{borrow::Cow, cell::RefCell};

/// The path to the error, filled while the error is passed up.
pub(super) type ErrorPathCell = RefCell<ErrorPath>;

/// A deserializer that reads the content of `inner` as Convex's encoding.
pub(super) struct ConvexDeserializer<'t, D> {
    pub(super) inner: D,
    pub(super) path: &'t ErrorPathCell,
}

/// Translates from JSON to Convex in front of a type's own visitor.
pub(super) struct ConvexVisitor<'t, V> {
    pub(super) visitor: V,
    pub(super) hint: TypeHint,
    pub(super) path: &'t ErrorPathCell,
}

/// The kind of type that is being read, as far as the encoding depends on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TypeHint {
    /// Unknown, or irrelevant. serde may buffer the value until it knows the type.
    Any,
    Integer,
    Float,
    Sequence,
    /// A [`Value`](crate::Value), which distinguishes the two kinds of numbers.
    Dynamic,
}

/// The seed of an element, a field's value or a variant's content.
pub(super) struct PartSeed<'t, S> {
    pub(super) seed: S,
    pub(super) path: &'t ErrorPathCell,
}

/// The elements of an array.
pub(super) struct ArrayAccess<'t, A> {
    pub(super) inner: A,
    pub(super) index: usize,
    pub(super) path: &'t ErrorPathCell,
}

impl<'t, A> ArrayAccess<'t, A> {
    pub(super) fn new(inner: A, path: &'t ErrorPathCell) -> Self {
        Self { inner, index: 0, path }
    }
}

/// The keys and values of an object.
pub(super) struct ObjectAccess<'de, 't, A> {
    pub(super) inner: A,
    /// The first key, if it was already read to see whether the object is a tagged value.
    pub(super) first: Option<Text<'de>>,
    /// The current key, until its value is read.
    pub(super) key: Cow<'de, str>,
    pub(super) path: &'t ErrorPathCell,
}

impl<'de, 't, A> ObjectAccess<'de, 't, A> {
    pub(super) fn new(first: Option<Text<'de>>, inner: A, path: &'t ErrorPathCell) -> Self {
        Self { inner, first, key: Cow::Borrowed(""), path }
    }
}

/// The variants of an enum.
pub(super) struct Variants<'t, A> {
    pub(super) inner: A,
    pub(super) path: &'t ErrorPathCell,
}

/// The content of an enum's variant.
pub(super) struct Variant<'de, 't, A> {
    pub(super) inner: A,
    pub(super) name: Cow<'de, str>,
    pub(super) path: &'t ErrorPathCell,
}
