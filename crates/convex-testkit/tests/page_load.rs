//! A page load of a signed-in user: no query runs anonymously, and the data is one round trip away
//! (docs/auth.md, rules 1 to 3; §4, lines 9 and 22).

mod support;

use convex_sync::{AuthPolicy, AuthState, Session};
use serde_json::json;
use std::time::Duration;
use support::{AUTHENTICATED, World, seconds};

/// docs/auth.md §4, line 9.
#[test]
fn token_at_hand_sends_everything_in_one_flight() {
    let mut world = World::with_user("alice", seconds(60));
    let me = world.pair.subscribe("users:me", &json!({}), AuthPolicy::Settled);
    world.pair.run_until_live();
    assert_eq!(world.pair.result(me), Some(Ok(json!("alice"))));
    assert_eq!(world.pair.sent_types(), ["Connect", "Authenticate User", "ModifyQuerySet"]);
    assert_eq!(*world.pair.client.auth(), AUTHENTICATED);
    // One round trip for the dial and one for the data.
    assert_eq!(world.pair.now().since_start(), 4 * world.pair.conditions.latency);
    assert_eq!(world.ran_as("users:me"), ["alice"]);
}

/// docs/auth.md §4, line 9.
#[test]
fn slow_token_holds_queries_while_the_socket_is_dialled() {
    let mut world = World::new();
    world.slow_tokens_of("alice", seconds(60), seconds(3));
    world.sign_in("alice");
    let me = world.pair.subscribe("users:me", &json!({}), AuthPolicy::Settled);
    world.pair.run_for(seconds(2));
    assert_eq!(world.pair.sent_types(), ["Connect"]);
    world.pair.run_until_live();
    assert_eq!(world.pair.result(me), Some(Ok(json!("alice"))));
    assert_eq!(world.pair.now().since_start(), seconds(3) + 2 * world.pair.conditions.latency);
    assert_eq!(world.ran_as("users:me"), ["alice"]);
}

/// docs/auth.md §4, line 22.
#[test]
fn page_load_takes_one_fetch_and_one_authenticate() {
    let mut world = World::with_user("alice", seconds(3600));
    world.pair.subscribe("users:me", &json!({}), AuthPolicy::Required);
    world.pair.run_for(seconds(60));
    assert_eq!(world.pair.fetches().len(), 1);
    assert_eq!(world.count_sent("Authenticate User"), 1);
    assert_eq!(world.ran_as("users:me"), ["alice"]);
}

/// docs/auth.md §4, line 47.
#[test]
fn immediate_queries_do_not_wait_for_auth() {
    let mut world = World::new();
    world.slow_tokens_of("alice", seconds(60), seconds(3));
    world.sign_in("alice");
    let public = world.pair.subscribe("users:me", &json!({}), AuthPolicy::Immediate);
    world.pair.run_until(|pair| pair.result(public).is_some());
    assert!(world.pair.now().since_start() < seconds(1));
    assert_eq!(world.ran_as("users:me"), ["anonymous"]);
}

/// docs/auth.md §4, line 47.
#[test]
fn settled_queries_run_anonymously_after_auth_patience() {
    let mut world = World::new();
    world.slow_tokens_of("alice", seconds(60), seconds(15));
    world.sign_in("alice");
    let settled = world.pair.subscribe("users:me", &json!({}), AuthPolicy::Settled);
    let required = world.pair.subscribe("users:me", &json!({}), AuthPolicy::Required);
    let write = world.pair.mutate("notes:add", &json!({ "text": "hello" }), AuthPolicy::Settled);
    world.pair.run_until(|pair| pair.result(settled).is_some());
    assert_eq!(world.pair.result(settled), Some(Ok(json!("anonymous"))));
    assert!(world.pair.now().since_start() >= seconds(10));
    assert_eq!(world.pair.result(required), None);
    assert!(matches!(world.pair.client.auth(), AuthState::Loading { .. }));
    world.pair.run_until(|pair| pair.outcome(write).is_some());
    assert_eq!(world.pair.result(settled), Some(Ok(json!("alice"))));
    assert_eq!(world.pair.result(required), Some(Ok(json!("alice"))));
    assert_eq!(world.ran_as("notes:add"), ["alice"]);
}

#[test]
fn auth_patience_starts_with_the_first_loading_state() {
    let mut world = World::new();
    world.slow_tokens_of("alice", seconds(60), seconds(15));
    world.pair.command(|client, now| client.set_session(now, Some(Session::Loading)));
    let settled = world.pair.subscribe("users:me", &json!({}), AuthPolicy::Settled);
    world.pair.run_for(seconds(4));
    world.sign_in("alice");
    let AuthState::Loading { since, .. } = world.pair.client.auth() else {
        panic!("the state is not Loading")
    };
    assert_eq!(*since, convex_sync::Time::ZERO);
    world.pair.run_for(seconds(7));
    assert_eq!(world.pair.result(settled), Some(Ok(json!("anonymous"))));
}

