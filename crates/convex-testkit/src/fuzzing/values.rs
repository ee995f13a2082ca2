//! The value codec: whatever a server sends as a value is read or refused, and what was read can be
//! written again.

use convex_sync::{
    EncodedValue, Value,
    wire::{ServerFrame, ServerResponse},
};
use serde_json::Value as Json;

use super::typed;

/// Arrays and objects inside each other, at most, and the longest key: what Convex holds.
const MAX_NESTING: usize = 64;
const MAX_KEY: usize = 1024;

/// Reads the input as the JSON text of a value, as the dynamic type and as users' types.
///
/// # Panics
///
/// Where a codec does, where what was read is not what is written, or where the client's codec and
/// the model deployment's differ.
pub fn values(data: &[u8]) {
    let Some(received) = std::str::from_utf8(data).ok().and_then(received) else { return };
    let model = model(received.as_json());
    if let Ok(value) = received.decode::<Value>() {
        survives(&value);
        if let Some(model) = &model {
            assert_eq!(same(&value), *model, "the deployment reads {} otherwise", received.as_json());
        }
    }
    if let Some(model) = model {
        reads_what_servers_write(model);
    }
    typed::read(&received);
}

/// A value as it comes in: as the part of a frame.
fn received(text: &str) -> Option<EncodedValue> {
    let frame = format!(r#"{{"type":"ActionResponse","requestId":0,"success":true,"result":{text}}}"#);
    match ServerFrame::parse(&frame) {
        Ok(ServerFrame::ActionResponse(ServerResponse { outcome, .. })) => outcome.ok(),
        _ => None,
    }
}

/// The value as the deployment's codec reads it.
fn model(json: &str) -> Option<crate::Value> {
    crate::Value::try_from(serde_json::from_str::<Json>(json).ok()?).ok()
}

/// What was read can be written, where Convex can hold it, and is then the same for everybody who
/// reads it.
fn survives(value: &Value) {
    let encoded = match EncodedValue::encode(value) {
        Ok(encoded) => encoded,
        Err(error) => return assert!(!can_be_held(value, 0), "{error}: {value:?}"),
    };
    assert!(can_be_held(value, 0), "it was written, and nobody can hold it: {value:?}");
    let read: Value = encoded.decode().expect("what was written can be read");
    assert_eq!(same(&read), same(value));
    assert_eq!(EncodedValue::encode(&read).as_ref(), Ok(&encoded), "there is one encoding");
    assert_eq!(model(encoded.as_json()), Some(same(value)), "the deployment reads {}", encoded.as_json());
}

fn reads_what_servers_write(model: crate::Value) {
    let text = Json::from(model.clone()).to_string();
    let received = received(&text).expect("a server's value can be part of a frame");
    match received.decode::<Value>() {
        Ok(value) => assert_eq!(same(&value), model, "{text}"),
        Err(error) => panic!("{error}: {text}"),
    }
}

/// Whether Convex can hold it: keys, and how deep it goes.
fn can_be_held(value: &Value, depth: usize) -> bool {
    let fits = |value| depth < MAX_NESTING && can_be_held(value, depth + 1);
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

/// The same value in the deployment's type, whose equality is to the bit.
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
