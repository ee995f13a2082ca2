//! Function calls over HTTP: the request body, and the response (docs/protocol.md §10).

use crate::{
    Arguments, EncodeError, EncodedValue, FunctionError, FunctionPath, Token,
    fields::{self, ReceivedObject, field_names},
    json::ObjectWriter,
    secret::without_tokens,
};
use std::borrow::Cow;

/// A deployment's response to a function call.
#[derive(Debug, PartialEq)]
pub enum HttpAnswer {
    /// The function ran and returned or threw.
    Ran { outcome: Result<EncodedValue, FunctionError>, log_lines: Vec<String> },
    /// The deployment reported an error of its own.
    Failed { code: String, message: String },
    /// The response does not come from a deployment.
    Unreadable,
}

/// The status of responses for functions that threw; some have status 200.
const FUNCTION_FAILED: u16 = 560;

/// The longest request body that a deployment accepts (docs/protocol.md §16).
const MAX_BODY: usize = (16 << 20) + 2000;

/// The body of a request that calls a function.
///
/// # Errors
///
/// The body is longer than a deployment accepts.
pub fn http_body(function: &FunctionPath, args: &Arguments) -> Result<String, EncodeError> {
    let mut body = String::with_capacity(args.as_json().len() + 128);
    let mut call = ObjectWriter::begin(&mut body);
    call.text("path", function.as_str());
    call.text("format", "convex_encoded_json");
    call.json("args", &["[", args.as_json(), "]"]);
    call.end();
    if body.len() > MAX_BODY {
        return Err(EncodeError::new(format!(
            "at args: too large for a call over HTTP: {} bytes as JSON, and the limit is {MAX_BODY}",
            body.len()
        )));
    }
    Ok(body)
}

impl HttpAnswer {
    /// Reads the response to a request that was sent with `token`, and redacts the token in
    /// messages.
    pub fn read(status: u16, body: &str, token: Option<&Token>) -> Self {
        let is_from_function = (200..300).contains(&status) || status == FUNCTION_FAILED;
        let answer = if is_from_function { read_outcome(body) } else { read_error(body, token) };
        answer.unwrap_or(Self::Unreadable)
    }
}

fn read_outcome(body: &str) -> Option<HttpAnswer> {
    field_names! {
        STATUS = "status",
        VALUE = "value",
        ERROR_MESSAGE = "errorMessage",
        ERROR_DATA = "errorData",
        LOG_LINES = "logLines",
    }
    let texts = fields::find(body, &NAMES).ok()?;
    let answer = ReceivedObject { kind: "answer", names: &NAMES, texts: &texts };
    let status: Cow<'_, str> = answer.required(STATUS).ok()?;
    let message: Option<Cow<'_, str>> = answer.optional(ERROR_MESSAGE).ok()?;
    let outcome = match &*status {
        "success" => Ok(answer.value(VALUE)),
        "error" => Err(FunctionError {
            message: message.map_or("the server gave no reason".into(), Into::into),
            data: answer.text(ERROR_DATA).map(EncodedValue::received),
        }),
        _ => return None,
    };
    let log_lines = answer.optional(LOG_LINES).ok()?.unwrap_or_default();
    Some(HttpAnswer::Ran { outcome, log_lines })
}

