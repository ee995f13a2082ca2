//! Rejected tokens: which of them end a session, and which are replaced (docs/auth.md, rules 4 to
//! 6; §4, lines 3, 4, 7, 8, 12, 16, 25, 45, 47 and 48).

mod support;

use convex_sync::{AuthPolicy, AuthState, ConvexError, Token, UnauthenticatedReason};
use convex_testkit::FetchReply;
use serde_json::json;
use std::time::Duration;
use support::{AUTHENTICATED, REFRESHING, World, frames::auth_error, millis, seconds};

fn rejected(world: &World) -> Option<UnauthenticatedReason> {
    match world.pair.client.auth() {
        AuthState::Unauthenticated { reason: reason @ UnauthenticatedReason::Rejected { .. } } => {
            Some(reason.clone())
        }
        _ => None,
    }
}

#[test]
fn rejected_cached_token_is_replaced_by_a_forced_fetch() {
    let mut world = World::new();
    world.pair.deployment.reject_next_token("stale");
    world.tokens_of("alice", seconds(60));
    world.sign_in("alice");
    let me = world.pair.subscribe("users:me", &json!({}), AuthPolicy::Settled);
    world.pair.run_until_live();
    assert_eq!(world.pair.result(me), Some(Ok(json!("alice"))));
    let forced: Vec<_> = world.pair.fetches().iter().map(|fetch| fetch.force).collect();
    assert_eq!(forced, [false, true]);
    assert_eq!(world.ran_as("users:me"), ["alice"], "it never runs anonymously");
}

/// docs/auth.md §4, lines 45 and 47.
#[test]
fn three_rejections_end_the_session_with_a_reason() {
    let mut world = World::new();
    let token = world.issuer.token_with(json!({ "sub": "alice", "aud": "other", "exp": 4_000_000_000_u32 }));
    let mut count = 0;
    world.pair.provide(move |_| {
        count += 1;
        FetchReply::After(Duration::ZERO, Ok(Some(Token::new(format!("{token}{count}")))))
    });
    world.pair.deployment.reject_all_tokens(Some("No auth provider found matching the given token".into()));
    world.sign_in("alice");
    let public = world.pair.subscribe("users:me", &json!({}), AuthPolicy::Settled);
    let private = world.pair.subscribe("notes:count", &json!({}), AuthPolicy::Required);
    let write = world.pair.mutate("notes:add", &json!({ "text": "x" }), AuthPolicy::Settled);
    world.pair.run_until(|pair| matches!(pair.client.auth(), AuthState::Unauthenticated { .. }));
    let reason = rejected(&world).unwrap().to_string();
    assert!(reason.contains("No auth provider found") && reason.contains("aud=other"), "{reason}");
    assert_eq!(world.count_sent("Authenticate User"), 3);
    // The mutation was sent after a rejected token, so the client does not know its outcome.
    assert_eq!(world.pair.outcome(write), Some(&Err(ConvexError::OutcomeUnknown)));
    assert_eq!(world.ran_as("notes:add").len(), 0);
    world.pair.run_until_live();
    assert_eq!(world.pair.result(public), Some(Ok(json!("anonymous"))), "`Settled` queries continue");
    assert_eq!(world.pair.result(private), None);
}

/// docs/auth.md §4, line 25.
#[test]
fn rejected_token_returned_by_the_provider_is_not_resent() {
    let mut world = World::new();
    world.pair.deployment.reject_all_tokens(Some("revoked".into()));
    let token = world.token("alice", seconds(600));
    world.only_token(token);
    world.sign_in("alice");
    world.pair.run_until(|pair| matches!(pair.client.auth(), AuthState::Unauthenticated { .. }));
    assert_eq!(world.count_sent("Authenticate User"), 1);
    let fetches = world.pair.fetches().len();
    assert!((5..=9).contains(&fetches), "each counts as a rejection, for 20 s: {fetches}");
    assert!(rejected(&world).unwrap().to_string().contains("revoked"), "the reason is the server's message");
}

