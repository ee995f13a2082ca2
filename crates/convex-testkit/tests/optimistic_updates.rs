//! Optimistic updates while their mutations are in flight (docs/auth.md, rules 8, 12 and 14; §4,
//! lines 38 to 40).

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod support;

use convex_sync::AuthPolicy::{Immediate, Required, Settled};
use convex_sync::{ConnectionState, ConvexError, EncodedValue, OptimisticError, QueryHandle};
use convex_testkit::{DialOutcome, Pair, PairEvent};
use serde_json::json;
use support::{
    World,
    notes::{add_one, count_of, count_query, live_count},
    seconds,
};

/// The results of the query from now until `done`, without repetitions.
fn results_until(world: &mut World, query: QueryHandle, done: impl Fn(&Pair) -> bool) -> Vec<f64> {
    let mut results = Vec::new();
    let mut transitions = world.pair.transitions().len();
    let record = |pair: &Pair, results: &mut Vec<f64>| {
        let Some(Ok(value)) = pair.result(query) else { panic!("the query has no result: {pair:?}") };
        results.push(value.as_f64().unwrap());
    };
    record(&world.pair, &mut results);
    while !done(&world.pair) {
        world.pair.run_until(|pair| pair.transitions().len() > transitions || done(pair));
        transitions = world.pair.transitions().len();
        record(&world.pair, &mut results);
    }
    results.dedup();
    results
}

/// docs/auth.md §4, line 39.
#[test]
fn layer_is_dropped_in_the_transition_that_shows_its_write() {
    let (mut world, count) = live_count();
    let write = world.pair.mutate_optimistically("notes:add", &json!({ "text": "x" }), add_one);
    assert_eq!(count_of(&world, count), Some(1.0), "at once, before the mutation is sent");
    let results = results_until(&mut world, count, |pair| pair.outcome(write).is_some());
    assert_eq!(results, [1.0], "neither 0 nor 2 in between");
}

/// docs/auth.md §4, line 39.
#[test]
fn layers_add_up_and_are_dropped_without_flicker() {
    let (mut world, count) = live_count();
    world.pair.conditions.latency = seconds(1);
    let writes: Vec<_> = (0..3)
        .map(|_| world.pair.mutate_optimistically("notes:add", &json!({ "text": "x" }), add_one))
        .collect();
    assert_eq!(count_of(&world, count), Some(3.0));
    let results =
        results_until(&mut world, count, |pair| writes.iter().all(|write| pair.outcome(*write).is_some()));
    assert_eq!(results, [3.0]);
}

/// As in the official client.
#[test]
fn query_subscribed_during_a_mutation_shows_its_layer() {
    let mut world = World::new();
    let write = world.pair.mutate_optimistically("notes:add", &json!({ "text": "x" }), |store| {
        let (function, args) = count_query();
        store.set(&function, &args, EncodedValue::encode(&7.0).unwrap());
        Ok(())
    });
    let count = world.pair.subscribe("notes:count", &json!({}), Settled);
    assert_eq!(count_of(&world, count), Some(7.0), "at once");
    let results = results_until(&mut world, count, |pair| pair.outcome(write).is_some());
    assert_eq!(results, [7.0, 1.0]);
}

/// docs/auth.md §4, lines 39 and 40.
#[test]
fn failed_mutation_drops_its_layer_at_once() {
    let (mut world, count) = live_count();
    // The argument is missing, so the mutation fails, and no transition follows.
    let write = world.pair.mutate_optimistically("notes:add", &json!({}), add_one);
    assert_eq!(count_of(&world, count), Some(1.0));
    let before = world.pair.transitions().len();
    world.pair.run_until(|pair| pair.outcome(write).is_some());
    assert!(matches!(world.pair.outcome(write), Some(Err(ConvexError::Function(_)))));
    assert_eq!(count_of(&world, count), Some(0.0));
    assert_eq!(world.pair.transitions()[before..], [vec![count]], "the change is reported");
}