fn read_error(body: &str, token: Option<&Token>) -> Option<HttpAnswer> {
    field_names! { CODE = "code", MESSAGE = "message" }
    let texts = fields::find(body, &NAMES).ok()?;
    let answer = ReceivedObject { kind: "answer", names: &NAMES, texts: &texts };
    let without_token = |field| {
        let text: Cow<'_, str> = answer.required(field).ok()?;
        Some(without_tokens(&text, token.into_iter()))
    };
    Some(HttpAnswer::Failed { code: without_token(CODE)?, message: without_token(MESSAGE)? })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Bytes;
    use serde_json::json;

    fn ran(outcome: Result<&str, (&str, Option<&str>)>, log_lines: &[&str]) -> HttpAnswer {
        let json = |json| EncodedValue::received(json);
        HttpAnswer::Ran {
            outcome: outcome
                .map(json)
                .map_err(|(message, data)| FunctionError { message: message.into(), data: data.map(json) }),
            log_lines: log_lines.iter().map(|&line| line.to_owned()).collect(),
        }
    }

    #[test]
    fn the_body_holds_path_and_arguments() {
        let function = FunctionPath::parse("messages.js:send").unwrap();
        let args = Arguments::encode(&json!({ "body": "hi" })).unwrap().unwrap();
        assert_eq!(
            http_body(&function, &args).unwrap(),
            r#"{"path":"messages:send","format":"convex_encoded_json","args":[{"body":"hi"}]}"#
        );
    }

    /// docs/auth.md §4, line 51.
    #[test]
    fn a_body_that_no_deployment_reads_is_an_error() {
        let function = FunctionPath::parse("files:save").unwrap();
        let args = |length| Arguments::encode(&json!({ "bytes": Bytes(vec![0; length]) })).unwrap().unwrap();
        assert!(http_body(&function, &args(12 << 20)).is_ok());
        let error = http_body(&function, &args(13 << 20)).unwrap_err().to_string();
        assert!(error.starts_with("at args: too large for a call over HTTP: 18175"), "{error}");
        assert!(error.ends_with("bytes as JSON, and the limit is 16779216"), "{error}");
    }

    #[test]
    fn function_outcomes_are_read_with_either_status() {
        for (body, answer) in [
            (
                r#"{"status":"success","value":[1.0,{"$integer":"AQAAAAAAAAA="}],"logLines":["[LOG] 'x'"]}"#,
                ran(Ok(r#"[1.0,{"$integer":"AQAAAAAAAAA="}]"#), &["[LOG] 'x'"]),
            ),
            (r#"{"status":"success","value":null,"logLines":null}"#, ran(Ok("null"), &[])),
            (r#"{"status":"success"}"#, ran(Ok("null"), &[])),
            (r#"{"status":"error","errorMessage":"no"}"#, ran(Err(("no", None)), &[])),
            (
                r#"{"status":"error","errorMessage":"no","errorData":null}"#,
                ran(Err(("no", Some("null"))), &[]),
            ),
            (
                r#"{"status":"error","errorMessage":"no","errorData":{"code":1}}"#,
                ran(Err(("no", Some(r#"{"code":1}"#))), &[]),
            ),
            (r#"{"status":"error"}"#, ran(Err(("the server gave no reason", None)), &[])),
        ] {
            for status in [200, 560] {
                assert_eq!(HttpAnswer::read(status, body, None), answer, "{status} {body}");
            }
        }
    }

    #[test]
    fn errors_of_the_deployment_are_read() {
        let answer = HttpAnswer::read(503, r#"{"code":"Overloaded","message":"Try later"}"#, None);
        let failed = HttpAnswer::Failed { code: "Overloaded".to_owned(), message: "Try later".to_owned() };
        assert_eq!(answer, failed);
    }

    /// docs/auth.md, rule 13.
    #[test]
    fn a_token_in_an_error_message_is_redacted() {
        let token = Token::new("e30.eyJzdWIiOiJhIn0.c2lnbmF0dXJl");
        let body = r#"{"code":"Unauthenticated","message":"Cannot read e30.eyJzdWIiOiJhIn0.c2lnbmF0dXJl"}"#;
        let HttpAnswer::Failed { message, .. } = HttpAnswer::read(401, body, Some(&token)) else {
            panic!("an error");
        };
        assert_eq!(message, "Cannot read …");
    }

    #[test]
    fn foreign_responses_are_unreadable() {
        for (status, body) in [
            (200, "<!doctype html>"),
            (200, ""),
            (200, r#"{"value":1}"#),
            (200, r#"{"status":"later"}"#),
            (200, r#"{"code":"Overloaded","message":"Try later"}"#),
            (502, "<h1>Bad gateway</h1>"),
            (404, "Not found"),
            (500, r#"{"status":"success","value":1}"#),
        ] {
            assert_eq!(HttpAnswer::read(status, body, None), HttpAnswer::Unreadable, "{status} {body}");
        }
    }
}
