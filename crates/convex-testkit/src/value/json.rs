//! Values to and from `convex_encoded_json`.

use base64::{
    Engine, alphabet,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig, general_purpose::STANDARD},
};
use serde_json::{Map, Number, Value as Json, json};

use super::{Object, Value};

const MAX_FIELD_NAME: usize = 1024;

const LENIENT_CONFIG: GeneralPurposeConfig =
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
const URL_SAFE: GeneralPurpose = GeneralPurpose::new(&alphabet::URL_SAFE, LENIENT_CONFIG);

/// JSON that is not a Convex value, with the reason.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct InvalidValue(String);

impl From<Value> for Json {
    fn from(value: Value) -> Self {
        match value {
            Value::Null => Self::Null,
            Value::Int64(number) => json!({ "$integer": STANDARD.encode(number.to_le_bytes()) }),
            Value::Float64(number) => float(number),
            Value::Boolean(flag) => Self::Bool(flag),
            Value::String(text) => Self::String(text),
            Value::Bytes(bytes) => json!({ "$bytes": STANDARD.encode(bytes) }),
            Value::Array(elements) => elements.into_iter().map(Self::from).collect(),
            Value::Object(fields) => fields
                .into_iter()
                .map(|(name, field)| (name, Self::from(field)))
                .collect::<Map<_, _>>()
                .into(),
        }
    }
}

/// A whole number is written with `.0`, as by the Rust server.
fn float(number: f64) -> Json {
    let negative_zero = number == 0.0 && number.is_sign_negative();
    match Number::from_f64(number) {
        Some(plain) if !negative_zero => Json::Number(plain),
        _ => json!({ "$float": STANDARD.encode(number.to_le_bytes()) }),
    }
}

impl TryFrom<Json> for Value {
    type Error = anyhow::Error;

    fn try_from(json: Json) -> Result<Self, Self::Error> {
        Ok(decode(json)?)
    }
}

fn decode(json: Json) -> Result<Value, InvalidValue> {
    Ok(match json {
        Json::Null => Value::Null,
        Json::Bool(flag) => Value::Boolean(flag),
        Json::Number(number) => {
            Value::Float64(number.as_f64().ok_or_else(|| invalid("a number out of range"))?)
        }
        Json::String(text) => Value::String(text),
        Json::Array(elements) => Value::Array(elements.into_iter().map(decode).collect::<Result<_, _>>()?),
        Json::Object(fields) => match special(&fields)? {
            Some(value) => value,
            None => Value::Object(object(fields)?),
        },
    })
}

fn special(fields: &Map<String, Json>) -> Result<Option<Value>, InvalidValue> {
    let mut entries = fields.iter();
    let (Some((name, content)), None) = (entries.next(), entries.next()) else { return Ok(None) };
    if !name.starts_with('$') {
        return Ok(None);
    }
    let content =
        content.as_str().ok_or_else(|| invalid(format!("Malformed {name} field, value isn't a string")));
    match name.as_str() {
        "$integer" => Ok(Some(Value::Int64(i64::from_le_bytes(eight_bytes(content?)?)))),
        "$float" => special_float(f64::from_le_bytes(eight_bytes(content?)?)).map(Some),
        "$bytes" => Ok(Some(Value::Bytes(bytes(content?)?))),
        "$set" | "$map" => Err(invalid(format!("Received a {name}, which is no longer supported"))),
        _ => Err(invalid(format!("Field name {name} starts with '$', which is reserved"))),
    }
}

fn special_float(number: f64) -> Result<Value, InvalidValue> {
    if float(number).is_number() {
        return Err(invalid(format!("Float {number} should be encoded as a number")));
    }
    Ok(Value::Float64(number))
}

fn object(fields: Map<String, Json>) -> Result<Object, InvalidValue> {
    fields
        .into_iter()
        .map(|(name, field)| {
            check_field_name(&name)?;
            Ok((name, decode(field)?))
        })
        .collect()
}

