//! Places in a page that a web server rendered, and the payloads there.
//!
//! The server writes a payload as JSON text under a number, and the browser looks it up by the same
//! number. Both derive the number from the content, for example from a query's function, arguments
//! and identity. So it does not depend on the order in which components run.
//!
//! The fields of a payload: `k` is the check. `v` is a value as JSON. `e` and `d` are the message
//! and the data of a function's error. `s` and `u` are the digests of a user's session key and
//! subject.

use crate::{
    Arguments, AuthPolicy, EncodedValue, FunctionError, FunctionPath, PageIdentity,
    digest::Digest,
    fields::{self, FieldText, ReceivedObject, field_names},
    json,
};
use std::borrow::Cow;

field_names! { CHECK = "k", VALUE = "v", ERROR = "e", DATA = "d", SESSION = "s", SUBJECT = "u" }

/// The place of a payload in a page that a web server rendered.
///
/// It consists of an [`id`](Self::id) and a check, which is part of the payload. A payload with
/// another check belongs to another place that happens to have the same id: it is not read.
///
/// ```
/// use convex_sync::*;
///
/// let list = FunctionPath::parse("messages:list")?;
/// let args = Arguments::encode(&())?.expect("`()` is `{}`");
/// let place = |identity| PagePlace::of_query(&list, &args, AuthPolicy::Settled, identity);
///
/// let result = Ok(EncodedValue::encode(&["hello"])?);
/// let payload = place(PageIdentity::Anonymous).write_result(&result);
/// assert_eq!(place(PageIdentity::Anonymous).read_result(&payload), Some(result));
///
/// let anna = PageIdentity::of_user("login_1", "e30.eyJzdWIiOiJhbm5hIn0.c2ln");
/// assert_eq!(place(anna).read_result(&payload), None, "a payload of another identity");
/// # Ok::<(), ConvexError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct PagePlace(u64);

impl PagePlace {
    // ---- places ----

    /// The place of a query's result. The result of an `Immediate` query is the same for every
    /// identity, and so is its place. The `id` in `paginationOpts` is ignored: it differs from run
    /// to run.
    pub fn of_query(
        function: &FunctionPath,
        args: &Arguments,
        auth: AuthPolicy,
        identity: PageIdentity,
    ) -> Self {
        let [before, after] = without_pagination_id(args.as_json());
        let digest = Digest::new().text("query").text(function.as_str()).part(before).text(after);
        let digest = digest.number(auth as u64);
        let digest = match (auth, identity) {
            (AuthPolicy::Immediate, _) => digest,
            (AuthPolicy::Settled | AuthPolicy::Required, PageIdentity::Anonymous) => digest.number(0),
            (AuthPolicy::Settled | AuthPolicy::Required, PageIdentity::User { session, subject }) => {
                digest.number(1).number(session).number(subject)
            }
        };
        Self(digest.finish())
    }

    /// The place of the identity that the page was rendered as, for the client of this deployment.
    pub fn of_identity(deployment_url: &str) -> Self {
        Self(Digest::new().text("identity").text(deployment_url).finish())
    }

    /// The place of the signed-in user's data of an auth service with this base address.
    pub fn of_user(base: &str) -> Self {
        Self(Digest::new().text("user").text(base).finish())
    }

    /// The number under which the payload is in the page. It is at least 2^31, so that it does not
    /// collide with numbers that count up from 0, and below 2^32.
    pub fn id(self) -> usize {
        0x8000_0000 | (self.0 >> 33) as usize
    }

    fn check(self) -> u32 {
        self.0 as u32
    }

    // ---- writing ----

    /// The payload of a query's result.
    pub fn write_result(self, result: &Result<EncodedValue, FunctionError>) -> String {
        match result {
            Ok(value) => self.write_json(value.as_json()),
            Err(FunctionError { message, data: None }) => self.write(&[("e", &json_string(message))]),
            Err(FunctionError { message, data: Some(data) }) => {
                self.write(&[("e", &json_string(message)), ("d", data.as_json())])
            }
        }
    }

    /// The payload of the identity that the page was rendered as.
    pub fn write_identity(self, identity: PageIdentity) -> String {
        match identity {
            PageIdentity::Anonymous => self.write_json("null"),
            PageIdentity::User { session, subject } => {
                self.write(&[("s", &session.to_string()), ("u", &subject.to_string())])
            }
        }
    }

    /// A payload of JSON text.
    pub fn write_json(self, json: &str) -> String {
        self.write(&[("v", json)])
    }

