//! Identity changes: another user signs in, or a user signs in on an anonymous client (auth
//! contract, rule 8; §4, lines 14, 16, 17, 18, 19 and 20).

mod support;

use convex_sync::{AuthPolicy, ConvexError, NotSentReason, Session};
use convex_testkit::DialOutcome;
use serde_json::json;
use support::{AUTHENTICATED, World, millis, seconds};

/// docs/auth.md §4, line 19.
#[test]
fn switching_users_clears_the_first_users_results_at_once() {
    let mut world = World::authenticated("alice", seconds(60));
    let settled = world.pair.subscribe("users:me", &json!({}), AuthPolicy::Settled);
    let required = world.pair.subscribe("users:me", &json!({}), AuthPolicy::Required);
    world.pair.run_until(|pair| pair.result(required).is_some());
    world.slow_tokens_of("bob", seconds(60), seconds(1));
    let before = world.pair.transitions().len();
    world.sign_in("bob");
    assert_eq!((world.pair.result(settled), world.pair.result(required)), (None, None));
    assert_eq!(world.pair.transitions()[before..], [[settled, required]], "reported in the same tick");
    world.pair.run_until(|pair| pair.result(required).is_some());
    assert_eq!(world.pair.result(required), Some(Ok(json!("bob"))));
    assert_eq!(world.pair.result(settled), Some(Ok(json!("bob"))));
    assert_eq!(world.count_sent("Connect"), 1, "on the same socket");
}

#[test]
fn late_results_of_the_first_user_are_ignored() {
    let mut world = World::authenticated("alice", seconds(60));
    let me = world.pair.subscribe("users:me", &json!({}), AuthPolicy::Settled);
    // Alice's result is in transit when Bob signs in.
    world.pair.run_for(millis(21));
    world.tokens_of("bob", seconds(60));
    world.sign_in("bob");
    world.pair.run_for(millis(25));
    assert!(world.ran_as("users:me").contains(&"alice".to_owned()));
    assert_eq!(world.pair.result(me), None);
    world.pair.run_until(|pair| pair.result(me).is_some());
    assert_eq!(world.pair.result(me), Some(Ok(json!("bob"))));
}

/// docs/auth.md §4, line 19.
#[test]
fn token_of_another_subject_is_an_identity_change() {
    let mut world = World::authenticated("alice", seconds(60));
    let me = world.pair.subscribe("users:me", &json!({}), AuthPolicy::Required);
    world.pair.run_until(|pair| pair.result(me).is_some());
    world.tokens_of("bob", seconds(60));
    world.pair.run_until(|pair| pair.fetches().len() == 2);
    world.pair.run_for(millis(1));
    assert_eq!(world.pair.result(me), None);
    world.pair.run_until(|pair| pair.result(me).is_some());
    assert_eq!(world.pair.result(me), Some(Ok(json!("bob"))));
}

/// docs/auth.md §4, line 16.
#[test]
fn connection_is_anonymous_until_the_next_user_has_a_token() {
    let mut world = World::authenticated("alice", seconds(60));
    world.slow_tokens_of("bob", seconds(60), seconds(5));
    world.sign_in("bob");
    let write = world.pair.mutate("notes:add", &json!({ "text": "immediate" }), AuthPolicy::Immediate);
    assert_eq!(world.count_sent("Authenticate None"), 1);
    world.pair.run_until(|pair| pair.outcome(write).is_some());
    assert_eq!(world.ran_as("notes:add"), ["anonymous"], "not as alice");
}

/// docs/auth.md §4, line 18.
#[test]
fn switching_users_cancels_the_first_users_timers() {
    let mut world = World::authenticated("alice", seconds(60));
    world.pair.run_for(seconds(45));
    // Alice's refresh would be due while Bob's first token is being fetched.
    world.slow_tokens_of("bob", seconds(60), seconds(20));
    world.sign_in("bob");
    world.pair.run_for(seconds(30));
    let forced: Vec<_> = world.pair.fetches().iter().map(|fetch| fetch.force).collect();
    assert_eq!(forced, [false, false]);
}

#[test]
fn same_subject_of_another_issuer_is_another_user() {
    let mut world = World::authenticated("alice", seconds(60));
    let me = world.pair.subscribe("users:me", &json!({}), AuthPolicy::Required);
    world.pair.run_until(|pair| pair.result(me).is_some());
    let elsewhere = world.issuer.token_with(json!({
        "iss": "https://elsewhere.example", "sub": "alice", "exp": 4_000_000_000_u32,
    }));
    world.only_token(elsewhere);
    world.pair.run_until(|pair| pair.fetches().len() == 2);
    world.pair.run_for(millis(1));
    assert_eq!(world.pair.result(me), None);
}

