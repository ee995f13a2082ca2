//! Limits of calls and sockets (docs/protocol.md, §16), and the texts of a redacting deployment
//! (§12.3).

use serde_json::{Value as Json, json};

use crate::harness::*;

const MIB: usize = 1 << 20;

/// The response to a mutation with these arguments.
fn response_to(harness: &mut Harness, path: &str, args: Json) -> Json {
    let client = harness.connect();
    harness.send(client, mutation(0, path, args));
    harness.frames(client).remove(0)
}

#[rstest::rstest]
#[case::size("x".repeat(17 * MIB).into(), "Arguments for messages.js:send are too large (actual: 17.00 MiB, limit: 16 MiB)")]
#[case::elements(json!(vec![0; 8193]), "Invalid arguments for messages.js:send: Array length is too long")]
#[case::nesting((0..64).fold(json!(0), |inner, _| json!([inner])), "Value is too nested (nested 66 levels deep")]
fn arguments_over_a_limit_fail_the_call(#[case] body: Json, #[case] text: &str) {
    let mut harness = Harness::new();
    let response = response_to(&mut harness, "messages:send", json!({ "channel": "general", "body": body }));
    assert_eq!(response["success"], false);
    assert!(response["result"].as_str().unwrap().contains(text), "{:.300}", response["result"]);
    assert!(harness.deployment.executions().is_empty());
}

#[test]
fn a_result_over_16_mib_fails_the_call_and_writes_nothing() {
    let mut harness = Harness::new();
    let response = response_to(&mut harness, "sizes:insert", json!({ "mib": 17.0 }));
    let text = "Function sizes.js:insert return value is too large (actual: 17.00 MiB, limit: 16 MiB)";
    assert!(response["result"].as_str().unwrap().ends_with(text), "{response:.300}");
    let client = harness.connect();
    harness.send(client, modify(0, vec![add(0, "messages:all", json!({}))]));
    assert_eq!(value_of(&harness.frame(client), 0), Some(&json!(0.0)));
}

#[test]
fn a_message_over_64_mib_closes_the_socket() {
    let mut harness = Harness::new();
    let client = harness.connect();
    harness.send(client, mutation(0, "messages:send", json!({ "body": "x".repeat(64 * MIB) })));
    assert!(harness.frames(client).is_empty());
    assert_eq!(harness.end(client), Some((Some(1011), "InternalServerError".to_owned())));
}

#[rstest::rstest]
#[case(120, "MutationResponse")]
#[case(130, "FatalError")]
fn json_nested_over_127_levels_is_fatal(#[case] levels: usize, #[case] answered: &str) {
    let mut harness = Harness::new();
    let client = harness.open();
    let nested = format!("{}{}", "[".repeat(levels), "]".repeat(levels));
    let frame =
        format!(r#"{{"type":"Mutation","requestId":0,"udfPath":"users:caller","args":[{{"x":{nested}}}]}}"#);
    harness.deployment.receive(harness.now, client, &frame);
    assert_eq!(harness.frames(client)[0]["type"], answered);
}

#[test]
fn more_than_1000_pending_mutations_close_the_socket() {
    let mut harness = Harness::new();
    let client = harness.connect();
    (0..1000).for_each(|request| harness.send(client, mutation(request, "users:caller", json!({}))));
    assert_eq!(harness.frames(client).len(), 1001, "the responses, and a transition");
    (0..1001).for_each(|request| harness.send(client, mutation(1000 + request, "users:caller", json!({}))));
    assert_eq!(harness.end(client), Some((Some(1013), "TooManyConcurrentMutations".to_owned())));
}

#[test]
fn request_id_is_a_hash_of_session_and_number() {
    let mut harness = Harness::new();
    let response = response_to(&mut harness, "x:y", json!({}));
    // The first 16 digits of SHA-256 of "8f9f4f6e-3c0c-4a3b-9f07-0a8a3d1f2b4c|0".
    let text = "[Request ID: 8cf553be37232371] Server Error\nCould not find public function for 'x:y'.";
    assert_eq!(response["result"], text);
}

#[test]
fn action_with_non_array_arguments_is_fatal() {
    let mut harness = Harness::new();
    let client = harness.connect();
    harness
        .send(client, json!({ "type": "Mutation", "requestId": 0, "udfPath": "users:caller", "args": {} }));
    let response = harness.frames(client).remove(0);
    assert!(response["result"].as_str().unwrap().ends_with("\nInvalid arguments provided"), "{response}");
    harness
        .send(client, json!({ "type": "Action", "requestId": 1, "udfPath": "nothing:slowly", "args": {} }));
    assert_eq!(harness.frame(client), json!({ "type": "FatalError", "error": "Invalid arguments provided" }));
}

#[test]
fn redaction_hides_details_and_logs_but_not_error_data() {
    let mut harness = Harness::new();
    harness.deployment.set_redacts(true);
    let client = harness.connect();
    let queries = [("failing:data", json!({ "data": 7 })), ("failing:plain", json!({})), ("x:y", json!({}))];
    let queries = (0..).zip(queries).map(|(id, (path, args))| add(id, path, args)).collect();
    harness.send(client, modify(0, queries));
    let transition = harness.frame(client);
    for query in 0..3 {
        let failure = modification_of(&transition, query).unwrap();
        let text = failure["errorMessage"].as_str().unwrap();
        assert!(text.starts_with("[Request ID: ") && text.ends_with("] Server Error"), "{text}");
        assert_eq!(failure.get("errorData"), (query == 0).then_some(&json!(7.0)));
    }
    harness.send(client, mutation(0, "messages:send", json!({ "channel": "general", "body": "hi" })));
    assert_eq!(harness.frames(client)[0]["logLines"], json!([]));
    let executions = harness.deployment.executions();
    assert_eq!(executions.last().unwrap().log_lines, ["[LOG] 'hi'"], "the deployment's own log has them");
}
