//! The `json` target: the client's JSON codec against serde_json.

use convex_sync::EncodedValue;
use serde_json::Value as Json;

use super::{memory, received};

/// How many bytes both codecs and the values may need for each byte of input. Nested arrays take
/// most: `[` is a list with room for four values.
const MEMORY_PER_BYTE: usize = 1000;

/// Parses the first line of the input as JSON and decodes it, and decodes the second line as its
/// successor, as both codecs.
///
/// # Panics
///
/// Panics if a codec does, if they differ in what is JSON or which value it denotes, or if decoding
/// needs too much memory.
pub fn json(data: &[u8]) {
    let Ok(data) = std::str::from_utf8(data) else { return };
    let (text, after) = data.split_once('\n').unwrap_or((data, data));
    let Some((encoded, value)) = within_memory(data, || parse(text)) else { return };
    within_memory(data, || decode_after(&encoded, after));
    // Convex reserves such keys; the `values` target tests them.
    if !has_reserved_key(&value) {
        decode(&encoded, &value);
        encode(&value);
    }
}

/// Does something that needs no more memory than the input allows.
fn within_memory<T>(input: &str, act: impl FnOnce() -> T) -> T {
    let (result, needed) = memory::peak_of(act);
    let limit = 4096 + MEMORY_PER_BYTE * input.len();
    assert!(needed <= limit.cast_signed(), "{needed} bytes for {} bytes of JSON: {input}", input.len());
    result
}

/// Parses text by both codecs. They agree on whether it is JSON.
fn parse(text: &str) -> Option<(EncodedValue, Json)> {
    let ours = EncodedValue::parse(text);
    match serde_json::from_str::<Json>(text) {
        Ok(value) => {
            let ours = ours.unwrap_or_else(|error| panic!("{error}: {text}"));
            // Received, it is found by its brackets and quotes.
            assert_eq!(ours.as_json(), text.trim_matches([' ', '\n', '\r', '\t']));
            assert_eq!(received(text).as_ref(), Some(&ours), "{text}");
            Some((ours, value))
        }
        // The codecs count levels differently.
        Err(error) if error.to_string().starts_with("recursion limit") => None,
        Err(error) => {
            assert!(ours.is_err(), "serde_json: {error}: {text}");
            None
        }
    }
}

/// The text denotes this value.
fn decode(encoded: &EncodedValue, value: &Json) {
    let decoded: Json = encoded.decode().unwrap_or_else(|error| panic!("{error}: {}", encoded.as_json()));
    assert!(is_same(&decoded, value), "{decoded} for {value}");
}

/// A value is written as text that denotes it. Integers and nesting that Convex does not have are
/// refused.
fn encode(value: &Json) {
    let Ok(encoded) = EncodedValue::encode(value) else { return };
    // Large numbers are tagged.
    let Some(read) = serde_json::from_str(encoded.as_json()).ok().filter(|read| !has_reserved_key(read))
    else {
        return;
    };
    assert!(is_same(&read, value), "{} for {value}", encoded.as_json());
}

/// A list is decoded to the same items, whether or not those of an earlier list are reused.
fn decode_after(before: &EncodedValue, after: &str) {
    let Ok(after) = EncodedValue::parse(after) else { return };
    let Ok(mut items) = before.decode::<Vec<Json>>() else { return };
    let reused = after.decode_changed_items(before, |index| Some(items[index].take()));
    assert_eq!(reused, after.decode(), "{} after {}", after.as_json(), before.as_json());
}

fn has_reserved_key(value: &Json) -> bool {
    match value {
        Json::Array(items) => items.iter().any(has_reserved_key),
        Json::Object(fields) => {
            fields.iter().any(|(key, value)| key.starts_with('$') || has_reserved_key(value))
        }
        _ => false,
    }
}

/// Whether two values are equal, with numbers compared by value: 1.0 may be read as 1.
fn is_same(one: &Json, other: &Json) -> bool {
    match (one, other) {
        (Json::Number(one), Json::Number(other)) if one.is_f64() || other.is_f64() => {
            let bits = |number: &serde_json::Number| number.as_f64().map(f64::to_bits);
            bits(one) == bits(other)
        }
        (Json::Array(one), Json::Array(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(one, other)| is_same(one, other))
        }
        (Json::Object(one), Json::Object(other)) => {
            let is_same = |(key, one)| other.get(key).is_some_and(|other| is_same(one, other));
            one.len() == other.len() && one.iter().all(is_same)
        }
        (one, other) => one == other,
    }
}
