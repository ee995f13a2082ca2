use super::{
    Shape,
    encoder::{ENCLOSING_ARRAY_SIZE, Encoder},
};
use crate::value::{Bytes, EncodeError, Int64, Value, de, generate};
use proptest::prelude::*;
use serde::Serialize;
use serde_json::json;
use std::collections::{BTreeMap, HashMap};

fn encode<T: Serialize + ?Sized>(value: &T, root: &str) -> Result<(String, Shape), EncodeError> {
    super::encode(value, root, 32)
}

/// The size of a value as `getConvexSize` of convex-js and the server measure it.
fn measure(value: &Value) -> usize {
    match value {
        Value::Null | Value::Bool(_) => 1,
        Value::Int64(_) | Value::Float64(_) => 9,
        Value::String(text) => 2 + text.len(),
        Value::Bytes(bytes) => 2 + bytes.len(),
        Value::Array(elements) => 2 + elements.iter().map(measure).sum::<usize>(),
        Value::Object(fields) => {
            2 + fields.iter().map(|(key, value)| key.len() + 1 + measure(value)).sum::<usize>()
        }
    }
}

fn size<T: Serialize + ?Sized>(value: &T) -> usize {
    let mut encoder = Encoder::new(0);
    value.serialize(&mut encoder).unwrap();
    encoder.size - ENCLOSING_ARRAY_SIZE
}

