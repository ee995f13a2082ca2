use serde_json::json;

use crate::harness::*;

fn hello(request: u32) -> serde_json::Value {
    mutation(request, "messages:send", json!({ "channel": "general", "body": "hello" }))
}

#[test]
fn response_precedes_the_transition_of_its_timestamp() {
    let mut harness = Harness::new();
    let client = harness.connect();
    harness.send(client, modify(0, vec![add(0, "messages:list", json!({ "channel": "general" }))]));
    harness.frame(client);
    harness.send(client, hello(0));
    let [response, transition] = &harness.frames(client)[..] else { panic!("two frames") };
    assert_eq!(response["type"], "MutationResponse");
    assert_eq!(response["success"], true);
    assert_eq!(response["logLines"], json!(["[LOG] 'hello'"]));
    assert_eq!(transition["endVersion"]["ts"], response["ts"]);
    assert_eq!(value_of(transition, 0), Some(&json!(["hello"])));
}

#[test]
fn mutation_that_changes_no_query_still_sends_a_transition() {
    let mut harness = Harness::new();
    let client = harness.connect();
    harness.send(client, hello(0));
    let [response, transition] = &harness.frames(client)[..] else { panic!("two frames") };
    assert_eq!(transition["endVersion"]["ts"], response["ts"]);
    assert_eq!(transition["modifications"], json!([]));
}

#[test]
fn mutations_run_in_order() {
    let mut harness = Harness::new();
    let client = harness.connect();
    for (request, body) in (0..).zip(["a", "b", "c"]) {
        harness
            .send(client, mutation(request, "messages:send", json!({ "channel": "general", "body": body })));
    }
    harness.send(client, modify(0, vec![add(0, "messages:list", json!({ "channel": "general" }))]));
    let frames = harness.frames(client);
    let answered: Vec<_> = frames[..3].iter().map(|frame| frame["requestId"].clone()).collect();
    assert_eq!(answered, [0, 1, 2]);
    assert_eq!(value_of(&frames[3], 0), Some(&json!(["c", "b", "a"])));
}

#[test]
fn resent_mutation_runs_once() {
    let mut harness = Harness::new();
    let first = harness.connect();
    harness.send(first, hello(5));
    let original = harness.frames(first)[0].clone();
    harness.deployment.closed(harness.now, first);
    harness.mutate("messages:send", json!({ "channel": "general", "body": "in between" }));

    let second = harness.connect();
    harness.send(second, hello(5));
    let [replayed, transition] = &harness.frames(second)[..] else { panic!("two frames") };
    assert_eq!(*replayed, original, "value, timestamp and log lines");
    assert_ne!(transition["endVersion"]["ts"], original["ts"], "the transition is new");
    assert_eq!(harness.runs("messages:send"), 2, "one of them of another client");
}

#[test]
fn resent_failed_mutation_runs_again() {
    let mut harness = Harness::new();
    for _ in 0..2 {
        let client = harness.connect();
        harness.send(client, mutation(0, "messages:failing", json!({})));
        assert_eq!(harness.frames(client)[0]["success"], false);
    }
    assert_eq!(harness.runs("messages:failing"), 2);
}

#[test]
fn without_connect_a_resent_mutation_runs_twice() {
    let mut harness = Harness::new();
    for _ in 0..2 {
        let client = harness.open();
        harness.send(client, hello(0));
        assert_eq!(harness.frames(client)[0]["success"], true);
    }
    assert_eq!(harness.runs("messages:send"), 2);
}

#[test]
fn request_ids_are_separate_per_session() {
    let mut harness = Harness::new();
    for session in [SESSION, "00000000-0000-4000-8000-000000000001"] {
        let client = harness.open();
        let mut connect = connect_frame();
        connect["sessionId"] = json!(session);
        harness.send(client, connect);
        harness.send(client, hello(0));
    }
    assert_eq!(harness.runs("messages:send"), 2);
}

#[test]
fn failed_mutation_is_rolled_back() {
    let mut harness = Harness::new();
    let client = harness.connect();
    harness.send(client, modify(0, vec![add(0, "messages:all", json!({}))]));
    harness.frame(client);
    harness.send(client, mutation(0, "messages:failing", json!({})));
    let response = &harness.frames(client)[0];
    assert_eq!(response["success"], false);
    assert_eq!(response["ts"], json!(null));
    assert!(response["result"].as_str().unwrap().ends_with("Server Error\nUncaught Error: after 1 write"));
    assert_eq!(harness.runs("messages:all"), 1);

    harness.send(client, hello(1));
    let transition = harness.frames(client).pop().unwrap();
    assert_eq!(value_of(&transition, 0), Some(&json!(1.0)));
}

#[test]
fn a_mutation_without_writes_keeps_the_timestamp() {
    let mut harness = Harness::new();
    let client = harness.connect();
    harness.send(client, modify(0, vec![]));
    let before = harness.frame(client)["endVersion"]["ts"].clone();
    harness.send(client, mutation(0, "nothing:written", json!({})));
    assert_eq!(harness.frames(client)[0]["ts"], before);
}

#[test]
fn a_timestamp_from_the_future_is_an_internal_error() {
    let mut harness = Harness::new();
    let client = harness.connect();
    harness.send(client, hello(0));
    let seen = harness.frames(client)[0]["ts"].clone();

    let reached = harness.open();
    let mut connect = connect_frame();
    connect["maxObservedTimestamp"] = seen;
    harness.send(reached, connect.clone());
    assert_eq!(harness.end(reached), None);

    let unreached = harness.open();
    connect["maxObservedTimestamp"] = json!("/////////38=");
    harness.send(unreached, connect);
    assert_eq!(harness.end(unreached), Some((Some(1011), "InternalServerError".to_owned())));
}
