use std::time::Duration;

use serde_json::json;

use crate::harness::*;

const TWO_SECONDS: Duration = Duration::from_secs(2);

fn send_twice(request: u32, seconds: f64) -> serde_json::Value {
    action(request, "messages:sendTwice", json!({ "seconds": seconds }))
}

#[test]
fn an_action_calls_queries_and_mutations() {
    let mut harness = Harness::new();
    let client = harness.connect();
    harness.send(client, authenticate(0, &token("alice", HOUR)));
    harness.send(client, send_twice(0, 0.0));
    let [response, _transition] = &harness.frames(client)[..] else { panic!("two frames") };
    let expected = json!({
        "type": "ActionResponse", "requestId": 0, "success": true, "result": 2.0, "logLines": ["[LOG] 'sent'"]
    });
    assert_eq!(*response, expected);
    assert_eq!(harness.callers("messages:send"), vec![Some("alice".to_owned()); 2]);
}

#[test]
fn slow_actions_do_not_block_later_requests() {
    let mut harness = Harness::new();
    let client = harness.connect();
    harness.send(client, send_twice(0, 2.0));
    harness.send(client, send_twice(1, 1.0));
    harness.send(client, mutation(2, "users:caller", json!({})));
    assert_eq!(harness.frames(client)[0]["requestId"], 2);

    assert_eq!(harness.deployment.poll_timeout().map(|due| due.since_start()), Some(TWO_SECONDS / 2));
    harness.pass(TWO_SECONDS / 2);
    assert_eq!(harness.frames(client)[0]["requestId"], 1);
    harness.pass(TWO_SECONDS / 2);
    assert_eq!(harness.frames(client)[0]["requestId"], 0);
}

#[test]
fn action_fails_with_the_error_of_a_nested_query() {
    let mut harness = Harness::new();
    let client = harness.connect();
    harness.send(client, action(0, "failing:nested", json!({})));
    let response = &harness.frames(client)[0];
    assert_eq!(response["success"], false);
    assert!(
        response["result"].as_str().unwrap().ends_with("Uncaught Error: Unauthorized: No identity found")
    );
}

#[test]
fn response_of_a_lost_connection_is_dropped() {
    let mut harness = Harness::new();
    let client = harness.connect();
    harness.send(client, send_twice(0, 2.0));
    harness.deployment.closed(harness.now, client);
    assert_eq!(harness.deployment.poll_timeout(), None);
    harness.pass(TWO_SECONDS);
    assert!(harness.outputs().is_empty());
    assert_eq!(harness.runs("messages:send"), 2, "the writes of the action stay");
}

#[test]
fn more_than_1000_actions_close_the_socket() {
    let mut harness = Harness::new();
    let client = harness.connect();
    for request in 0..1000 {
        harness.send(client, action(request, "nothing:slowly", json!({})));
    }
    assert_eq!(harness.end(client), None);
    harness.send(client, action(1000, "nothing:slowly", json!({})));
    let reason = "TooManyInflightActionsForSingleClient";
    assert_eq!(harness.end(client), Some((Some(1013), reason.to_owned())));
}
