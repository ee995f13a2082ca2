use std::time::Duration;

use convex_testkit::{FunctionKind, HttpReply, HttpRequest, MAX_BODY_BYTES, Rejection};
use serde_json::json;

use crate::harness::*;

fn post(
    harness: &mut Harness,
    kind: FunctionKind,
    body: serde_json::Value,
    bearer: Option<&str>,
) -> (u16, serde_json::Value) {
    let (body, authorization) = (body.to_string(), bearer.map(|token| format!("Bearer {token}")));
    let authorization = authorization.as_deref().map(str::as_bytes);
    send(harness, &HttpRequest { authorization, ..HttpRequest::new(kind, &body) })
}

fn send(harness: &mut Harness, request: &HttpRequest<'_>) -> (u16, serde_json::Value) {
    let HttpReply { status, body, .. } = harness.deployment.http(harness.now, request);
    (status, serde_json::from_str(&body).unwrap())
}

fn call(path: &str, args: serde_json::Value) -> serde_json::Value {
    json!({ "path": path, "args": args, "format": "convex_encoded_json" })
}

#[test]
fn call_returns_value_and_log_lines() {
    let mut harness = Harness::new();
    let query = call("users:logged", json!({}));
    let (status, reply) = post(&mut harness, FunctionKind::Query, query, Some(&token("alice", HOUR)));
    assert_eq!(status, 200);
    assert_eq!(reply, json!({ "status": "success", "value": null, "logLines": ["[LOG] 'alice'"] }));
    assert_eq!(harness.deployment.executions()[0].connection, None);
}

#[test]
fn mutation_updates_the_subscribers() {
    let mut harness = Harness::new();
    let client = harness.connect();
    harness.send(client, modify(0, vec![add(0, "messages:list", json!({ "channel": "general" }))]));
    harness.frame(client);
    let send = call("messages:send", json!([{ "channel": "general", "body": "hi" }]));
    assert_eq!(post(&mut harness, FunctionKind::Mutation, send, None).1["status"], "success");
    assert_eq!(value_of(&harness.frame(client), 0), Some(&json!(["hi"])));
}

#[test]
fn slow_action_delays_its_reply() {
    let mut harness = Harness::new();
    let slow = call("messages:sendTwice", json!({ "seconds": 2.0 })).to_string();
    let reply = harness.deployment.http(harness.now, &HttpRequest::new(FunctionKind::Action, &slow));
    assert_eq!(reply.after, Duration::from_secs(2));
}

#[test]
fn failed_function_is_status_200() {
    let mut harness = Harness::new();
    let (status, reply) =
        post(&mut harness, FunctionKind::Query, call("failing:data", json!({ "data": null })), None);
    assert_eq!((status, &reply["status"]), (200, &json!("error")));
    assert_eq!(reply.get("errorData"), Some(&json!(null)));
    let (_, reply) = post(&mut harness, FunctionKind::Query, call("x:y", json!({})), None);
    assert!(reply["errorMessage"].as_str().unwrap().contains("Could not find public function for 'x:y'."));
    assert_eq!(reply.get("errorData"), None);
}

#[test]
fn invalid_token_is_status_401() {
    let mut harness = Harness::new();
    let (status, reply) =
        post(&mut harness, FunctionKind::Query, call("users:me", json!({})), Some("no token"));
    assert_eq!(status, 401);
    assert_eq!(reply, json!({ "code": "InvalidAuthHeader", "message": Rejection::NotAJwt.text(false) }));
    assert!(harness.deployment.executions().is_empty());
}

#[rstest::rstest]
#[case::no_path(json!({ "args": {} }), "BadJsonBody")]
#[case::path(call("no spaces:please", json!({})), "BadConvexFunctionIdentifier")]
#[case::format(json!({ "path": "users:me", "args": {}, "format": "xml" }), "BadFormat")]
fn invalid_body_is_status_400(#[case] body: serde_json::Value, #[case] code: &str) {
    let (status, reply) = post(&mut Harness::new(), FunctionKind::Query, body, None);
    assert_eq!((status, reply["code"].as_str().unwrap()), (400, code));
}

