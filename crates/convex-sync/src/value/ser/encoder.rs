//! The text being written, and its limits.

use super::{error::EncodeProblem, key};
use crate::{
    base64, json,
    value::tagged::{self, BYTES, FLOAT64, INT64},
};
use std::fmt;

/// The kind of value that was encoded. [`Arguments`](crate::Arguments) accept only some kinds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shape {
    None,
    Unit,
    Bool,
    Number,
    Int64,
    String,
    Bytes,
    Array,
    Object,
}

impl fmt::Display for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::None | Self::Unit => "null",
            Self::Bool => "a boolean",
            Self::Number => "a number",
            Self::Int64 => "an int64",
            Self::String => "a string",
            Self::Bytes => "bytes",
            Self::Array => "an array",
            Self::Object => "an object",
        })
    }
}

/// The limit of nested arrays and objects (docs/protocol.md §16). Together with the message around
/// them, they stay far below the 127 levels of JSON that a message may have.
const MAX_NESTING: usize = 64;

const NUMBER_SIZE: usize = 9;

/// The size of the array in which arguments are sent. The server includes it in their size.
pub(super) const ENCLOSING_ARRAY_SIZE: usize = 2;

/// Writes a value's JSON text, and counts its size as the server does.
pub(super) struct Encoder {
    pub(super) out: String,
    pub(super) depth: usize,
    /// The size as the server measures it, which is not the length of the text: 1 byte for null and
    /// booleans, 9 for numbers, the length plus 2 for strings (in UTF-8) and bytes, the parts plus
    /// 2 for arrays and objects, and the length plus 1 for keys.
    pub(super) size: usize,
}

impl Encoder {
    pub(super) fn new(capacity: usize) -> Self {
        Self { out: String::with_capacity(capacity), depth: 0, size: ENCLOSING_ARRAY_SIZE }
    }

    /// Enters an array or object. Accepts one level too many, because the object may turn out to be
    /// an `Int64`, which is an object only on the wire.
    pub(super) fn enter_container(&mut self) -> Result<(), EncodeProblem> {
        self.depth += 1;
        if self.depth > MAX_NESTING + 1 { Err(EncodeProblem::too_deep(MAX_NESTING)) } else { Ok(()) }
    }

    pub(super) fn leave_container(&mut self) -> Result<(), EncodeProblem> {
        let too_deep_by_one = self.depth > MAX_NESTING;
        self.depth -= 1;
        if too_deep_by_one { Err(EncodeProblem::too_deep(MAX_NESTING)) } else { Ok(()) }
    }

    pub(super) fn text(&mut self, text: &str) {
        self.out.push_str(text);
    }

    fn tagged(&mut self, tag: &str, bytes: &[u8]) {
        self.text("{\"");
        self.text(tag);
        self.text("\":\"");
        self.text(&base64::encode(bytes));
        self.text("\"}");
    }

    pub(super) fn int64(&mut self, integer: i64) -> Shape {
        self.size += NUMBER_SIZE;
        self.tagged(INT64, &integer.to_le_bytes());
        Shape::Int64
    }

    pub(super) fn bytes(&mut self, bytes: &[u8]) -> Shape {
        self.size += 2 + bytes.len();
        self.tagged(BYTES, bytes);
        Shape::Bytes
    }

    pub(super) fn float(&mut self, float: f64) -> Shape {
        self.size += NUMBER_SIZE;
        match tagged::as_exact_integer(float) {
            Some(integer) => json::write_integer(&mut self.out, integer),
            None if tagged::is_tagged_float(float) => self.tagged(FLOAT64, &float.to_le_bytes()),
            None => self.text(&json::float_to_string(float)),
        }
        Shape::Number
    }

    /// Writes an integer as a number if that is exact. `original` is its text in an error.
    pub(super) fn integer(
        &mut self,
        integer: Option<i64>,
        original: &dyn fmt::Display,
    ) -> Result<Shape, EncodeProblem> {
        let exact = integer.filter(|integer| tagged::is_exact(*integer));
        let integer = exact.ok_or_else(|| EncodeProblem::inexact(original))?;
        self.size += NUMBER_SIZE;
        json::write_integer(&mut self.out, integer);
        Ok(Shape::Number)
    }

    /// Opens the object that names an enum's variant.
    pub(super) fn variant(&mut self, variant: &str) -> Result<(), EncodeProblem> {
        self.enter_container()?;
        key::check(variant)?;
        self.size += 2 + variant.len() + 1;
        self.text("{");
        json::write_string(&mut self.out, variant);
        self.text(":");
        Ok(())
    }
}
