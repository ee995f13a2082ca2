//! No log, error or debug output contains a token or part of one (docs/auth.md, rule 13).

mod support;

use convex_sync::{
    AuthPolicy, AuthState, Config, Event, Input, Session, SessionId, SyncClient, Time, Token, UnixMillis,
};
use serde_json::json;
use support::{World, seconds};

const TOKEN: &str = "eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJhbGljZSJ9.c2lnbmF0dXJl";

/// Whether `text` contains a token or a part of one.
fn leaks(text: &str) -> bool {
    text.contains("eyJ") || text.contains("c2lnbmF0dXJl")
}

fn drain(client: &mut SyncClient, output: &mut String) -> Vec<Event> {
    let events: Vec<_> = std::iter::from_fn(|| client.poll_event()).collect();
    output.push_str(&format!("{client:?}{events:?}"));
    events
}

#[test]
fn debug_output_of_client_inputs_and_events_hides_tokens() {
    let mut output = String::new();
    let mut client =
        SyncClient::new(Config::default(), SessionId::from_random_bytes([1; 16]), 1, UnixMillis(0));
    client.set_session(Time::ZERO, Some(Session::signed_in("alice")));
    let (mut sockets, mut fetches) = (vec![], vec![]);
    for event in drain(&mut client, &mut output) {
        match event {
            Event::Open { socket } => sockets.push(socket),
            Event::FetchToken { fetch, .. } => fetches.push(fetch),
            _ => {}
        }
    }
    let answer = Input::Token { fetch: fetches[0], outcome: Ok(Some(Token::new(TOKEN))) };
    output.push_str(&format!("{answer:?}"));
    client.handle(Time::ZERO, answer);
    drain(&mut client, &mut output);
    client.handle(Time::ZERO, Input::Opened { socket: sockets[0] });
    let sent: String = std::iter::from_fn(|| client.poll_transmit(Time::ZERO)).collect();
    assert!(leaks(&sent), "only `Authenticate` contains the token");
    drain(&mut client, &mut output);
    let quoted = json!({ "type": "AuthError", "error": format!("cannot verify {TOKEN}"), "baseVersion": 0, "authUpdateAttempted": true });
    client.handle(Time::ZERO, Input::Text { socket: sockets[0], text: &quoted.to_string() });
    drain(&mut client, &mut output);
    assert!(!leaks(&output), "{output}");
}

#[test]
fn token_quoted_in_a_rejection_is_removed() {
    let mut world = World::new();
    world.only_token(TOKEN);
    world.pair.deployment.reject_all_tokens(Some(format!("cannot verify {TOKEN}, sorry").into()));
    world.sign_in("alice");
    world.pair.subscribe("users:me", &json!({}), AuthPolicy::Settled);
    world.pair.run_until(|pair| matches!(pair.client.auth(), AuthState::Unauthenticated { .. }));
    let AuthState::Unauthenticated { reason } = world.pair.client.auth() else { unreachable!() };
    assert!(reason.to_string().contains("cannot verify …, sorry"), "{reason}");
    assert!(!leaks(&format!("{reason} {reason:?} {:?}", world.pair.client)));
}

#[test]
fn story_of_rotations_and_rejections_contains_no_token() {
    let mut world = World::with_user("alice", seconds(60));
    world.pair.subscribe("users:me", &json!({}), AuthPolicy::Required);
    let write = world.pair.mutate("notes:add", &json!({ "text": "x" }), AuthPolicy::Settled);
    for second in 0..200 {
        world.pair.run_for(seconds(1));
        if second == 70 {
            world.pair.cut();
        }
        if second == 120 {
            world.pair.deployment.reject_all_tokens(Some("no".into()));
        }
        assert!(!leaks(&format!("{:?}", world.pair.client)), "{:?}", world.pair.client);
    }
    assert!(matches!(world.pair.client.auth(), AuthState::Unauthenticated { .. }));
    assert!(world.pair.sent().iter().any(|frame| leaks(&frame.to_string())), "tokens were sent");
    assert!(!leaks(&world.pair.trace()), "{}", world.pair.trace());
    assert!(!leaks(&format!("{:?}", world.pair.outcome(write))));
}

#[test]
fn debug_output_of_the_client_contains_no_token() {
    let mut world = World::new();
    let token = world.token("alice", seconds(60));
    world.only_token(token.as_str());
    world.sign_in("alice");
    world.pair.run_until(|pair| matches!(pair.client.auth(), AuthState::Authenticated { .. }));
    let payload = &token.split('.').nth(1).unwrap()[..20];
    assert!(!format!("{:?}", world.pair.client).contains(payload));
}
