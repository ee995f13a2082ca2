use super::decode;
use crate::value::{Bytes, Int64, Value};
use proptest::prelude::*;
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::value::RawValue;
use std::{
    collections::{BTreeMap, HashMap},
    fmt::Debug,
};

#[track_caller]
fn assert_decodes<T: DeserializeOwned + PartialEq + Debug>(json: &str, expected: T) {
    assert_eq!(decode::<T>(json).unwrap(), expected, "{json}");
}

#[track_caller]
fn assert_fails<T: DeserializeOwned + Debug>(json: &str, expected: &str) {
    assert_eq!(decode::<T>(json).expect_err(json).to_string(), expected, "{json}");
}

#[test]
fn integers_are_read_from_whole_numbers_and_int64() {
    for json in ["1", "1.0", "1e0", r#"{"$integer":"AQAAAAAAAAA="}"#, r#" { "$integer" : "AQAAAAAAAAA=" } "#]
    {
        assert_decodes(json, 1_i8);
        assert_decodes(json, 1_u16);
        assert_decodes(json, 1_i32);
        assert_decodes(json, 1_u64);
        assert_decodes(json, 1_i128);
        assert_decodes(json, Some(1_i64));
        assert_decodes(json, Int64(1));
    }
    assert_decodes("-1.0", -1_i64);
    assert_decodes("1.7e18", 1_700_000_000_000_000_000_i64);
    assert_decodes(r#"{"$integer":"AAAAAAAAAIA="}"#, i64::MIN);
    assert_decodes(r#"{"$integer":"/////////38="}"#, i64::MAX);
    assert_fails::<i64>("1.5", "at value: invalid type: floating point `1.5`, expected i64");
    assert_fails::<u8>("256.0", "at value: invalid value: integer `256`, expected u8");
    assert_fails::<u8>(
        r#"{"$integer":"//////////8="}"#,
        "at value: invalid value: integer `-1`, expected u8",
    );
    assert_fails::<i64>("\"1\"", "at value: invalid type: string \"1\", expected i64");
    for json in ["1e19", r#"{"$float":"AAAAAAAAAIA="}"#, "null", "true", "[1]", "{}", r#"{"a":1}"#] {
        assert!(decode::<i64>(json).is_err(), "{json}");
    }
}

#[test]
fn floats_are_read_from_numbers_and_tagged_floats() {
    assert_decodes("1", 1.0_f64);
    assert_decodes("1.0", 1.0_f64);
    assert_decodes("-1.5", -1.5_f32);
    assert_decodes("1e300", 1e300_f64);
    assert_decodes("1795209208291.3484", 1_795_209_208_291.348_4_f64);
    assert_decodes(r#"{"$float":"AAAAAAAA8H8="}"#, f64::INFINITY);
    assert_decodes(r#"{"$float":"AAAAAAAA8P8="}"#, f64::NEG_INFINITY);
    assert!(decode::<f64>(r#"{"$float":"AAAAAAAA+H8="}"#).unwrap().is_nan());
    assert!(decode::<f64>(r#"{"$float":"AAAAAAAAAIA="}"#).unwrap().is_sign_negative());
    assert_decodes(r#"{"$integer":"AQAAAAAAAAA="}"#, 1.0_f64);
    assert_fails::<f64>(
        r#"{"$integer":"/////////38="}"#,
        "at value: the int64 9223372036854775807 is not exact as a float",
    );
}

#[test]
fn bytes_are_read_as_bytes_and_sequences() {
    let json = r#"{"$bytes":"AQID"}"#;
    assert_decodes(json, Bytes(vec![1, 2, 3]));
    assert_decodes(json, serde_bytes::ByteBuf::from([1, 2, 3]));
    assert_decodes(json, vec![1_u8, 2, 3]);
    assert_decodes(json, [1_u8, 2, 3]);
    assert_decodes("[1,2.0]", vec![1_u8, 2]);
    assert_fails::<String>(json, "at value: invalid type: map, expected a string");
}

#[test]
fn plain_json_is_read_as_with_serde_json() {
    assert_decodes("null", ());
    assert_decodes("null", None::<i64>);
    assert_decodes("true", true);
    assert_decodes(r#""a\nä""#, "a\nä".to_owned());
    assert_decodes("\"ä\"", 'ä');
    assert_decodes(r#"[1.0,"a",null]"#, (1_u8, "a".to_owned(), None::<bool>));
    assert_decodes(r#"{"a":[1.0,2]}"#, HashMap::from([("a".to_owned(), vec![1_u8, 2])]));
    assert_decodes("1.0", serde_json::json!(1));
}

#[test]
fn map_keys_are_read_as_the_key_type() {
    #[derive(Debug, Deserialize, PartialEq, Eq, PartialOrd, Ord)]
    enum Color {
        Red,
        Green,
    }
    #[derive(Debug, Deserialize, PartialEq, Eq, PartialOrd, Ord)]
    struct Id(String);

    assert_decodes(r#"{"1":1.0,"2":2}"#, BTreeMap::from([(1_u32, 1_u8), (2, 2)]));
    assert_decodes(r#"{"-1":1}"#, BTreeMap::from([(-1_i64, 1_u8)]));
    assert_decodes(r#"{"true":1}"#, BTreeMap::from([(true, 1_u8)]));
    assert_decodes(r#"{"Red":1,"Green":2}"#, BTreeMap::from([(Color::Red, 1_u8), (Color::Green, 2)]));
    assert_decodes(
        r#"{"k\u0031":1,"k\n":2}"#,
        BTreeMap::from([(Id("k1".into()), 1_u8), (Id("k\n".into()), 2)]),
    );
    assert_decodes(r#"{"a":1}"#, BTreeMap::from([('a', 1_u8)]));
    assert!(decode::<BTreeMap<u8, u8>>(r#"{"x":1}"#).is_err());
}

#[derive(Debug, Deserialize, PartialEq)]
struct Document {
    #[serde(rename = "_creationTime")]
    created: f64,
    count: i64,
    hash: Bytes,
    note: Option<String>,
}

const DOCUMENT: &str = r#"{"_creationTime":1.0,"count":{"$integer":"AQAAAAAAAAA="},"hash":{"$bytes":"AQID"},"note":null,"more":{"$integer":"?"}}"#;

fn document() -> Document {
    Document { created: 1.0, count: 1, hash: Bytes(vec![1, 2, 3]), note: None }
}

#[test]
fn structs_ignore_unknown_fields() {
    assert_decodes(DOCUMENT, document());
    assert_decodes(&format!("[{DOCUMENT},{DOCUMENT}]"), vec![document(), document()]);
}

#[test]
fn enums_are_read_as_with_serde_json() {
    #[derive(Debug, Deserialize, PartialEq)]
    enum Enum {
        Unit,
        Newtype(i64),
        Tuple(i64, Bytes),
        Struct { count: i64 },
    }

    assert_decodes("\"Unit\"", Enum::Unit);
    assert_decodes(r#"{"Newtype":{"$integer":"AQAAAAAAAAA="}}"#, Enum::Newtype(1));
    assert_decodes(r#"{"Tuple":[1.0,{"$bytes":"AQID"}]}"#, Enum::Tuple(1, Bytes(vec![1, 2, 3])));
    assert_decodes(r#"{"Struct":{"count":1.0}}"#, Enum::Struct { count: 1 });
    assert_fails::<Enum>(
        r#"{"Struct":{"count":"x"}}"#,
        "at value.Struct.count: invalid type: string \"x\", expected i64",
    );
    assert_fails::<Enum>(
        "\"Other\"",
        "at value: unknown variant `Other`, expected one of `Unit`, `Newtype`, `Tuple`, `Struct`",
    );
}

/// serde buffers these types before it knows which variant or field they belong to.
#[test]
fn buffered_types_are_translated() {
    #[derive(Debug, Deserialize, PartialEq)]
    #[serde(tag = "kind")]
    enum Internal {
        Document(Document),
        Numbers { whole: i64, float: f64, large: f64, infinite: f64 },
    }
    #[derive(Debug, Deserialize, PartialEq)]
    #[serde(tag = "kind", content = "content")]
    enum Adjacent {
        Document(Document),
    }
    #[derive(Debug, Deserialize, PartialEq)]
    #[serde(untagged)]
    enum Untagged {
        Text(String),
        Count(i64),
        Document(Document),
    }
    #[derive(Debug, Deserialize, PartialEq)]
    struct Flat {
        id: String,
        #[serde(flatten)]
        document: Document,
    }

    let with =
        |fields: &str| format!("{{{fields},{}", &DOCUMENT[1..].replace(r#","more":{"$integer":"?"}"#, ""));
    assert_decodes(&with(r#""kind":"Document""#), Internal::Document(document()));
    assert_decodes(
        r#"{"whole":2.0,"float":2.0,"large":1e300,"infinite":{"$float":"AAAAAAAA8H8="},"kind":"Numbers"}"#,
        Internal::Numbers { whole: 2, float: 2.0, large: 1e300, infinite: f64::INFINITY },
    );
    assert_decodes(
        &format!(r#"{{"content":{},"kind":"Document"}}"#, with(r#""a":1"#)),
        Adjacent::Document(document()),
    );
    assert_decodes(&with(r#""a":1"#), Untagged::Document(document()));
    assert_decodes("1.0", Untagged::Count(1));
    assert_decodes(r#"{"$integer":"AQAAAAAAAAA="}"#, Untagged::Count(1));
    assert_decodes("\"a\"", Untagged::Text("a".into()));
    assert_decodes(&with(r#""id":"x""#), Flat { id: "x".into(), document: document() });
}

#[test]
fn dynamic_values_distinguish_int64_from_float64() {
    let json = r#"[1,1.0,-1,{"$integer":"AQAAAAAAAAA="},{"$float":"AAAAAAAA8H8="},{"$bytes":"AQID"},{"a":{"$integer":"AQAAAAAAAAA="}}]"#;
    let one = Value::Float64(1.0);
    let expected = Value::Array(vec![
        one.clone(),
        one.clone(),
        Value::Float64(-1.0),
        Value::Int64(1),
        Value::Float64(f64::INFINITY),
        Value::Bytes(vec![1, 2, 3]),
        Value::Object(BTreeMap::from([("a".into(), Value::Int64(1))])),
    ]);
    assert_decodes(json, expected.clone());
    assert_decodes("18446744073709551615", Value::Float64(u64::MAX as f64));
    assert_decodes("null", Value::Null);
    assert_decodes("null", None::<Value>);
    let plain: Value = serde_json::from_str(json).unwrap();
    assert_eq!(plain, expected, "plain serde_json reads the same value");
}

#[test]
fn dynamic_values_in_buffered_types_lose_small_int64s() {
    #[derive(Debug, Deserialize, PartialEq)]
    #[serde(untagged)]
    enum Untagged {
        Any(Value),
    }

    assert_decodes("1.0", Untagged::Any(Value::Float64(1.0)));
    assert_decodes(r#"{"$integer":"/////////38="}"#, Untagged::Any(Value::Int64(i64::MAX)));
    assert_decodes(r#"{"$bytes":"AQID"}"#, Untagged::Any(Value::Bytes(vec![1, 2, 3])));
    assert_decodes(r#"{"$integer":"AQAAAAAAAAA="}"#, Untagged::Any(Value::Float64(1.0)));
}

#[test]
fn reserved_keys_are_errors() {
    for json in [
        r#"{"$integer":"AQ=="}"#,
        r#"{"$integer":1}"#,
        r#"{"$float":"AAAAAAAA8D8="}"#,
        r#"{"$bytes":"?"}"#,
        r#"{"$integer":"AQAAAAAAAAA=","a":1}"#,
        r#"{"a":1,"$integer":"AQAAAAAAAAA="}"#,
        r#"{"$set":[]}"#,
        r#"{"$map":[]}"#,
        r#"{"$commitTs":null}"#,
        r#"{"$":1}"#,
    ] {
        assert!(decode::<Value>(json).is_err(), "{json}");
        assert!(decode::<i64>(json).is_err(), "{json}");
        assert!(serde_json::from_str::<Value>(json).is_err(), "{json}");
    }
    assert_fails::<Value>(r#"[{"$set":[]}]"#, "at value[0]: a `$set`: Convex no longer has sets and maps");
    assert_fails::<Value>(r#"{"$integer":"AQ=="}"#, "at value: a `$integer` of 1 bytes instead of 8");
}

#[test]
fn tagged_values_are_neither_structs_nor_maps() {
    #[derive(Debug, Default, Deserialize)]
    #[serde(default)]
    struct AllOptional {
        a: Option<bool>,
    }

    assert_eq!(decode::<AllOptional>("{}").unwrap().a, None);
    assert!(decode::<AllOptional>(r#"{"$integer":"AQAAAAAAAAA="}"#).is_err());
    assert!(decode::<BTreeMap<String, String>>(r#"{"$integer":"AQAAAAAAAAA="}"#).is_err());
}

#[test]
fn raw_values_keep_their_text() {
    #[derive(Deserialize)]
    struct Lazy {
        raw: Box<RawValue>,
    }

    let lazy: Lazy = decode(r#"{"raw":{"$integer": "AQAAAAAAAAA="}}"#).unwrap();
    assert_eq!(lazy.raw.get(), r#"{"$integer": "AQAAAAAAAAA="}"#);
}

#[test]
fn errors_name_the_path_and_stay_short() {
    assert_fails::<Vec<Document>>(
        r#"[{"_creationTime":1.0,"count":1,"hash":{"$bytes":"AQID"}},{"_creationTime":"x"}]"#,
        "at value[1]._creationTime: invalid type: string \"x\", expected f64",
    );
    assert_fails::<BTreeMap<String, Vec<i64>>>(
        r#"{"a":[1],"b":[1,2,null]}"#,
        "at value.b[2]: invalid type: null, expected i64",
    );
    assert_fails::<Document>("{}", "at value: missing field `_creationTime`");
    assert_fails::<i64>("", "at value: the JSON text ends too early");
    assert_fails::<i64>("1 2", "at value: an unexpected character at byte 2 of the JSON text");

    let error = decode::<i64>(&format!("\"{}\"", "ü".repeat(100_000))).unwrap_err().to_string();
    assert!(
        error.len() < 600 && error.contains("invalid type: string \"üüü") && error.ends_with("expected i64"),
        "{error}"
    );
}

#[test]
fn deep_nesting_is_an_error() {
    for bomb in ["[", r#"{"a":"#] {
        assert!(decode::<Value>(&bomb.repeat(100_000)).is_err());
    }
    let deep = format!("{}1{}", "[".repeat(100), "]".repeat(100));
    assert!(decode::<Value>(&deep).is_ok());
}

proptest! {
    #[test]
    fn arbitrary_text_never_panics(json in r#"[\[\]{}:,"$0-9a-z.eE+-]{0,60}|\{"\$(integer|float|bytes|set)":"[A-Za-z0-9+/=]{0,16}"\}"#) {
        let _ = decode::<Value>(&json);
        let _ = decode::<i64>(&json);
        let _ = decode::<BTreeMap<u8, Document>>(&json);
    }
}
