//! The wall between two people, and signing out (auth contract, rules 8 and 9; §4, lines 16 to 21).

mod support;

use convex_sync::{AuthPolicy, AuthState, ConvexError, NotSentReason, Session, Token, UnauthenticatedReason};
use convex_testkit::{DialOutcome, FetchReply, START};
use serde_json::json;
use std::time::Duration;
use support::{World, millis, seconds};

fn alice_signed_in() -> World {
    let mut world = World::new();
    world.tokens_of("alice", seconds(60));
    world.sign_in("alice");
    world.pair.run_until(|pair| matches!(pair.client.auth(), AuthState::Authenticated { .. }));
    world
}

fn signed_out(world: &World) -> bool {
    matches!(world.pair.client.auth(), AuthState::Unauthenticated { .. })
}

/// Auth contract §4, line 19.
#[test]
fn results_of_a_are_gone_the_moment_b_is_wanted() {
    let mut world = alice_signed_in();
    let settled = world.pair.subscribe("users:me", &json!({}), AuthPolicy::Settled);
    let required = world.pair.subscribe("users:me", &json!({}), AuthPolicy::Required);
    world.pair.run_until(|pair| pair.result(required).is_some());
    world.slow_tokens_of("bob", seconds(60), seconds(1));
    let told = world.pair.transitions().len();
    world.sign_in("bob");
    assert_eq!((world.pair.result(settled), world.pair.result(required)), (None, None));
    assert_eq!(world.pair.transitions()[told..], [[settled, required]], "the app is told in the same tick");
    world.pair.run_until(|pair| pair.result(required).is_some());
    assert_eq!(world.pair.result(required), Some(Ok(json!("bob"))));
    assert_eq!(world.pair.result(settled), Some(Ok(json!("bob"))));
    assert_eq!(world.count_sent("Connect"), 1, "on the same socket");
}

#[test]
fn what_the_server_still_sends_of_a_never_shows_as_b() {
    let mut world = alice_signed_in();
    let me = world.pair.subscribe("users:me", &json!({}), AuthPolicy::Settled);
    // The answer for Alice is on its way when Bob signs in.
    world.pair.run_for(millis(21));
    world.tokens_of("bob", seconds(60));
    world.sign_in("bob");
    world.pair.run_for(millis(25));
    assert!(world.ran_as("users:me").contains(&"alice".to_owned()));
    assert_eq!(world.pair.result(me), None);
    world.pair.run_until(|pair| pair.result(me).is_some());
    assert_eq!(world.pair.result(me), Some(Ok(json!("bob"))));
}

/// Auth contract §4, line 19.
#[test]
fn a_token_of_somebody_else_is_a_wall_even_under_one_key() {
    let mut world = alice_signed_in();
    let me = world.pair.subscribe("users:me", &json!({}), AuthPolicy::Required);
    world.pair.run_until(|pair| pair.result(me).is_some());
    world.tokens_of("bob", seconds(60));
    world.pair.run_until(|pair| pair.fetches().len() == 2);
    world.pair.run_for(millis(1));
    assert_eq!(world.pair.result(me), None);
    world.pair.run_until(|pair| pair.result(me).is_some());
    assert_eq!(world.pair.result(me), Some(Ok(json!("bob"))));
}

/// Auth contract §4, line 16.
#[test]
fn until_b_has_a_token_the_server_holds_nobody() {
    let mut world = alice_signed_in();
    world.slow_tokens_of("bob", seconds(60), seconds(5));
    world.sign_in("bob");
    let write = world.pair.mutate("notes:add", &json!({ "text": "by anybody" }), AuthPolicy::Immediate);
    assert_eq!(world.count_sent("Authenticate None"), 1);
    world.pair.run_until(|pair| pair.outcome(write).is_some());
    assert_eq!(world.ran_as("notes:add"), ["nobody"], "not as alice");
}

/// Auth contract §4, line 18.
#[test]
fn what_was_armed_for_a_does_not_concern_b() {
    let mut world = alice_signed_in();
    world.pair.run_for(seconds(45));
    // Alice's refresh would be due while bob's first token is on its way.
    world.slow_tokens_of("bob", seconds(60), seconds(20));
    world.sign_in("bob");
    world.pair.run_for(seconds(30));
    let forced: Vec<_> = world.pair.fetches().iter().map(|fetch| fetch.force).collect();
    assert_eq!(forced, [false, false]);
}

