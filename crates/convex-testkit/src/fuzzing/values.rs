//! The `values` target: the value codec. A server's value is decoded or refused, and a decoded
//! value can be encoded again.

use convex_sync::{EncodedValue, Value};
use serde_json::Value as Json;

use super::{received, typed};

/// The deepest nesting of arrays and objects, and the longest key: the limits of Convex.
const MAX_NESTING: usize = 64;
const MAX_KEY: usize = 1024;

/// Decodes the input as the JSON text of a value, as the dynamic type and as user-defined types.
///
/// # Panics
///
/// Panics if a codec does, if a decoded value has another encoding, or if the client's codec and
/// the model deployment's differ.
pub fn values(data: &[u8]) {
    let Some(received) = std::str::from_utf8(data).ok().and_then(received) else { return };
    let model = model(received.as_json());
    if let Ok(value) = received.decode::<Value>() {
        check_round_trip(&value);
        if let Some(model) = &model {
            assert_eq!(same(&value), *model, "the deployment decodes {} differently", received.as_json());
        }
    }
    if let Some(model) = model {
        check_server_value(model);
    }
    typed::read(&received);
}

/// The value as the deployment's codec decodes it.
fn model(json: &str) -> Option<crate::Value> {
    crate::Value::try_from(serde_json::from_str::<Json>(json).ok()?).ok()
}

/// A decoded value can be encoded, if it is within Convex's limits, and every codec decodes that to
/// the same value.
fn check_round_trip(value: &Value) {
    let encoded = match EncodedValue::encode(value) {
        Ok(encoded) => encoded,
        Err(error) => return assert!(!is_within_limits(value, 0), "{error}: {value:?}"),
    };
    assert!(is_within_limits(value, 0), "a value beyond the limits was encoded: {value:?}");
    let read: Value = encoded.decode().expect("an encoded value can be decoded");
    assert_eq!(same(&read), same(value));
    assert_eq!(EncodedValue::encode(&read).as_ref(), Ok(&encoded), "the encoding is canonical");
    assert_eq!(model(encoded.as_json()), Some(same(value)), "the deployment decodes {}", encoded.as_json());
}

fn check_server_value(model: crate::Value) {
    let text = Json::from(model.clone()).to_string();
    let received = received(&text).expect("a server's value can be part of a frame");
    match received.decode::<Value>() {
        Ok(value) => assert_eq!(same(&value), model, "{text}"),
        Err(error) => panic!("{error}: {text}"),
    }
}

/// Whether a value is within Convex's limits for keys and nesting.
fn is_within_limits(value: &Value, depth: usize) -> bool {
    let fits = |value| depth < MAX_NESTING && is_within_limits(value, depth + 1);
    match value {
        Value::Array(values) => depth < MAX_NESTING && values.iter().all(fits),
        Value::Object(fields) => {
            depth < MAX_NESTING && fields.iter().all(|(key, value)| is_key(key) && fits(value))
        }
        _ => true,
    }
}

fn is_key(key: &str) -> bool {
    !key.starts_with('$') && key.len() <= MAX_KEY && key.bytes().all(|byte| (b' '..=b'~').contains(&byte))
}

/// The same value in the deployment's type, which compares bitwise.
fn same(value: &Value) -> crate::Value {
    match value {
        Value::Null => crate::Value::Null,
        Value::Bool(value) => crate::Value::Boolean(*value),
        Value::Int64(value) => crate::Value::Int64(*value),
        Value::Float64(value) => crate::Value::Float64(*value),
        Value::String(value) => crate::Value::String(value.clone()),
        Value::Bytes(value) => crate::Value::Bytes(value.clone()),
        Value::Array(values) => crate::Value::Array(values.iter().map(same).collect()),
        Value::Object(fields) => {
            crate::Value::Object(fields.iter().map(|(key, value)| (key.clone(), same(value))).collect())
        }
    }
}
