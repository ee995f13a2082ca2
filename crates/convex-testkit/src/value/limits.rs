//! Limits of values: the backend's size computation, and its texts (`docs/protocol.md`, §16).
//!
//! **Sizes**: null and a boolean count 1 byte, a number 9, a string or bytes their length + 2, an
//! array 2 + its elements, an object 2 + for each field the length of its name + 1 + its value.
//! That is close to the size of the decoded data, not of the JSON text.

use super::Value;

/// Limits of the arguments and the result of a call.
pub(crate) const MAX_CALL_BYTES: usize = 16 << 20;
const MAX_BYTES: usize = 32 << 20;
const MAX_NESTING: usize = 64;
const MAX_FIELDS: usize = 1024;
const MAX_ELEMENTS: usize = 8192;

impl Value {
    /// The size in bytes, computed as the backend does.
    pub fn size(&self) -> usize {
        match self {
            Self::Null | Self::Boolean(_) => 1,
            Self::Int64(_) | Self::Float64(_) => 9,
            Self::String(text) => text.len() + 2,
            Self::Bytes(bytes) => bytes.len() + 2,
            Self::Array(elements) => 2 + elements.iter().map(Self::size).sum::<usize>(),
            Self::Object(fields) => {
                2 + fields.iter().map(|(name, field)| name.len() + 1 + field.size()).sum::<usize>()
            }
        }
    }

    /// How deeply arrays and objects are nested; 0 for other values.
    fn nesting(&self) -> usize {
        let deepest = match self {
            Self::Array(elements) => elements.iter().map(Self::nesting).max(),
            Self::Object(fields) => fields.values().map(Self::nesting).max(),
            _ => return 0,
        };
        1 + deepest.unwrap_or(0)
    }
}

/// Checks the limits of any value.
///
/// # Errors
///
/// The backend's text for the limit that `value` exceeds.
pub(crate) fn check(value: &Value) -> Result<(), String> {
    check_lengths(value)?;
    let (size, nesting) = (value.size(), value.nesting());
    if size > MAX_BYTES {
        return Err(format!("Value is too large ({} > maximum size {})", bytes(size), bytes(MAX_BYTES)));
    }
    if nesting > MAX_NESTING {
        return Err(format!(
            "Value is too nested (nested {nesting} levels deep > maximum nesting {MAX_NESTING})"
        ));
    }
    Ok(())
}

fn check_lengths(value: &Value) -> Result<(), String> {
    match value {
        Value::Array(elements) if elements.len() > MAX_ELEMENTS => {
            let length = elements.len();
            Err(format!("Array length is too long ({length} > maximum length {MAX_ELEMENTS})"))
        }
        Value::Object(fields) if fields.len() > MAX_FIELDS => {
            let count = fields.len();
            Err(format!("Object has too many fields ({count} > maximum number {MAX_FIELDS})"))
        }
        Value::Array(elements) => elements.iter().try_for_each(check_lengths),
        Value::Object(fields) => fields.values().try_for_each(check_lengths),
        _ => Ok(()),
    }
}

/// A size in the backend's notation: `16 MiB`, `16.50 MiB`.
pub(crate) fn bytes(size: usize) -> String {
    const UNITS: [&str; 4] = ["B", "KiB", "MiB", "GiB"];
    let mut unit = 0;
    let mut scaled = size as f64;
    while scaled >= 1024.0 && unit + 1 < UNITS.len() {
        scaled /= 1024.0;
        unit += 1;
    }
    let number = if scaled.fract() == 0.0 { format!("{scaled}") } else { format!("{scaled:.2}") };
    format!("{number} {}", UNITS[unit])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::object;

    #[rstest::rstest]
    #[case(Value::Null, 1)]
    #[case(Value::Boolean(true), 1)]
    #[case(Value::Int64(1), 9)]
    #[case(Value::Float64(1.0), 9)]
    #[case(Value::from("abc"), 5)]
    #[case(Value::Bytes(vec![0; 3]), 5)]
    #[case(Value::Array(vec![Value::Null, Value::Null]), 4)]
    #[case(Value::Object(object! { "ab" => () }), 6)]
    fn sizes_are_computed_as_in_the_backend(#[case] value: Value, #[case] size: usize) {
        assert_eq!(value.size(), size);
    }

    fn nested(levels: usize) -> Value {
        (0..levels).fold(Value::Null, |inner, _| Value::Array(vec![inner]))
    }

    #[rstest::rstest]
    #[case(nested(64), None)]
    #[case(nested(65), Some("Value is too nested (nested 65 levels deep > maximum nesting 64)"))]
    #[case(Value::Array(vec![Value::Null; 8192]), None)]
    #[case(Value::Array(vec![Value::Null; 8193]), Some("Array length is too long (8193 > maximum length 8192)"))]
    #[case(fields(1024), None)]
    #[case(fields(1025), Some("Object has too many fields (1025 > maximum number 1024)"))]
    #[case(Value::Bytes(vec![0; (32 << 20) - 2]), None)]
    #[case(Value::Bytes(vec![0; 33 << 20]), Some("Value is too large (33.00 MiB > maximum size 32 MiB)"))]
    fn exceeded_limits_are_named(#[case] value: Value, #[case] error: Option<&str>) {
        assert_eq!(check(&value).err().as_deref(), error);
    }

    fn fields(count: usize) -> Value {
        Value::Object((0..count).map(|field| (field.to_string(), Value::Null)).collect())
    }

    #[rstest::rstest]
    #[case(17, "17 B")]
    #[case(16 << 20, "16 MiB")]
    #[case((16 << 20) + (1 << 19), "16.50 MiB")]
    fn sizes_have_units(#[case] size: usize, #[case] text: &str) {
        assert_eq!(bytes(size), text);
    }
}
