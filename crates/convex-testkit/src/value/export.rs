//! The formats of the HTTP API that lose types (`docs/protocol.md`, §10.2).

use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::{Value as Json, json};

use super::Value;

/// The encoding of results over HTTP.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Format {
    /// `convex_encoded_json`: lossless.
    Encoded,
    /// `json`: an Int64 and bytes become strings.
    Clean,
    /// `export_json`: an Int64 becomes a number.
    Export,
}

impl Format {
    /// The format that a request names; `None` if it is unknown.
    pub(crate) fn of(name: Option<&str>) -> Option<Self> {
        match name {
            Some("convex_encoded_json" | "convex_json") => Some(Self::Encoded),
            None | Some("json" | "convex_clean_json") => Some(Self::Clean),
            Some("export_json") => Some(Self::Export),
            Some(_) => None,
        }
    }

    pub(crate) fn encode(self, value: Value) -> Json {
        match value {
            value if self == Self::Encoded => value.into(),
            Value::Array(elements) => elements.into_iter().map(|element| self.encode(element)).collect(),
            Value::Object(fields) => {
                fields.into_iter().map(|(name, field)| (name, self.encode(field))).collect()
            }
            Value::Int64(number) if self == Self::Export => json!(number),
            Value::Int64(number) => json!(number.to_string()),
            Value::Bytes(bytes) if self == Self::Clean => json!(STANDARD.encode(bytes)),
            Value::Float64(number) if number.is_finite() => json!(number),
            Value::Float64(number) if self == Self::Clean => json!(not_finite(number)),
            value => value.into(),
        }
    }
}

fn not_finite(number: f64) -> &'static str {
    match number {
        f64::INFINITY => "Infinity",
        f64::NEG_INFINITY => "-Infinity",
        _ => "NaN",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::object;

    #[test]
    fn formats_differ_in_numbers_and_bytes() {
        let all =
            object! { "i" => Value::Int64(1), "b" => Value::Bytes(vec![0]), "n" => f64::NAN, "f" => 1.0 };
        let encoded = |name| Format::of(name).unwrap().encode(Value::Object(all.clone()));
        assert_eq!(encoded(None), json!({ "i": "1", "b": "AA==", "n": "NaN", "f": 1.0 }));
        let lossless = json!({ "$float": "AAAAAAAA+H8=" });
        assert_eq!(
            encoded(Some("export_json")),
            json!({ "i": 1, "b": { "$bytes": "AA==" }, "n": lossless, "f": 1.0 })
        );
        assert_eq!(
            encoded(Some("convex_encoded_json")),
            json!({ "i": { "$integer": "AQAAAAAAAAA=" }, "b": { "$bytes": "AA==" }, "n": lossless, "f": 1.0 })
        );
        assert_eq!(Format::of(Some("xml")), None);
    }
}
