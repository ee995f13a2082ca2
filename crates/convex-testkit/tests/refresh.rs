//! Token refreshes by the server's clock, and failures of token fetches (docs/auth.md, rules 3, 4,
//! 6 and 7; §4, lines 1, 2, 4, 8, 11, 12, 15, 23, 24 and 27).

mod support;

use convex_sync::{AuthPolicy, AuthState, Token, TokenError};
use convex_testkit::{FetchReply, START};
use serde_json::json;
use std::time::Duration;
use support::{AUTHENTICATED, REFRESHING, World, millis, seconds};

/// Asserts the times of the first fetches, in seconds. Each rotation may make them up to a second
/// earlier: tokens count in whole seconds, and the skew that the server measures includes the
/// latency.
#[track_caller]
fn assert_fetched_at(world: &World, expected: &[f64]) {
    let times: Vec<_> =
        world.pair.fetches().iter().map(|fetch| fetch.at.since_start().as_secs_f64()).collect();
    assert!(times.len() >= expected.len(), "{times:?}");
    for (rotation, (time, expected)) in times.iter().zip(expected).enumerate() {
        assert!(*time <= *expected && *time >= expected - rotation as f64, "{times:?}");
    }
}

#[test]
fn token_is_refreshed_a_leeway_before_it_expires() {
    let mut world = World::live_with_user("alice", seconds(60));
    world.pair.run_for(seconds(175));
    assert_fetched_at(&world, &[0.0, 50.0, 100.0, 150.0]);
    assert_eq!(world.pair.fetches().len(), 4);
    assert!(world.pair.fetches()[1].force, "a cache would return the old token");
    assert_eq!(*world.pair.client.auth(), AUTHENTICATED);
}

/// docs/auth.md §4, lines 11, 12, 15 and 27.
#[test]
fn token_rotation_is_invisible() {
    let mut world = World::live_with_user("alice", seconds(60));
    let (auth_changes, transitions) = (world.pair.trace().matches("auth:").count(), changes(&world));
    world.pair.run_for(seconds(600));
    assert!(world.count_sent("Authenticate User") > 10);
    assert_eq!(world.count_sent("Authenticate None"), 0);
    assert_eq!(world.count_sent("Connect"), 1);
    assert_eq!(world.pair.trace().matches("auth:").count(), auth_changes, "no auth state is published");
    assert_eq!(changes(&world), transitions, "no query changes");
}

fn changes(world: &World) -> usize {
    world.pair.transitions().iter().map(Vec::len).sum()
}

/// docs/auth.md §4, line 24.
#[test]
fn short_token_is_refreshed_with_a_third_of_its_life_left() {
    let mut world = World::live_with_user("alice", seconds(6));
    world.pair.run_for(seconds(30));
    let fetches = world.pair.fetches().len();
    assert!((7..=9).contains(&fetches), "{fetches}");
    assert_eq!(*world.pair.client.auth(), AUTHENTICATED);
}

/// docs/auth.md §4, line 23.
#[test]
fn clocks_ten_minutes_off_do_not_matter() {
    for ahead in [-600_000, 600_000] {
        let mut world = World::with_clock_ahead(ahead);
        world.tokens_of("alice", seconds(60));
        world.sign_in("alice");
        world.pair.subscribe("users:me", &json!({}), AuthPolicy::Required);
        world.pair.run_for(seconds(175));
        assert_fetched_at(&world, &[0.0, 50.0, 100.0, 150.0]);
        assert_eq!(world.pair.fetches().len(), 4);
        assert_eq!(*world.pair.client.auth(), AUTHENTICATED);
        assert_eq!(world.count_sent("Connect"), 1);
    }
}

/// docs/auth.md §4, line 24.
#[test]
fn token_without_iat_is_refreshed_by_its_expiry() {
    let mut world = World::with_clock_ahead(300_000);
    let issuer = world.issuer.clone();
    world.pair.provide(move |request| {
        let expires = START.after(request.at.since_start()).0 / 1000 + 60;
        let token = issuer.token_with(json!({ "sub": "alice", "exp": expires }));
        FetchReply::After(Duration::ZERO, Ok(Some(Token::new(token))))
    });
    world.sign_in("alice");
    world.pair.subscribe("users:me", &json!({}), AuthPolicy::Required);
    world.pair.run_for(seconds(120));
    assert_fetched_at(&world, &[0.0, 50.0, 100.0]);
    assert_eq!(world.pair.fetches().len(), 3);
}

