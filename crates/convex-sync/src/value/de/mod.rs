//! Decoding: from JSON text straight into Rust types.
//!
//! [`Decoder`] reads the text and translates Convex's encoding on the way: it recognizes tagged
//! objects (`{"$integer": …}`), and converts numbers as the type that asks for them demands. No
//! value tree is built.

mod access;
mod changed;
mod decoder;
mod key;
mod problem;
#[cfg(test)]
mod tests;

pub(crate) use changed::decode_changed;

use self::{decoder::Decoder, problem::DecodeProblem};
use super::error::DecodeError;
use crate::json::Reader;
use serde::de::Deserialize;

/// Decodes a value.
pub(crate) fn decode<'de, T: Deserialize<'de>>(json: &'de str) -> Result<T, DecodeError> {
    let mut reader = Reader::new(json);
    T::deserialize(Decoder(&mut reader))
        .and_then(|value| reader.end().map(|()| value).map_err(DecodeProblem::from))
        .map_err(DecodeProblem::into_error)
}
