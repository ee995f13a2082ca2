//! Tokens that cannot be used: rejected, expired, replaced or empty ones (docs/auth.md, rules 3 to
//! 6; §4, lines 1, 2, 8, 24, 25, 30 and 45).

mod support;

use convex_sync::{
    AuthPolicy, AuthState, Config, Event, Input, Session, SessionId, SyncClient, Time, Token, TokenError,
    UnauthenticatedReason,
};
use convex_testkit::{Deployment, FetchReply, Functions, Pair, START, TestIssuer};
use serde_json::json;
use std::time::Duration;
use support::{AUTHENTICATED, REFRESHING, World, frames::auth_error, millis, seconds};

fn problem(world: &World) -> String {
    world.pair.client.token_problem().map(|problem| problem.to_string()).unwrap_or_default()
}

/// docs/auth.md §4, lines 8 and 25.
#[test]
fn late_rejection_of_a_replaced_token_is_remembered() {
    let mut world = World::new();
    let first = world.token("alice", seconds(600));
    world.only_token(first.clone());
    world.sign_in("alice");
    world.pair.subscribe("users:me", &json!({}), AuthPolicy::Required);
    world.pair.run_until_live();
    world.tokens_of("alice", seconds(600));
    world.pair.command(|client, now| client.reauthenticate(now));
    world.run_until_sent("Authenticate User", 2);
    let connection = world.connection();
    let late = auth_error("revoked", 0, true);
    world.send_raw(connection, late);
    world.pair.run_for(seconds(5));
    assert_eq!(*world.pair.client.auth(), AUTHENTICATED, "the second token is valid");
    world.only_token(first.clone());
    world.pair.command(|client, now| client.reauthenticate(now));
    world.pair.run_for(seconds(5));
    assert_eq!(world.times_sent(&first), 1, "{}", world.pair.trace());
    assert!(problem(&world).contains("the server has rejected"), "{}", problem(&world));
    assert_eq!(*world.pair.client.auth(), AUTHENTICATED);
}

/// docs/auth.md §4, line 25.
#[test]
fn expired_token_does_not_replace_a_valid_one() {
    let mut world = World::new();
    let old = world.token("alice", seconds(5));
    world.tokens_of("alice", seconds(600));
    world.sign_in("alice");
    world.pair.subscribe("users:me", &json!({}), AuthPolicy::Required);
    world.pair.run_for(seconds(20));
    world.only_token(old.clone());
    world.pair.command(|client, now| client.reauthenticate(now));
    world.pair.run_for(seconds(60));
    assert_eq!(world.times_sent(&old), 0);
    assert_eq!(*world.pair.client.auth(), AUTHENTICATED);
    assert!(
        problem(&world).contains("expired token, while the one in use is still valid"),
        "{}",
        problem(&world)
    );
    assert_eq!(world.pair.trace().matches("refreshing: true").count(), 0);
}

/// docs/auth.md §4, lines 25 and 30.
#[test]
fn replaced_token_is_not_resent_after_it_expired() {
    let mut world = World::new();
    let (first, second) = (world.token("alice", seconds(30)), world.token("alice", seconds(60)));
    world.only_token(first.clone());
    world.sign_in("alice");
    world.pair.subscribe("users:me", &json!({}), AuthPolicy::Required);
    world.pair.run_until_live();
    world.only_token(second);
    world.pair.command(|client, now| client.reauthenticate(now));
    world.pair.run_until_live();
    world.only_token(first.clone());
    world.pair.run_for(seconds(120));
    assert_eq!(world.times_sent(&first), 1, "{}", world.pair.trace());
    assert!(problem(&world).contains("an old token, and it has expired"), "{}", problem(&world));
    world.tokens_of("alice", seconds(600));
    world.pair.run_for(seconds(60));
    assert_eq!(*world.pair.client.auth(), AUTHENTICATED, "{}", world.pair.trace());
}

