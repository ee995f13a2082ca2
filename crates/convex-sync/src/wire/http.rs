//! Calls over HTTP: what is sent, and what an answer says (protocol §10).

use super::server::value;
use crate::{
    Arguments, EncodeError, EncodedValue, FunctionError, FunctionPath, Token,
    fields::{self, Object},
    secret::without_tokens,
    text::Text,
};
use serde::Serialize;
use serde_json::value::RawValue;

/// What a deployment's answer says.
#[derive(Debug, PartialEq)]
pub enum HttpAnswer {
    /// The function ran, and this is how it ended.
    Ran { outcome: Result<EncodedValue, FunctionError>, log_lines: Vec<String> },
    /// The deployment has an error of its own to tell of.
    Failed { code: String, message: String },
    /// No deployment answers like this.
    Unreadable,
}

/// The status of answers that tell of functions that threw, beside 200.
const FUNCTION_FAILED: u16 = 560;

/// The longest body that a deployment reads (protocol §16).
const MAX_BODY: usize = (16 << 20) + 2000;

/// The body of a request that calls a function.
///
/// # Errors
///
/// Where it is longer than the deployment reads.
pub fn http_body(function: &FunctionPath, args: &Arguments) -> Result<String, EncodeError> {
    #[derive(Serialize)]
    struct Body<'a> {
        path: &'a str,
        format: &'a str,
        args: [&'a RawValue; 1],
    }

    let args = serde_json::from_str(args.as_json()).expect("encoded arguments are JSON");
    let body = Body { path: function.as_str(), format: "convex_encoded_json", args: [args] };
    let body = serde_json::to_string(&body).expect("strings and JSON text serialize");
    if body.len() > MAX_BODY {
        return Err(EncodeError::new(format!(
            "at args: too large for a call over HTTP: {} bytes as JSON, and the limit is {MAX_BODY}",
            body.len()
        )));
    }
    Ok(body)
}

impl HttpAnswer {
    /// Reads an answer to a request that was sent with `token`, which none of its words will hold.
    pub fn read(status: u16, body: &str, token: Option<&Token>) -> Self {
        let is_functions = (200..300).contains(&status) || status == FUNCTION_FAILED;
        let answer = if is_functions { read_outcome(body) } else { read_error(body, token) };
        answer.unwrap_or(Self::Unreadable)
    }
}

fn read_outcome(body: &str) -> Option<HttpAnswer> {
    const NAMES: [&str; 5] = ["status", "value", "errorMessage", "errorData", "logLines"];
    let found = fields::find(body, &NAMES).ok()?;
    let answer = Object { kind: "answer", names: &NAMES, found: &found };
    let Text(status) = answer.required("status").ok()?;
    let message = answer.optional("errorMessage").ok()?;
    let outcome = match &*status {
        "success" => Ok(value(answer.field("value"))),
        "error" => Err(FunctionError {
            message: message.map_or("the server gave no reason".into(), |Text(message)| message.into()),
            data: answer.field("errorData").map(EncodedValue::received),
        }),
        _ => return None,
    };
    let log_lines = answer.optional("logLines").ok()?.unwrap_or_default();
    Some(HttpAnswer::Ran { outcome, log_lines })
}

fn read_error(body: &str, token: Option<&Token>) -> Option<HttpAnswer> {
    const NAMES: [&str; 2] = ["code", "message"];
    let found = fields::find(body, &NAMES).ok()?;
    let answer = Object { kind: "answer", names: &NAMES, found: &found };
    let without_token = |name| {
        let Text(text) = answer.required(name).ok()?;
        Some(without_tokens(&text, token.into_iter()))
    };
    Some(HttpAnswer::Failed { code: without_token("code")?, message: without_token("message")? })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Bytes;
    use serde_json::json;

    fn ran(outcome: Result<&str, (&str, Option<&str>)>, log_lines: &[&str]) -> HttpAnswer {
        let json = |json| EncodedValue::received(serde_json::from_str(json).unwrap());
        HttpAnswer::Ran {
            outcome: outcome
                .map(json)
                .map_err(|(message, data)| FunctionError { message: message.into(), data: data.map(json) }),
            log_lines: log_lines.iter().map(|&line| line.to_owned()).collect(),
        }
    }

    #[test]
    fn a_call_is_its_path_and_one_object() {
        let function = FunctionPath::parse("messages.js:send").unwrap();
        let args = Arguments::encode(&json!({ "body": "hi" })).unwrap().unwrap();
        assert_eq!(
            http_body(&function, &args).unwrap(),
            r#"{"path":"messages:send","format":"convex_encoded_json","args":[{"body":"hi"}]}"#
        );
    }

    /// Auth contract §4, line 51.
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
    fn a_function_ends_with_a_value_or_an_error() {
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
    fn a_deployment_has_errors_of_its_own() {
        let answer = HttpAnswer::read(503, r#"{"code":"Overloaded","message":"Try later"}"#, None);
        let failed = HttpAnswer::Failed { code: "Overloaded".to_owned(), message: "Try later".to_owned() };
        assert_eq!(answer, failed);
    }

    /// Auth contract, rule 13.
    #[test]
    fn a_token_that_the_deployment_quotes_is_left_out() {
        let token = Token::new("e30.eyJzdWIiOiJhIn0.c2lnbmF0dXJl");
        let body = r#"{"code":"Unauthenticated","message":"Cannot read e30.eyJzdWIiOiJhIn0.c2lnbmF0dXJl"}"#;
        let HttpAnswer::Failed { message, .. } = HttpAnswer::read(401, body, Some(&token)) else {
            panic!("it is an error");
        };
        assert_eq!(message, "Cannot read …");
    }

    #[test]
    fn what_no_deployment_answers_is_not_read() {
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