    fn write(self, fields: &[(&str, &str)]) -> String {
        let mut payload = format!("{{\"k\":{}", self.check());
        for (name, json) in fields {
            [",\"", name, "\":", json].into_iter().for_each(|part| payload.push_str(part));
        }
        payload.push('}');
        payload
    }

    // ---- reading ----

    /// The result in a payload. `None` if the payload is not a result of this place.
    pub fn read_result(self, payload: &str) -> Option<Result<EncodedValue, FunctionError>> {
        let texts = self.read(payload)?;
        let payload = payload_of(&texts);
        if let Some(value) = payload.text(VALUE) {
            return Some(Ok(EncodedValue::received(value)));
        }
        let message: Cow<'_, str> = payload.required(ERROR).ok()?;
        Some(Err(FunctionError {
            message: message.into(),
            data: payload.text(DATA).map(EncodedValue::received),
        }))
    }

    /// The identity in a payload. `None` if the payload is not an identity of this place.
    pub fn read_identity(self, payload: &str) -> Option<PageIdentity> {
        let texts = self.read(payload)?;
        let payload = payload_of(&texts);
        if payload.text(VALUE) == Some("null") {
            return Some(PageIdentity::Anonymous);
        }
        let (session, subject) = (payload.required(SESSION).ok()?, payload.required(SUBJECT).ok()?);
        Some(PageIdentity::User { session, subject })
    }

    /// The JSON text in a payload. `None` if the payload is not one of this place.
    pub fn read_json(self, payload: &str) -> Option<String> {
        let texts = self.read(payload)?;
        payload_of(&texts).text(VALUE).map(|json| json.to_owned())
    }

    /// The fields of a payload with the right check.
    fn read(self, payload: &str) -> Option<[FieldText<'_>; NAMES.len()]> {
        let texts = fields::find(payload, &NAMES).ok()?;
        (payload_of(&texts).required(CHECK) == Ok(self.check())).then_some(texts)
    }
}

fn payload_of<'o, 'a>(texts: &'o [FieldText<'a>]) -> ReceivedObject<'o, 'a> {
    ReceivedObject { kind: "payload", names: &NAMES, texts }
}

fn json_string(text: &str) -> String {
    let mut json = String::with_capacity(text.len() + 2);
    json::write_string(&mut json, text);
    json
}

