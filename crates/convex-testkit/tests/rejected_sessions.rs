//! How long a session survives rejections, and how a rejected session is resumed (docs/auth.md,
//! rule 5; §4, line 45).

mod support;

use convex_sync::{
    AuthPolicy, AuthState, ConnectionState, ConvexError, Token, TokenError, UnauthenticatedReason, WaitingFor,
};
use convex_testkit::{DialOutcome, FetchReply, PairEvent};
use rstest::rstest;
use serde_json::json;
use std::time::Duration;
use support::{AUTHENTICATED, REFRESHING, World, frames::auth_error, millis, seconds};

const OUTAGE: &str = "Could not fetch JWKS from URL 'https://issuer.example/keys'";
const NO_PROVIDER: &str = "No auth provider found matching the given token";

fn is_rejected(auth: &AuthState) -> bool {
    matches!(auth, AuthState::Unauthenticated { reason: UnauthenticatedReason::Rejected { .. } })
}

/// A world with a server that has just rejected alice's session and rejects every token.
fn rejected() -> World {
    let mut world = World::new();
    world.tokens_of("alice", seconds(3600));
    world.pair.deployment.reject_all_tokens(Some(NO_PROVIDER.into()));
    world.sign_in("alice");
    world.pair.run_until(|pair| is_rejected(pair.client.auth()));
    world
}

/// The auth states that were published since event `step`.
fn shown_since(world: &World, step: usize) -> Vec<AuthState> {
    let steps = world.pair.events()[step..].iter();
    let states = steps.filter_map(|(_, happening)| match happening {
        PairEvent::Auth(state, _) => Some(state.clone()),
        _ => None,
    });
    states.collect()
}

/// Runs until more than `tried` tokens have been sent.
fn until_presented(world: &mut World, tried: usize) {
    world.pair.run_until(|pair| {
        pair.sent_types().iter().filter(|sent| *sent == "Authenticate User").count() > tried
    });
}

// ---- patience ----

#[test]
fn a_ten_second_outage_of_the_key_set_ends_no_session() {
    let mut world = World::new();
    world.tokens_of("alice", seconds(600));
    world.pair.deployment.reject_all_tokens(Some(OUTAGE.into()));
    world.sign_in("alice");
    let me = world.pair.subscribe("users:me", &json!({}), AuthPolicy::Required);
    world.pair.run_for(seconds(10));
    let auth = world.pair.client.auth();
    assert!(matches!(auth, AuthState::Loading { waiting_for: WaitingFor::Server, .. }), "{auth:?}");
    let problem = world.pair.client.token_problem().expect("the server gave a reason");
    assert_eq!(&*problem.reason, OUTAGE);
    world.pair.deployment.reject_all_tokens(None);
    world.pair.run_until(|pair| pair.result(me).is_some());
    assert_eq!(*world.pair.client.auth(), AUTHENTICATED);
    assert!(world.pair.now().since_start() < seconds(25), "{:?}", world.pair.now());
    assert!(world.pair.client.token_problem().is_none());
    let states = shown_since(&world, 0);
    assert!(!states.iter().any(|state| matches!(state, AuthState::Unauthenticated { .. })), "{states:?}");
}

#[test]
fn an_outage_in_mid_session_shows_refreshing_and_keeps_results() {
    let mut world = World::with_user("alice", seconds(600));
    let me = world.pair.subscribe("users:me", &json!({}), AuthPolicy::Required);
    world.pair.run_until_live();
    world.pair.deployment.reject_all_tokens(Some(OUTAGE.into()));
    world.pair.cut();
    world.pair.run_for(seconds(10));
    assert_eq!(*world.pair.client.auth(), REFRESHING);
    assert_eq!(world.pair.result(me), Some(Ok(json!("alice"))));
    assert_eq!(world.pair.client.token_problem().map(|problem| &*problem.reason), Some(OUTAGE));
    world.pair.deployment.reject_all_tokens(None);
    world.pair.run_until(|pair| *pair.client.auth() == AUTHENTICATED);
}

#[test]
fn rejections_beyond_the_patience_end_the_session() {
    let mut world = World::new();
    world.tokens_of("alice", seconds(600));
    world.pair.deployment.reject_all_tokens(Some(OUTAGE.into()));
    world.sign_in("alice");
    world.pair.run_until(|pair| is_rejected(pair.client.auth()));
    let ended = world.pair.now().since_start();
    assert!(ended >= seconds(20) && ended < seconds(35), "{ended:?}");
    let sent = world.count_sent("Authenticate User");
    assert!((5..=9).contains(&sent), "at once, then after 1, 2, 4 and 8 s, ±50%: {sent}");
}

