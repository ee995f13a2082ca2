//! Decoding: from JSON text straight into Rust types.
//!
//! serde_json reads the text. Two wrappers stand between it and the type, and translate Convex's
//! encoding on the way:
//!
//! - `ConvexDeserializer` stands in front of serde_json's deserializer. It records as a
//!   `TypeHint` which kind of type asks for the value.
//! - `ConvexVisitor` stands in front of the type's visitor. It recognizes tagged objects
//!   (`{"$integer": …}`) and converts numbers as the hint demands.
//!
//! Arrays, objects and enums are wrapped in turn, so that their parts are translated too. No value
//! tree is built. All wrappers are defined in `wrappers`; the other files implement serde's traits
//! for them.

mod access;
mod deserializer;
mod key;
#[cfg(test)]
mod tests;
mod visitor;
mod wrappers;

use self::wrappers::ConvexDeserializer;
use super::{error::DecodeError, error_path::ErrorPath};
use serde::de::Deserialize;
use std::cell::RefCell;

/// Decodes a value.
pub(crate) fn decode<'de, T: Deserialize<'de>>(json: &'de str) -> Result<T, DecodeError> {
    let path = RefCell::default();
    let mut deserializer = serde_json::Deserializer::from_str(json);
    T::deserialize(ConvexDeserializer { inner: &mut deserializer, path: &path })
        .and_then(|value| deserializer.end().map(|()| value))
        .map_err(|error| describe(&error, &path.into_inner()))
}

/// Describes where decoding failed and why, in a bounded length.
fn describe(error: &serde_json::Error, path: &ErrorPath) -> DecodeError {
    let text = error.to_string();
    let place = format!(" at line {} column {}", error.line(), error.column());
    let problem = shorten(text.strip_suffix(&place).unwrap_or(&text));
    DecodeError::new(format!("at value{path}: {problem}"))
}

/// Cuts the middle out of a long message. serde quotes the value there, after its first words and
/// before the expected type.
fn shorten(problem: &str) -> String {
    const END_LENGTH: usize = 100;
    let characters = problem.chars().count();
    if characters <= 2 * END_LENGTH {
        return problem.to_owned();
    }
    let start = problem.chars().take(END_LENGTH);
    let end = problem.chars().skip(characters - END_LENGTH);
    start.chain(['…']).chain(end).collect()
}
