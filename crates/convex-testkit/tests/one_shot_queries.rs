//! One-shot queries: they return the server's result for the current identity, and always end (auth
//! contract, rules 1, 8 and 14; §4, lines 9, 19, 35 and 36).

mod support;

use convex_sync::AuthPolicy::{Immediate, Required, Settled};
use convex_sync::{
    ConvexError, EncodedValue, InFlight, NotSentReason, RequestId, RequestOptions, Session, SuspendedResults,
};
use convex_testkit::DialOutcome;
use serde_json::{Value as Json, json};
use support::{World, millis, notes::count_query, seconds};

fn outcome(world: &World, request: RequestId) -> Option<Result<Json, ConvexError>> {
    let outcome = world.pair.outcome(request)?.clone();
    Some(outcome.map(|value| serde_json::from_str(value.as_json()).expect("a result is JSON")))
}

fn with_timeout(timeout: u64) -> RequestOptions {
    RequestOptions { timeout: Some(seconds(timeout)), ..RequestOptions::default() }
}

#[test]
fn one_shot_query_returns_the_first_result_and_unsubscribes() {
    let mut world = World::new();
    let request = world.pair.query_once("notes:count", &json!({}), Settled);
    assert_eq!(world.pair.client.in_flight(), InFlight::default(), "a query is not unsaved work");
    world.pair.run_for(seconds(1));
    assert_eq!(outcome(&world, request), Some(Ok(json!(0.0))));
    assert_eq!(world.subscriptions(), 0);
    world.pair.mutate("notes:add", &json!({ "text": "x" }), Settled);
    world.pair.run_for(seconds(1));
    assert_eq!(world.pair.outcomes().iter().filter(|(id, _)| *id == request).count(), 1);
}

#[test]
fn subscribed_query_answers_a_one_shot_query_at_once() {
    let mut world = World::new();
    world.pair.subscribe("notes:count", &json!({}), Settled);
    world.pair.run_until_live();
    let sent = world.pair.sent().len();
    let request = world.pair.query_once("notes:count", &json!({}), Settled);
    assert_eq!(outcome(&world, request), Some(Ok(json!(0.0))));
    assert_eq!(world.pair.sent().len(), sent);
}

#[test]
fn optimistic_updates_do_not_answer_a_one_shot_query() {
    let mut world = World::new();
    let count = world.pair.subscribe("notes:count", &json!({}), Settled);
    world.pair.run_until_live();
    world.pair.mutate_optimistically("notes:add", &json!({ "text": "x" }), |store| {
        let (function, args) = count_query();
        store.set(&function, &args, EncodedValue::encode(&17.0).unwrap());
        Ok(())
    });
    assert_eq!(world.pair.result(count), Some(Ok(json!(17))));
    let request = world.pair.query_once("notes:count", &json!({}), Settled);
    assert_eq!(outcome(&world, request), Some(Ok(json!(0.0))));
}

#[test]
fn function_error_is_the_outcome_of_a_one_shot_query() {
    let mut world = World::new();
    let request = world.pair.query_once("notes:nothing", &json!({}), Settled);
    world.pair.run_for(seconds(1));
    assert!(matches!(outcome(&world, request), Some(Err(ConvexError::Function(_)))));
}

/// docs/auth.md §4, line 9.
#[test]
fn one_shot_query_waits_until_auth_settles() {
    let mut world = World::new();
    world.slow_tokens_of("alice", seconds(600), seconds(20));
    world.sign_in("alice");
    world.pair.subscribe("users:me", &json!({}), Settled);
    let request = world.pair.query_once("users:me", &json!({}), Settled);
    world.pair.run_for(seconds(15));
    assert_eq!(world.ran_as("users:me"), ["anonymous"], "the subscribed query has run anonymously");
    assert_eq!(outcome(&world, request), None, "an anonymous result is not the outcome");
    world.pair.run_for(seconds(10));
    assert_eq!(outcome(&world, request), Some(Ok(json!("alice"))));
}

/// docs/auth.md §4, line 9.
#[test]
fn anonymous_result_does_not_answer_a_users_query() {
    let mut world = World::new();
    world.pair.subscribe("users:me", &json!({}), Settled);
    world.pair.run_until_live();
    world.slow_tokens_of("alice", seconds(600), seconds(1));
    world.sign_in("alice");
    let request = world.pair.query_once("users:me", &json!({}), Settled);
    assert_eq!(outcome(&world, request), None, "the visible result is anonymous");
    world.pair.run_for(seconds(5));
    assert_eq!(outcome(&world, request), Some(Ok(json!("alice"))));
}

#[test]
fn anonymous_result_answers_once_the_user_is_signed_out() {
    let mut world = World::new();
    world.pair.command(|client, now| client.set_session(now, Some(Session::Loading)));
    let settled = world.pair.query_once("users:me", &json!({}), Settled);
    let required = world.pair.query_once("users:me", &json!({}), Required);
    world.pair.run_for(seconds(15));
    assert_eq!(outcome(&world, settled), None);
    world.provider_signs_out();
    assert_eq!(outcome(&world, settled), Some(Ok(json!("anonymous"))), "the anonymous result is the outcome");
    let unauthenticated = ConvexError::NotSent(NotSentReason::Unauthenticated);
    assert_eq!(outcome(&world, required), Some(Err(unauthenticated.clone())));
    let refused = world.pair.query_once("users:me", &json!({}), Required);
    assert_eq!(outcome(&world, refused), Some(Err(unauthenticated)));
}

