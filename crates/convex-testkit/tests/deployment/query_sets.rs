use serde_json::json;

use crate::harness::*;

#[test]
fn pending_frames_are_answered_by_one_transition() {
    let mut harness = Harness::new();
    let client = harness.connect();
    harness.send(client, authenticate(0, &token("alice", HOUR)));
    harness.send(client, modify(0, vec![add(0, "numbers:one", json!({}))]));
    harness.send(client, modify(1, vec![add(1, "users:me", json!({}))]));
    let transition = harness.frame(client);
    assert_eq!(transition["type"], "Transition");
    assert_eq!(transition["startVersion"], json!({ "querySet": 0, "identity": 0, "ts": "AAAAAAAAAAA=" }));
    assert_eq!(transition["endVersion"], json!({ "querySet": 2, "identity": 1, "ts": "AAAqNv6clxc=" }));
    assert_eq!(value_of(&transition, 0), Some(&json!(1.0)));
    assert_eq!(value_of(&transition, 1), Some(&json!("alice")));
}

#[test]
fn an_idle_server_answers_each_frame() {
    let mut harness = Harness::new();
    harness.deployment.answer_singly(true);
    let client = harness.connect();
    harness.send(client, authenticate(0, &token("alice", HOUR)));
    harness.send(client, modify(0, vec![add(0, "users:me", json!({}))]));
    harness.send(client, mutation(0, "nothing:written", json!({})));
    let frames = harness.frames(client);
    let types: Vec<_> = frames.iter().map(|frame| frame["type"].as_str().unwrap()).collect();
    assert_eq!(types, ["Transition", "Transition", "MutationResponse", "Transition"]);
    assert_eq!(frames[0]["endVersion"]["identity"], 1);
    assert_eq!(frames[0]["endVersion"]["querySet"], 0);
    assert_eq!(frames[1]["startVersion"], frames[0]["endVersion"]);
    assert_eq!(value_of(&frames[1], 0), Some(&json!("alice")));
}

#[test]
fn transition_starts_at_the_end_of_the_previous_one() {
    let mut harness = Harness::new();
    let client = harness.connect();
    harness.send(client, modify(0, vec![add(0, "messages:all", json!({}))]));
    let first = harness.frame(client);
    harness.mutate("messages:send", json!({ "channel": "general", "body": "hi" }));
    let second = harness.frame(client);
    assert_eq!(second["startVersion"], first["endVersion"]);
    assert_ne!(second["endVersion"]["ts"], first["endVersion"]["ts"]);
    assert_eq!(value_of(&second, 0), Some(&json!(1.0)));
}

#[test]
fn whole_floats_are_written_with_a_decimal_point() {
    let mut harness = Harness::new();
    let client = harness.connect();
    harness.send(client, modify(0, vec![add(0, "numbers:one", json!({}))]));
    let frames = harness.outputs();
    assert!(format!("{frames:?}").contains(r#"\"value\":1.0"#), "{frames:?}");
}

#[test]
fn empty_modification_is_answered_but_connect_is_not() {
    let mut harness = Harness::new();
    let client = harness.connect();
    assert!(harness.frames(client).is_empty());
    harness.send(client, modify(0, vec![]));
    let transition = harness.frame(client);
    assert_eq!(transition["endVersion"]["querySet"], 1);
    assert_eq!(transition["modifications"], json!([]));
}

#[test]
fn removal_of_a_query_is_confirmed() {
    let mut harness = Harness::new();
    let client = harness.connect();
    harness.send(client, modify(0, vec![add(0, "messages:all", json!({}))]));
    harness.send(client, modify(1, vec![remove(0)]));
    let transition = harness.frame(client);
    assert_eq!(transition["modifications"], json!([{ "type": "QueryRemoved", "queryId": 0 }]));
    assert_eq!(harness.runs("messages:all"), 0);
    harness.mutate("messages:send", json!({ "channel": "general", "body": "hi" }));
    assert!(harness.frames(client).is_empty());
}

#[test]
fn a_wrong_base_version_is_fatal() {
    let mut harness = Harness::new();
    let client = harness.connect();
    harness.send(client, modify(3, vec![]));
    let error = "Base version 3 passed up doesn't match the current version 0";
    assert_eq!(harness.frame(client), json!({ "type": "FatalError", "error": error }));
    assert_eq!(harness.end(client), Some((None, String::new())));
    assert_eq!(harness.deployment.connections().count(), 0);
}

#[rstest::rstest]
#[case::no_progress(json!({ "type": "ModifyQuerySet", "baseVersion": 0, "newVersion": 0, "modifications": [] }))]
#[case::duplicate(modify(0, vec![add(0, "numbers:one", json!({})), add(0, "numbers:one", json!({}))]))]
#[case::unknown(modify(0, vec![remove(7)]))]
fn other_protocol_errors_are_internal_errors(#[case] frame: serde_json::Value) {
    let mut harness = Harness::new();
    let client = harness.connect();
    harness.send(client, frame);
    assert!(harness.frames(client).is_empty());
    assert_eq!(harness.end(client), Some((Some(1011), "InternalServerError".to_owned())));
}

#[test]
fn each_run_gets_the_journal_of_the_previous_one() {
    let mut harness = Harness::new();
    let client = harness.connect();
    harness.send(client, modify(0, vec![add(0, "pages:next", json!({}))]));
    let transition = harness.frame(client);
    assert_eq!(modification_of(&transition, 0).unwrap()["journal"], "1");

    harness.mutate("messages:send", json!({ "channel": "general", "body": "hi" }));
    assert_eq!(value_of(&harness.frame(client), 0), Some(&json!(2.0)));

    let again = harness.connect();
    let mut with_journal = add(0, "pages:next", json!({}));
    with_journal["journal"] = json!("6");
    harness.send(again, modify(0, vec![with_journal]));
    assert_eq!(value_of(&harness.frame(again), 0), Some(&json!(7.0)));
}

#[test]
fn new_socket_starts_with_an_empty_query_set() {
    let mut harness = Harness::new();
    for _ in 0..2 {
        let client = harness.connect();
        harness.send(client, modify(0, vec![add(0, "numbers:one", json!({}))]));
        let transition = harness.frame(client);
        assert_eq!(transition["startVersion"]["querySet"], 0);
        assert_eq!(value_of(&transition, 0), Some(&json!(1.0)));
        harness.deployment.closed(harness.now, client);
    }
    assert_eq!(harness.runs("numbers:one"), 2);
}