/// docs/auth.md §4, line 1.
#[test]
fn failed_refresh_is_retried_and_does_not_sign_out() {
    let mut world = World::live_with_user("alice", seconds(60));
    world.pair.run_for(seconds(45));
    world.provider_fails();
    world.pair.run_for(seconds(9));
    assert!(world.pair.fetches().len() > 2, "it is retried with backoff");
    assert_eq!(*world.pair.client.auth(), AUTHENTICATED, "the last valid token stays in use");
    world.tokens_of("alice", seconds(60));
    world.pair.run_for(seconds(30));
    assert_eq!(*world.pair.client.auth(), AUTHENTICATED);
    assert_eq!(world.count_sent("Connect"), 1);
}

#[test]
fn expired_token_holds_mutations_until_it_is_replaced() {
    let mut world = World::live_with_user("alice", seconds(60));
    world.provider_fails();
    world.pair.run_for(seconds(120));
    assert_eq!(*world.pair.client.auth(), REFRESHING);
    let write = world.pair.mutate("notes:add", &json!({ "text": "late" }), AuthPolicy::Settled);
    world.pair.run_for(seconds(60));
    assert!(world.pair.outcome(write).is_none());
    world.tokens_of("alice", seconds(60));
    world.pair.run_until(|pair| pair.outcome(write).is_some());
    assert_eq!(*world.pair.client.auth(), AUTHENTICATED);
    assert_eq!(world.ran_as("notes:add"), ["alice"]);
    assert_eq!(world.ran_as("users:me").iter().filter(|user| *user == "anonymous").count(), 0);
}

#[test]
fn transition_does_not_confirm_an_expired_token() {
    let mut world = World::live_with_user("alice", seconds(60));
    world.provider_fails();
    world.pair.run_for(seconds(61));
    assert_eq!(*world.pair.client.auth(), REFRESHING);
    world.send_empty_transition();
    world.pair.run_for(millis(100));
    assert_eq!(*world.pair.client.auth(), REFRESHING);
}

#[test]
fn reauthenticate_fetches_a_token_at_once() {
    let mut world = World::live_with_user("alice", seconds(60));
    world.provider_fails();
    world.pair.run_for(seconds(600));
    world.tokens_of("alice", seconds(60));
    world.pair.command(|client, now| client.reauthenticate(now));
    world.pair.run_for(seconds(1));
    assert_eq!(*world.pair.client.auth(), AUTHENTICATED);
    assert!(world.pair.fetches().last().unwrap().force);
}

/// docs/auth.md §4, line 2.
#[test]
fn signing_in_again_replaces_a_hanging_fetch() {
    type Again = fn(&mut World);
    let again: [Again; 2] = [
        |world| world.sign_in("alice's new login"),
        |world| world.pair.command(|client, now| client.reauthenticate(now)),
    ];
    for sign_in_again in again {
        let mut world = World::new();
        world.pair.provide(|_| FetchReply::Never);
        world.sign_in("alice");
        let write = world.pair.mutate("notes:add", &json!({ "text": "x" }), AuthPolicy::Settled);
        world.pair.run_for(seconds(5));
        world.tokens_of("alice", seconds(60));
        sign_in_again(&mut world);
        world.pair.run_for(seconds(1));
        assert_eq!(*world.pair.client.auth(), AUTHENTICATED);
        assert!(world.pair.outcome(write).is_some(), "the mutation has ended");
    }
}

/// docs/auth.md §4, line 8.
#[test]
fn expiry_and_wake_share_the_running_fetch() {
    let mut world = World::live_with_user("alice", seconds(30));
    world.slow_tokens_of("alice", seconds(60), seconds(15));
    // The token expires and the page wakes while the refresh is in flight.
    world.pair.run_for(seconds(32));
    world.pair.wake();
    assert_eq!(*world.pair.client.auth(), REFRESHING);
    world.pair.run_until(|pair| *pair.client.auth() == AUTHENTICATED);
    assert_eq!(world.pair.fetches().len(), 2);
    assert!(!world.pair.trace().contains("drops the fetch"));
}

