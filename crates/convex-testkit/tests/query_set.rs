//! The query set: equal queries are shared, changes of one turn are sent together, and results of
//! one transition change together (docs/auth.md §4, lines 34 and 44).

mod support;

use convex_sync::AuthPolicy::{Immediate, Settled};
use convex_sync::{Arguments, FunctionPath};
use serde_json::json;
use support::{World, seconds};

#[test]
fn equal_queries_are_shared() {
    let mut world = World::new();
    let one = world.pair.subscribe("notes:count", &json!({ "a": 1, "b": 2.0 }), Settled);
    let same = world.pair.subscribe("notes.js:count", &json!({ "b": 2, "a": 1.0 }), Settled);
    let other_policy = world.pair.subscribe("notes:count", &json!({ "a": 1, "b": 2 }), Immediate);
    assert_eq!(one, same);
    assert_ne!(one, other_policy);
    world.pair.run_until_live();
    assert_eq!(world.ran_as("notes:count").len(), 2);
}

/// docs/auth.md §4, line 34.
#[test]
fn query_is_removed_with_its_last_subscriber() {
    let mut world = World::new();
    let query = world.pair.subscribe("notes:count", &json!({}), Settled);
    world.pair.subscribe("notes:count", &json!({}), Settled);
    world.pair.run_until_live();
    world.pair.command(|client, _| client.unsubscribe(query));
    assert!(world.pair.result(query).is_some());
    world.pair.command(|client, _| client.unsubscribe(query));
    assert_eq!(world.pair.result(query), None);
    world.pair.run_for(seconds(1));
    world.pair.mutate("notes:add", &json!({ "text": "x" }), Settled);
    world.pair.run_for(seconds(1));
    assert_eq!(world.ran_as("notes:count").len(), 1, "the server no longer runs it");
}

#[test]
fn subscribing_and_unsubscribing_in_one_turn_sends_nothing() {
    let mut world = World::new();
    world.pair.run_until_live();
    let sent = world.pair.sent().len();
    let (path, args) =
        (FunctionPath::parse("notes:count").unwrap(), Arguments::encode(&()).unwrap().unwrap());
    world.pair.command(|client, _| {
        let query = client.subscribe(&path, &args, Settled);
        client.unsubscribe(query);
    });
    assert_eq!(world.pair.sent().len(), sent);
}

#[test]
fn resubscribing_in_one_turn_keeps_the_result() {
    let mut world = World::new();
    let query = world.pair.subscribe("notes:count", &json!({}), Settled);
    world.pair.run_until_live();
    let sent = world.pair.sent().len();
    let (path, args) =
        (FunctionPath::parse("notes:count").unwrap(), Arguments::encode(&()).unwrap().unwrap());
    let again = world.pair.command(|client, _| {
        client.unsubscribe(query);
        client.subscribe(&path, &args, Settled)
    });
    assert_eq!(again, query);
    assert_eq!(world.pair.result(query), Some(Ok(json!(0.0))));
    assert_eq!(world.pair.sent().len(), sent);
}

#[test]
fn changes_of_one_turn_are_sent_in_one_frame() {
    let mut world = World::new();
    let old = world.pair.subscribe("notes:count", &json!({}), Settled);
    world.pair.run_until_live();
    let sent = world.pair.sent().len();
    let (path, args) = (FunctionPath::parse("notes:all").unwrap(), Arguments::encode(&()).unwrap().unwrap());
    world.pair.command(|client, _| {
        client.subscribe(&path, &args, Settled);
        client.subscribe(&path, &args, Immediate);
        client.unsubscribe(old);
    });
    assert_eq!(world.pair.sent().len(), sent + 1);
    assert_eq!(world.pair.sent()[sent]["modifications"].as_array().unwrap().len(), 3);
}

#[test]
fn queries_of_one_transition_change_together() {
    let mut world = World::new();
    let count = world.pair.subscribe("notes:count", &json!({}), Settled);
    let all = world.pair.subscribe("notes:all", &json!({}), Settled);
    let me = world.pair.subscribe("users:me", &json!({}), Settled);
    world.pair.run_until_live();
    world.pair.mutate("notes:add", &json!({ "text": "x" }), Settled);
    world.pair.run_until(|pair| pair.result(count) == Some(Ok(json!(1.0))));
    let mut changed = world.pair.transitions().last().unwrap().clone();
    changed.sort();
    assert_eq!(changed, [count, all]);
    assert!(!changed.contains(&me), "unchanged queries are not reported");
}

#[test]
fn equal_value_after_a_reconnect_is_not_reported() {
    let mut world = World::new();
    world.pair.subscribe("notes:count", &json!({}), Settled);
    world.pair.run_until_live();
    world.pair.cut();
    let before = world.pair.transitions().len();
    world.pair.run_until_live();
    assert!(world.ran_as("notes:count").len() > 1, "it ran again");
    assert_eq!(world.pair.transitions().len(), before, "but no change is reported");
}

#[test]
fn log_lines_of_functions_are_reported() {
    let mut world = World::new();
    world.pair.subscribe("notes:all", &json!({}), Settled);
    world.pair.mutate("notes:add", &json!({ "text": "x" }), Settled);
    world.pair.run_for(seconds(1));
    for line in ["[LOG] 'listed'", "[LOG] 'added'"] {
        assert!(world.pair.trace().contains(&format!("logs [\"{line}\"]")), "{}", world.pair.trace());
    }
}

/// docs/auth.md §4, line 44.
#[test]
fn missing_function_fails_only_its_own_query() {
    let mut world = World::new();
    let missing = world.pair.subscribe("notes:nothing", &json!({}), Settled);
    let count = world.pair.subscribe("notes:count", &json!({}), Settled);
    world.pair.run_until_live();
    let error = world.pair.result(missing).unwrap().unwrap_err();
    assert!(error.contains("Could not find public function for 'notes:nothing'"), "{error}");
    assert_eq!(world.pair.result(count), Some(Ok(json!(0.0))));
}

/// docs/auth.md §4, line 51: many queries together do not exceed the server's limit for a message.
#[test]
fn large_queries_are_sent_in_several_messages() {
    let mut world = World::new();
    let text = "x".repeat(3 << 20);
    let queries: Vec<_> = (0..4)
        .map(|n| {
            let function = FunctionPath::parse("notes:count").unwrap();
            let args = Arguments::encode(&json!({ "n": n, "text": text })).unwrap().unwrap();
            world.pair.client.subscribe(&function, &args, Settled)
        })
        .collect();
    for round in 1..3 {
        world.pair.run_until_live();
        let sets = world.pair.sent().into_iter().filter(|frame| frame["type"] == "ModifyQuerySet");
        let sizes: Vec<_> = sets.map(|frame| frame["modifications"].as_array().unwrap().len()).collect();
        assert_eq!(sizes.len(), 2 * round, "{sizes:?}");
        assert_eq!(sizes.iter().sum::<usize>(), 4 * round);
        assert!(queries.iter().all(|query| world.pair.result(*query).is_some()));
        world.pair.cut();
    }
}