#[test]
fn the_same_name_at_another_issuer_is_somebody_else() {
    let mut world = alice_signed_in();
    let me = world.pair.subscribe("users:me", &json!({}), AuthPolicy::Required);
    world.pair.run_until(|pair| pair.result(me).is_some());
    let elsewhere = world.issuer.token_with(json!({
        "iss": "https://elsewhere.example", "sub": "alice", "exp": 4_000_000_000_u32,
    }));
    world.one_token(elsewhere);
    world.pair.run_until(|pair| pair.fetches().len() == 2);
    world.pair.run_for(millis(1));
    assert_eq!(world.pair.result(me), None);
}

/// Auth contract §4, line 20.
#[test]
fn unsent_requests_of_a_fail_and_never_run_as_b() {
    let mut world = alice_signed_in();
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

/// Auth contract §4, line 20.
#[test]
fn sent_requests_of_a_are_of_unknown_outcome_and_not_sent_again() {
    let mut world = alice_signed_in();
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
fn what_nobody_asked_for_offline_does_not_run_as_somebody() {
    let mut world = World::new();
    world.pair.conditions.dials = DialOutcome::Refused;
    world.pair.cut();
    let write = world.pair.mutate("notes:add", &json!({ "text": "anonymous" }), AuthPolicy::Settled);
    world.tokens_of("alice", seconds(60));
    world.sign_in("alice");
    assert_eq!(world.pair.outcome(write), Some(&Err(ConvexError::IdentityChanged)));
}

#[test]
fn what_nobody_sent_is_not_sent_again_as_somebody() {
    let mut world = World::new();
    world.pair.run_until_live();
    world.pair.conditions.half_open = true;
    let write = world.pair.mutate("notes:add", &json!({ "text": "anonymous" }), AuthPolicy::Settled);
    world.tokens_of("alice", seconds(60));
    world.sign_in("alice");
    assert_eq!(world.pair.outcome(write), None, "its answer may still come");
    world.pair.conditions.half_open = false;
    world.pair.cut();
    assert_eq!(world.pair.outcome(write), Some(&Err(ConvexError::OutcomeUnknown)));
    world.pair.run_for(seconds(10));
    assert_eq!(world.ran_as("notes:add").len(), 0);
}

#[test]
fn what_nobody_sent_may_have_been_executed_and_what_is_the_same_for_everybody_goes_on() {
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

/// Auth contract §4, line 21.
#[test]
fn signing_out_is_an_order() {
    let mut world = alice_signed_in();
    let settled = world.pair.subscribe("users:me", &json!({}), AuthPolicy::Settled);
    let required = world.pair.subscribe("users:me", &json!({}), AuthPolicy::Required);
    world.pair.run_until(|pair| pair.result(required).is_some());
    let before = world.pair.sent().len();
    world.pair.command(|client, now| client.sign_out(now));
    assert_eq!((world.pair.result(settled), world.pair.result(required)), (None, None));
    assert!(signed_out(&world));
    assert_eq!(world.pair.sent_types()[before..], ["ModifyQuerySet", "Authenticate None", "ModifyQuerySet"]);
    // The components unmount a moment later: there is nothing left to do.
    let sent = world.pair.sent().len();
    world.pair.command(|client, _| client.unsubscribe(required));
    assert_eq!(world.pair.sent().len(), sent);
    world.pair.run_until(|pair| pair.result(settled).is_some());
    assert_eq!(world.pair.result(settled), Some(Ok(json!("nobody"))));
    assert_eq!(
        world.ran_as("users:me").iter().filter(|who| *who == "nobody").count(),
        1,
        "only the settled one"
    );
}

/// Auth contract §4, line 18.
#[test]
fn signing_out_leaves_nothing_armed() {
    let mut world = alice_signed_in();
    world.pair.run_for(seconds(45));
    world.pair.command(|client, now| client.sign_out(now));
    let fetches = world.pair.fetches().len();
    world.pair.run_for(seconds(3600));
    assert_eq!(world.pair.fetches().len(), fetches);
    assert_eq!(world.count_sent("Authenticate User"), 1);
    assert!(signed_out(&world));
}

/// Auth contract §4, line 17.
#[test]
fn a_token_that_arrives_after_signing_out_is_thrown_away() {
    let mut world = World::new();
    world.slow_tokens_of("alice", seconds(60), seconds(5));
    world.sign_in("alice");
    world.pair.run_for(seconds(1));
    world.pair.command(|client, now| client.sign_out(now));
    world.pair.run_for(seconds(60));
    assert!(world.pair.trace().contains("the client drops the fetch"), "its resources were released");
    assert!(world.pair.trace().contains("the provider answers"), "it did arrive");
    assert_eq!(world.count_sent("Authenticate User"), 0);
    assert!(signed_out(&world));
}

/// Auth contract §4, line 17.
#[test]
fn a_token_of_a_that_arrives_late_is_not_taken_for_b_s() {
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

/// Auth contract §4, line 7.
#[test]
fn a_session_that_still_stands_is_no_sign_in() {
    let mut world = alice_signed_in();
    world.pair.command(|client, now| client.sign_out(now));
    world.sign_in("alice");
    world.pair.command(|client, now| client.set_session(now, Some(Session::Loading)));
    world.sign_in("alice");
    world.pair.run_for(seconds(10));
    assert!(signed_out(&world));
    world.provider_signs_out();
    world.sign_in("alice");
    world.pair.run_until(|pair| matches!(pair.client.auth(), AuthState::Authenticated { .. }));
}

#[test]
fn signing_out_offline_is_put_right_before_anything_else_is_sent() {
    let mut world = alice_signed_in();
    world.pair.conditions.dials = DialOutcome::Refused;
    world.pair.cut();
    world.pair.command(|client, now| client.sign_out(now));
    let me = world.pair.subscribe("users:me", &json!({}), AuthPolicy::Settled);
    world.pair.conditions.dials = DialOutcome::Accepted;
    world.pair.run_until(|pair| pair.result(me).is_some());
    assert_eq!(world.pair.result(me), Some(Ok(json!("nobody"))));
}

#[test]
fn signing_out_at_the_moment_of_a_drop_leaves_nothing_to_take_back() {
    let mut world = alice_signed_in();
    let me = world.pair.subscribe("users:me", &json!({}), AuthPolicy::Settled);
    world.pair.run_until_live();
    // The order is given, and the socket is gone before it could leave.
    let now = world.pair.now();
    world.pair.client.sign_out(now);
    world.pair.cut();
    world.pair.run_for(seconds(10));
    assert_eq!(world.pair.result(me), Some(Ok(json!("nobody"))));
    assert_eq!(world.count_sent("Connect"), 2, "{}", world.pair.trace());
}

#[test]
fn what_needs_somebody_is_refused_where_nobody_is() {
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

#[test]
fn signing_out_while_the_provider_loads_waits_for_nobody() {
    let mut world = World::new();
    world.pair.command(|client, now| client.set_session(now, Some(Session::Loading)));
    let settled = world.pair.subscribe("users:me", &json!({}), AuthPolicy::Settled);
    let write = world.pair.mutate("notes:add", &json!({ "text": "x" }), AuthPolicy::Required);
    world.pair.run_for(seconds(1));
    world.pair.command(|client, now| client.sign_out(now));
    assert!(signed_out(&world));
    assert_eq!(world.pair.outcome(write), Some(&Err(ConvexError::NotSent(NotSentReason::Unauthenticated))));
    world.pair.run_for(seconds(1));
    assert_eq!(world.pair.result(settled), Some(Ok(json!("nobody"))), "without waiting any longer");
}

/// Auth contract §4, line 14.
#[test]
fn a_provider_that_looks_again_does_not_blank_the_page() {
    let mut world = alice_signed_in();
    world.pair.command(|client, now| client.set_session(now, Some(Session::Loading)));
    assert_eq!(*world.pair.client.auth(), AuthState::Authenticated { refreshing: false });
}

#[test]
fn the_state_says_who_signed_out() {
    let mut world = alice_signed_in();
    world.pair.command(|client, now| client.sign_out(now));
    let reason = UnauthenticatedReason::SignedOutByApp;
    assert_eq!(*world.pair.client.auth(), AuthState::Unauthenticated { reason });
    world.provider_signs_out();
    let reason = UnauthenticatedReason::SignedOut;
    assert_eq!(*world.pair.client.auth(), AuthState::Unauthenticated { reason });
}

#[test]
fn no_token_is_ever_printed() {
    let mut world = World::new();
    let issuer = world.issuer.clone();
    world.pair.provide(move |_| {
        let token = issuer.token("alice", START, START.after(Duration::from_secs(60)));
        FetchReply::After(Duration::ZERO, Ok(Some(Token::new(token))))
    });
    world.sign_in("alice");
    let signature = world.token("alice", seconds(60)).split('.').nth(1).unwrap()[..20].to_owned();
    world.pair.run_until(|pair| matches!(pair.client.auth(), AuthState::Authenticated { .. }));
    assert!(!format!("{:?}", world.pair.client).contains(&signature));
}
