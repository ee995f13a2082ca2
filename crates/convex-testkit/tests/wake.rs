//! Waking up: what was put off happens now, what died in the night is noticed, and a clock that
//! jumped misleads nobody (auth contract, rules 3, 4, 11; §4, lines 1, 23, 28).

mod support;

use convex_sync::{AuthPolicy, AuthState, ConnectionState, Session};
use convex_testkit::DialOutcome;
use serde_json::json;
use std::time::Duration;
use support::{World, millis, seconds};

const AUTHENTICATED: AuthState = AuthState::Authenticated { refreshing: false };

fn alice_signed_in() -> World {
    let mut world = World::new();
    world.tokens_of("alice", seconds(60));
    world.sign_in("alice");
    world.pair.subscribe("users:me", &json!({}), AuthPolicy::Required);
    world.pair.run_until_live();
    world
}

/// The network goes away for a moment, and this end does not hear of it.
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

/// Auth contract §4, line 28.
#[test]
fn a_socket_that_was_busy_right_before_the_sleep_is_not_trusted_after_it() {
    let mut world = alice_signed_in();
    break_silently(&mut world);
    // By a clock that stood still, the last frame came a moment ago.
    world.pair.sleep_with_clock_stopped(seconds(600));
    assert_live_within(&mut world, seconds(5));
}

