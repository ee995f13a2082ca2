//! Encoding: from Rust values to canonical JSON text.
//!
//! A value is written straight into the output; no value tree is built. The keys of an object must
//! be sorted, but a Rust type gives them in any order. So `ObjectEncoder` writes the values in the
//! order in which they arrive, remembers key and position of each in sorted order, and copies them
//! into place when the object ends. A value is therefore copied once per object around it, and
//! nesting is limited to 64 levels.

mod containers;
mod encoder;
mod error;
mod key;
mod members;
mod serializer;
#[cfg(test)]
mod tests;

pub(super) use self::encoder::Shape;

use self::{encoder::Encoder, members::Members};
use super::error::EncodeError;
use crate::json::{JsonError, Reader};
use serde::Serialize;
use std::borrow::Cow;

/// Encodes a value canonically: keys are sorted, and equal numbers of different Rust types have
/// equal text. `root` is the value's name in errors; `max_mib` is the limit of its size in MiB.
pub(super) fn encode<T: Serialize + ?Sized>(
    value: &T,
    root: &str,
    max_mib: usize,
) -> Result<(String, Shape), EncodeError> {
    let mut encoder = Encoder::new(128);
    let shape = value.serialize(&mut encoder).map_err(|problem| problem.at(root))?;
    if encoder.size > max_mib << 20 {
        return Err(EncodeError::new(format!(
            "at {root}: too large: {} bytes by Convex's measure, and the limit is {max_mib} MiB",
            encoder.size
        )));
    }
    Ok((encoder.out, shape))
}

/// Converts an encoded array of pairs of names and values to an object; `None` if the array is
/// something else. This is unambiguous, because arguments are never an array.
pub(super) fn named_arguments(array: &str) -> Result<Option<String>, EncodeError> {
    let Some(pairs) = pairs(array) else { return Ok(None) };
    let (mut members, mut values) = (Members::default(), String::with_capacity(array.len()));
    for (key, value) in pairs {
        let start = values.len();
        values.push_str(value);
        if members.insert(Cow::Owned(key.clone().into_owned()), start..values.len()) {
            return Err(EncodeError::new(format!("at args: there are two arguments {key:?}")));
        }
    }
    members.object(&values).map(Some).map_err(|problem| problem.at("args"))
}

/// The pairs of names and values; `None` if there are none.
fn pairs(array: &str) -> Option<Vec<(Cow<'_, str>, &str)>> {
    let mut pairs = Vec::new();
    let read = Reader::new(array).array(|reader| {
        reader.enter(b'[')?;
        reader.next_item(true)?;
        let name = reader.string()?;
        let has_value = reader.next_item(false)?;
        pairs.push((name, reader.raw()?));
        if !has_value || reader.next_item(false)? { Err(reader.unexpected()) } else { Ok::<_, JsonError>(()) }
    });
    read.is_ok_and(|()| !pairs.is_empty()).then_some(pairs)
}