/// docs/auth.md §4, line 7.
#[test]
fn new_key_wake_or_reauthenticate_retries_after_rejection() {
    type Again = (fn(&mut World), bool);
    let again: [Again; 3] = [
        (|world| world.sign_in("alice again"), false),
        (|world| world.pair.wake(), true),
        (|world| world.pair.command(|client, now| client.reauthenticate(now)), true),
    ];
    for (try_again, force) in again {
        let mut world = World::new();
        world.pair.deployment.reject_all_tokens(Some("no".into()));
        world.tokens_of("alice", seconds(600));
        world.sign_in("alice");
        let me = world.pair.subscribe("users:me", &json!({}), AuthPolicy::Required);
        world.pair.run_until(|pair| matches!(pair.client.auth(), AuthState::Unauthenticated { .. }));
        world.pair.deployment.reject_all_tokens(None);
        try_again(&mut world);
        assert_eq!(
            world.pair.fetches().last().unwrap().force,
            force,
            "forced, if the cached token was rejected"
        );
        world.pair.run_until(|pair| pair.result(me).is_some());
        assert_eq!(*world.pair.client.auth(), AUTHENTICATED);
        assert_eq!(world.pair.result(me), Some(Ok(json!("alice"))));
    }
}

/// docs/auth.md §4, line 12.
#[test]
fn rejection_in_mid_session_refreshes_without_a_flash() {
    let mut world = World::with_user("alice", seconds(600));
    let me = world.pair.subscribe("users:me", &json!({}), AuthPolicy::Required);
    world.pair.run_until_live();
    let connection = world.connection();
    let before = world.pair.events().len();
    world.revoke_identity(connection);
    world.pair.run_until(|pair| *pair.client.auth() == REFRESHING);
    assert_eq!(world.pair.result(me), Some(Ok(json!("alice"))), "the result stays visible");
    world.pair.run_until(|pair| *pair.client.auth() == AUTHENTICATED);
    let since: String =
        world.pair.events()[before..].iter().map(|(_, happening)| format!("{happening:?}")).collect();
    assert!(!since.contains("Unauthenticated") && !since.contains("Loading"), "{since}");
    assert_eq!(world.ran_as("users:me"), ["alice", "alice"]);
}

#[test]
fn auth_error_without_details_rejects_the_unconfirmed_token() {
    let mut world = World::new();
    let token = world.token("alice", seconds(600));
    world.only_token(token);
    world.sign_in("alice");
    world.pair.run_until(|pair| pair.sent().len() == 3);
    let connection = world.connection();
    world.freeze(connection);
    let vague = r#"{"type":"AuthError","error":"no"}"#;
    world.send_raw(connection, vague);
    world.pair.run_for(seconds(40));
    assert_eq!(world.count_sent("Authenticate User"), 1, "it is not resent");
    assert!(rejected(&world).is_some());
}

#[test]
fn revoked_identity_after_rotations_fetches_one_token() {
    let mut world = World::with_user("alice", seconds(60));
    world.pair.subscribe("users:me", &json!({}), AuthPolicy::Required);
    world.pair.run_for(seconds(120));
    let fetches = world.pair.fetches().len();
    assert_eq!((fetches, world.count_sent("Connect")), (3, 1));
    let connection = world.connection();
    world.revoke_identity(connection);
    world.pair.run_for(millis(30));
    assert_eq!(world.pair.fetches().len(), fetches + 1);
    assert_eq!(*world.pair.client.auth(), REFRESHING);
}

#[test]
fn token_expired_on_the_server_is_replaced() {
    let mut world = World::live_with_user("alice", seconds(600));
    // The provider returns no token in time, and then a function runs.
    world.pair.provide(|_| FetchReply::Never);
    world.pair.run_for(seconds(605));
    world.tokens_of("alice", seconds(600));
    world.pair.server(|deployment, now| {
        deployment.edit(now, |db| db.insert("notes", convex_testkit::object! { "text" => "x" }));
    });
    world.pair.run_until(|pair| *pair.client.auth() == AUTHENTICATED);
    assert_eq!(world.ran_as("").iter().filter(|user| *user != "alice").count(), 0);
}