#[test]
fn an_unknown_format_is_refused_after_the_function_ran() {
    let mut harness = Harness::new();
    let args = json!({ "channel": "general", "body": "hi" });
    let body = json!({ "path": "messages:send", "args": args, "format": "xml" });
    assert_eq!(post(&mut harness, FunctionKind::Mutation, body, None).0, 400);
    assert_eq!(harness.runs("messages:send"), 1);
}

#[test]
fn without_a_format_results_lose_their_types() {
    let body = json!({ "path": "numbers:one", "args": {} });
    let (_, reply) = post(&mut Harness::new(), FunctionKind::Query, body, None);
    assert_eq!(reply, json!({ "status": "success", "value": 1.0 }), "`logLines` is omitted if empty");
}

#[rstest::rstest]
#[case::two(json!([{}, {}]), "Invalid arguments for users.js:me: Expected one argument")]
#[case::undecodable(json!({ "$x": 1 }), "Invalid arguments for users.js:me: ")]
fn invalid_arguments_fail_the_call(#[case] args: serde_json::Value, #[case] text: &str) {
    let (status, reply) = post(&mut Harness::new(), FunctionKind::Query, call("users:me", args), None);
    assert_eq!((status, &reply["status"]), (200, &json!("error")));
    assert!(reply["errorMessage"].as_str().unwrap().contains(text), "{reply}");
}

#[rstest::rstest]
#[case::content_type(|request: &mut HttpRequest<'static>| request.content_type = Some("text/plain"), 400, "BadJsonBody")]
#[case::no_content_type(|request: &mut HttpRequest<'static>| request.content_type = None, 400, "BadJsonBody")]
#[case::not_text(|request: &mut HttpRequest<'static>| request.authorization = Some(b"Bearer \xff"), 400, "HeaderParseFailure")]
#[case::short(|request: &mut HttpRequest<'static>| request.authorization = Some(b"Bearer"), 400, "InvalidHeaderFailure")]
#[case::scheme(|request: &mut HttpRequest<'static>| request.authorization = Some(b"Basic YTpi"), 400, "InvalidAdminKey")]
#[case::admin(|request: &mut HttpRequest<'static>| request.authorization = Some(b"Convex name|key"), 401, "BadAdminKey")]
#[case::no_version(|request: &mut HttpRequest<'static>| request.client = Some("convex"), 400, "InvalidClientVersion")]
#[case::old(|request: &mut HttpRequest<'static>| request.client = Some("npm-0.1.0"), 400, "ClientVersionUnsupported")]
fn request_with_invalid_headers_is_refused(
    #[case] change: fn(&mut HttpRequest<'static>),
    #[case] status: u16,
    #[case] code: &str,
) {
    let mut harness = Harness::new();
    let mut request =
        HttpRequest::new(FunctionKind::Mutation, r#"{"path":"users:caller","args":{},"format":"json"}"#);
    change(&mut request);
    let (answered, reply) = send(&mut harness, &request);
    assert_eq!((answered, reply["code"].as_str().unwrap()), (status, code));
    assert!(harness.deployment.executions().is_empty());
}

#[test]
fn a_body_over_the_limit_is_refused() {
    let call = r#"{"path":"users:me","args":{}}"#;
    let padded = |length: usize| format!("{call}{}", " ".repeat(length - call.len()));
    let mut harness = Harness::new();
    let fits = padded(MAX_BODY_BYTES);
    assert_eq!(send(&mut harness, &HttpRequest::new(FunctionKind::Query, &fits)).0, 200);
    let (status, reply) =
        send(&mut harness, &HttpRequest::new(FunctionKind::Query, &padded(MAX_BODY_BYTES + 1)));
    assert_eq!((status, reply["code"].as_str().unwrap()), (400, "BadJsonBody"));
}

#[test]
fn error_message_names_the_request_id_of_the_headers() {
    let body = call("x:y", json!({})).to_string();
    let request = HttpRequest { request_id: Some("mine"), ..HttpRequest::new(FunctionKind::Query, &body) };
    let (_, reply) = send(&mut Harness::new(), &request);
    assert!(
        reply["errorMessage"].as_str().unwrap().starts_with("[Request ID: mine] Server Error\n"),
        "{reply}"
    );
}