fn check_field_name(name: &str) -> Result<(), InvalidValue> {
    if name.starts_with('$') {
        return Err(invalid(format!("Field name {name} starts with '$', which is reserved")));
    }
    if name.len() > MAX_FIELD_NAME {
        return Err(invalid(format!("Field name {name} exceeds {MAX_FIELD_NAME} characters")));
    }
    if let Some(odd) = name.chars().find(|character| !(' '..='~').contains(character)) {
        return Err(invalid(format!("Field name {name} has invalid character {odd:?}")));
    }
    Ok(())
}

fn eight_bytes(text: &str) -> Result<[u8; 8], InvalidValue> {
    let bytes = bytes(text)?;
    <[u8; 8]>::try_from(bytes).map_err(|bytes| invalid(format!("Received {} bytes, expected 8", bytes.len())))
}

fn bytes(text: &str) -> Result<Vec<u8>, InvalidValue> {
    STANDARD
        .decode(text)
        .or_else(|_| URL_SAFE.decode(text))
        .map_err(|error| invalid(format!("{text:?}: {error}")))
}

fn invalid(reason: impl Into<String>) -> InvalidValue {
    InvalidValue(reason.into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::object;

    #[rstest::rstest]
    #[case(Value::Null, "null")]
    #[case(Value::Float64(1.0), "1.0")]
    #[case(Value::Float64(-0.5), "-0.5")]
    #[case(Value::Float64(f64::NAN), r#"{"$float":"AAAAAAAA+H8="}"#)]
    #[case(Value::Float64(f64::INFINITY), r#"{"$float":"AAAAAAAA8H8="}"#)]
    #[case(Value::Float64(f64::NEG_INFINITY), r#"{"$float":"AAAAAAAA8P8="}"#)]
    #[case(Value::Float64(-0.0), r#"{"$float":"AAAAAAAAAIA="}"#)]
    #[case(Value::Int64(1), r#"{"$integer":"AQAAAAAAAAA="}"#)]
    #[case(Value::Int64(-1), r#"{"$integer":"//////////8="}"#)]
    #[case(Value::Int64(i64::MIN), r#"{"$integer":"AAAAAAAAAIA="}"#)]
    #[case(Value::Int64(i64::MAX), r#"{"$integer":"/////////38="}"#)]
    #[case(Value::Bytes(vec![1, 2, 255]), r#"{"$bytes":"AQL/"}"#)]
    #[case(Value::Object(object! { "b" => true, "a" => vec!["x"] }), r#"{"a":["x"],"b":true}"#)]
    fn values_have_one_encoding(#[case] value: Value, #[case] text: &str) {
        assert_eq!(Json::from(value.clone()).to_string(), text);
        assert_eq!(decode(serde_json::from_str(text).unwrap()), Ok(value));
    }

    #[test]
    fn whole_numbers_are_floats() {
        assert_eq!(decode(json!(3)), Ok(Value::Float64(3.0)));
    }

    #[test]
    fn special_names_matter_only_as_single_fields() {
        let error = decode(json!({ "$integer": "AQAAAAAAAAA=", "x": 1 })).unwrap_err();
        assert!(error.to_string().contains("reserved"), "{error}");
    }

    #[rstest::rstest]
    #[case(json!({ "$float": "AAAAAAAA8D8=" }), "should be encoded as a number")]
    #[case(json!({ "$integer": "AQ==" }), "expected 8")]
    #[case(json!({ "$integer": 1 }), "isn't a string")]
    #[case(json!({ "$set": [] }), "no longer supported")]
    #[case(json!({ "$other": "x" }), "reserved")]
    #[case(json!({ "ü": 1 }), "invalid character")]
    fn invalid_values_have_a_reason(#[case] json: Json, #[case] reason: &str) {
        let error = decode(json).unwrap_err();
        assert!(error.to_string().contains(reason), "{error}");
    }
}