/// docs/auth.md §4, line 45.
#[rstest]
#[case(NO_PROVIDER)]
#[case(
    "No auth provider found matching the given token. Check that your JWT's issuer and audience match one of …"
)]
#[case("Could not parse JWT payload")]
#[case("Missing issuer claim ('iss')")]
fn third_permanent_rejection_ends_the_session(#[case] text: &str) {
    let mut world = World::new();
    world.tokens_of("alice", seconds(600));
    world.pair.deployment.reject_all_tokens(Some(text.into()));
    world.sign_in("alice");
    world.pair.run_until(|pair| is_rejected(pair.client.auth()));
    assert_eq!(world.count_sent("Authenticate User"), 3);
    assert!(world.pair.now().since_start() < seconds(5));
}

#[test]
fn a_confirmation_resets_the_count_and_the_patience() {
    let mut world = World::with_user("alice", seconds(3600));
    for _ in 0..6 {
        world.pair.run_until(|pair| *pair.client.auth() == AUTHENTICATED);
        world.pair.deployment.reject_all_tokens(Some(OUTAGE.into()));
        world.pair.cut();
        world.pair.run_for(seconds(15));
        assert_eq!(*world.pair.client.auth(), REFRESHING);
        world.pair.deployment.reject_all_tokens(None);
    }
}

#[test]
fn reauthenticate_resets_the_count() {
    let mut world = World::new();
    world.tokens_of("alice", seconds(3600));
    world.pair.deployment.reject_all_tokens(Some(OUTAGE.into()));
    world.sign_in("alice");
    world.pair.run_for(seconds(18));
    world.pair.command(|client, now| client.reauthenticate(now));
    world.pair.run_for(seconds(15));
    let auth = world.pair.client.auth();
    assert!(matches!(auth, AuthState::Loading { .. }), "{auth:?}");
}

// ---- signed out by the provider ----

#[test]
fn sign_out_after_a_rejection_keeps_the_servers_message() {
    let mut world = World::live_with_user("alice", seconds(600));
    world.pair.provide(|_| FetchReply::After(millis(50), Ok(None)));
    let connection = world.connection();
    let revoked = auth_error("the session is revoked", 0, true);
    world.send_raw(connection, revoked);
    world.pair.run_until(|pair| matches!(pair.client.auth(), AuthState::Unauthenticated { .. }));
    let AuthState::Unauthenticated { reason } = world.pair.client.auth() else { unreachable!() };
    assert!(reason.to_string().contains("the session is revoked"), "{reason}");
    assert!(reason.to_string().contains("sub=alice"), "{reason}");
    let fetches = world.pair.fetches().len();
    world.pair.wake();
    world.pair.run_for(seconds(3600));
    assert_eq!(world.pair.fetches().len(), fetches, "it stays signed out until the session changes");
}

// ---- resuming ----

#[test]
fn rejected_session_resumes_once_the_server_accepts_tokens() {
    let mut world = rejected();
    let me = world.pair.subscribe("users:me", &json!({}), AuthPolicy::Settled);
    let mine = world.pair.subscribe("notes:count", &json!({}), AuthPolicy::Required);
    world.pair.run_until_live();
    assert_eq!(world.pair.result(me), Some(Ok(json!("anonymous"))));
    let (step, connects, tried) =
        (world.pair.events().len(), world.count_sent("Connect"), world.count_sent("Authenticate User"));
    world.pair.deployment.reject_all_tokens(None);
    world.pair.run_until(|pair| *pair.client.auth() == AUTHENTICATED);
    assert_eq!(shown_since(&world, step), [AUTHENTICATED], "no state is published in between");
    assert_eq!(world.pair.result(me), Some(Ok(json!("alice"))), "with the confirmation");
    world.pair.run_until(|pair| pair.result(mine).is_some());
    assert_eq!(world.count_sent("Connect"), connects, "on the same socket");
    assert_eq!(world.count_sent("Authenticate User"), tried + 1, "one `Authenticate`");
    assert_eq!(world.pair.fetches().last().map(|fetch| fetch.force), Some(true));
}

