use std::time::Duration;

use convex_testkit::{FunctionKind, HttpReply, Rejection};
use serde_json::json;

use crate::harness::*;

fn post(
    world: &mut World,
    kind: FunctionKind,
    body: serde_json::Value,
    bearer: Option<&str>,
) -> (u16, serde_json::Value) {
    let HttpReply { status, body, .. } = world.deployment.http(world.now, kind, &body.to_string(), bearer);
    (status, serde_json::from_str(&body).unwrap())
}

fn call(path: &str, args: serde_json::Value) -> serde_json::Value {
    json!({ "path": path, "args": args, "format": "convex_encoded_json" })
}

#[test]
fn a_call_returns_its_value_and_log_lines() {
    let mut world = World::new();
    let query = call("users:logged", json!({}));
    let (status, reply) = post(&mut world, FunctionKind::Query, query, Some(&token("alice", HOUR)));
    assert_eq!(status, 200);
    assert_eq!(reply, json!({ "status": "success", "value": null, "logLines": ["[LOG] 'alice'"] }));
    assert_eq!(world.deployment.executions()[0].connection, None);
}

#[test]
fn a_mutation_reaches_the_subscribers() {
    let mut world = World::new();
    let client = world.connect();
    world.send(client, modify(0, vec![add(0, "messages:list", json!({ "channel": "general" }))]));
    world.frame(client);
    let send = call("messages:send", json!([{ "channel": "general", "body": "hi" }]));
    assert_eq!(post(&mut world, FunctionKind::Mutation, send, None).1["status"], "success");
    assert_eq!(value_of(&world.frame(client), 0), Some(&json!(["hi"])));
}

#[test]
fn a_slow_action_says_when_to_answer() {
    let mut world = World::new();
    let slow = call("messages:sendTwice", json!({ "seconds": 2.0 })).to_string();
    let reply = world.deployment.http(world.now, FunctionKind::Action, &slow, None);
    assert_eq!(reply.after, Duration::from_secs(2));
}

#[test]
fn a_failing_function_is_a_success_of_http() {
    let mut world = World::new();
    let (status, reply) =
        post(&mut world, FunctionKind::Query, call("failing:data", json!({ "data": null })), None);
    assert_eq!((status, &reply["status"]), (200, &json!("error")));
    assert_eq!(reply.get("errorData"), Some(&json!(null)));
    let (_, reply) = post(&mut world, FunctionKind::Query, call("x:y", json!({})), None);
    assert!(reply["errorMessage"].as_str().unwrap().contains("Could not find public function for 'x:y'."));
    assert_eq!(reply.get("errorData"), None);
}

#[test]
fn a_bad_token_is_unauthenticated() {
    let mut world = World::new();
    let (status, reply) =
        post(&mut world, FunctionKind::Query, call("users:me", json!({})), Some("no token"));
    assert_eq!(status, 401);
    assert_eq!(reply, json!({ "code": "InvalidAuthHeader", "message": Rejection::NotAJwt.text(false) }));
    assert!(world.deployment.executions().is_empty());
}

#[rstest::rstest]
#[case::no_path(json!({ "args": {} }), "BadJsonBody")]
#[case::lossy(json!({ "path": "users:me", "args": {}, "format": "json" }), "UnsupportedFormat")]
#[case::two_args(call("users:me", json!([{}, {}])), "InvalidArguments")]
fn a_bad_body_is_a_bad_request(#[case] body: serde_json::Value, #[case] code: &str) {
    let (status, reply) = post(&mut World::new(), FunctionKind::Query, body, None);
    assert_eq!((status, reply["code"].as_str().unwrap()), (400, code));
}