/// docs/auth.md §4, line 20.
#[test]
fn unsent_requests_of_the_first_user_fail() {
    let mut world = World::authenticated("alice", seconds(60));
    world.pair.conditions.dials = DialOutcome::Refused;
    world.pair.cut();
    let write = world.pair.mutate("notes:add", &json!({ "text": "by alice" }), AuthPolicy::Settled);
    world.tokens_of("bob", seconds(60));
    world.sign_in("bob");
    assert_eq!(world.pair.outcome(write), Some(&Err(ConvexError::IdentityChanged)));
    world.pair.conditions.dials = DialOutcome::Accepted;
    world.pair.run_for(seconds(60));
    assert_eq!(world.ran_as("notes:add").len(), 0);
}

/// docs/auth.md §4, line 20.
#[test]
fn sent_requests_of_the_first_user_end_as_outcome_unknown() {
    let mut world = World::authenticated("alice", seconds(60));
    world.pair.conditions.half_open = true;
    let write = world.pair.mutate("notes:add", &json!({ "text": "by alice" }), AuthPolicy::Settled);
    world.tokens_of("bob", seconds(60));
    world.sign_in("bob");
    assert_eq!(world.pair.outcome(write), Some(&Err(ConvexError::OutcomeUnknown)));
    world.pair.conditions.half_open = false;
    world.pair.cut();
    world.pair.run_for(seconds(60));
    assert_eq!(world.ran_as("notes:add").len(), 0);
}

#[test]
fn unsent_anonymous_requests_do_not_run_as_the_user() {
    let mut world = World::new();
    world.pair.conditions.dials = DialOutcome::Refused;
    world.pair.cut();
    let write = world.pair.mutate("notes:add", &json!({ "text": "anonymous" }), AuthPolicy::Settled);
    world.tokens_of("alice", seconds(60));
    world.sign_in("alice");
    assert_eq!(world.pair.outcome(write), Some(&Err(ConvexError::IdentityChanged)));
}

#[test]
fn sent_anonymous_requests_are_not_resent_as_the_user() {
    let mut world = World::new();
    world.pair.run_until_live();
    world.pair.conditions.half_open = true;
    let write = world.pair.mutate("notes:add", &json!({ "text": "anonymous" }), AuthPolicy::Settled);
    world.tokens_of("alice", seconds(60));
    world.sign_in("alice");
    assert_eq!(world.pair.outcome(write), None, "the response may still arrive");
    world.pair.conditions.half_open = false;
    world.pair.cut();
    assert_eq!(world.pair.outcome(write), Some(&Err(ConvexError::OutcomeUnknown)));
    world.pair.run_for(seconds(10));
    assert_eq!(world.ran_as("notes:add").len(), 0);
}

#[test]
fn immediate_requests_survive_a_sign_in() {
    let mut world = World::new();
    world.pair.run_until_live();
    let sent = world.pair.mutate("notes:add", &json!({ "text": "sent" }), AuthPolicy::Settled);
    world.pair.conditions.dials = DialOutcome::Refused;
    world.pair.cut();
    let public = world.pair.mutate("notes:add", &json!({ "text": "public" }), AuthPolicy::Immediate);
    world.tokens_of("alice", seconds(60));
    world.sign_in("alice");
    assert_eq!(world.pair.outcome(sent), Some(&Err(ConvexError::OutcomeUnknown)));
    world.pair.conditions.dials = DialOutcome::Accepted;
    world.pair.run_until(|pair| pair.outcome(public).is_some());
    assert!(matches!(world.pair.outcome(public), Some(Ok(_))));
}

/// docs/auth.md §4, line 17.
#[test]
fn late_token_of_the_first_user_is_discarded() {
    let mut world = World::new();
    world.slow_tokens_of("alice", seconds(60), seconds(5));
    world.sign_in("alice");
    world.pair.run_for(seconds(1));
    world.slow_tokens_of("bob", seconds(60), seconds(8));
    world.sign_in("bob");
    let me = world.pair.subscribe("users:me", &json!({}), AuthPolicy::Required);
    world.pair.run_until(|pair| pair.result(me).is_some());
    assert_eq!(world.ran_as("users:me"), ["bob"]);
    assert_eq!(world.count_sent("Authenticate User"), 1);
}

#[test]
fn required_requests_of_an_anonymous_client_are_refused() {
    let mut world = World::new();
    let write = world.pair.mutate("notes:add", &json!({ "text": "x" }), AuthPolicy::Required);
    let refusal = Err(ConvexError::NotSent(NotSentReason::Unauthenticated));
    assert_eq!(world.pair.outcome(write), Some(&refusal));
    world.pair.command(|client, now| client.set_session(now, Some(Session::Loading)));
    let held = world.pair.mutate("notes:add", &json!({ "text": "x" }), AuthPolicy::Required);
    assert_eq!(world.pair.outcome(held), None);
    world.provider_signs_out();
    assert_eq!(world.pair.outcome(held), Some(&refusal));
}

/// docs/auth.md §4, line 14.
#[test]
fn provider_that_reloads_does_not_blank_the_page() {
    let mut world = World::authenticated("alice", seconds(60));
    world.pair.command(|client, now| client.set_session(now, Some(Session::Loading)));
    assert_eq!(*world.pair.client.auth(), AUTHENTICATED);
}