#[test]
fn resume_attempts_back_off_to_ten_minutes() {
    let mut world = rejected();
    let ended = world.pair.now();
    let before = world.pair.fetches().len();
    world.pair.provide(|_| FetchReply::After(Duration::ZERO, Err(TokenError::new("down"))));
    world.pair.run_for(seconds(3000));
    let mut last = ended;
    let pauses: Vec<_> = world.pair.fetches()[before..]
        .iter()
        .map(|fetch| (fetch.at - std::mem::replace(&mut last, fetch.at)).as_secs())
        .collect();
    assert_eq!(pauses, [30, 60, 120, 240, 480, 600, 600, 600]);
}

#[test]
fn rejected_resume_attempt_is_invisible_and_backs_off() {
    let mut world = rejected();
    let step = world.pair.events().len();
    let me = world.pair.subscribe("users:me", &json!({}), AuthPolicy::Settled);
    world.pair.run_for(seconds(300));
    assert_eq!(shown_since(&world, step), []);
    assert_eq!(world.count_sent("Authenticate User"), 3 + 3, "after 30, 60 and 120 s");
    assert_eq!(world.pair.result(me), Some(Ok(json!("anonymous"))));
    assert!(world.pair.client.token_problem().is_none());
}

#[rstest]
#[case::a_rejected_one(true)]
#[case::an_expired_one(false)]
fn resume_attempt_never_presents_a_used_token(#[case] is_rejected_token: bool) {
    let mut world = World::new();
    let token = world.token("alice", seconds(if is_rejected_token { 36_000 } else { 1 }));
    world.only_token(token);
    world.pair.deployment.reject_all_tokens(Some(NO_PROVIDER.into()));
    world.sign_in("alice");
    world.pair.run_until(|pair| is_rejected(pair.client.auth()));
    let sent = world.count_sent("Authenticate User");
    world.pair.deployment.reject_all_tokens(None);
    world.pair.run_for(seconds(3600));
    assert_eq!(world.count_sent("Authenticate User"), sent);
    assert!(is_rejected(world.pair.client.auth()));
}

#[test]
fn wake_resumes_at_once_without_showing_loading() {
    let mut world = rejected();
    world.pair.deployment.reject_all_tokens(None);
    world.pair.run_until(|pair| *pair.client.connection() == ConnectionState::Live);
    let (step, woken) = (world.pair.events().len(), world.pair.now());
    world.pair.wake();
    world.pair.run_until(|pair| *pair.client.auth() == AUTHENTICATED);
    assert_eq!(shown_since(&world, step), [AUTHENTICATED]);
    assert!(world.pair.now() - woken < seconds(1));
}

/// The app is anonymous while the token is on its way, so its requests must not run as the user.
#[rstest]
#[case::accepted(None, Err(ConvexError::IdentityChanged), &[])]
#[case::rejected(Some("still no"), Ok(()), &["anonymous"])]
fn requests_during_a_resume_attempt_never_run_as_the_user(
    #[case] rejection: Option<&str>,
    #[case] expected: Result<(), ConvexError>,
    #[case] ran_as: &[&str],
) {
    let mut world = rejected();
    world.pair.run_until_live();
    let tried = world.count_sent("Authenticate User");
    world.pair.deployment.reject_all_tokens(rejection.map(Into::into));
    until_presented(&mut world, tried);
    let write = world.pair.mutate("notes:add", &json!({ "text": "anonymous" }), AuthPolicy::Settled);
    world.pair.run_until(|pair| pair.outcome(write).is_some());
    assert_eq!(world.pair.outcome(write).cloned().unwrap().map(|_| ()), expected);
    assert_eq!(world.ran_as("notes:add"), ran_as);
    let refused = world.pair.mutate("notes:add", &json!({ "text": "x" }), AuthPolicy::Required);
    if rejection.is_some() {
        assert!(matches!(world.pair.outcome(refused), Some(Err(ConvexError::NotSent(_)))), "it never waits");
    }
}

#[test]
fn request_sent_before_a_resume_attempt_is_answered() {
    let mut world = rejected();
    world.pair.run_until_live();
    let tried = world.count_sent("Authenticate User");
    world.pair.deployment.reject_all_tokens(None);
    let fetches = world.pair.fetches().len();
    world.slow_tokens_of("alice", seconds(3600), millis(5));
    world.pair.run_until(|pair| pair.fetches().len() > fetches);
    let write = world.pair.mutate("notes:add", &json!({ "text": "anonymous" }), AuthPolicy::Settled);
    world.pair.run_until(|pair| pair.outcome(write).is_some());
    assert!(matches!(world.pair.outcome(write), Some(Ok(_))), "{}", world.pair.trace());
    assert_eq!(world.ran_as("notes:add"), ["anonymous"]);
    world.pair.run_until(|pair| *pair.client.auth() == AUTHENTICATED);
    assert_eq!(world.count_sent("Authenticate User"), tried + 1);
}

