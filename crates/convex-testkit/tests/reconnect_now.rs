//! `reconnect_now`: connects or probes at once (docs/auth.md, rule 11; §4, lines 28 and 33).

mod support;

use convex_sync::AuthPolicy::Settled;
use convex_sync::ConnectionState::{self, Live, Reconnecting};
use convex_testkit::{DialOutcome, Pair};
use serde_json::json;
use support::{World, millis, seconds};

fn reconnect_now(pair: &mut Pair) {
    pair.command(|client, now| client.reconnect_now(now));
}

fn is_waiting(connection: &ConnectionState) -> bool {
    matches!(connection, Reconnecting { next_attempt: Some(_), .. })
}

/// docs/auth.md §4, line 28.
#[test]
fn reconnect_now_dials_at_once() {
    let mut world = World::new();
    let count = world.pair.subscribe("notes:count", &json!({}), Settled);
    world.pair.run_until_live();
    world.pair.conditions.dials = DialOutcome::Refused;
    world.pair.cut();
    world.pair.run_for(seconds(100));
    world.pair.run_until(|pair| is_waiting(pair.client.connection()));
    world.pair.conditions.dials = DialOutcome::Accepted;

    let called = world.pair.now();
    reconnect_now(&mut world.pair);
    let state = world.pair.client.connection();
    assert!(matches!(state, Reconnecting { attempt: 0, next_attempt: None, .. }), "{state:?}");
    world.pair.run_until_live();
    assert!(world.pair.now() - called < seconds(1), "{}", world.pair.trace());
    assert_eq!(world.pair.result(count), Some(Ok(json!(0.0))));
}

#[test]
fn reconnect_now_probes_and_keeps_a_healthy_socket() {
    let mut world = World::new();
    world.pair.run_until_live();
    let (connects, query_sets) = (world.count_sent("Connect"), world.count_sent("ModifyQuerySet"));
    reconnect_now(&mut world.pair);
    world.pair.run_for(seconds(10));
    assert_eq!(world.count_sent("ModifyQuerySet"), query_sets + 1, "a probe, despite a recent frame");
    assert_eq!(world.count_sent("Connect"), connects);
    assert_eq!(*world.pair.client.connection(), Live);
}

/// docs/auth.md §4, line 28.
#[test]
fn reconnect_now_replaces_a_dead_socket() {
    let mut world = World::new();
    world.pair.run_until_live();
    world.pair.conditions.half_open = true;
    reconnect_now(&mut world.pair);
    world.pair.run_for(millis(100));
    world.pair.end_half_open();
    let probed = world.pair.now();
    world.run_until_sent("Connect", 2);
    world.pair.run_until_live();
    assert!(world.pair.now() - probed < seconds(3), "{}", world.pair.trace());
}

#[test]
fn reconnect_now_does_nothing_after_close() {
    let mut world = World::new();
    world.pair.run_until_live();
    world.pair.command(|client, now| client.close(now));
    let story = world.pair.events().len();
    reconnect_now(&mut world.pair);
    world.pair.run_for(seconds(100));
    assert_eq!(world.pair.events().len(), story);
}

/// docs/auth.md §4, line 33.
#[test]
fn connection_since_moves_only_with_the_state() {
    let mut world = World::new();
    world.pair.run_until_live();
    let live = world.pair.now();
    world.pair.run_for(seconds(7));
    assert_eq!(world.pair.client.connection_since(), live, "events within a state do not move it");
    world.pair.conditions.dials = DialOutcome::Refused;
    world.pair.cut();
    assert_eq!(world.pair.client.connection_since(), world.pair.now());
}