#[test]
fn sizes_are_measured_as_by_the_server() {
    #[derive(Serialize)]
    enum Variants {
        Unit,
        Newtype(bool),
        Tuple(f64, ()),
        Struct { name: &'static str },
    }

    for (measured, expected) in [
        (size(&()), 1),
        (size(&Some(true)), 1),
        (size(&1), 9),
        (size(&f64::NAN), 9),
        (size(&Int64(1)), 9),
        (size(&json!({ "$integer": "AQAAAAAAAAA=" })), 9),
        (size("ü🦀\n"), 2 + 7),
        (size(&'x'), 3),
        (size(&Bytes(vec![0; 100])), 102),
        (size(serde_bytes::Bytes::new(&[0; 100])), 102),
        (size(&json!([])), 2),
        (size(&json!([1, "a"])), 2 + 9 + 3),
        (size(&json!({ "key": 1, "": null })), 2 + 3 + 1 + 9 + 1 + 1),
        (size(&Variants::Unit), 2 + 4),
        (size(&Variants::Newtype(true)), 2 + 7 + 1 + 1),
        (size(&Variants::Tuple(0.5, ())), 2 + 5 + 1 + 2 + 9 + 1),
        (size(&Variants::Struct { name: "x" }), 2 + 6 + 1 + 2 + 4 + 1 + 3),
    ] {
        assert_eq!(measured, expected);
    }
}

#[test]
fn values_beyond_limits_are_errors_with_size_and_limit() {
    let elements = |count: usize| json!({ "list": vec![0; count] });
    let fields = |count: usize| {
        let object: BTreeMap<String, i32> = (0..count).map(|n| (format!("k{n}"), 0)).collect();
        json!({ "in": [object] })
    };
    json(&elements(8192));
    json(&fields(1024));
    assert_eq!(error(&elements(8193)), "at value.list: 8193 elements in an array, and the limit is 8192");
    assert_eq!(error(&fields(1025)), "at value.in[0]: 1025 fields in an object, and the limit is 1024");
    let too_large = error(serde_bytes::Bytes::new(&vec![0; 32 << 20]));
    assert_eq!(too_large, "at value: too large: 33554436 bytes by Convex's measure, and the limit is 32 MiB");
}

#[track_caller]
fn json<T: Serialize + ?Sized>(value: &T) -> String {
    encode(value, "value").unwrap().0
}

#[track_caller]
fn error<T: Serialize + ?Sized>(value: &T) -> String {
    encode(value, "value").unwrap_err().to_string()
}

#[test]
fn equal_numbers_of_different_types_have_equal_text() {
    for text in [
        json(&1_u8),
        json(&1_i64),
        json(&1.0_f64),
        json(&1.0_f32),
        json(&1_i128),
        json(&json!(1)),
        json(&json!(1.0)),
    ] {
        assert_eq!(text, "1");
    }
    assert_eq!(json(&0.0), "0");
    assert_eq!(json(&-2.0), "-2");
    assert_eq!(json(&9_007_199_254_740_992.0), "9007199254740992");
    assert_eq!(json(&9_007_199_254_740_992_i64), "9007199254740992");
    assert_eq!(json(&0.1), "0.1");
    assert_eq!(json(&0.5_f32), "0.5");
    for float in [1.7e18, f64::MAX, f64::MIN_POSITIVE, 5e-324, 1_795_209_208_291.348_4] {
        assert_eq!(json(&float).parse::<f64>().unwrap(), float);
    }
}

#[test]
fn values_without_json_notation_are_tagged() {
    assert_eq!(json(&f64::NAN), r#"{"$float":"AAAAAAAA+H8="}"#);
    assert_eq!(json(&f64::INFINITY), r#"{"$float":"AAAAAAAA8H8="}"#);
    assert_eq!(json(&f64::NEG_INFINITY), r#"{"$float":"AAAAAAAA8P8="}"#);
    assert_eq!(json(&-0.0), r#"{"$float":"AAAAAAAAAIA="}"#);
    assert_eq!(json(&-0.0_f32), r#"{"$float":"AAAAAAAAAIA="}"#);
    assert_eq!(json(&Int64(-1)), r#"{"$integer":"//////////8="}"#);
    assert_eq!(json(&Bytes(vec![1, 2, 3])), r#"{"$bytes":"AQID"}"#);
    assert_eq!(json(serde_bytes::Bytes::new(&[1, 2, 3])), r#"{"$bytes":"AQID"}"#);
    assert_eq!(json(&vec![1_u8, 2, 3]), "[1,2,3]", "serde passes it like any other sequence of integers");
}

#[test]
fn inexact_integers_are_errors() {
    let limit = 1_i64 << 53;
    assert!(encode(&limit, "value").is_ok() && encode(&-limit, "value").is_ok());
    for error in
        [error(&(limit + 1)), error(&(-limit - 1)), error(&u64::MAX), error(&i128::MIN), error(&u128::MAX)]
    {
        assert!(error.contains("Int64"), "{error}");
    }
    assert!(
        error(&json!([u64::MAX]))
            .starts_with("at value[0]: the integer 18446744073709551615 is beyond ±2^53")
    );
}

#[test]
fn other_types_are_written_as_with_serde_json() {
    #[derive(Serialize)]
    struct Unit;
    #[derive(Serialize)]
    struct Newtype(bool);
    #[derive(Serialize)]
    struct Tuple(bool, char);
    #[derive(Serialize)]
    enum Enum {
        Unit,
        Newtype(bool),
        Tuple(bool, char),
        Struct { z: bool, a: Option<bool> },
    }

    assert_eq!(
        json(&((), None::<bool>, Unit, true, "ä\"\n\u{1}", 'x')),
        r#"[null,null,null,true,"ä\"\n\u0001","x"]"#
    );
    assert_eq!(json(&(Newtype(true), Tuple(true, 'x'), Some(Some(1)))), r#"[true,[true,"x"],1]"#);
    assert_eq!(
        json(&[Enum::Unit, Enum::Newtype(true), Enum::Tuple(true, 'x'), Enum::Struct { z: true, a: None }]),
        r#"["Unit",{"Newtype":true},{"Tuple":[true,"x"]},{"Struct":{"a":null,"z":true}}]"#
    );
    assert_eq!(json(&(Vec::<bool>::new(), HashMap::<String, bool>::new())), "[[],{}]");
}

#[test]
fn keys_are_sorted() {
    #[derive(Serialize)]
    struct Struct {
        b: u8,
        #[serde(flatten)]
        more: BTreeMap<&'static str, u8>,
        a: Inner,
    }
    #[derive(Serialize)]
    struct Inner {
        z: u8,
        #[serde(rename = "Z")]
        upper: u8,
        #[serde(rename = "")]
        empty: u8,
    }

    let more = BTreeMap::from([("c", 3), ("aa", 4)]);
    let value = Struct { b: 1, more, a: Inner { z: 1, upper: 2, empty: 3 } };
    assert_eq!(json(&value), r#"{"a":{"":3,"Z":2,"z":1},"aa":4,"b":1,"c":3}"#);
    assert_eq!(json(&BTreeMap::from([(10, true), (9, false)])), r#"{"10":true,"9":false}"#);
    assert_eq!(json(&BTreeMap::from([(true, 'x'), (false, 'y')])), r#"{"false":"y","true":"x"}"#);
    assert_eq!(json(&BTreeMap::from([('y', 1), ('x', 2)])), r#"{"x":2,"y":1}"#);
}

#[test]
fn the_last_of_duplicate_keys_wins() {
    struct Pairs<'a>(&'a [(&'a str, i32)]);
    impl Serialize for Pairs<'_> {
        fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            serializer.collect_map(self.0.iter().copied())
        }
    }
    assert_eq!(json(&Pairs(&[("b", 1), ("a", 2), ("b", 3), ("c", 4), ("a", 5)])), r#"{"a":5,"b":3,"c":4}"#);
}

#[test]
fn keys_that_convex_rejects_are_errors() {
    let with_key = |key: &str| encode(&BTreeMap::from([(key, 1), ("other", 2)]), "value");
    assert!(with_key(" ~").is_ok() && with_key("").is_ok() && with_key(&"a".repeat(1024)).is_ok());
    for key in ["$a", "$integer", "ä", "\n", "\u{7f}", &"a".repeat(1025)] {
        assert!(with_key(key).is_err(), "{key:?}");
    }
    assert!(encode(&BTreeMap::from([(vec![1], 1)]), "value").is_err());
    assert!(encode(&BTreeMap::from([((), 1)]), "value").is_err());
}

#[test]
fn tagged_objects_are_validated_and_normalized() {
    assert_eq!(
        json(&json!({"int": {"$integer": "AQAAAAAAAAA"}, "inf": {"$float": "AAAAAAAA8H8="}})),
        r#"{"inf":{"$float":"AAAAAAAA8H8="},"int":{"$integer":"AQAAAAAAAAA="}}"#
    );
    for value in [
        json!({"$integer": 1}),
        json!({"$integer": "AQ=="}),
        json!({"$float": "AAAAAAAA8D8="}),
        json!({"$bytes": "?"}),
        json!({"$bytes": {}}),
        json!({"$set": []}),
        json!({"$undefined": null}),
        json!({"$integer": "AQAAAAAAAAA=", "a": 1}),
    ] {
        assert!(encode(&value, "value").is_err(), "{value}");
    }
}

/// The form of numbers if a crate turns on serde_json's `arbitrary_precision`.
#[test]
fn arbitrary_precision_numbers_are_written() {
    let number = |text: &str| encode(&BTreeMap::from([("$serde_json::private::Number", text)]), "value");
    for (text, expected) in [("1", "1"), ("-1.0", "-1"), ("0.5", "0.5"), ("25e-2", "0.25")] {
        assert_eq!(number(text).unwrap().0, expected);
    }
    for text in ["9007199254740993", "NaN", "inf", "", "340282366920938463463374607431768211456"] {
        assert!(number(text).is_err(), "{text}");
    }
}

#[test]
fn nesting_beyond_the_limit_is_an_error() {
    struct Endless;

    impl Serialize for Endless {
        fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            [Self].serialize(serializer)
        }
    }

    let nested = |levels, inner: Value| (0..levels).fold(inner, |inner, _| Value::Array(vec![inner]));
    let nested_objects = |levels, inner: Value| {
        (0..levels).fold(inner, |inner, _| Value::Object(BTreeMap::from([("a".into(), inner)])))
    };
    for innermost in [Value::Null, Value::Int64(1), Value::Bytes(vec![1]), Value::Float64(f64::NAN)] {
        assert!(encode(&nested(64, innermost.clone()), "value").is_ok());
        assert!(encode(&nested_objects(64, innermost.clone()), "value").is_ok());
        assert!(encode(&nested(65, innermost.clone()), "value").is_err());
        assert!(encode(&nested_objects(65, innermost), "value").is_err());
    }
    assert!(encode(&nested(64, Value::Object(BTreeMap::new())), "value").is_err());
    assert!(error(&Endless).ends_with("nested deeper than 64 levels"));
}

#[test]
fn errors_name_the_path_to_the_part() {
    #[derive(Serialize)]
    struct Item {
        when: u64,
    }
    #[derive(Serialize)]
    enum Event {
        At(u64),
        Between(u64, u64),
        Around { when: u64 },
    }

    let items: Vec<_> = [0, 1, 2, u64::MAX].into_iter().map(|when| Item { when }).collect();
    let error_at = |error: String| error.split(": ").next().unwrap().to_owned();
    assert_eq!(error_at(error(&json!({ "items": items }))), "at value.items[3].when");
    assert_eq!(error_at(error(&Event::At(u64::MAX))), "at value.At");
    assert_eq!(error_at(error(&Event::Between(0, u64::MAX))), "at value.Between[1]");
    assert_eq!(error_at(error(&Event::Around { when: u64::MAX })), "at value.Around.when");
    assert_eq!(
        error(&[BTreeMap::from([("ä", 1)])]),
        "at value[0]: the key \"ä\": keys are made of printable ASCII characters"
    );
}

#[test]
fn errors_of_the_values_serialize_are_passed_on() {
    struct Unserializable;

    impl Serialize for Unserializable {
        fn serialize<S: serde::Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
            Err(serde::ser::Error::custom("unsupported"))
        }
    }

    assert_eq!(error(&("a", Unserializable)), "at value[1]: unsupported");
}

proptest! {
    #[test]
    fn values_round_trip(value in generate::value()) {
        let (text, _) = encode(&value, "value").unwrap();
        prop_assert!(generate::same(&de::decode(&text).unwrap(), &value), "{}", text);
    }

    #[test]
    fn encoding_is_canonical(value in generate::value()) {
        let (text, _) = encode(&value, "value").unwrap();
        let through_json: serde_json::Value = serde_json::to_value(&value).unwrap();
        prop_assert_eq!(encode(&through_json, "value").unwrap().0, text);
        prop_assert_eq!(size(&value), measure(&value));
        prop_assert_eq!(size(&through_json), measure(&value));
    }

    #[test]
    fn floats_round_trip_exactly(float in any::<f64>()) {
        let back: f64 = de::decode(&json(&float)).unwrap();
        prop_assert_eq!(back.to_bits(), float.to_bits());
    }
}
