//! Wakes and network changes: scheduled dials happen at once, and dead sockets are noticed (auth
//! contract, rule 11; §4, lines 1 and 28).

mod support;

use convex_sync::{AuthPolicy, ConnectionState, Session};
use convex_testkit::DialOutcome;
use serde_json::json;
use std::time::Duration;
use support::{World, millis, seconds};

/// The network is interrupted for a moment, and the client gets no close event.
fn break_silently(world: &mut World) {
    world.pair.conditions.half_open = true;
    world.pair.server(|deployment, now| deployment.restart(now));
    world.pair.conditions.half_open = false;
}

#[track_caller]
fn assert_live_within(world: &mut World, bound: Duration) {
    let woke = world.pair.now();
    let connects = world.count_sent("Connect");
    world.pair.run_until(|pair| {
        let sent = pair.sent_types().iter().filter(|sent| *sent == "Connect").count();
        sent > connects && *pair.client.connection() == ConnectionState::Live
    });
    assert!(world.pair.now() - woke < bound, "{}", world.pair.trace());
}

/// docs/auth.md §4, line 28.
#[test]
fn socket_active_before_a_sleep_is_probed_after_it() {
    let mut world = World::live_with_user("alice", seconds(60));
    break_silently(&mut world);
    // By the stopped clock, the last frame is recent.
    world.pair.sleep_with_clock_stopped(seconds(600));
    assert_live_within(&mut world, seconds(5));
}

#[test]
fn frame_in_transit_at_a_wake_does_not_prove_the_socket() {
    let mut world = World::live_with_user("alice", seconds(60));
    let count = world.pair.subscribe("notes:count", &json!({}), AuthPolicy::Settled);
    world.pair.run_for(seconds(5));
    world.pair.server(|deployment, now| {
        deployment.edit(now, |db| db.insert("notes", convex_testkit::object! { "text" => "x" }));
    });
    break_silently(&mut world);
    world.pair.wake();
    world.pair.run_for(millis(30));
    assert_eq!(world.pair.result(count), Some(Ok(json!(1.0))));
    assert_live_within(&mut world, seconds(5));
}

#[test]
fn socket_with_a_recent_frame_is_not_probed() {
    let mut world = World::live_with_user("alice", seconds(60));
    let sent = world.pair.sent().len();
    world.pair.wake();
    world.pair.run_for(seconds(10));
    assert_eq!(world.pair.sent().len(), sent);
}

/// docs/auth.md, rule 11: frames from before a network change prove nothing.
#[test]
fn online_right_after_a_frame_probes_the_socket_at_once() {
    for since_the_last_frame in [0, 1, 100, 900, 1100] {
        let mut world = World::live_with_user("alice", seconds(60));
        world.pair.run_for(millis(since_the_last_frame));
        break_silently(&mut world);
        world.pair.go_online();
        assert_live_within(&mut world, seconds(5));
    }
}

#[test]
fn online_leaves_a_healthy_socket_open() {
    let mut world = World::live_with_user("alice", seconds(60));
    let sent = world.pair.sent_types().len();
    world.pair.go_online();
    world.pair.run_for(seconds(10));
    assert_eq!(world.pair.sent_types()[sent..], ["ModifyQuerySet"], "the probe");
    assert_eq!(*world.pair.client.connection(), ConnectionState::Live);
}

/// The server answered before the network change, and the answer arrives after it.
#[test]
fn an_answer_from_before_the_network_change_proves_nothing() {
    let mut world = World::live_with_user("alice", seconds(60));
    let count = world.pair.subscribe("notes:count", &json!({}), AuthPolicy::Settled);
    // The query set has reached the server, and the answer is in transit.
    world.pair.run_for(millis(25));
    break_silently(&mut world);
    world.pair.go_online();
    world.pair.run_for(millis(30));
    assert_eq!(world.pair.result(count), Some(Ok(json!(0.0))), "the answer arrived");
    assert_live_within(&mut world, seconds(5));
}

