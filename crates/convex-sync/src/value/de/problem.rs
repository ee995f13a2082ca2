//! Why a value cannot be decoded.

use crate::{
    json::{self, JsonError},
    value::{error::DecodeError, error_path::ErrorPath},
};
use serde::de::{Error, Expected, Unexpected};
use std::fmt;

/// A problem, and the path to the part that causes it. Boxed, because every step of decoding
/// returns it.
#[derive(Debug)]
pub(super) struct DecodeProblem(Box<Content>);

#[derive(Debug)]
struct Content {
    path: ErrorPath,
    problem: String,
}

impl DecodeProblem {
    #[cold]
    pub(super) fn up_from_key(mut self, key: &str) -> Self {
        self.0.path.up_from_key(key);
        self
    }

    #[cold]
    pub(super) fn up_from_index(mut self, index: usize) -> Self {
        self.0.path.up_from_index(index);
        self
    }

    /// Describes where decoding failed and why, in a bounded length.
    #[cold]
    pub(super) fn into_error(self) -> DecodeError {
        let Content { path, problem } = *self.0;
        DecodeError::new(format!("at value{path}: {}", shorten(problem)))
    }
}

/// Cuts the middle out of a long message. serde quotes the value there, after its first words and
/// before the expected type.
fn shorten(problem: String) -> String {
    const END_LENGTH: usize = 100;
    let start = problem.char_indices().nth(END_LENGTH);
    let end = problem.char_indices().nth_back(END_LENGTH - 1);
    match (start, end) {
        (Some((start, _)), Some((end, _))) if start < end => {
            [&problem[..start], "…", &problem[end..]].concat()
        }
        _ => problem,
    }
}

impl From<JsonError> for DecodeProblem {
    #[cold]
    fn from(error: JsonError) -> Self {
        Self::custom(error)
    }
}

impl Error for DecodeProblem {
    #[cold]
    fn custom<T: fmt::Display>(problem: T) -> Self {
        Self(Box::new(Content { path: ErrorPath::default(), problem: problem.to_string() }))
    }

    #[cold]
    fn invalid_type(found: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::custom(format_args!("invalid type: {}, expected {expected}", Found(found)))
    }

    #[cold]
    fn invalid_value(found: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::custom(format_args!("invalid value: {}, expected {expected}", Found(found)))
    }
}

/// Describes a value as serde does, except that `()` is called `null`. serde's own description
/// would add the standard library's printing of floats to an app.
struct Found<'a>(Unexpected<'a>);

impl fmt::Display for Found<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Unexpected::Bool(value) => write!(f, "boolean `{value}`"),
            Unexpected::Unsigned(integer) => write!(f, "integer `{integer}`"),
            Unexpected::Signed(integer) => write!(f, "integer `{integer}`"),
            Unexpected::Float(float) => write!(f, "floating point `{}`", json::float_to_string(float)),
            Unexpected::Char(character) => write!(f, "character `{character}`"),
            Unexpected::Str(string) => write!(f, "string {string:?}"),
            Unexpected::Bytes(_) => f.write_str("byte array"),
            Unexpected::Unit => f.write_str("null"),
            Unexpected::Option => f.write_str("Option value"),
            Unexpected::NewtypeStruct => f.write_str("newtype struct"),
            Unexpected::Seq => f.write_str("sequence"),
            Unexpected::Map => f.write_str("map"),
            Unexpected::Enum => f.write_str("enum"),
            Unexpected::UnitVariant => f.write_str("unit variant"),
            Unexpected::NewtypeVariant => f.write_str("newtype variant"),
            Unexpected::TupleVariant => f.write_str("tuple variant"),
            Unexpected::StructVariant => f.write_str("struct variant"),
            Unexpected::Other(other) => f.write_str(other),
        }
    }
}

impl fmt::Display for DecodeProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.problem)
    }
}

impl std::error::Error for DecodeProblem {}
