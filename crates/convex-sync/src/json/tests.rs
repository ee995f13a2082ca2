//! The codec against serde_json.

use super::*;
use proptest::prelude::*;
use serde_json::value::RawValue;

/// Reads a value into a tree, by the methods of the reader.
fn tree(reader: &mut Reader<'_>) -> Result<serde_json::Value, JsonError> {
    Ok(match reader.peek() {
        b'n' => {
            reader.null()?;
            serde_json::Value::Null
        }
        b't' | b'f' => reader.boolean()?.into(),
        b'"' => reader.string()?.into(),
        b'[' => {
            let mut items = Vec::new();
            reader.array(|reader| {
                items.push(tree(reader)?);
                Ok::<_, JsonError>(())
            })?;
            items.into()
        }
        b'{' => {
            let mut fields = serde_json::Map::new();
            reader.object(|reader, name| {
                fields.insert(name.into_owned(), tree(reader)?);
                Ok::<_, JsonError>(())
            })?;
            fields.into()
        }
        _ => match reader.number()? {
            Number::Unsigned(integer) => integer.into(),
            Number::Negative(integer) => integer.into(),
            Number::Float(float) => float.into(),
        },
    })
}

fn read(text: &str) -> Result<serde_json::Value, JsonError> {
    let mut reader = Reader::new(text);
    let value = tree(&mut reader)?;
    reader.end()?;
    Ok(value)
}

fn skip(text: &str) -> Result<&str, JsonError> {
    let mut reader = Reader::new(text);
    let raw = reader.raw()?;
    reader.end()?;
    Ok(raw)
}

fn check(text: &str) -> Result<&str, JsonError> {
    let mut reader = Reader::new(text);
    let raw = reader.checked_raw()?;
    reader.end()?;
    Ok(raw)
}

/// Compares the codecs on a text. A value is skipped to its end; other text may be skipped, too. The
/// part of a string, array or object up to any point is incomplete.
fn compare(text: &str) {
    assert_eq!(read(text).ok(), serde_json::from_str(text).ok(), "{text}");
    assert_eq!(check(text).is_ok(), read(text).is_ok(), "checked {text}");
    if let Ok(raw) = serde_json::from_str::<&RawValue>(text) {
        assert_eq!(skip(text), Ok(raw.get()), "skipped {text}");
        assert_eq!(check(text).ok(), read(text).is_ok().then_some(raw.get()), "checked {text}");
    }
    if read(text).is_ok() && text.ends_with(['"', ']', '}']) {
        for end in (0..text.len()).filter(|end| text.is_char_boundary(*end)) {
            assert_eq!(read(&text[..end]), Err(JsonError::Incomplete), "{}", &text[..end]);
            assert_eq!(skip(&text[..end]), Err(JsonError::Incomplete), "skipped {}", &text[..end]);
        }
    }
}

#[test]
fn values_are_read_and_skipped_as_by_serde_json() {
    for text in [
        "null",
        "true",
        "false",
        "nul",
        "nulll",
        "True",
        " \n\t\r1 ",
        "\u{a0}1",
        "",
        " ",
        "1 2",
        "01",
        "-",
        "-0",
        "-01",
        "+1",
        "1.",
        ".5",
        "1.5",
        "-1.50",
        "1e5",
        "1E+05",
        "1e-05",
        "1e",
        "1e+",
        "1.e1",
        "1e400",
        "-1e400",
        "1e-400",
        "0e999999999999",
        "1e99999999999",
        "9007199254740993",
        "18446744073709551615",
        "18446744073709551616",
        "-9223372036854775808",
        "-9223372036854775809",
        "123456789012345678901234567890",
        "[]",
        "[ ]",
        "[1]",
        "[1,]",
        "[,1]",
        "[1 2]",
        "[1,2",
        "[1}",
        "{}",
        "{ }",
        r#"{"a":1}"#,
        r#"{"a":1,}"#,
        r#"{"a" : 1 , "b" : [ ] }"#,
        r#"{a:1}"#,
        r#"{"a"}"#,
        r#"{"a":}"#,
        r#"{"a":1]"#,
        r#"{"a":1,"a":2}"#,
        r#"{1:2}"#,
        "[[[[]]]",
        "[[]]]",
        r#""""#,
        r#""a"#,
        r#""\"#,
        r#""\"\\\/\b\f\n\r\t""#,
        r#""\x""#,
        r#""\u00e4""#,
        r#""\u00E4x""#,
        r#""\u00g0""#,
        r#""\u12"#,
        r#""\ud83e\udd80""#,
        r#""\ud83e""#,
        r#""\ud83ex""#,
        r#""\ud83e\n""#,
        r#""\ud83e\u0041""#,
        r#""\udd80""#,
        "\"a\nb\"",
        "\"\u{1f}\"",
        "\"\u{7f}ü🦀\"",
        "\"12345678\"",
        "\"1234567\\n9012345678\"",
        "\"12345678\u{0}\"",
    ] {
        compare(text);
    }
}