/// The page becomes visible, and the network changes while the probe of that wake is in flight.
#[test]
fn a_network_change_during_a_probe_starts_another() {
    for answered in [false, true] {
        let mut world = World::live_with_user("alice", seconds(60));
        world.pair.run_for(seconds(5));
        world.pair.wake();
        world.pair.run_for(millis(if answered { 25 } else { 5 }));
        break_silently(&mut world);
        world.pair.go_online();
        assert_live_within(&mut world, seconds(5));
    }
}

#[test]
fn a_chunk_from_before_the_network_change_proves_nothing() {
    let mut world = World::live_with_user("alice", seconds(60));
    let connection = world.connection();
    let chunk = r#"{"type":"TransitionChunk","chunk":"{","partNumber":0,"totalParts":3,"transitionId":"9"}"#;
    world.send_raw(connection, chunk);
    break_silently(&mut world);
    world.pair.go_online();
    assert_live_within(&mut world, seconds(5));
}

#[test]
fn repeated_network_changes_hide_no_dead_socket() {
    let mut world = World::live_with_user("alice", seconds(60));
    break_silently(&mut world);
    let connects = world.count_sent("Connect");
    for _ in 0..40 {
        world.pair.go_online();
        world.pair.run_for(seconds(1));
    }
    assert!(world.count_sent("Connect") > connects, "{}", world.pair.trace());
}

/// How long the client waits before it dials again, after a loss that is reported right after a
/// wake.
fn redial_after(world: &mut World, wake: fn(&mut World), lose: fn(&mut World)) -> Duration {
    let dials = |world: &World| world.dials();
    wake(world);
    let (lost, before) = (world.pair.now(), dials(world));
    lose(world);
    while dials(world) == before {
        world.pair.run_for(millis(10));
    }
    world.pair.now() - lost
}

#[test]
fn loss_reported_after_a_wake_is_redialled_at_once() {
    let wakes: [fn(&mut World); 3] = [
        |world| world.pair.wake(),
        |world| world.pair.go_online(),
        |world| world.pair.sleep_with_clock_stopped(seconds(60)),
    ];
    for wake in wakes {
        let mut world = World::live_with_user("alice", seconds(60));
        // The last frame is not recent.
        world.pair.run_for(seconds(3));
        let waited = redial_after(&mut world, wake, |world| world.pair.cut());
        assert_eq!(waited, Duration::ZERO, "{}", world.pair.trace());
        // Only once: the next loss is dialled with backoff.
        let waited = redial_after(&mut world, |_| (), |world| world.pair.cut());
        assert!(waited > millis(100), "{waited:?}");
    }
}

#[test]
fn close_with_a_reason_after_a_wake_keeps_the_backoff() {
    let mut world = World::live_with_user("alice", seconds(60));
    world.pair.run_for(seconds(3));
    let waited = redial_after(
        &mut world,
        |world| world.pair.wake(),
        |world| {
            let connection = world.connection();
            world.pair.server(|deployment, now| deployment.close(now, connection, Some(1013), "Overloaded"));
        },
    );
    assert!(waited >= millis(500), "{waited:?}");
}

#[test]
fn socket_opened_after_a_wake_is_not_probed() {
    let mut world = World::new();
    world.pair.command(|client, now| client.set_session(now, Some(Session::Loading)));
    world.pair.run_for(millis(10));
    world.pair.wake();
    world.pair.run_for(seconds(10));
    assert_eq!(world.count_sent("Connect"), 1, "{}", world.pair.trace());
}