#[test]
fn empty_token_is_a_token_problem_and_no_sign_out() {
    let mut world = World::new();
    world.only_token("");
    world.sign_in("alice");
    world.pair.run_for(seconds(5));
    assert_eq!(world.count_sent("Authenticate User"), 0);
    assert!(problem(&world).contains("empty token"), "{}", problem(&world));
    assert!(matches!(world.pair.client.auth(), AuthState::Loading { .. }));
}

/// The server receives token `number`, which expires before the server confirms it.
fn expire_before_confirmation(world: &mut World, number: usize) {
    world.run_until_sent("Authenticate User", number);
    let connection = world.pair.deployment.connections().last().expect("the token was sent on a connection");
    world.freeze(connection);
    world.send_raw(connection, auth_error("Token expired", 0, false));
}

/// docs/auth.md §4, lines 2 and 45: the provider's clock is so slow that all its tokens have
/// expired.
#[test]
fn tokens_that_expire_before_confirmation_end_the_session() {
    let mut world = World::with_user("alice", seconds(600));
    let public = world.pair.subscribe("users:me", &json!({}), AuthPolicy::Settled);
    let patience = Config::default().rejection_patience;
    let mut number = 0;
    while number < 3 || world.pair.now().since_start() < patience {
        number += 1;
        expire_before_confirmation(&mut world, number);
    }
    world.pair.run_until(|pair| matches!(pair.client.auth(), AuthState::Unauthenticated { .. }));
    let AuthState::Unauthenticated { reason } = world.pair.client.auth() else { unreachable!() };
    assert!(matches!(reason, UnauthenticatedReason::Rejected { .. }));
    assert!(
        reason.to_string().contains("Token expired") && reason.to_string().contains("sub=alice"),
        "{reason}"
    );
    world.pair.run_until_live();
    assert_eq!(world.pair.result(public), Some(Ok(json!("anonymous"))), "`Settled` queries continue");
}

/// docs/auth.md §4, line 24.
#[test]
fn tokens_revoked_once_confirmed_are_fetched_a_second_apart() {
    let mut world = World::with_user("alice", seconds(600));
    world.pair.subscribe("users:me", &json!({}), AuthPolicy::Required);
    while world.pair.now().since_start() < seconds(20) {
        world.pair.run_for(millis(10));
        if *world.pair.client.auth() == AUTHENTICATED {
            world.for_each_connection(|deployment, now, connection| {
                deployment.revoke_identity(now, connection, "revoked");
            });
        }
    }
    let times: Vec<_> = world.pair.fetches().iter().map(|fetch| fetch.at).collect();
    assert!(times.len() > 10, "{times:?}");
    assert!(times[1..].windows(2).all(|pair| pair[1] - pair[0] >= seconds(1)), "{times:?}");
}

/// docs/auth.md §4, lines 1 and 2.
#[test]
fn pauses_between_failed_fetches_are_configurable() {
    let fetches = |fetch_retry_initial, fetch_retry_max| {
        let issuer = TestIssuer::new("https://issuer.example", "convex");
        let deployment = Deployment::new(Functions::new(), issuer, START);
        let config = Config { fetch_retry_initial, fetch_retry_max, ..Config::default() };
        let mut pair = Pair::with_config(deployment, config, 0, 42);
        pair.provide(|_| FetchReply::After(Duration::ZERO, Err(TokenError::new("down"))));
        pair.command(|client, now| client.set_session(now, Some(Session::signed_in("alice"))));
        pair.run_for(seconds(60));
        pair.fetches().len()
    };
    // In 60 s without jitter: 120 and 6 fetches. The jitter is ±50%.
    assert!((80..=240).contains(&fetches(millis(500), millis(500))));
    assert!((4..=8).contains(&fetches(seconds(10), seconds(10))));
    let without = fetches(Duration::ZERO, Duration::ZERO);
    assert!((400..=1200).contains(&without), "a pause of 0 counts as 100 ms: {without}");
}

