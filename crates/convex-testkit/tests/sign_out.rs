//! Signing out (docs/auth.md, rule 9; §4, lines 7, 17, 18 and 21).

mod support;

use convex_sync::{AuthPolicy, AuthState, ConvexError, NotSentReason, Session, UnauthenticatedReason};
use convex_testkit::DialOutcome;
use serde_json::json;
use support::{World, seconds};

fn is_signed_out(world: &World) -> bool {
    matches!(world.pair.client.auth(), AuthState::Unauthenticated { .. })
}

/// docs/auth.md §4, line 21.
#[test]
fn sign_out_clears_results_and_adds_settled_queries_again() {
    let mut world = World::authenticated("alice", seconds(60));
    let settled = world.pair.subscribe("users:me", &json!({}), AuthPolicy::Settled);
    let required = world.pair.subscribe("users:me", &json!({}), AuthPolicy::Required);
    world.pair.run_until(|pair| pair.result(required).is_some());
    let before = world.pair.sent().len();
    world.pair.command(|client, now| client.sign_out(now));
    assert_eq!((world.pair.result(settled), world.pair.result(required)), (None, None));
    assert!(is_signed_out(&world));
    assert_eq!(world.pair.sent_types()[before..], ["ModifyQuerySet", "Authenticate None", "ModifyQuerySet"]);
    // The components unmount later and unsubscribe, which has no effect.
    let sent = world.pair.sent().len();
    world.pair.command(|client, _| client.unsubscribe(required));
    assert_eq!(world.pair.sent().len(), sent);
    world.pair.run_until(|pair| pair.result(settled).is_some());
    assert_eq!(world.pair.result(settled), Some(Ok(json!("anonymous"))));
    assert_eq!(
        world.ran_as("users:me").iter().filter(|user| *user == "anonymous").count(),
        1,
        "only the `Settled` query"
    );
}

/// docs/auth.md §4, line 18.
#[test]
fn sign_out_cancels_all_auth_timers() {
    let mut world = World::authenticated("alice", seconds(60));
    world.pair.run_for(seconds(45));
    world.pair.command(|client, now| client.sign_out(now));
    let fetches = world.pair.fetches().len();
    world.pair.run_for(seconds(3600));
    assert_eq!(world.pair.fetches().len(), fetches);
    assert_eq!(world.count_sent("Authenticate User"), 1);
    assert!(is_signed_out(&world));
}

/// docs/auth.md §4, line 17.
#[test]
fn token_arriving_after_sign_out_is_discarded() {
    let mut world = World::new();
    world.slow_tokens_of("alice", seconds(60), seconds(5));
    world.sign_in("alice");
    world.pair.run_for(seconds(1));
    world.pair.command(|client, now| client.sign_out(now));
    world.pair.run_for(seconds(60));
    assert!(world.pair.trace().contains("the client drops the fetch"), "its resources are released");
    assert!(world.pair.trace().contains("the provider answers"), "the token arrived");
    assert_eq!(world.count_sent("Authenticate User"), 0);
    assert!(is_signed_out(&world));
}

/// docs/auth.md §4, line 7.
#[test]
fn repeated_session_does_not_undo_a_sign_out() {
    let mut world = World::authenticated("alice", seconds(60));
    world.pair.command(|client, now| client.sign_out(now));
    world.sign_in("alice");
    world.pair.command(|client, now| client.set_session(now, Some(Session::Loading)));
    world.sign_in("alice");
    world.pair.run_for(seconds(10));
    assert!(is_signed_out(&world));
    world.provider_signs_out();
    world.sign_in("alice");
    world.pair.run_until(|pair| matches!(pair.client.auth(), AuthState::Authenticated { .. }));
}

#[test]
fn connection_after_an_offline_sign_out_is_anonymous() {
    let mut world = World::authenticated("alice", seconds(60));
    world.pair.conditions.dials = DialOutcome::Refused;
    world.pair.cut();
    world.pair.command(|client, now| client.sign_out(now));
    let me = world.pair.subscribe("users:me", &json!({}), AuthPolicy::Settled);
    world.pair.conditions.dials = DialOutcome::Accepted;
    world.pair.run_until(|pair| pair.result(me).is_some());
    assert_eq!(world.pair.result(me), Some(Ok(json!("anonymous"))));
}

#[test]
fn sign_out_while_the_connection_drops_costs_one_reconnect() {
    let mut world = World::authenticated("alice", seconds(60));
    let me = world.pair.subscribe("users:me", &json!({}), AuthPolicy::Settled);
    world.pair.run_until_live();
    // The app signs out, and the connection is lost before any frame is sent.
    let now = world.pair.now();
    world.pair.client.sign_out(now);
    world.pair.cut();
    world.pair.run_for(seconds(10));
    assert_eq!(world.pair.result(me), Some(Ok(json!("anonymous"))));
    assert_eq!(world.count_sent("Connect"), 2, "{}", world.pair.trace());
}

#[test]
fn sign_out_while_the_provider_loads_settles_auth() {
    let mut world = World::new();
    world.pair.command(|client, now| client.set_session(now, Some(Session::Loading)));
    let settled = world.pair.subscribe("users:me", &json!({}), AuthPolicy::Settled);
    let write = world.pair.mutate("notes:add", &json!({ "text": "x" }), AuthPolicy::Required);
    world.pair.run_for(seconds(1));
    world.pair.command(|client, now| client.sign_out(now));
    assert!(is_signed_out(&world));
    assert_eq!(world.pair.outcome(write), Some(&Err(ConvexError::NotSent(NotSentReason::Unauthenticated))));
    world.pair.run_for(seconds(1));
    assert_eq!(
        world.pair.result(settled),
        Some(Ok(json!("anonymous"))),
        "without waiting for `auth_patience`"
    );
}

#[test]
fn sign_out_reason_names_app_or_provider() {
    let mut world = World::authenticated("alice", seconds(60));
    world.pair.command(|client, now| client.sign_out(now));
    let reason = UnauthenticatedReason::SignedOutByApp;
    assert_eq!(*world.pair.client.auth(), AuthState::Unauthenticated { reason });
    world.provider_signs_out();
    let reason = UnauthenticatedReason::SignedOut;
    assert_eq!(*world.pair.client.auth(), AuthState::Unauthenticated { reason });
}