/// The arguments of a query before and after the value of `paginationOpts.id`.
fn without_pagination_id(args: &str) -> [&str; 2] {
    let id = fields::find(args, &["paginationOpts"])
        .ok()
        .and_then(|[options]| fields::find(options?, &["id"]).ok())
        .and_then(|[id]| id);
    let Some(id) = id else { return [args, ""] };
    // `id` is a part of `args`.
    let start = id.as_ptr() as usize - args.as_ptr() as usize;
    [&args[..start], &args[start + id.len()..]]
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    const ANNA: PageIdentity = PageIdentity::User { session: 1, subject: u64::MAX };
    const BOB: PageIdentity = PageIdentity::User { session: 1, subject: 2 };

    fn place(function: &str, args: serde_json::Value, auth: AuthPolicy, identity: PageIdentity) -> PagePlace {
        let args = Arguments::encode(&args).unwrap().unwrap();
        PagePlace::of_query(&FunctionPath::parse(function).unwrap(), &args, auth, identity)
    }

    fn error(message: &str, data: Option<&str>) -> Result<EncodedValue, FunctionError> {
        let data = data.map(|json| EncodedValue::from_json(json.to_owned()));
        Err(FunctionError { message: message.into(), data })
    }

    fn value(json: &str) -> Result<EncodedValue, FunctionError> {
        Ok(EncodedValue::from_json(json.to_owned()))
    }

    #[test]
    fn different_content_has_different_places() {
        use AuthPolicy::{Immediate, Required, Settled};
        let nested = |id| json!({ "a": { "paginationOpts": { "id": id } } });
        let places = [
            place("a:b", json!({}), Settled, ANNA),
            place("a:b", json!({}), Settled, BOB),
            place("a:b", json!({}), Settled, PageIdentity::User { session: 2, subject: 2 }),
            place("a:b", json!({}), Settled, PageIdentity::Anonymous),
            place("a:b", json!({}), Required, ANNA),
            place("a:b", json!({}), Immediate, ANNA),
            place("a:c", json!({}), Settled, ANNA),
            place("a:b", json!({ "n": 1 }), Settled, ANNA),
            place("a:b", nested(1), Settled, ANNA),
            place("a:b", nested(2), Settled, ANNA),
            PagePlace::of_identity("https://a.test"),
            PagePlace::of_identity("https://b.test"),
            PagePlace::of_user("https://a.test"),
        ];
        for (index, one) in places.iter().enumerate() {
            assert_eq!(places.iter().position(|other| other == one), Some(index), "{places:?}");
            assert_eq!(places.iter().position(|other| other.id() == one.id()), Some(index), "{places:?}");
            assert!((0x8000_0000..=0xffff_ffff).contains(&one.id()));
        }
    }

    #[test]
    fn an_immediate_query_has_one_place_for_all_identities() {
        let place = |identity| place("a:b", json!({}), AuthPolicy::Immediate, identity);
        assert_eq!(place(ANNA), place(BOB));
        assert_eq!(place(ANNA), place(PageIdentity::Anonymous));
    }

    #[test]
    fn the_id_of_a_page_query_does_not_change_its_place() {
        let page = |options| {
            place("a:b", json!({ "n": 1, "paginationOpts": options, "z": 2 }), AuthPolicy::Settled, ANNA)
        };
        let first = page(json!({ "cursor": null, "id": 1, "numItems": 10 }));
        assert_eq!(first, page(json!({ "cursor": null, "id": 23, "numItems": 10 })));
        assert_ne!(first, page(json!({ "cursor": null, "id": 1, "numItems": 11 })));
        assert_ne!(first, page(json!({ "cursor": "1", "id": 1, "numItems": 10 })));
        // The same text occurs in another argument first.
        let twin = |id| json!({ "cursor": null, "id": id, "numItems": 10 });
        let twins = |other, own| {
            let args = json!({ "a": twin(other), "paginationOpts": twin(own) });
            place("a:b", args, AuthPolicy::Settled, ANNA)
        };
        assert_eq!(twins(1, 1), twins(1, 2));
        assert_ne!(twins(1, 1), twins(2, 1));
    }

    #[test]
    fn payloads_are_read_as_they_were_written() {
        let place = PagePlace(0x1234_5678_0000_0007);
        for (result, payload) in [
            (value("null"), r#"{"k":7,"v":null}"#),
            (value(r#"{"a":[1,"</script>"]}"#), r#"{"k":7,"v":{"a":[1,"</script>"]}}"#),
            (error("no \"x\"\n", None), r#"{"k":7,"e":"no \"x\"\n"}"#),
            (error("no", Some("null")), r#"{"k":7,"e":"no","d":null}"#),
            (error("no", Some(r#"{"v":1}"#)), r#"{"k":7,"e":"no","d":{"v":1}}"#),
        ] {
            assert_eq!(place.write_result(&result), payload);
            assert_eq!(place.read_result(payload), Some(result), "{payload}");
        }
        for (identity, payload) in [
            (PageIdentity::Anonymous, r#"{"k":7,"v":null}"#),
            (ANNA, r#"{"k":7,"s":1,"u":18446744073709551615}"#),
        ] {
            assert_eq!(place.write_identity(identity), payload);
            assert_eq!(place.read_identity(payload), Some(identity), "{payload}");
        }
        let payload = place.write_json(r#"{"name":"Anna"}"#);
        assert_eq!(place.read_json(&payload).as_deref(), Some(r#"{"name":"Anna"}"#));
    }

    #[test]
    fn other_payloads_are_ignored() {
        let place = PagePlace(7);
        for payload in [
            "",
            "null",
            "[]",
            "{}",
            "<!doctype html>",
            r#"{"k":7"#,
            r#"{"k":7}"#,
            r#"{"v":1}"#,
            r#"{"k":8,"v":null}"#,
            r#"{"k":-1,"v":null}"#,
            r#"{"k":"7","v":null}"#,
            r#"{"k":null,"v":null}"#,
            r#"{"k":7,"v":}"#,
            r#"{"k":7,"e":1}"#,
            r#"{"k":7,"e":null}"#,
            r#"{"k":7,"d":1}"#,
            r#"{"k":7,"s":1}"#,
            r#"{"k":7,"s":-1,"u":1}"#,
            r#"{"k":7,"s":1,"u":18446744073709551616}"#,
        ] {
            assert_eq!(place.read_result(payload), None, "{payload}");
            assert_eq!(place.read_identity(payload), None, "{payload}");
            assert_eq!(place.read_json(payload), None, "{payload}");
        }
        assert_eq!(place.read_identity(r#"{"k":7,"v":1}"#), None, "a result, not an identity");
    }

    proptest! {
        #[test]
        fn reading_never_panics(payload in "\\PC*", fields in "[\\[\\]{}\",:ksvuden0-9]{0,40}") {
            for payload in [payload, format!("{{\"k\":7,{fields}}}")] {
                let place = PagePlace(7);
                let _ = (place.read_result(&payload), place.read_identity(&payload), place.read_json(&payload));
            }
        }
    }
}