/// docs/auth.md §4, line 19.
#[test]
fn identity_change_ends_one_shot_queries() {
    let mut world = World::new();
    world.pair.conditions.latency = millis(200);
    world.tokens_of("alice", seconds(600));
    world.sign_in("alice");
    world.pair.run_until_live();
    let sent = world.pair.query_once("users:me", &json!({}), Required);
    world.pair.conditions.dials = DialOutcome::Refused;
    world.pair.command(|client, now| {
        while client.poll_transmit(now).is_some() {}
        client.sign_out(now);
    });
    assert_eq!(outcome(&world, sent), Some(Err(ConvexError::OutcomeUnknown)));

    world.pair.cut();
    world.tokens_of("bob", seconds(600));
    world.sign_in("bob");
    let unsent = world.pair.query_once("users:me", &json!({}), Required);
    world.pair.command(|client, now| client.sign_out(now));
    assert_eq!(outcome(&world, unsent), Some(Err(ConvexError::IdentityChanged)));
}

#[test]
fn sign_in_ends_anonymous_one_shot_queries() {
    let mut world = World::new();
    let immediate = world.pair.query_once("notes:count", &json!({}), Immediate);
    let anonymous = world.pair.query_once("users:me", &json!({}), Settled);
    world.tokens_of("alice", seconds(600));
    world.sign_in("alice");
    assert_eq!(outcome(&world, anonymous), Some(Err(ConvexError::IdentityChanged)));
    world.pair.run_for(seconds(5));
    assert_eq!(outcome(&world, immediate), Some(Ok(json!(0.0))));
    assert_eq!(world.ran_as("users:me"), Vec::<String>::new());
}

/// docs/auth.md §4, line 35.
#[test]
fn one_shot_queries_end_while_offline() {
    let mut world = World::new();
    world.pair.cut();
    world.pair.conditions.dials = DialOutcome::Refused;
    let late = world.pair.query_once("notes:count", &json!({}), with_timeout(5));
    let cancelled = world.pair.query_once("notes:count", &json!({}), Settled);
    let closed = world.pair.query_once("notes:count", &json!({}), Settled);
    world.pair.command(|client, _| client.cancel(cancelled));
    let not_sent = |reason| Some(Err(ConvexError::NotSent(reason)));
    assert_eq!(outcome(&world, cancelled), not_sent(NotSentReason::Cancelled));
    world.pair.run_for(seconds(6));
    assert_eq!(outcome(&world, late), not_sent(NotSentReason::TimedOut));
    world.pair.command(|client, now| client.close(now));
    assert_eq!(outcome(&world, closed), not_sent(NotSentReason::ClientClosed));
    let refused = world.pair.query_once("notes:count", &json!({}), Settled);
    assert_eq!(outcome(&world, refused), not_sent(NotSentReason::ClientClosed));
}

#[test]
fn fatal_error_ends_a_one_shot_query() {
    let mut world = World::new();
    let request = world.pair.query_once("notes:count", &json!({}), Settled);
    world.pair.command(|client, now| client.fail(now, "go away"));
    assert_eq!(outcome(&world, request), Some(Err(ConvexError::Fatal("go away".into()))));
}

#[test]
fn one_shot_query_survives_a_reconnect() {
    let mut world = World::new();
    world.pair.conditions.latency = millis(200);
    world.pair.subscribe("notes:count", &json!({}), Settled);
    world.pair.run_until_live();
    world.pair.cut();
    let old = world.pair.query_once("notes:count", &json!({}), Settled);
    assert_eq!(outcome(&world, old), None, "the visible result may be stale");
    world.pair.server(|deployment, now| {
        deployment.edit(now, |db| db.insert("notes", convex_testkit::object! { "text" => "x" }))
    });
    world.pair.run_for(seconds(5));
    assert_eq!(outcome(&world, old), Some(Ok(json!(1.0))));
}

#[test]
fn suspended_one_shot_query_waits_or_times_out() {
    let mut world = World::new();
    world.pair.subscribe("notes:count", &json!({}), Settled);
    world.pair.run_until_live();
    let suspension = world.pair.command(|client, _| client.suspend(SuspendedResults::Keep, |_, _| true));
    let waits = world.pair.query_once("notes:count", &json!({}), Settled);
    let late = world.pair.query_once("notes:count", &json!({}), with_timeout(5));
    world.pair.run_for(seconds(10));
    assert_eq!(outcome(&world, waits), None);
    assert_eq!(outcome(&world, late), Some(Err(ConvexError::NotSent(NotSentReason::TimedOut))));
    world.pair.command(|client, _| client.resume(suspension));
    world.pair.run_for(seconds(1));
    assert_eq!(outcome(&world, waits), Some(Ok(json!(0.0))));
}

/// A result from before the suspension does not count, and the query still ends.
#[test]
fn one_shot_query_runs_again_after_a_suspension() {
    for results in [SuspendedResults::Keep, SuspendedResults::Clear] {
        let mut world = World::new();
        world.pair.command(|client, now| client.set_session(now, Some(Session::Loading)));
        let request = world.pair.query_once("users:me", &json!({}), Settled);
        world.pair.run_for(seconds(15));
        assert_eq!(world.ran_as("users:me").len(), 1, "it ran anonymously, and waits for auth to settle");
        let suspension = world.pair.command(|client, _| client.suspend(results, |_, _| true));
        world.provider_signs_out();
        assert_eq!(outcome(&world, request), None);
        world.pair.command(|client, _| client.resume(suspension));
        world.pair.run_for(seconds(1));
        assert_eq!(outcome(&world, request), Some(Ok(json!("anonymous"))));
    }
}
