//! A write reruns exactly the queries that read the changed documents or ranges.

use serde_json::json;

use crate::harness::*;

/// Subscribes to one query of each kind, and returns those that `write` reruns.
fn rerun_after(write: impl FnOnce(&mut Harness, &str)) -> Vec<String> {
    let mut harness = Harness::new();
    let first = send(&mut harness, "general", "first");
    let second = send(&mut harness, "random", "second");
    let subscriptions = [
        ("general", add(0, "messages:list", json!({ "channel": "general" }))),
        ("random", add(1, "messages:list", json!({ "channel": "random" }))),
        ("first", add(2, "messages:get", json!({ "id": first.clone() }))),
        ("second", add(3, "messages:get", json!({ "id": second }))),
        ("absent", add(4, "messages:get", json!({ "id": "missing" }))),
        ("all", add(5, "messages:all", json!({}))),
        ("none", add(6, "numbers:one", json!({}))),
    ];
    let client = harness.connect();
    harness.send(client, modify(0, subscriptions.iter().map(|(_, add)| add.clone()).collect()));
    harness.frame(client);
    harness.deployment.take_executions();

    write(&mut harness, &first);
    harness.poll();
    let runs = harness.deployment.take_executions();
    let names = runs.iter().filter_map(|run| {
        let args = serde_json::Value::from(convex_testkit::Value::from(run.args.clone()));
        let same =
            |add: &&(&str, serde_json::Value)| add.1["udfPath"] == run.path && add.1["args"][0] == args;
        subscriptions.iter().find(same).map(|(name, _)| (*name).to_owned())
    });
    names.collect()
}

fn send(harness: &mut Harness, channel: &str, body: &str) -> String {
    let id = harness.mutate("messages:send", json!({ "channel": channel, "body": body }));
    id.as_str().unwrap().to_owned()
}

#[test]
fn insert_reruns_readers_of_its_range_and_table() {
    let rerun = rerun_after(|harness, _| {
        send(harness, "random", "hi");
    });
    assert_eq!(rerun, ["random", "all"]);
}

#[test]
fn patch_reruns_readers_of_document_range_and_table() {
    let rerun = rerun_after(|harness, first| {
        harness.mutate("messages:edit", json!({ "id": first, "body": "edited" }));
    });
    assert_eq!(rerun, ["general", "first", "all"]);
}

#[test]
fn move_reruns_readers_of_both_ranges() {
    let rerun = rerun_after(|harness, first| {
        harness.mutate("messages:replace", json!({ "id": first, "channel": "random", "body": "moved" }));
    });
    assert_eq!(rerun, ["general", "random", "first", "all"]);
}

#[test]
fn deletion_reruns_readers_of_the_document() {
    let rerun = rerun_after(|harness, first| {
        harness.mutate("messages:remove", json!({ "id": first }));
    });
    assert_eq!(rerun, ["general", "first", "all"]);
}

#[test]
fn write_to_another_table_reruns_nothing() {
    let rerun = rerun_after(|harness, _| {
        harness
            .deployment
            .edit(harness.now, |db| db.insert("users", convex_testkit::object! { "channel" => "general" }));
    });
    assert!(rerun.is_empty(), "{rerun:?}");
}

#[test]
fn several_pending_writes_rerun_a_query_once() {
    let rerun = rerun_after(|harness, _| {
        send(harness, "random", "one");
        send(harness, "random", "two");
    });
    assert_eq!(rerun, ["random", "all"]);
}

#[test]
fn rerun_with_an_equal_result_is_not_sent() {
    let mut harness = Harness::new();
    for body in ["one", "two"] {
        send(&mut harness, "general", body);
    }
    let client = harness.connect();
    harness.send(client, modify(0, vec![add(0, "messages:few", json!({}))]));
    harness.frame(client);
    send(&mut harness, "general", "three");
    assert_eq!(harness.frame(client)["modifications"], json!([]));
    assert_eq!(harness.runs("messages:few"), 2);
}

#[test]
fn write_is_sent_only_to_affected_clients() {
    let mut harness = Harness::new();
    let (affected, other) = (harness.connect(), harness.connect());
    harness.send(affected, modify(0, vec![add(0, "messages:all", json!({}))]));
    harness.send(other, modify(0, vec![add(0, "messages:list", json!({ "channel": "random" }))]));
    harness.outputs();
    send(&mut harness, "general", "hi");
    assert_eq!(value_of(&harness.frame(affected), 0), Some(&json!(1.0)));
    assert!(harness.frames(other).is_empty());
}
