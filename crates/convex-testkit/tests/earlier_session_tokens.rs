//! A provider that returns a token of an earlier session (docs/auth.md, rule 8; §4, line 49).

mod support;

use convex_sync::{AuthPolicy, AuthState, Session, Token, WaitingFor};
use convex_testkit::FetchReply;
use rstest::rstest;
use serde_json::json;
use std::time::Duration;
use support::{AUTHENTICATED, World, millis, seconds};

/// Signs alice in with a token that the provider caches. Returns that token.
fn alice_signed_in(world: &mut World) -> String {
    let token = world.token("alice", seconds(3600));
    world.only_token(token.clone());
    world.sign_in("alice");
    world.pair.run_until(|pair| *pair.client.auth() == AUTHENTICATED);
    token
}

/// From now on the provider returns `cached` to unforced fetches, and a new token of `user` to
/// forced ones.
fn cache_returns(world: &mut World, cached: &str, user: &str) {
    let (cached, fresh) = (Token::new(cached), Token::new(world.token(user, seconds(3600))));
    world.pair.provide(move |request| {
        let token = if request.force { &fresh } else { &cached };
        FetchReply::After(Duration::ZERO, Ok(Some(token.clone())))
    });
}

/// docs/auth.md §4, line 49.
#[rstest]
#[case::at_once(|_: &mut World| ())]
#[case::through_signed_out(World::provider_signs_out)]
#[case::through_a_sign_out_of_the_app(|world: &mut World| world.pair.command(|client, now| client.sign_out(now)))]
#[case::through_no_provider(|world: &mut World| world.pair.command(|client, now| client.set_session(now, None)))]
#[case::through_another_user(|world: &mut World| world.sign_in("carol"))]
#[case::while_offline(|world: &mut World| world.pair.cut())]
#[case::after_a_rotation(|world: &mut World| {
    let token = world.token("alice", seconds(7200));
    world.only_token(token);
    world.pair.command(|client, now| client.reauthenticate(now));
    world.pair.run_for(seconds(1));
})]
#[case::after_many_rotations(|world: &mut World| {
    world.tokens_of("alice", seconds(7200));
    for _ in 0..20 {
        world.pair.command(|client, now| client.reauthenticate(now));
        world.pair.run_for(seconds(1));
    }
})]
fn a_cached_token_of_alice_is_never_sent_for_bob(#[case] route: fn(&mut World)) {
    let mut world = World::new();
    let alices = alice_signed_in(&mut world);
    route(&mut world);
    let sent = world.times_sent(&alices);
    cache_returns(&mut world, &alices, "bob");
    world.sign_in("bob");
    let write = world.pair.mutate("notes:add", &json!({ "text": "bob's" }), AuthPolicy::Settled);
    world.pair.run_until(|pair| pair.outcome(write).is_some());
    assert_eq!(world.ran_as("notes:add"), ["bob"]);
    assert_eq!(world.times_sent(&alices), sent, "{}", world.pair.trace());
    assert_eq!(*world.pair.client.auth(), AUTHENTICATED);
}

/// docs/auth.md §4, line 49.
#[test]
fn provider_with_only_the_earlier_token_counts_as_failing() {
    let mut world = World::new();
    let alices = alice_signed_in(&mut world);
    world.sign_in("bob");
    let write = world.pair.mutate("notes:add", &json!({ "text": "bob's" }), AuthPolicy::Settled);
    world.pair.run_for(seconds(60));
    assert_eq!(world.times_sent(&alices), 1, "for alice");
    assert_eq!(world.ran_as("notes:add").len(), 0);
    let auth = world.pair.client.auth();
    assert!(matches!(auth, AuthState::Loading { waiting_for: WaitingFor::Token, .. }), "{auth:?}");
    let problem = world.pair.client.token_problem().expect("the fetches fail").reason.to_string();
    assert!(problem.contains("a token of an earlier session"), "{problem}");
    let forced: Vec<_> = world.pair.fetches().iter().map(|fetch| fetch.force).collect();
    assert!((6..12).contains(&forced.len()), "retried with backoff: {forced:?}");
    assert_eq!(forced.iter().filter(|forced| !**forced).count(), 2, "the first fetch of each session");
    world.tokens_of("bob", seconds(600));
    world.pair.run_until(|pair| pair.outcome(write).is_some());
    assert_eq!(world.ran_as("notes:add"), ["bob"]);
}

#[test]
fn refresh_returning_the_earlier_token_keeps_the_current_one() {
    let mut world = World::new();
    let alices = alice_signed_in(&mut world);
    world.tokens_of("bob", seconds(60));
    world.sign_in("bob");
    let me = world.pair.subscribe("users:me", &json!({}), AuthPolicy::Required);
    world.pair.run_until_live();
    world.only_token(alices.clone());
    world.pair.run_for(seconds(55));
    assert_eq!(*world.pair.client.auth(), AUTHENTICATED);
    assert_eq!(world.pair.result(me), Some(Ok(json!("bob"))));
    assert_eq!(world.times_sent(&alices), 1, "for alice");
}

#[test]
fn same_session_may_reuse_its_token() {
    let mut world = World::new();
    let alices = alice_signed_in(&mut world);
    world.tokens_of("bob", seconds(600));
    world.sign_in("bob");
    world.pair.run_until_live();
    world.only_token(alices.clone());
    world.sign_in("alice");
    world.pair.run_for(seconds(5));
    assert_eq!(*world.pair.client.auth(), AUTHENTICATED);
    assert_eq!(world.times_sent(&alices), 2);
}

/// A provider often shares one fetch among all callers, and the client does not know the token of a
/// fetch that it dropped. docs/auth.md §4, line 49.
#[rstest]
#[case::at_once(|_: &mut World| ())]
#[case::through_signed_out(World::provider_signs_out)]
#[case::after_the_shared_fetch_has_ended(|world: &mut World| {
    world.provider_signs_out();
    world.pair.run_for(seconds(10));
})]
fn session_after_a_dropped_fetch_begins_with_a_forced_one(#[case] route: fn(&mut World)) {
    let mut world = World::new();
    world.slow_tokens_of("alice", seconds(3600), seconds(5));
    world.sign_in("alice");
    world.pair.run_for(millis(100));
    route(&mut world);
    let cached = world.token("alice", seconds(3600));
    cache_returns(&mut world, &cached, "bob");
    world.sign_in("bob");
    let me = world.pair.subscribe("users:me", &json!({}), AuthPolicy::Required);
    world.pair.run_until(|pair| pair.result(me).is_some());
    assert_eq!(world.ran_as("users:me"), ["bob"]);
    assert_eq!(world.times_sent(&cached), 0);
}

#[test]
fn a_first_session_begins_with_one_unforced_fetch() {
    let mut world = World::new();
    world.pair.command(|client, now| client.set_session(now, Some(Session::Loading)));
    alice_signed_in(&mut world);
    let forced: Vec<_> = world.pair.fetches().iter().map(|fetch| fetch.force).collect();
    assert_eq!(forced, [false]);
}
