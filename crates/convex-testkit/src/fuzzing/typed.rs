//! Values as user-defined types.

use std::collections::BTreeMap;

use convex_sync::{Bytes, EncodedValue, Int64, Value};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

/// Decodes a value as each of the types, and encodes the results again.
pub(super) fn read(received: &EncodedValue) {
    survives::<TypedDocument>(received);
    survives::<Vec<TypedDocument>>(received);
    survives::<External>(received);
    survives::<Internal>(received);
    survives::<Adjacent>(received);
    survives::<Untagged>(received);
    survives::<Flattened>(received);
    survives::<BTreeMap<String, Option<f64>>>(received);
    survives::<BTreeMap<i64, bool>>(received);
    survives::<(i8, f32, char)>(received);
    survives::<[u64; 2]>(received);
    survives::<Vec<u8>>(received);
    survives::<Int64>(received);
    survives::<Bytes>(received);
    survives::<u128>(received);
    survives::<Option<()>>(received);
    survives::<serde_json::Value>(received);
}

/// A decoded value that can be encoded decodes to the same value again, and has the same encoding.
fn survives<T: Serialize + DeserializeOwned>(received: &EncodedValue) {
    let Ok(value) = received.decode::<T>() else { return };
    // An integer may fit only an `Int64`, and a key may be invalid.
    let Ok(encoded) = EncodedValue::encode(&value) else { return };
    let again: T = encoded.decode().unwrap_or_else(|error| panic!("{error}: {}", encoded.as_json()));
    assert_eq!(EncodedValue::encode(&again).as_ref(), Ok(&encoded));
}

#[derive(Debug, Serialize, Deserialize)]
struct TypedDocument {
    #[serde(rename = "_id")]
    id: String,
    #[serde(rename = "_creationTime")]
    created: f64,
    #[serde(default)]
    likes: u32,
    count: Option<Int64>,
    picture: Option<Bytes>,
    #[serde(default, with = "serde_bytes")]
    hash: Vec<u8>,
    #[serde(default)]
    tags: Vec<Option<String>>,
    other: Option<Value>,
}

#[derive(Debug, Serialize, Deserialize)]
enum External {
    Nothing,
    One(i64),
    Two(f64, bool),
    Fields { a: String, b: Option<Box<External>> },
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "camelCase")]
enum Internal {
    Text { body: String },
    Image { bytes: Bytes, size: Int64 },
    Many { parts: Vec<Internal> },
    End,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "t", content = "c")]
enum Adjacent {
    Number(f64),
    Value(Value),
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(untagged)]
enum Untagged {
    Integer(Int64),
    Float(f64),
    Bytes(Bytes),
    Text(String),
    List(Vec<Untagged>),
    Fields(BTreeMap<String, Untagged>),
}

#[derive(Debug, Serialize, Deserialize)]
struct Flattened {
    name: String,
    #[serde(flatten)]
    rest: BTreeMap<String, Value>,
}