#[test]
fn wake_retries_a_failed_fetch_at_once() {
    let mut world = World::live_with_user("alice", seconds(60));
    world.provider_fails();
    world.pair.run_for(seconds(300));
    world.tokens_of("alice", seconds(60));
    let woke = world.pair.now();
    world.pair.wake();
    world.pair.run_until(|pair| *pair.client.auth() == AUTHENTICATED);
    assert!(world.pair.now() - woke < seconds(1));
}

/// docs/auth.md §4, line 1.
#[test]
fn laptop_waking_before_its_network_stays_signed_in() {
    let mut world = World::live_with_user("alice", seconds(60));
    world.provider_fails();
    world.pair.sleep(Duration::from_secs(8 * 3600));
    assert!(matches!(world.pair.client.auth(), AuthState::Authenticated { .. }));
    world.pair.run_for(seconds(20));
    world.tokens_of("alice", seconds(60));
    world.pair.run_until(|pair| *pair.client.auth() == AUTHENTICATED);
    assert!(!world.pair.trace().contains("Unauthenticated"), "{}", world.pair.trace());
}

/// docs/auth.md §4, line 2.
#[test]
fn hanging_fetch_times_out_and_is_retried() {
    let mut world = World::new();
    world.sign_in("alice");
    let me = world.pair.subscribe("users:me", &json!({}), AuthPolicy::Required);
    world.pair.run_for(seconds(31));
    world.tokens_of("alice", seconds(60));
    world.pair.run_until(|pair| pair.result(me).is_some());
    assert!(world.pair.now().since_start() < seconds(33));
    assert_eq!(world.pair.result(me), Some(Ok(json!("alice"))));
}

/// docs/auth.md §4, line 4.
#[test]
fn refresh_returning_the_same_token_retries_at_half_its_life() {
    let mut world = World::new();
    let token = world.token("alice", seconds(60));
    world.only_token(token);
    world.sign_in("alice");
    world.pair.subscribe("users:me", &json!({}), AuthPolicy::Required);
    world.pair.run_for(seconds(58));
    assert_fetched_at(&world, &[0.0, 50.0, 55.0]);
    assert_eq!(*world.pair.client.auth(), AUTHENTICATED);
    assert_eq!(world.count_sent("Authenticate User"), 1);
    assert_eq!(world.count_sent("Connect"), 1);
}

#[test]
fn opaque_token_is_accepted_without_claims() {
    let mut world = World::new();
    world.only_token("opaque");
    world.sign_in("alice");
    world.pair.run_for(millis(10));
    assert_eq!(world.pair.fetches().len(), 1);
    assert!(world.pair.client.claims().is_none());
}

/// docs/auth.md §4, line 2.
#[test]
fn failed_fetches_never_end_a_session() {
    let mut world = World::new();
    world.pair.provide(|_| FetchReply::After(Duration::ZERO, Err(TokenError::new("401"))));
    world.sign_in("alice");
    world.pair.run_for(seconds(600));
    assert!(matches!(world.pair.client.auth(), AuthState::Loading { .. }));
    let fetches = world.pair.fetches().len();
    assert!((18..=50).contains(&fetches), "backoff reaches 30 s: {fetches}");
}

#[test]
fn token_problem_is_shown_until_a_fetch_succeeds() {
    let mut world = World::new();
    world.pair.provide(|_| FetchReply::After(Duration::ZERO, Err(TokenError::new("503"))));
    world.sign_in("alice");
    world.pair.run_for(seconds(1));
    let problem = |world: &World| world.pair.client.token_problem().map(|problem| problem.reason.to_string());
    assert_eq!(problem(&world).as_deref(), Some("503"));
    world.pair.provide(|_| FetchReply::Never);
    world.pair.run_for(seconds(60));
    assert_eq!(problem(&world).as_deref(), Some("the provider did not answer within 30 s"));
    world.tokens_of("alice", seconds(60));
    world.pair.wake();
    world.pair.run_until(|pair| *pair.client.auth() == AUTHENTICATED);
    assert_eq!(problem(&world), None);
    world.provider_fails();
    world.pair.run_for(seconds(55));
    assert_eq!(problem(&world).as_deref(), Some("the network is down"));
    assert_eq!(*world.pair.client.auth(), AUTHENTICATED, "a fetch failed, but the token in use is valid");
    world.pair.command(|client, now| client.sign_out(now));
    assert_eq!(problem(&world), None, "no token is needed any more");
}