#[test]
fn dial_started_before_a_wake_does_not_delay_the_next() {
    let mut world = World::live_with_user("alice", seconds(60));
    world.pair.conditions.dials = DialOutcome::Refused;
    world.pair.conditions.latency = seconds(1);
    world.pair.cut();
    world.pair.run_for(seconds(300));
    let dialling =
        |state: &ConnectionState| matches!(state, ConnectionState::Reconnecting { next_attempt: None, .. });
    world.pair.run_until(|pair| dialling(pair.client.connection()));
    // This dial will be refused, the next one will be accepted.
    world.pair.conditions.dials = DialOutcome::Accepted;
    world.pair.conditions.latency = millis(20);
    world.pair.wake();
    assert_live_within(&mut world, seconds(5));
}

/// docs/auth.md §4, line 28.
#[test]
fn dead_socket_is_replaced_at_once_after_many_attempts() {
    let mut world = World::live_with_user("alice", seconds(60));
    for connects in 2..10 {
        let connection = world.connection();
        world.pair.server(|deployment, now| deployment.close(now, connection, Some(1013), "overloaded"));
        world.run_until_sent("Connect", connects);
    }
    break_silently(&mut world);
    world.pair.run_for(seconds(2));
    world.pair.wake();
    assert_live_within(&mut world, seconds(4));
}

/// docs/auth.md §4, line 28.
#[test]
fn socket_timed_out_after_a_wake_is_replaced_at_once() {
    let mut world = World::live_with_user("alice", seconds(60));
    world.pair.conditions.half_open = true;
    world.pair.cut();
    world.pair.run_for(seconds(300));
    // The deadline of the first answer ends before that of the probe.
    let connects = world.count_sent("Connect");
    world
        .pair
        .run_until(|pair| pair.sent_types().iter().filter(|sent| *sent == "Connect").count() > connects);
    world.pair.run_for(seconds(28));
    world.pair.end_half_open();
    world.pair.wake();
    assert_live_within(&mut world, seconds(5));
}

#[test]
fn dial_hanging_after_a_wake_is_replaced() {
    let mut world = World::live_with_user("alice", seconds(60));
    world.pair.conditions.dials = DialOutcome::Hanging;
    world.pair.cut();
    world.pair.run_for(seconds(5));
    world.pair.conditions.dials = DialOutcome::Accepted;
    world.pair.wake();
    assert_live_within(&mut world, seconds(5));
}

/// docs/auth.md §4, line 1.
#[test]
fn wake_resets_the_backoff_of_token_fetches() {
    let mut world = World::live_with_user("alice", seconds(60));
    world.provider_fails();
    world.pair.run_for(seconds(600));
    let fetches = world.pair.fetches().len();
    world.pair.wake();
    world.pair.run_for(seconds(8));
    let more = world.pair.fetches().len() - fetches;
    assert!((3..=5).contains(&more), "{more}");
}

/// docs/auth.md §4, line 28.
#[test]
fn wake_probes_the_socket_and_replaces_a_dead_one() {
    let mut world = World::new();
    world.pair.subscribe("notes:count", &json!({}), AuthPolicy::Settled);
    world.pair.run_until_live();
    world.pair.run_for(seconds(10));
    world.pair.wake();
    world.pair.run_for(seconds(10));
    assert_eq!(world.count_sent("Connect"), 1, "a healthy socket is kept");
    // The network is lost during the night, without a close event.
    world.pair.conditions.half_open = true;
    world.pair.run_for(seconds(1));
    world.pair.wake();
    world.pair.conditions.half_open = false;
    let woke = world.pair.now();
    world.run_until_sent("Connect", 2);
    world.pair.run_until_live();
    assert!(world.pair.now() - woke < seconds(5));
}

#[test]
fn wake_redials_at_once() {
    let mut world = World::new();
    world.pair.conditions.dials = DialOutcome::Refused;
    world.pair.cut();
    world.pair.run_for(seconds(120));
    world.pair.conditions.dials = DialOutcome::Accepted;
    let woke = world.pair.now();
    world.pair.wake();
    world.pair.run_until_live();
    assert!(world.pair.now() - woke < seconds(1));
}