#[test]
fn news_that_was_still_under_way_does_not_prove_a_socket() {
    let mut world = alice_signed_in();
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
fn a_socket_that_has_just_been_heard_of_is_left_alone() {
    let mut world = alice_signed_in();
    let sent = world.pair.sent().len();
    world.pair.wake();
    world.pair.run_for(seconds(10));
    assert_eq!(world.pair.sent().len(), sent);
}

/// Auth contract, rule 11: frames from before a network change prove nothing.
#[test]
fn online_right_after_a_frame_probes_the_socket_at_once() {
    for since_the_last_frame in [0, 1, 100, 900, 1100] {
        let mut world = alice_signed_in();
        world.pair.run_for(millis(since_the_last_frame));
        break_silently(&mut world);
        world.pair.go_online();
        assert_live_within(&mut world, seconds(5));
    }
}

#[test]
fn online_leaves_a_healthy_socket_open() {
    let mut world = alice_signed_in();
    let sent = world.pair.sent_types().len();
    world.pair.go_online();
    world.pair.run_for(seconds(10));
    assert_eq!(world.pair.sent_types()[sent..], ["ModifyQuerySet"], "the probe");
    assert_eq!(*world.pair.client.connection(), ConnectionState::Live);
}

/// The server answered before the network changed; the answer reaches the client after it.
#[test]
fn an_answer_from_before_the_network_change_proves_nothing() {
    let mut world = alice_signed_in();
    let count = world.pair.subscribe("notes:count", &json!({}), AuthPolicy::Settled);
    // The query set has reached the server, and its answer is on the way.
    world.pair.run_for(millis(25));
    break_silently(&mut world);
    world.pair.go_online();
    world.pair.run_for(millis(30));
    assert_eq!(world.pair.result(count), Some(Ok(json!(0.0))), "the answer arrived");
    assert_live_within(&mut world, seconds(5));
}

/// The page becomes visible, and the network changes while the answer to that wake's probe is on
/// its way.
#[test]
fn a_network_change_during_a_probe_starts_another() {
    for answered in [false, true] {
        let mut world = alice_signed_in();
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
    let mut world = alice_signed_in();
    let connection = world.pair.deployment.connections().next().unwrap();
    let chunk = r#"{"type":"TransitionChunk","chunk":"{","partNumber":0,"totalParts":3,"transitionId":"9"}"#;
    world.pair.server(|deployment, now| deployment.send_raw(now, connection, chunk));
    break_silently(&mut world);
    world.pair.go_online();
    assert_live_within(&mut world, seconds(5));
}

#[test]
fn a_network_that_changes_again_and_again_hides_no_dead_socket() {
    let mut world = alice_signed_in();
    break_silently(&mut world);
    let connects = world.count_sent("Connect");
    for _ in 0..40 {
        world.pair.go_online();
        world.pair.run_for(seconds(1));
    }
    assert!(world.count_sent("Connect") > connects, "{}", world.pair.trace());
}

/// How long it takes to dial again after a loss that is reported right after a wake.
fn redial_after(world: &mut World, wake: fn(&mut World), lose: fn(&mut World)) -> Duration {
    let dials = |world: &World| world.pair.trace().matches("the client dials").count();
    wake(world);
    let (lost, before) = (world.pair.now(), dials(world));
    lose(world);
    while dials(world) == before {
        world.pair.run_for(millis(10));
    }
    world.pair.now() - lost
}

#[test]
fn a_loss_reported_right_after_a_wake_is_redialled_at_once() {
    let wakes: [fn(&mut World); 3] = [
        |world| world.pair.wake(),
        |world| world.pair.go_online(),
        |world| world.pair.sleep_with_clock_stopped(seconds(60)),
    ];
    for wake in wakes {
        let mut world = alice_signed_in();
        // The last frame is not recent.
        world.pair.run_for(seconds(3));
        let waited = redial_after(&mut world, wake, |world| world.pair.cut());
        assert_eq!(waited, Duration::ZERO, "{}", world.pair.trace());
        // Once: the next loss is one like any other.
        let waited = redial_after(&mut world, |_| (), |world| world.pair.cut());
        assert!(waited > millis(100), "{waited:?}");
    }
}

#[test]
fn a_server_that_says_why_it_closes_after_a_wake_is_given_its_time() {
    let mut world = alice_signed_in();
    world.pair.run_for(seconds(3));
    let waited = redial_after(
        &mut world,
        |world| world.pair.wake(),
        |world| {
            let connection = world.pair.deployment.connections().next().unwrap();
            world.pair.server(|deployment, now| deployment.close(now, connection, Some(1013), "Overloaded"));
        },
    );
    assert!(waited >= millis(500), "{waited:?}");
}

#[test]
fn a_socket_that_opens_after_the_wake_has_proved_itself() {
    let mut world = World::new();
    world.pair.command(|client, now| client.set_session(now, Some(Session::Loading)));
    world.pair.run_for(millis(10));
    world.pair.wake();
    world.pair.run_for(seconds(10));
    assert_eq!(world.count_sent("Connect"), 1, "{}", world.pair.trace());
}

#[test]
fn a_dial_from_before_the_wake_does_not_delay_the_next() {
    let mut world = alice_signed_in();
    world.pair.conditions.dials = DialOutcome::Refused;
    world.pair.conditions.latency = seconds(1);
    world.pair.cut();
    world.pair.run_for(seconds(300));
    let dialling =
        |state: &ConnectionState| matches!(state, ConnectionState::Reconnecting { next_attempt: None, .. });
    world.pair.run_until(|pair| dialling(pair.client.connection()));
    // This dial is doomed. The next would not be.
    world.pair.conditions.dials = DialOutcome::Accepted;
    world.pair.conditions.latency = millis(20);
    world.pair.wake();
    assert_live_within(&mut world, seconds(5));
}

/// Auth contract §4, line 28.
#[test]
fn a_dead_socket_is_replaced_at_once_however_often_it_was_tried_before() {
    let mut world = alice_signed_in();
    for connects in 2..10 {
        let connection = world.pair.deployment.connections().next().unwrap();
        world.pair.server(|deployment, now| deployment.close(now, connection, Some(1013), "overloaded"));
        world
            .pair
            .run_until(|pair| pair.sent_types().iter().filter(|sent| *sent == "Connect").count() == connects);
    }
    break_silently(&mut world);
    world.pair.run_for(seconds(2));
    world.pair.wake();
    assert_live_within(&mut world, seconds(4));
}

/// Auth contract §4, line 28.
#[test]
fn a_socket_given_up_right_after_the_wake_is_replaced_at_once() {
    let mut world = alice_signed_in();
    world.pair.conditions.half_open = true;
    world.pair.cut();
    world.pair.run_for(seconds(300));
    // The time for the first answer ends before that for the proof.
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
fn a_dial_that_hangs_after_the_wake_is_replaced() {
    let mut world = alice_signed_in();
    world.pair.conditions.dials = DialOutcome::Hanging;
    world.pair.cut();
    world.pair.run_for(seconds(5));
    world.pair.conditions.dials = DialOutcome::Accepted;
    world.pair.wake();
    assert_live_within(&mut world, seconds(5));
}

/// Auth contract §4, line 1.
#[test]
fn a_wake_before_the_network_makes_the_provider_worth_asking_often_again() {
    let mut world = alice_signed_in();
    world.provider_fails();
    world.pair.run_for(seconds(600));
    let fetches = world.pair.fetches().len();
    world.pair.wake();
    world.pair.run_for(seconds(8));
    let more = world.pair.fetches().len() - fetches;
    assert!((3..=5).contains(&more), "{more}");
}

/// Auth contract §4, line 23.
#[test]
fn waking_late_a_token_is_judged_by_the_clock_not_by_the_time_awake() {
    for clock_stops in [false, true] {
        let mut world = alice_signed_in();
        world.pair.run_for(seconds(5));
        let sleep = seconds(3600);
        match clock_stops {
            false => world.pair.sleep(sleep),
            true => world.pair.sleep_with_clock_stopped(sleep),
        }
        assert_eq!(*world.pair.client.auth(), AuthState::Authenticated { refreshing: true });
        assert_eq!(world.pair.fetches().last().unwrap().at, world.pair.now(), "at once");
        assert!(world.pair.fetches().last().unwrap().force);
        world.pair.run_for(seconds(5));
        assert_eq!(*world.pair.client.auth(), AUTHENTICATED);
        world.pair.run_for(seconds(120));
        assert_eq!(*world.pair.client.auth(), AUTHENTICATED);
        let sent = world.pair.sent();
        let tokens: Vec<_> = sent.iter().filter_map(|frame| frame["value"].as_str()).collect();
        assert_eq!(
            tokens.iter().filter(|token| **token == tokens[0]).count(),
            1,
            "the spent one is not sent again"
        );
    }
}

#[test]
fn a_short_sleep_does_not_hurry_a_good_token() {
    let mut world = alice_signed_in();
    world.pair.sleep_with_clock_stopped(seconds(20));
    world.pair.run_for(seconds(20));
    assert_eq!(world.pair.fetches().len(), 1);
    world.pair.run_for(seconds(15));
    assert_eq!(world.pair.fetches().len(), 2, "ten seconds before it runs out");
    assert_eq!(world.pair.trace().matches("refreshing: true").count(), 0);
}

/// Auth contract §4, line 23.
#[test]
fn a_clock_set_ahead_costs_a_fetch_and_nothing_more() {
    let mut world = alice_signed_in();
    world.pair.run_for(seconds(5));
    world.pair.clock_ahead += 3_600_000;
    world.pair.wake();
    world.pair.run_for(seconds(1));
    assert_eq!(*world.pair.client.auth(), AUTHENTICATED, "a token issued just now has not run out");
    world.pair.run_for(seconds(300));
    assert_eq!(*world.pair.client.auth(), AUTHENTICATED);
    let fetches = world.pair.fetches().len();
    assert!((6..=9).contains(&fetches), "{fetches}");
    assert_eq!(world.count_sent("Connect"), 1);
    // The next connection learns the new skew, and all is as before.
    world.pair.cut();
    world.pair.run_for(seconds(60));
    assert_eq!(*world.pair.client.auth(), AUTHENTICATED);
    assert_eq!(world.pair.trace().matches("refreshing: true").count(), 1);
}

#[test]
fn a_clock_is_trusted_again_once_the_server_has_told_its_own() {
    let mut world = alice_signed_in();
    world.tokens_of("alice", seconds(600));
    world.pair.clock_ahead += 3_600_000;
    world.pair.wake();
    world.pair.run_for(seconds(1));
    world.pair.cut();
    world.pair.run_for(seconds(10));
    assert_eq!(*world.pair.client.auth(), AUTHENTICATED);
    world.pair.sleep_with_clock_stopped(seconds(900));
    assert_eq!(*world.pair.client.auth(), AuthState::Authenticated { refreshing: true }, "it has run out");
}

#[test]
fn a_clock_set_back_is_put_right_by_the_server() {
    let mut world = alice_signed_in();
    world.pair.run_for(seconds(5));
    world.pair.clock_ahead -= 3_600_000;
    world.pair.wake();
    world.pair.run_for(seconds(120));
    let write = world.pair.mutate("notes:add", &json!({ "text": "x" }), AuthPolicy::Settled);
    world.pair.run_until(|pair| pair.outcome(write).is_some());
    assert!(world.pair.outcome(write).unwrap().is_ok());
    assert_eq!(world.ran_as("notes:add"), ["alice"]);
    assert!(!world.pair.trace().contains("Unauthenticated"), "{}", world.pair.trace());
}

/// Auth contract §4, line 30.
#[test]
fn a_provider_that_only_has_a_spent_token_is_asked_ever_more_slowly() {
    let mut world = World::new();
    let token = world.token("alice", seconds(60));
    world.one_token(token);
    world.sign_in("alice");
    world.pair.run_for(seconds(59));
    let fetches = world.pair.fetches().len();
    world.pair.run_for(seconds(300));
    let more = world.pair.fetches().len() - fetches;
    assert!((9..=26).contains(&more), "{more}");
    assert_eq!(world.count_sent("Authenticate User"), 1, "it is never sent again");
    assert_eq!(*world.pair.client.auth(), AuthState::Authenticated { refreshing: true });
    world.pair.cut();
    world.pair.run_for(seconds(30));
    assert_eq!(world.count_sent("Authenticate User"), 1, "on no connection");
}
