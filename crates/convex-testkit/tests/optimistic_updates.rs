//! What is shown while mutations are under way (auth contract, rules 8, 12, 14; §4, lines 38 to
//! 40).

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod support;

use convex_sync::AuthPolicy::{Required, Settled};
use convex_sync::{ConnectionState, ConvexError, EncodedValue, OptimisticError, QueryHandle};
use convex_testkit::{DialOutcome, PairEvent};
use serde_json::json;
use support::{
    World,
    notes::{count, counting, one_more, shows},
    seconds,
};

/// Everything the query showed from now on until `done`.
fn shown_until(
    world: &mut World,
    query: QueryHandle,
    done: impl Fn(&convex_testkit::Pair) -> bool,
) -> Vec<f64> {
    let mut shown = Vec::new();
    let mut seen = world.pair.transitions().len();
    let note = |pair: &convex_testkit::Pair, shown: &mut Vec<f64>| {
        let Some(Ok(value)) = pair.result(query) else { panic!("it shows nothing: {pair:?}") };
        shown.push(value.as_f64().unwrap());
    };
    note(&world.pair, &mut shown);
    while !done(&world.pair) {
        world.pair.run_until(|pair| pair.transitions().len() > seen || done(pair));
        seen = world.pair.transitions().len();
        note(&world.pair, &mut shown);
    }
    shown.dedup();
    shown
}

/// Auth contract §4, line 39.
#[test]
fn layer_is_dropped_in_the_transition_that_shows_its_write() {
    let (mut world, shown) = counting();
    let write = world.pair.mutate_optimistically("notes:add", &json!({ "text": "x" }), one_more);
    assert_eq!(shows(&world, shown), Some(1.0), "at once, before anything has left");
    let seen = shown_until(&mut world, shown, |pair| pair.outcome(write).is_some());
    assert_eq!(seen, [1.0], "neither 0 nor 2 in between");
}

/// Auth contract §4, line 39.
#[test]
fn layers_add_up_and_are_dropped_without_flicker() {
    let (mut world, shown) = counting();
    world.pair.conditions.latency = seconds(1);
    let writes: Vec<_> = (0..3)
        .map(|_| world.pair.mutate_optimistically("notes:add", &json!({ "text": "x" }), one_more))
        .collect();
    assert_eq!(shows(&world, shown), Some(3.0));
    let seen =
        shown_until(&mut world, shown, |pair| writes.iter().all(|write| pair.outcome(*write).is_some()));
    assert_eq!(seen, [3.0]);
}

/// The official client shows it, too.
#[test]
fn query_subscribed_during_a_mutation_shows_its_layer() {
    let mut world = World::new();
    let write = world.pair.mutate_optimistically("notes:add", &json!({ "text": "x" }), |store| {
        let (function, args) = count();
        store.set(&function, &args, EncodedValue::encode(&7.0).unwrap());
        Ok(())
    });
    let shown = world.pair.subscribe("notes:count", &json!({}), Settled);
    assert_eq!(shows(&world, shown), Some(7.0), "at once");
    let seen = shown_until(&mut world, shown, |pair| pair.outcome(write).is_some());
    assert_eq!(seen, [7.0, 1.0]);
}

/// Auth contract §4, lines 39 and 40.
#[test]
fn failed_mutation_drops_its_layer_at_once() {
    let (mut world, shown) = counting();
    // The argument is missing, so the mutation fails, and no transition follows.
    let write = world.pair.mutate_optimistically("notes:add", &json!({}), one_more);
    assert_eq!(shows(&world, shown), Some(1.0));
    let told = world.pair.transitions().len();
    world.pair.run_until(|pair| pair.outcome(write).is_some());
    assert!(matches!(world.pair.outcome(write), Some(Err(ConvexError::Function(_)))));
    assert_eq!(shows(&world, shown), Some(0.0));
    assert_eq!(world.pair.transitions()[told..], [vec![shown]], "and it is told");
}