/// docs/auth.md §4, line 13.
#[test]
fn signed_in_user_is_never_shown_as_signed_out_while_loading() {
    let mut world = World::new();
    world.pair.command(|client, now| client.set_session(now, Some(Session::Loading)));
    let me = world.pair.subscribe("users:me", &json!({}), AuthPolicy::Required);
    world.pair.run_for(seconds(2));
    // The token endpoint is down, and then the server rejects a cached token.
    world.provider_fails();
    world.sign_in("alice");
    world.pair.run_for(seconds(5));
    world.pair.deployment.reject_next_token("stale token");
    world.tokens_of("alice", seconds(60));
    world.pair.run_until(|pair| pair.result(me).is_some());
    let trace = world.pair.trace();
    assert!(trace.contains("stale token") && !trace.contains("Unauthenticated"), "{trace}");
}

#[test]
fn rejection_or_wake_does_not_extend_auth_patience() {
    let mut world = World::new();
    world.slow_tokens_of("alice", seconds(600), seconds(6));
    world.pair.deployment.reject_next_token("rejected once");
    world.sign_in("alice");
    let settled = world.pair.subscribe("users:me", &json!({}), AuthPolicy::Settled);
    world.pair.run_until(|pair| pair.trace().contains("rejected once"));
    world.pair.wake();
    assert_eq!(world.pair.result(settled), None);
    world.pair.run_until(|pair| pair.result(settled).is_some());
    assert_eq!(world.pair.result(settled), Some(Ok(json!("anonymous"))));
    assert!(world.pair.now().since_start() < seconds(11));
    world.pair.run_for(seconds(5));
    assert_eq!(world.pair.result(settled), Some(Ok(json!("alice"))), "it runs again once auth has settled");
}

#[test]
fn reauthenticate_does_not_restart_auth_patience() {
    let mut world = World::new();
    world.pair.command(|client, now| client.set_session(now, Some(Session::Loading)));
    let settled = world.pair.subscribe("users:me", &json!({}), AuthPolicy::Settled);
    for _ in 0..11 {
        world.pair.run_for(seconds(1));
        world.pair.command(|client, now| client.reauthenticate(now));
    }
    assert_eq!(world.pair.result(settled), Some(Ok(json!("anonymous"))));
    assert_eq!(world.pair.fetches().len(), 0, "no session is known yet");
}

/// docs/auth.md §4, line 11.
#[test]
fn repeated_report_of_the_same_session_changes_nothing() {
    let mut world = World::with_user("alice", seconds(3600));
    let me = world.pair.subscribe("users:me", &json!({}), AuthPolicy::Required);
    world.pair.run_until_live();
    let (fetches, sent) = (world.pair.fetches().len(), world.pair.sent().len());
    // The provider has a new token function.
    world.tokens_of("alice", seconds(60));
    world.sign_in("alice");
    world.pair.run_for(seconds(5));
    assert_eq!((world.pair.fetches().len(), world.pair.sent().len()), (fetches, sent));
    assert_eq!(world.pair.result(me), Some(Ok(json!("alice"))));
}

#[test]
fn unrelated_transition_does_not_confirm_a_token() {
    let (mut world, _) = World::frozen();
    world.tokens_of("alice", seconds(60));
    world.sign_in("alice");
    world.pair.run_for(seconds(1));
    assert_eq!(world.count_sent("Authenticate User"), 1);
    world.send_empty_transition();
    world.pair.run_for(seconds(1));
    let AuthState::Loading { waiting_for, .. } = world.pair.client.auth() else {
        panic!("the state is not Loading")
    };
    assert_eq!(*waiting_for, convex_sync::WaitingFor::Server);
}

#[test]
fn without_a_provider_queries_run_anonymously_at_once() {
    let mut world = World::new();
    let me = world.pair.subscribe("users:me", &json!({}), AuthPolicy::Settled);
    world.pair.run_until_live();
    assert_eq!(world.pair.result(me), Some(Ok(json!("anonymous"))));
    assert_eq!(world.pair.sent_types(), ["Connect", "ModifyQuerySet"]);
}

/// docs/auth.md §4, line 14.
#[test]
fn a_provider_that_never_loads_is_named_in_the_state() {
    let mut world = World::new();
    world.pair.command(|client, now| client.set_session(now, Some(Session::Loading)));
    world.pair.run_for(Duration::from_secs(120));
    let AuthState::Loading { waiting_for, .. } = world.pair.client.auth() else {
        panic!("the state is not Loading")
    };
    assert_eq!(*waiting_for, convex_sync::WaitingFor::Provider);
}