/// docs/auth.md §4, line 4.
#[test]
fn token_not_rejected_by_an_auth_error_is_used_again() {
    let mut world = World::new();
    let token = world.token("alice", seconds(600));
    world.only_token(token);
    world.sign_in("alice");
    let me = world.pair.subscribe("users:me", &json!({}), AuthPolicy::Required);
    world.pair.run_until_live();
    let connection = world.connection();
    let expired = auth_error("expired", 1, false);
    world.send_raw(connection, expired);
    world.pair.run_for(millis(30));
    assert_eq!(*world.pair.client.auth(), REFRESHING);
    world.pair.run_until(|pair| *pair.client.auth() == AUTHENTICATED);
    assert_eq!(world.count_sent("Authenticate User"), 2);
    assert_eq!(world.pair.result(me), Some(Ok(json!("alice"))));
}

#[test]
fn token_expired_before_its_confirmation_is_replaced() {
    let mut world = World::with_user("alice", seconds(600));
    let me = world.pair.subscribe("users:me", &json!({}), AuthPolicy::Required);
    // The server has received the token, which expires before the server answers.
    world.pair.run_until(|pair| pair.sent().len() == 3);
    let connection = world.connection();
    world.freeze(connection);
    let expired = auth_error("expired", 0, false);
    world.send_raw(connection, expired);
    world.pair.run_until(|pair| pair.result(me).is_some());
    let forced: Vec<_> = world.pair.fetches().iter().map(|fetch| fetch.force).collect();
    assert_eq!(forced, [false, true]);
}

#[test]
fn rejections_of_alternating_subjects_end_the_session() {
    let mut world = World::new();
    let (issuer, mut count) = (world.issuer.clone(), 0);
    world.pair.provide(move |_| {
        count += 1;
        let subject = ["alice", "bob"][count % 2];
        let token = issuer.token_with(json!({ "sub": subject, "exp": 4_000_000_000_u32, "jti": count }));
        FetchReply::After(Duration::ZERO, Ok(Some(Token::new(token))))
    });
    world.pair.deployment.reject_all_tokens(Some("No auth provider found matching the given token".into()));
    world.sign_in("alice or bob");
    world.pair.run_for(seconds(15));
    assert!(rejected(&world).is_some(), "{:?}", world.pair.client.auth());
    assert_eq!(world.count_sent("Authenticate User"), 3);
}

