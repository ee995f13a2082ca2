//! The client's value codec against the model deployment's own codec: each reads the other's
//! encoding.

use convex_sync::{EncodedValue, Value as Ours};
use convex_testkit::Value as Theirs;
use proptest::{collection, prelude::*};
use serde_json::{Value as Json, json};

fn value() -> impl Strategy<Value = Theirs> {
    let leaf = prop_oneof![
        Just(Theirs::Null),
        any::<bool>().prop_map(Theirs::Boolean),
        any::<i64>().prop_map(Theirs::Int64),
        any::<f64>().prop_map(Theirs::Float64),
        (-1000_i16..1000).prop_map(|whole| Theirs::Float64(whole.into())),
        prop_oneof![Just(-0.0), Just(f64::NAN), Just(f64::INFINITY), Just(9_007_199_254_740_993.0)]
            .prop_map(Theirs::Float64),
        any::<String>().prop_map(Theirs::String),
        collection::vec(any::<u8>(), 0..20).prop_map(Theirs::Bytes),
    ];
    leaf.prop_recursive(5, 60, 6, |inner| {
        prop_oneof![
            collection::vec(inner.clone(), 0..6).prop_map(Theirs::Array),
            collection::btree_map("([ -#%-~][ -~]{0,12})?", inner, 0..6).prop_map(Theirs::Object),
        ]
    })
}

/// JSON that is a value's encoding, or almost one.
fn near_value() -> impl Strategy<Value = Json> {
    let base64 = prop_oneof![
        "[A-Za-z0-9+/]{11}=",
        "[A-Za-z0-9_-]{10}[AEIMQ]=",
        "[A-P]{0,6}={0,2}",
        Just("AAAAAAAA8H8=".into())
    ];
    let content = prop_oneof![
        4 => base64.prop_map(Json::String),
        1 => any::<i32>().prop_map(|number| json!(number)),
        1 => Just(Json::Null),
    ];
    let key = prop_oneof![
        "\\$(integer|float|bytes)",
        "\\$(integer|float|bytes)",
        "\\$(set|map|commitTs|)",
        "[a-c]"
    ];
    let object = collection::btree_map(key, content, 1..3).prop_map(|fields| json!(fields));
    (object, any::<bool>())
        .prop_map(|(object, inside)| if inside { json!([1, { "field": object }]) } else { object })
}

fn ours(value: Theirs) -> Ours {
    match value {
        Theirs::Null => Ours::Null,
        Theirs::Int64(integer) => Ours::Int64(integer),
        Theirs::Float64(float) => Ours::Float64(float),
        Theirs::Boolean(flag) => Ours::Bool(flag),
        Theirs::String(text) => Ours::String(text),
        Theirs::Bytes(bytes) => Ours::Bytes(bytes),
        Theirs::Array(elements) => Ours::Array(elements.into_iter().map(ours).collect()),
        Theirs::Object(fields) => {
            Ours::Object(fields.into_iter().map(|(key, field)| (key, ours(field))).collect())
        }
    }
}

fn theirs(value: Ours) -> Theirs {
    match value {
        Ours::Null => Theirs::Null,
        Ours::Int64(integer) => Theirs::Int64(integer),
        Ours::Float64(float) => Theirs::Float64(float),
        Ours::Bool(flag) => Theirs::Boolean(flag),
        Ours::String(text) => Theirs::String(text),
        Ours::Bytes(bytes) => Theirs::Bytes(bytes),
        Ours::Array(elements) => Theirs::Array(elements.into_iter().map(theirs).collect()),
        Ours::Object(fields) => {
            Theirs::Object(fields.into_iter().map(|(key, field)| (key, theirs(field))).collect())
        }
    }
}

/// The value that the client reads from the server's JSON, as the deployment's type.
fn received(json: &Json) -> Result<Theirs, String> {
    let frame =
        json!({"type": "ActionResponse", "requestId": 0, "success": true, "result": json}).to_string();
    let Ok(convex_sync::wire::ServerFrame::ActionResponse(response)) =
        convex_sync::wire::ServerFrame::parse(&frame)
    else {
        return Err(format!("not an action response: {frame}"));
    };
    let value = response.outcome.map_err(|error| error.to_string())?;
    value.decode::<Ours>().map(theirs).map_err(|error| error.to_string())
}

proptest! {
    #[test]
    fn deployment_reads_the_clients_encoding(value in value()) {
        let encoded = EncodedValue::encode(&ours(value.clone())).unwrap();
        let json: Json = serde_json::from_str(encoded.as_json()).unwrap();
        prop_assert_eq!(Theirs::try_from(json).unwrap(), value);
    }

    #[test]
    fn client_reads_the_deployments_encoding(value in value()) {
        prop_assert_eq!(received(&Json::from(value.clone())), Ok(value));
    }

    #[test]
    fn both_accept_and_refuse_the_same_json(json in near_value()) {
        match Theirs::try_from(json.clone()) {
            Ok(value) => prop_assert_eq!(received(&json), Ok(value)),
            Err(_) => prop_assert!(received(&json).is_err()),
        }
    }

    #[test]
    fn both_encode_values_alike(value in value()) {
        let encoded = EncodedValue::encode(&ours(value.clone())).unwrap();
        let through_theirs = EncodedValue::encode(&Json::from(value)).unwrap();
        prop_assert_eq!(encoded, through_theirs);
    }
}
