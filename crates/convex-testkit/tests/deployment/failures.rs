use serde_json::json;

use crate::harness::*;

fn failure_of(path: &str, args: serde_json::Value) -> serde_json::Value {
    let mut harness = Harness::new();
    let client = harness.connect();
    harness.send(client, modify(0, vec![add(0, path, args)]));
    let transition = harness.frame(client);
    let failure = modification_of(&transition, 0).unwrap().clone();
    assert_eq!(failure["type"], "QueryFailed");
    failure
}

#[rstest::rstest]
#[case::unknown("x:y", json!({}), "Could not find public function for 'x:y'.")]
#[case::kind("messages:send", json!({}), "Trying to execute messages.js:send as Query, but it is defined as Mutation.")]
#[case::thrown("failing:plain", json!({}), "Server Error\nUncaught Error: Unauthorized: No identity found")]
#[case::missing("messages:list", json!({}), "ArgumentValidationError: Object is missing the required field `channel`.")]
#[case::type_("messages:list", json!({ "channel": 1 }), "ArgumentValidationError: Value does not match validator.\nPath: .channel\nValue: 1.0\nValidator: v.string()")]
#[case::undecodable("messages:list", json!({ "$x": 1, "y": 2 }), "Invalid arguments for messages.js:list: Field name $x")]
#[case::not_an_object("messages:list", json!(1), "Invalid arguments for messages.js:list: Expected an object")]
fn failed_query_reports_its_reason(
    #[case] path: &str,
    #[case] args: serde_json::Value,
    #[case] message: &str,
) {
    let failure = failure_of(path, args);
    let text = failure["errorMessage"].as_str().unwrap();
    assert!(text.starts_with("[Request ID: ") && text.contains(message), "{text}");
    assert!(failure.get("errorData").is_none());
}

#[test]
fn null_error_data_is_sent() {
    let failure = failure_of("failing:data", json!({ "data": null }));
    assert_eq!(failure.get("errorData"), Some(&json!(null)));
    assert!(failure["errorMessage"].as_str().unwrap().ends_with("Uncaught ConvexError: failed"));
}

#[test]
fn error_data_is_encoded_like_a_value() {
    let failure = failure_of("failing:data", json!({ "data": { "$integer": "AQAAAAAAAAA=" } }));
    assert_eq!(failure["errorData"], json!({ "$integer": "AQAAAAAAAAA=" }));
}

#[test]
fn equal_failure_with_another_request_id_is_not_resent() {
    let mut harness = Harness::new();
    let client = harness.connect();
    harness.send(client, modify(0, vec![add(0, "failing:plain", json!({}))]));
    harness.frame(client);
    harness.send(client, authenticate(0, &token("alice", HOUR)));
    assert_eq!(harness.frame(client)["modifications"], json!([]));
    assert_eq!(harness.runs("failing:plain"), 2);
}

#[test]
fn requests_to_unknown_functions_fail() {
    let mut harness = Harness::new();
    let client = harness.connect();
    harness.send(client, mutation(0, "x:y", json!({})));
    harness.send(client, action(1, "x:y", json!({})));
    let frames = harness.frames(client);
    for response in &frames[..2] {
        assert_eq!(response["success"], false);
        assert!(response["result"].as_str().unwrap().contains("Could not find public function for 'x:y'."));
    }
    assert!(harness.deployment.executions().is_empty());
}

#[rstest::rstest]
#[case::no_json("hello")]
#[case::unknown_type(r#"{"type":"Pong"}"#)]
#[case::fractional_clock(r#"{"type":"Connect","sessionId":"8f9f4f6e-3c0c-4a3b-9f07-0a8a3d1f2b4c","connectionCount":0,"clientTs":1.5}"#)]
#[case::bad_path(r#"{"type":"Mutation","requestId":0,"udfPath":"no spaces:please","args":[{}]}"#)]
#[case::bad_session(r#"{"type":"Connect","sessionId":"me","connectionCount":0}"#)]
fn unreadable_frame_is_fatal(#[case] frame: &str) {
    let mut harness = Harness::new();
    let client = harness.open();
    harness.deployment.receive(harness.now, client, frame);
    let fatal = harness.frame(client);
    assert_eq!(fatal["type"], "FatalError");
    assert!(fatal["error"].as_str().unwrap().starts_with("Received Invalid JSON on websocket: "));
    assert_eq!(harness.end(client), Some((None, String::new())));
}

#[test]
fn events_are_ignored() {
    let mut harness = Harness::new();
    let client = harness.connect();
    harness.send(client, json!({ "type": "Event", "eventType": "Whatever", "event": [1] }));
    assert!(harness.outputs().is_empty());
}
