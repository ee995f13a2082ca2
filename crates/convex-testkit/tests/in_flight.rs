//! `InFlight` counts requests without an outcome and knows the oldest (docs/auth.md §4, lines 33
//! and 36).

mod support;

use convex_sync::AuthPolicy::{Required, Settled};
use convex_sync::{InFlight, Session};
use serde_json::json;
use support::{World, seconds};

fn in_flight(world: &World) -> InFlight {
    world.pair.client.in_flight()
}

/// How many changes of `InFlight` were reported.
fn reports(world: &World) -> usize {
    world.pair.trace().lines().filter(|line| line.contains("InFlight {")).count()
}

/// docs/auth.md §4, line 36.
#[test]
fn unsent_requests_count_as_in_flight() {
    let mut world = World::new();
    assert_eq!(in_flight(&world), InFlight::default());
    world.pair.run_for(seconds(3));
    world.pair.command(|client, now| client.set_session(now, Some(Session::Loading)));
    let called = world.pair.now();
    let held = world.pair.mutate("notes:add", &json!({ "text": "x" }), Required);
    world.pair.run_for(seconds(2));
    world.pair.act("notes:ponder", &json!({ "seconds": 1 }), Settled);
    assert_eq!(in_flight(&world), InFlight { mutations: 1, actions: 1, oldest: Some(called) });
    assert_eq!(reports(&world), 2);

    let next = called + seconds(2);
    world.pair.command(|client, _| client.cancel(held));
    assert_eq!(in_flight(&world), InFlight { mutations: 0, actions: 1, oldest: Some(next) });
    assert_eq!(reports(&world), 3);
}

#[test]
fn settled_requests_are_no_longer_in_flight() {
    let mut world = World::new();
    world.pair.run_until_live();
    world.pair.mutate("notes:add", &json!({ "text": "x" }), Settled);
    world.pair.act("notes:ponder", &json!({ "seconds": 1 }), Settled);
    assert_eq!(in_flight(&world).count(), 2);
    world.pair.run_for(seconds(5));
    assert_eq!(in_flight(&world), InFlight::default());
    assert_eq!(reports(&world), 4, "{}", world.pair.trace());

    world.pair.mutate("notes:add", &json!({ "text": "y" }), Settled);
    world.pair.command(|client, now| client.close(now));
    assert_eq!(in_flight(&world), InFlight::default(), "closing settles everything");
    assert_eq!(reports(&world), 6);
}

#[test]
fn refused_requests_are_never_in_flight() {
    let mut world = World::new();
    world.pair.run_until_live();
    world.pair.mutate("notes:add", &json!({ "text": "x" }), Required);
    assert_eq!(reports(&world), 0);
}