/// docs/auth.md §4, line 30. In a page that sleeps, the timer of the token's expiry may fire after
/// the socket's events.
#[test]
fn expired_token_is_not_sent_if_its_timer_fires_late() {
    let mut client = SyncClient::new(Config::default(), SessionId::from_random_bytes([7; 16]), 1, START);
    let at = |seconds| Time::new(Duration::from_secs(seconds));
    let token = TestIssuer::new("https://issuer.example", "convex").token(
        "alice",
        START,
        START.after(Duration::from_secs(60)),
    );
    let sent = |client: &mut SyncClient, now| -> String {
        std::iter::from_fn(|| client.poll_transmit(now)).collect()
    };
    client.set_session(at(0), Some(Session::signed_in("alice")));
    let (mut sockets, mut fetches) = (vec![], vec![]);
    let mut drain = |client: &mut SyncClient| {
        for event in std::iter::from_fn(|| client.poll_event()) {
            match event {
                Event::Open { socket } => sockets.push(socket),
                Event::FetchToken { fetch, .. } => fetches.push(fetch),
                _ => {}
            }
        }
        (*sockets.last().unwrap(), *fetches.last().unwrap())
    };
    let (socket, fetch) = drain(&mut client);
    client.handle(at(0), Input::Token { fetch, outcome: Ok(Some(Token::new(token))) });
    client.handle(at(0), Input::Opened { socket });
    assert!(sent(&mut client, at(0)).contains("Authenticate"));
    let confirmation = json!({
        "type": "Transition", "modifications": [], "clientClockSkew": 0,
        "startVersion": { "querySet": 0, "identity": 0, "ts": "AAAAAAAAAAA=" },
        "endVersion": { "querySet": 1, "identity": 1, "ts": "AAAAAAAAAAA=" },
    });
    client.handle(at(1), Input::Text { socket, text: &confirmation.to_string() });
    assert_eq!(*client.auth(), AUTHENTICATED);
    client.handle(at(30), Input::Closed { socket, code: 1006, reason: "" });
    client.handle(at(35), Input::Timeout);
    let (socket, _) = drain(&mut client);
    client.handle(at(3600), Input::Opened { socket });
    let sent = sent(&mut client, at(3600));
    assert!(sent.contains("Connect") && !sent.contains("Authenticate"), "the token has expired");
    assert_eq!(*client.auth(), REFRESHING);
    assert_ne!(drain(&mut client).1, fetch, "another token is fetched");
}

/// docs/auth.md §4, line 24.
#[test]
fn expired_tokens_are_fetched_no_faster_than_the_server_answers() {
    let mut world = World::new();
    world.pair.conditions.latency = seconds(2);
    let issuer = world.issuer.clone();
    let mut serial = 0;
    world.pair.provide(move |request| {
        serial += 1;
        let now = START.after(request.at.since_start()).0 / 1000;
        let claims = json!({ "sub": "alice", "iat": now, "exp": now - 5, "jti": serial });
        FetchReply::After(Duration::ZERO, Ok(Some(Token::new(issuer.token_with(claims)))))
    });
    world.sign_in("alice");
    world.pair.run_until(|pair| matches!(pair.client.auth(), AuthState::Unauthenticated { .. }));
    // A round trip takes four seconds, and so does a dial.
    assert_eq!(world.count_sent("Authenticate User"), 4, "{:?}", world.pair);
}

/// The client's clock is set ahead and back again. The server holds the token all the time, so no
/// `Authenticate` is needed.
#[test]
fn token_that_seemed_expired_is_confirmed_at_once() {
    let mut world = World::new();
    let token = Token::new(world.token("alice", seconds(600)));
    // Later than the answer to the wake's probe, which would confirm the token.
    world.pair.provide(move |_| FetchReply::After(millis(100), Ok(Some(token.clone()))));
    world.sign_in("alice");
    world.pair.run_until(|pair| *pair.client.auth() == AUTHENTICATED);
    world.pair.clock_ahead = 1_000_000;
    world.pair.wake();
    world.pair.run_for(seconds(2));
    assert_eq!(*world.pair.client.auth(), REFRESHING);
    world.pair.clock_ahead = 0;
    world.pair.wake();
    world.pair.run_for(seconds(40));
    assert_eq!(*world.pair.client.auth(), AUTHENTICATED, "{}", world.pair.trace());
    assert_eq!(world.count_sent("Authenticate User"), 1);
}