/// docs/auth.md §4, line 38.
#[test]
fn failed_update_drops_only_its_own_layer() {
    let (mut world, count) = live_count();
    world.pair.conditions.latency = seconds(1);
    let valid = world.pair.mutate_optimistically("notes:add", &json!({ "text": "valid" }), add_one);
    let failing = world.pair.mutate_optimistically("notes:add", &json!({ "text": "failing" }), |store| {
        add_one(store)?;
        add_one(store)?;
        Err(OptimisticError::new("no such list"))
    });
    assert_eq!(count_of(&world, count), Some(1.0), "nothing of the failed update is visible");
    let is_logged =
        |(_, event): &(_, PairEvent)| matches!(event, PairEvent::Note(note) if note.contains("no such list"));
    assert!(world.pair.events().iter().any(is_logged));
    world.pair.run_until(|pair| [valid, failing].iter().all(|write| pair.outcome(*write).is_some()));
    assert!(matches!(world.pair.outcome(failing), Some(Ok(_))), "its mutation ran");
    assert_eq!(count_of(&world, count), Some(2.0));
}

#[test]
fn layer_survives_a_lost_connection() {
    let (mut world, count) = live_count();
    world.pair.conditions.dials = DialOutcome::Refused;
    world.pair.cut();
    let write = world.pair.mutate_optimistically("notes:add", &json!({ "text": "x" }), add_one);
    world.pair.run_for(seconds(60));
    assert_eq!(count_of(&world, count), Some(1.0));
    world.pair.conditions.dials = DialOutcome::Accepted;
    let results = results_until(&mut world, count, |pair| pair.outcome(write).is_some());
    assert_eq!(results, [1.0]);
}

/// docs/auth.md §4, line 19.
#[test]
fn identity_change_drops_all_layers() {
    let mut world = World::with_user("alice", seconds(600));
    let count = world.pair.subscribe("notes:count", &json!({}), Required);
    world.pair.run_until_live();
    world.pair.conditions.latency = seconds(1);
    let write = world.pair.mutate_optimistically("notes:add", &json!({ "text": "x" }), add_one);
    world.pair.run_for(seconds(1) / 2);
    assert_eq!(count_of(&world, count), Some(1.0));
    world.pair.command(|client, now| client.sign_out(now));
    assert_eq!(world.pair.result(count), None);
    assert_eq!(world.pair.outcome(write), Some(&Err(ConvexError::OutcomeUnknown)));
    assert_eq!(world.pair.transitions().last(), Some(&vec![count]));
}

#[test]
fn update_can_clear_a_query_and_list_all_of_a_function() {
    let mut world = World::new();
    let count = world.pair.subscribe("notes:count", &json!({}), Settled);
    let twin = world.pair.subscribe("notes:count", &json!({}), Immediate);
    let other = world.pair.subscribe("notes:count", &json!({ "of": "another" }), Settled);
    world.pair.run_until(|pair| *pair.client.connection() == ConnectionState::Live);
    world.pair.mutate_optimistically("notes:add", &json!({ "text": "x" }), |store| {
        let (function, args) = count_query();
        let all: Vec<_> =
            store.all(&function).into_iter().map(|(args, value)| (args.clone(), value.cloned())).collect();
        assert_eq!(all.len(), 2, "equal queries count once, whatever their policy");
        assert!(all.iter().all(|(_, value)| value.is_some()));
        store.clear(&function, &args);
        assert_eq!(store.get(&function, &args), None);
        Ok(())
    });
    assert_eq!(world.pair.result(count), None);
    assert_eq!(world.pair.result(twin), None);
    assert_eq!(count_of(&world, other), Some(0.0));
}

#[test]
fn refused_mutation_adds_no_layer() {
    let (mut world, count) = live_count();
    world.pair.command(|client, now| client.fail(now, "stopped"));
    let before = world.pair.transitions().len();
    world.pair.mutate_optimistically("notes:add", &json!({ "text": "x" }), add_one);
    assert_eq!(count_of(&world, count), Some(0.0));
    assert_eq!(world.pair.transitions().len(), before);
}