#[test]
fn nesting_is_limited_when_read_and_unlimited_when_skipped() {
    let nested = |levels| format!("{}1{}", "[".repeat(levels), "]".repeat(levels));
    assert!(read(&nested(128)).is_ok());
    assert_eq!(read(&nested(129)), Err(JsonError::TooDeep { offset: 128 }));
    let deep = nested(100_000);
    assert_eq!(skip(&deep), Ok(&*deep));
    assert_eq!(skip(&deep[..deep.len() - 1]), Err(JsonError::Incomplete));
}

#[test]
fn brackets_and_quotes_decide_where_a_skipped_value_ends() {
    for (text, skipped) in [
        (r#"{"a" 1 x}, 2"#, r#"{"a" 1 x}"#),
        ("[1}]", "[1}"),
        ("[\u{2}\"]\"]]", "[\u{2}\"]\"]"),
        (r#"["\"]", "\\"]]"#, r#"["\"]", "\\"]"#),
        ("\"a\nü\\x\"\"", "\"a\nü\\x\""),
        (r#"[{"[":[]}]]"#, r#"[{"[":[]}]"#),
    ] {
        assert_eq!(Reader::new(text).raw(), Ok(skipped));
    }
    for text in ["[", "[]]", "\"", r#""\""#, r#"["\"#, "{\"a\":[\"]}", "]", "}", ",", "nul", "tru", "-", "00"]
    {
        assert!(skip(text).is_err(), "{text}");
    }
}

#[test]
fn errors_point_at_the_problem() {
    assert_eq!(read("[1,tru3]"), Err(JsonError::Unexpected { offset: 6 }));
    assert_eq!(read("1e400"), Err(JsonError::NumberTooLarge { offset: 5 }));
    assert_eq!(check(r#"{"a" 1}"#), Err(JsonError::Unexpected { offset: 5 }));
    let error = read("[\"secret\" 1]").unwrap_err().to_string();
    assert_eq!(error, "an unexpected character at byte 10 of the JSON text");
}

fn write(write: impl FnOnce(&mut String)) -> String {
    let mut json = String::new();
    write(&mut json);
    json
}

#[test]
fn floats_are_written_as_in_javascript() {
    for (float, text) in [
        (0.5, "0.5"),
        (-1.25, "-1.25"),
        (1.0, "1.0"),
        (1e20, "100000000000000000000.0"),
        (123_456_789_012_345_680_000.0, "123456789012345680000.0"),
        (1e21, "1e+21"),
        (-1.5e300, "-1.5e+300"),
        (0.000_001, "0.000001"),
        (0.000_012_5, "0.0000125"),
        (1e-7, "1e-7"),
        (-1.5e-7, "-1.5e-7"),
        (1_795_209_208_291.348_4, "1795209208291.3484"),
        (f64::MAX, "1.7976931348623157e+308"),
        (5e-324, "5e-324"),
    ] {
        assert_eq!(float_to_string(float), text);
    }
}

#[test]
fn written_objects_parse_to_the_same_values() {
    let odd = "\"quoted\" \\ \n \u{0} \u{1f} \u{7f} \u{2028} ü 🦀";
    let text = write(|json| {
        let mut object = ObjectWriter::begin(json);
        object.text("text", odd);
        object.text_or_null("nothing", None);
        object.text_or_null("something", Some(""));
        object.number("number", i64::MIN);
        object.json("json", &["[", "1", "]"]);
        object.array("array", &["a", "b"], |item, json| write_string(json, item));
        object.array::<u32>("empty", &[], |_, _| unreachable!("the array is empty"));
        object.end();
    });
    assert_eq!(
        serde_json::from_str::<serde_json::Value>(&text).unwrap(),
        serde_json::json!({"text": odd, "nothing": null, "something": "", "number": i64::MIN, "json": [1],
            "array": ["a", "b"], "empty": []})
    );
    assert_eq!(write(|json| ObjectWriter::begin(json).end()), "{}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4_000))]

    #[test]
    fn any_text_is_read_as_by_serde_json(text in r#"[\[\]{}:,"\\/ 0-9a-fnrtuE+.\n-]{0,40}"#) {
        compare(&text);
    }

    #[test]
    fn numbers_are_read_as_by_serde_json(text in r"-?(0|[1-9][0-9]{0,22})(\.[0-9]{1,24})?([eE][+-]?[0-9]{1,3})?") {
        compare(&text);
    }

    #[test]
    fn strings_are_read_as_by_serde_json(text in r#""([ -~]|\\[\\"/bfnrtu]|\\u[0-9a-fA-F]{4}|\\ud[89a-f][0-9]{2}|[ü🦀\n]){0,20}""#) {
        compare(&text);
    }

    #[test]
    fn written_floats_are_read_as_the_same_float(bits in any::<u64>()) {
        let float = f64::from_bits(bits);
        prop_assume!(float.is_finite());
        let text = float_to_string(float);
        let mut reader = Reader::new(&text);
        prop_assert_eq!(reader.number().map(Number::to_float), Ok(float));
        prop_assert_eq!(reader.end(), Ok(()));
    }

    #[test]
    fn strings_and_integers_are_written_as_by_serde_json(text in any::<String>(), integer in any::<i64>()) {
        prop_assert_eq!(write(|json| write_string(json, &text)), serde_json::to_string(&text).unwrap());
        prop_assert_eq!(write(|json| write_integer(json, integer)), integer.to_string());
    }
}
