//! Convex values: their encoding to and decoding from JSON text.

use serde::{Serialize, de::DeserializeOwned};
use std::{collections::BTreeMap, sync::Arc};

/// A value as JSON text in Convex's encoding: as received, or canonically encoded (keys sorted).
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct EncodedValue(Arc<str>);

impl EncodedValue {
    /// Encodes any serializable value.
    pub fn encode<T: Serialize + ?Sized>(value: &T) -> Result<Self, EncodeError> {
        let _ = value;
        todo!()
    }

    /// Decodes it into any deserializable type.
    pub fn decode<T: DeserializeOwned>(&self) -> Result<T, DecodeError> {
        todo!()
    }

    /// The JSON text.
    pub fn as_json(&self) -> &str {
        &self.0
    }
}

/// The arguments of a function: one encoded object.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Arguments(Arc<str>);

impl Arguments {
    /// Encodes arguments: `()` is `{}`, and `None` (so [`Skip`]) gives `None`: the query is not to run.
    pub fn encode<T: Serialize + ?Sized>(args: &T) -> Result<Option<Self>, EncodeError> {
        let _ = args;
        todo!()
    }

    /// The JSON text of the object.
    pub fn as_json(&self) -> &str {
        &self.0
    }
}

/// Arguments that say: do not run the query. Serializes as `None`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Skip;

/// Arguments, or [`Skip`]. Serializes as an `Option`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum QueryArgs<T> {
    /// Run it with these.
    Args(T),
    /// Do not run it.
    Skip,
}

/// An integer that travels as Convex's `v.int64()`. Plain Rust integers travel as `v.number()`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Int64(pub i64);

/// Bytes, as Convex's `v.bytes()`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Bytes(pub Vec<u8>);

/// Any Convex value.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// `null`
    Null,
    /// A boolean.
    Bool(bool),
    /// `v.int64()`
    Int64(i64),
    /// `v.number()`
    Float64(f64),
    /// A string, or an id.
    String(String),
    /// `v.bytes()`
    Bytes(Vec<u8>),
    /// An array.
    Array(Vec<Value>),
    /// An object.
    Object(BTreeMap<String, Value>),
}

/// A value that Convex cannot hold.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct EncodeError(String);

/// A value that is not of the type asked for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct DecodeError(String);