/// Auth contract §4, line 38.
#[test]
fn failed_update_drops_only_its_own_layer() {
    let (mut world, shown) = counting();
    world.pair.conditions.latency = seconds(1);
    let good = world.pair.mutate_optimistically("notes:add", &json!({ "text": "good" }), one_more);
    let bad = world.pair.mutate_optimistically("notes:add", &json!({ "text": "bad" }), |store| {
        one_more(store)?;
        one_more(store)?;
        Err(OptimisticError::new("no such list"))
    });
    assert_eq!(shows(&world, shown), Some(1.0), "nothing of the bad one is left");
    let told = |(_, happening): &(_, PairEvent)| matches!(happening, PairEvent::Note(note) if note.contains("no such list"));
    assert!(world.pair.events().iter().any(told));
    world.pair.run_until(|pair| [good, bad].iter().all(|write| pair.outcome(*write).is_some()));
    assert!(matches!(world.pair.outcome(bad), Some(Ok(_))), "its mutation ran all the same");
    assert_eq!(shows(&world, shown), Some(2.0));
}

#[test]
fn layer_survives_a_lost_connection() {
    let (mut world, shown) = counting();
    world.pair.conditions.dials = DialOutcome::Refused;
    world.pair.cut();
    let write = world.pair.mutate_optimistically("notes:add", &json!({ "text": "x" }), one_more);
    world.pair.run_for(seconds(60));
    assert_eq!(shows(&world, shown), Some(1.0));
    world.pair.conditions.dials = DialOutcome::Accepted;
    let seen = shown_until(&mut world, shown, |pair| pair.outcome(write).is_some());
    assert_eq!(seen, [1.0]);
}

/// Auth contract §4, line 19.
#[test]
fn identity_change_drops_all_layers() {
    let mut world = World::new();
    world.tokens_of("alice", seconds(600));
    world.sign_in("alice");
    let shown = world.pair.subscribe("notes:count", &json!({}), Required);
    world.pair.run_until_live();
    world.pair.conditions.latency = seconds(1);
    let write = world.pair.mutate_optimistically("notes:add", &json!({ "text": "x" }), one_more);
    world.pair.run_for(seconds(1) / 2);
    assert_eq!(shows(&world, shown), Some(1.0));
    world.pair.command(|client, now| client.sign_out(now));
    assert_eq!(world.pair.result(shown), None);
    assert_eq!(world.pair.outcome(write), Some(&Err(ConvexError::OutcomeUnknown)));
    assert_eq!(world.pair.transitions().last(), Some(&vec![shown]));
}

#[test]
fn update_can_clear_a_query_and_list_all_of_a_function() {
    let mut world = World::new();
    let shown = world.pair.subscribe("notes:count", &json!({}), Settled);
    let twin = world.pair.subscribe("notes:count", &json!({}), convex_sync::AuthPolicy::Immediate);
    let other = world.pair.subscribe("notes:count", &json!({ "of": "somebody" }), Settled);
    world.pair.run_until(|pair| *pair.client.connection() == ConnectionState::Live);
    world.pair.mutate_optimistically("notes:add", &json!({ "text": "x" }), |store| {
        let (function, args) = count();
        let all: Vec<_> =
            store.all(&function).into_iter().map(|(args, value)| (args.clone(), value.cloned())).collect();
        assert_eq!(all.len(), 2, "equal calls are one, whatever their policy");
        assert!(all.iter().all(|(_, value)| value.is_some()));
        store.clear(&function, &args);
        assert_eq!(store.get(&function, &args), None);
        Ok(())
    });
    assert_eq!(world.pair.result(shown), None);
    assert_eq!(world.pair.result(twin), None);
    assert_eq!(shows(&world, other), Some(0.0));
}

#[test]
fn refused_mutation_adds_no_layer() {
    let (mut world, shown) = counting();
    world.pair.command(|client, now| client.fail(now, "the end"));
    let before = world.pair.transitions().len();
    world.pair.mutate_optimistically("notes:add", &json!({ "text": "x" }), one_more);
    assert_eq!(shows(&world, shown), Some(0.0));
    assert_eq!(world.pair.transitions().len(), before);
}