#[test]
fn rejections_between_confirmations_do_not_add_up() {
    let mut world = World::with_user("alice", seconds(60));
    world.pair.subscribe("users:me", &json!({}), AuthPolicy::Required);
    for rejections in 1..=4 {
        world.pair.run_until(|pair| *pair.client.auth() == AUTHENTICATED);
        world.pair.deployment.reject_next_token("rejected once");
        world.pair.run_until(|pair| pair.trace().matches(r#""error":"rejected once""#).count() == rejections);
    }
    world.pair.run_until(|pair| *pair.client.auth() == AUTHENTICATED);
    assert!(!world.pair.trace().contains("Unauthenticated"), "{}", world.pair.trace());
}

/// docs/auth.md §4, line 25.
#[test]
fn refetched_rejected_token_does_not_replace_a_valid_one() {
    let mut world = World::new();
    let [rejected, valid] = ["rejected", "valid"].map(|jti| {
        let exp = world.pair.unix_in(seconds(60)).0 / 1000;
        Token::new(world.issuer.token_with(json!({ "sub": "alice", "exp": exp, "jti": jti })))
    });
    let mut fetches = 0;
    world.pair.provide(move |_| {
        fetches += 1;
        let token = if fetches == 2 { valid.clone() } else { rejected.clone() };
        FetchReply::After(Duration::ZERO, Ok(Some(token)))
    });
    world.pair.deployment.reject_next_token("revoked");
    world.sign_in("alice");
    world.pair.subscribe("users:me", &json!({}), AuthPolicy::Required);
    world.pair.run_for(seconds(59));
    assert!(world.pair.fetches().len() > 4, "{:?}", world.pair.fetches());
    assert_eq!(*world.pair.client.auth(), AUTHENTICATED);
    assert_eq!(world.count_sent("Authenticate User"), 2);
}

#[test]
fn repeated_rejections_are_followed_by_a_pause() {
    let mut world = World::new();
    world.pair.deployment.reject_all_tokens(Some("no".into()));
    world.tokens_of("alice", seconds(600));
    world.sign_in("alice");
    world.pair.run_until(|pair| matches!(pair.client.auth(), AuthState::Unauthenticated { .. }));
    let times: Vec<_> = world.pair.fetches().iter().map(|fetch| fetch.at).collect();
    assert!(times[2] - times[1] >= millis(500), "{times:?}");
}

/// docs/auth.md §4, line 8.
#[rstest::rstest]
#[case::rejected(r#"{"type":"AuthError","error":"revoked","baseVersion":0,"authUpdateAttempted":true}"#)]
#[case::expired(r#"{"type":"AuthError","error":"expired","baseVersion":1,"authUpdateAttempted":false}"#)]
fn late_auth_error_does_not_affect_the_replacement_token(#[case] late: &str) {
    let mut world = World::live_with_user("alice", seconds(60));
    let connection = world.connection();
    // The error about the first token arrives after the second was sent.
    world.pair.run_until(|pair| pair.fetches().len() == 2);
    world.send_raw(connection, late);
    world.pair.run_for(seconds(5));
    assert_eq!(world.pair.fetches().len(), 2, "the second token is valid");
    assert_eq!(*world.pair.client.auth(), AUTHENTICATED);
    assert_eq!(world.pair.trace().matches("refreshing: true").count(), 0);
}

/// docs/auth.md §4, line 16.
#[test]
fn provider_sign_out_ends_the_session_on_the_server() {
    let mut world = World::with_user("alice", seconds(60));
    let me = world.pair.subscribe("users:me", &json!({}), AuthPolicy::Settled);
    world.pair.run_until_live();
    world.pair.provide(|_| FetchReply::After(Duration::ZERO, Ok(None)));
    world.pair.run_for(seconds(55));
    assert_eq!(
        *world.pair.client.auth(),
        AuthState::Unauthenticated { reason: UnauthenticatedReason::SignedOut }
    );
    assert_eq!(world.count_sent("Authenticate None"), 1);
    assert_eq!(world.pair.result(me), Some(Ok(json!("anonymous"))));
    let write = world.pair.mutate("notes:add", &json!({ "text": "after" }), AuthPolicy::Settled);
    world.pair.run_until(|pair| pair.outcome(write).is_some());
    assert_eq!(world.ran_as("notes:add"), ["anonymous"], "not as the old user");
}

/// docs/auth.md §4, line 3.
#[test]
fn user_signing_in_while_a_token_is_replaced_is_served() {
    let mut world = World::with_user("alice", seconds(600));
    let me = world.pair.subscribe("users:me", &json!({}), AuthPolicy::Required);
    world.pair.run_until_live();
    world.pair.provide(|_| FetchReply::Never);
    let connection = world.connection();
    world.revoke_identity(connection);
    world.pair.run_for(seconds(5));
    assert_eq!(*world.pair.client.auth(), REFRESHING);
    // Another provider reports another user.
    world.tokens_of("bob", seconds(600));
    world.sign_in("bob");
    world.pair.run_for(seconds(1));
    assert_eq!(*world.pair.client.auth(), AUTHENTICATED);
    assert_eq!(world.pair.result(me), Some(Ok(json!("bob"))));
}

/// docs/auth.md §4, line 48.
#[test]
fn session_revoked_at_provider_and_server_ends_at_once() {
    let mut world = World::with_user("alice", seconds(3600));
    let me = world.pair.subscribe("users:me", &json!({}), AuthPolicy::Settled);
    world.pair.run_until_live();
    world.pair.provide(|_| FetchReply::After(Duration::ZERO, Ok(None)));
    let connection = world.connection();
    world.revoke_identity(connection);
    world.pair.run_for(seconds(1));
    let reason = UnauthenticatedReason::SignedOut;
    assert_eq!(*world.pair.client.auth(), AuthState::Unauthenticated { reason });
    assert_eq!(world.pair.result(me), Some(Ok(json!("anonymous"))), "no result of alice is visible");
    let write = world.pair.mutate("notes:add", &json!({ "text": "after" }), AuthPolicy::Settled);
    world.pair.run_until(|pair| pair.outcome(write).is_some());
    assert_eq!(world.ran_as("notes:add"), ["anonymous"]);
}
