//! Values without a JSON notation: they are sent as an object with one key that starts with `$`
//! (docs/protocol.md §11).

use crate::{
    base64::{self, Alphabet},
    fields,
};
use serde::de::{Error, IgnoredAny, MapAccess};

pub(super) const INT64: &str = "$integer";
pub(super) const FLOAT64: &str = "$float";
pub(super) const BYTES: &str = "$bytes";

/// The key under which serde_json passes numbers as text if another crate has turned on its feature
/// `arbitrary_precision`.
pub(super) const JSON_NUMBER: &str = "$serde_json::private::Number";

/// A value that JSON has no notation for.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Tagged {
    Int64(i64),
    /// An infinity, `NaN` or minus zero.
    Float64(f64),
    Bytes(Vec<u8>),
}

impl Tagged {
    /// Parses the object `{key: text}`.
    pub(super) fn parse(key: &str, text: &str) -> Result<Self, String> {
        let bytes = from_base64(text).ok_or_else(|| format!("the text of a `{key}` is not base64"));
        match key {
            INT64 => Ok(Self::Int64(i64::from_le_bytes(eight_bytes(key, &bytes?)?))),
            FLOAT64 => match f64::from_le_bytes(eight_bytes(key, &bytes?)?) {
                float if is_tagged_float(float) => Ok(Self::Float64(float)),
                _ => Err(format!("a `{key}` that should have been encoded as a number")),
            },
            BYTES => bytes.map(Self::Bytes),
            _ => Err(describe_reserved_key(key)),
        }
    }
}

/// Reads an object of another format; `None` if it is not a tagged value.
pub(super) fn from_map<'de, A: MapAccess<'de>>(mut map: A) -> Result<Option<Tagged>, A::Error> {
    match map.next_key::<String>()? {
        Some(key) if is_tag(&key) => read_after_tag(&key, &mut map).map(Some),
        _ => Ok(None),
    }
}

/// Reads the rest of a tagged value after its key.
pub(super) fn read_after_tag<'de, A: MapAccess<'de>>(key: &str, map: &mut A) -> Result<Tagged, A::Error> {
    let text = map.next_value::<String>()?;
    match map.next_key::<IgnoredAny>()? {
        None => Tagged::parse(key, &text).map_err(A::Error::custom),
        Some(IgnoredAny) => Err(A::Error::custom(describe_other_keys(key))),
    }
}

/// The error for a tagged object with more than its one key.
pub(super) fn describe_other_keys(key: &str) -> String {
    format!("a `{key}` with other keys beside it")
}

/// The error for a key that starts with `$` and is not a known tag.
pub(super) fn describe_reserved_key(key: &str) -> String {
    match key {
        "$set" | "$map" => format!("a `{key}`: Convex no longer has sets and maps"),
        _ => format!("the key `{key}`: keys that start with `$` are reserved"),
    }
}

pub(super) fn is_tag(key: &str) -> bool {
    matches!(key, INT64 | FLOAT64 | BYTES)
}

/// Whether a float is sent as a tagged object, not as a JSON number.
pub(super) fn is_tagged_float(float: f64) -> bool {
    !float.is_finite() || (float == 0.0 && float.is_sign_negative())
}

/// 2^53: up to here, every integer is exact as a float.
const MAX_EXACT: u64 = 1 << f64::MANTISSA_DIGITS;

/// The integer that equals `float`, if all integers around it are exact as floats too.
pub(super) fn as_exact_integer(float: f64) -> Option<i64> {
    (float.abs() <= MAX_EXACT as f64 && float.fract() == 0.0 && !is_tagged_float(float))
        .then_some(float as i64)
}

/// The integer that equals `float`, also beyond the range in which every integer is exact.
pub(super) fn as_integer(float: f64) -> Option<i64> {
    const LIMIT: f64 = (1_u64 << 63) as f64;
    ((-LIMIT..LIMIT).contains(&float) && float.fract() == 0.0 && !is_tagged_float(float))
        .then_some(float as i64)
}

pub(super) fn is_exact(integer: i64) -> bool {
    integer.unsigned_abs() <= MAX_EXACT
}

/// Reads a whole text as a JSON number.
pub(super) fn float(number: &str) -> Option<f64> {
    fields::read(number).ok()
}

fn from_base64(text: &str) -> Option<Vec<u8>> {
    base64::decode(text, Alphabet::Standard).or_else(|| base64::decode(text, Alphabet::UrlSafe))
}

fn eight_bytes(key: &str, bytes: &[u8]) -> Result<[u8; 8], String> {
    bytes.try_into().map_err(|_| format!("a `{key}` of {} bytes instead of 8", bytes.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_values_parse_and_encode() {
        for (integer, text) in [
            (1, "AQAAAAAAAAA="),
            (-1, "//////////8="),
            (i64::MIN, "AAAAAAAAAIA="),
            (i64::MAX, "/////////38="),
        ] {
            assert_eq!(base64::encode(&integer.to_le_bytes()), text);
            assert_eq!(Tagged::parse(INT64, text), Ok(Tagged::Int64(integer)));
        }
        for (float, text) in
            [(f64::INFINITY, "AAAAAAAA8H8="), (f64::NEG_INFINITY, "AAAAAAAA8P8="), (-0.0, "AAAAAAAAAIA=")]
        {
            assert_eq!(base64::encode(&float.to_le_bytes()), text);
            assert_eq!(Tagged::parse(FLOAT64, text), Ok(Tagged::Float64(float)));
        }
        let Ok(Tagged::Float64(nan)) = Tagged::parse(FLOAT64, "AAAAAAAA+H8=") else { panic!("a NaN") };
        assert!(nan.is_nan());
        assert_eq!(base64::encode(&f64::NAN.to_le_bytes()), "AAAAAAAA+H8=");
    }

    #[test]
    fn both_alphabets_parse_with_and_without_padding() {
        for text in ["+/8=", "-_8=", "+/8", "-_8"] {
            assert_eq!(Tagged::parse(BYTES, text), Ok(Tagged::Bytes(vec![0xfb, 0xff])), "{text}");
        }
    }

    #[test]
    fn invalid_tagged_values_are_errors() {
        for (key, text) in [
            (INT64, ""),
            (INT64, "AQ=="),
            (INT64, "AAAAAAAAAAAA"),
            (FLOAT64, "AAAAAAAAAAA="),
            (FLOAT64, "AAAAAAAA8D8="),
            (FLOAT64, "AA=="),
            (BYTES, "?"),
            ("$set", ""),
            ("$commitTs", ""),
        ] {
            assert!(Tagged::parse(key, text).is_err(), "{key}: {text}");
        }
    }

    #[test]
    fn floats_convert_to_integers_only_if_whole() {
        let two_to_53 = 9_007_199_254_740_992.0;
        assert_eq!(as_exact_integer(two_to_53), Some(1 << 53));
        assert_eq!(as_exact_integer(-two_to_53), Some(-(1 << 53)));
        assert_eq!(as_exact_integer(two_to_53 + 2.0), None);
        assert_eq!(as_integer(1.7e18), Some(1_700_000_000_000_000_000));
        assert_eq!(as_integer(-9_223_372_036_854_775_808.0), Some(i64::MIN));
        for float in [0.5, -0.0, f64::NAN, f64::INFINITY, 9_223_372_036_854_775_808.0] {
            assert_eq!(as_exact_integer(float), None, "{float}");
            assert_eq!(as_integer(float), None, "{float}");
        }
    }
}
