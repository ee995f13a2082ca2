use serde_json::json;

use crate::harness::*;

fn hello(request: u32) -> serde_json::Value {
    mutation(request, "messages:send", json!({ "channel": "general", "body": "hello" }))
}

#[test]
fn response_precedes_the_transition_of_its_timestamp() {
    let mut world = World::new();
    let client = world.connect();
    world.send(client, modify(0, vec![add(0, "messages:list", json!({ "channel": "general" }))]));
    world.frame(client);
    world.send(client, hello(0));
    let [response, transition] = &world.frames(client)[..] else { panic!("two frames") };
    assert_eq!(response["type"], "MutationResponse");
    assert_eq!(response["success"], true);
    assert_eq!(response["logLines"], json!(["[LOG] 'hello'"]));
    assert_eq!(transition["endVersion"]["ts"], response["ts"]);
    assert_eq!(value_of(transition, 0), Some(&json!(["hello"])));
}

#[test]
fn mutation_that_changes_no_query_still_sends_a_transition() {
    let mut world = World::new();
    let client = world.connect();
    world.send(client, hello(0));
    let [response, transition] = &world.frames(client)[..] else { panic!("two frames") };
    assert_eq!(transition["endVersion"]["ts"], response["ts"]);
    assert_eq!(transition["modifications"], json!([]));
}

#[test]
fn mutations_run_in_order() {
    let mut world = World::new();
    let client = world.connect();
    for (request, body) in (0..).zip(["a", "b", "c"]) {
        world.send(client, mutation(request, "messages:send", json!({ "channel": "general", "body": body })));
    }
    world.send(client, modify(0, vec![add(0, "messages:list", json!({ "channel": "general" }))]));
    let frames = world.frames(client);
    let answered: Vec<_> = frames[..3].iter().map(|frame| frame["requestId"].clone()).collect();
    assert_eq!(answered, [0, 1, 2]);
    assert_eq!(value_of(&frames[3], 0), Some(&json!(["c", "b", "a"])));
}

#[test]
fn resent_mutation_runs_once() {
    let mut world = World::new();
    let first = world.connect();
    world.send(first, hello(5));
    let original = world.frames(first)[0].clone();
    world.deployment.closed(world.now, first);
    world.mutate("messages:send", json!({ "channel": "general", "body": "in between" }));

    let second = world.connect();
    world.send(second, hello(5));
    let [replayed, transition] = &world.frames(second)[..] else { panic!("two frames") };
    assert_eq!(*replayed, original, "value, timestamp and log lines");
    assert_ne!(transition["endVersion"]["ts"], original["ts"], "the transition is new");
    assert_eq!(world.runs("messages:send"), 2, "one of them of another client");
}

#[test]
fn resent_failed_mutation_runs_again() {
    let mut world = World::new();
    for _ in 0..2 {
        let client = world.connect();
        world.send(client, mutation(0, "messages:failing", json!({})));
        assert_eq!(world.frames(client)[0]["success"], false);
    }
    assert_eq!(world.runs("messages:failing"), 2);
}

#[test]
fn without_connect_a_resent_mutation_runs_twice() {
    let mut world = World::new();
    for _ in 0..2 {
        let client = world.open();
        world.send(client, hello(0));
        assert_eq!(world.frames(client)[0]["success"], true);
    }
    assert_eq!(world.runs("messages:send"), 2);
}

#[test]
fn request_ids_are_separate_per_session() {
    let mut world = World::new();
    for session in [SESSION, "00000000-0000-4000-8000-000000000001"] {
        let client = world.open();
        let mut connect = connect_frame();
        connect["sessionId"] = json!(session);
        world.send(client, connect);
        world.send(client, hello(0));
    }
    assert_eq!(world.runs("messages:send"), 2);
}

#[test]
fn failed_mutation_is_rolled_back() {
    let mut world = World::new();
    let client = world.connect();
    world.send(client, modify(0, vec![add(0, "messages:all", json!({}))]));
    world.frame(client);
    world.send(client, mutation(0, "messages:failing", json!({})));
    let response = &world.frames(client)[0];
    assert_eq!(response["success"], false);
    assert_eq!(response["ts"], json!(null));
    assert!(response["result"].as_str().unwrap().ends_with("Server Error\nUncaught Error: after 1 write"));
    assert_eq!(world.runs("messages:all"), 1);

    world.send(client, hello(1));
    let transition = world.frames(client).pop().unwrap();
    assert_eq!(value_of(&transition, 0), Some(&json!(1.0)));
}

#[test]
fn a_mutation_without_writes_keeps_the_timestamp() {
    let mut world = World::new();
    let client = world.connect();
    world.send(client, modify(0, vec![]));
    let before = world.frame(client)["endVersion"]["ts"].clone();
    world.send(client, mutation(0, "nothing:written", json!({})));
    assert_eq!(world.frames(client)[0]["ts"], before);
}

#[test]
fn a_timestamp_from_the_future_is_an_internal_error() {
    let mut world = World::new();
    let client = world.connect();
    world.send(client, hello(0));
    let seen = world.frames(client)[0]["ts"].clone();

    let reached = world.open();
    let mut connect = connect_frame();
    connect["maxObservedTimestamp"] = seen;
    world.send(reached, connect.clone());
    assert_eq!(world.end(reached), None);

    let unreached = world.open();
    connect["maxObservedTimestamp"] = json!("/////////38=");
    world.send(unreached, connect);
    assert_eq!(world.end(unreached), Some((Some(1011), "InternalServerError".to_owned())));
}