/// The server may have accepted the token by then, and its next transition holds alice's results.
#[rstest]
#[case::the_app_signs_out(|world: &mut World| world.pair.command(|client, now| client.sign_out(now)))]
#[case::the_provider_signs_out(World::provider_signs_out)]
#[case::the_provider_is_removed(|world: &mut World| world.pair.command(|client, now| client.set_session(now, None)))]
#[case::another_user_signs_in(|world: &mut World| {
    world.pair.provide(|_| FetchReply::Never);
    world.sign_in("bob");
})]
#[case::the_app_reauthenticates(|world: &mut World| {
    world.pair.provide(|_| FetchReply::Never);
    world.pair.command(|client, now| client.reauthenticate(now));
})]
fn abandoned_resume_attempt_shows_nothing_of_the_user(#[case] abandon: fn(&mut World)) {
    let mut world = rejected();
    let me = world.pair.subscribe("users:me", &json!({}), AuthPolicy::Settled);
    world.pair.run_until_live();
    let tried = world.count_sent("Authenticate User");
    world.pair.deployment.reject_all_tokens(None);
    until_presented(&mut world, tried);
    // The server has received the token, but its answer has not arrived.
    world.pair.run_for(millis(25));
    assert!(is_rejected(world.pair.client.auth()));
    abandon(&mut world);
    for _ in 0..40 {
        world.pair.run_for(millis(500));
        assert!(matches!(world.pair.result(me), None | Some(Ok(serde_json::Value::String(_)))));
        assert_ne!(world.pair.result(me), Some(Ok(json!("alice"))), "{}", world.pair.trace());
    }
}

#[test]
fn lost_connection_ends_a_resume_attempt() {
    let mut world = rejected();
    let me = world.pair.subscribe("users:me", &json!({}), AuthPolicy::Settled);
    world.pair.run_until_live();
    let tried = world.count_sent("Authenticate User");
    world.pair.deployment.reject_all_tokens(None);
    until_presented(&mut world, tried);
    world.pair.conditions.dials = DialOutcome::Refused;
    world.pair.cut();
    let write = world.pair.mutate("notes:add", &json!({ "text": "anonymous" }), AuthPolicy::Settled);
    world.pair.conditions.dials = DialOutcome::Accepted;
    world.pair.run_until(|pair| pair.outcome(write).is_some());
    assert_eq!(world.ran_as("notes:add"), ["anonymous"]);
    assert_eq!(world.pair.result(me), Some(Ok(json!("anonymous"))));
    assert_eq!(world.count_sent("Authenticate User"), tried + 1);
}

#[test]
fn another_users_token_resumes_as_that_user() {
    let mut world = rejected();
    let me = world.pair.subscribe("users:me", &json!({}), AuthPolicy::Settled);
    world.pair.run_until_live();
    world.pair.deployment.reject_all_tokens(None);
    world.tokens_of("carol", seconds(3600));
    world.pair.run_until(|pair| *pair.client.auth() == AUTHENTICATED);
    assert_eq!(world.pair.result(me), Some(Ok(json!("carol"))));
}

#[test]
fn provider_sign_out_ends_resume_attempts() {
    let mut world = rejected();
    world.pair.provide(|_| FetchReply::After(Duration::ZERO, Ok(None)));
    let step = world.pair.events().len();
    world.pair.run_for(seconds(60));
    let fetches = world.pair.fetches().len();
    world.pair.run_for(seconds(3600));
    assert_eq!(world.pair.fetches().len(), fetches);
    assert_eq!(shown_since(&world, step), [], "the server's message stays");
}

#[test]
fn an_earlier_sessions_token_does_not_resume() {
    let mut world = World::new();
    let bobs = Token::new(world.token("bob", seconds(36_000)));
    world.only_token(bobs.expose());
    world.sign_in("bob");
    world.pair.run_until(|pair| *pair.client.auth() == AUTHENTICATED);
    world.tokens_of("alice", seconds(3600));
    world.pair.deployment.reject_all_tokens(Some(NO_PROVIDER.into()));
    world.sign_in("alice");
    world.pair.run_until(|pair| is_rejected(pair.client.auth()));
    world.pair.deployment.reject_all_tokens(None);
    world.only_token(bobs.expose());
    world.pair.run_for(seconds(600));
    assert!(is_rejected(world.pair.client.auth()), "{}", world.pair.trace());
}
