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
use crate::text::Text;
use serde::Serialize;
use serde_json::value::RawValue;

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
    Ok((text(encoder.out), shape))
}

/// Converts an encoded array of pairs of names and values to an object; `None` if the array is
/// something else. This is unambiguous, because arguments are never an array.
pub(super) fn named_arguments(array: &str) -> Result<Option<String>, EncodeError> {
    let pairs: Vec<(Text<'_>, &RawValue)> = serde_json::from_str(array).unwrap_or_default();
    if pairs.is_empty() {
        return Ok(None);
    }
    let (mut members, mut values) = (Members::default(), Vec::with_capacity(array.len()));
    for (Text(key), value) in pairs {
        let start = values.len();
        values.extend_from_slice(value.get().as_bytes());
        if members.insert(key.clone().into_owned().into(), start..values.len()) {
            return Err(EncodeError::new(format!("at args: there are two arguments {key:?}")));
        }
    }
    Ok(Some(text(members.object(&values).map_err(|problem| problem.at("args"))?)))
}

fn text(json: Vec<u8>) -> String {
    String::from_utf8(json).expect("only UTF-8 was written")
}
