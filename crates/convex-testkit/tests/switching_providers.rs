//! A client follows another identity provider (docs/auth.md, rules 5 and 8; §4, lines 19 and 50).

mod support;

use convex_sync::{AuthPolicy, AuthState, QueryHandle, Session, WaitingFor};
use serde_json::json;
use support::{World, seconds};

/// Alice is signed in, with the query `users:me`.
fn signed_in() -> (World, QueryHandle) {
    let mut world = World::with_user("alice", seconds(3600));
    let me = world.pair.subscribe("users:me", &json!({}), AuthPolicy::Settled);
    world.pair.run_until_live();
    assert_eq!(world.pair.result(me), Some(Ok(json!("alice"))));
    (world, me)
}

/// docs/auth.md §4, line 50.
#[test]
fn a_provider_with_the_same_session_changes_nothing() {
    let (mut world, me) = signed_in();
    let (sent, identity) = (world.pair.sent_types(), world.pair.client.identity());
    let events = world.pair.events().len();
    world.pair.command(|client, now| client.switch_provider(now, Session::signed_in("alice")));
    assert_eq!(world.pair.events().len(), events);
    world.pair.run_for(seconds(5));
    assert_eq!((world.pair.sent_types(), world.pair.client.identity()), (sent, identity));
    assert_eq!(world.pair.result(me), Some(Ok(json!("alice"))));
}

/// docs/auth.md §4, line 19.
#[test]
fn loading_provider_ends_the_previous_session() {
    let (mut world, me) = signed_in();
    let identity = world.pair.client.identity();
    world.pair.command(|client, now| client.switch_provider(now, Session::Loading));
    let since = world.pair.now();
    let loading = AuthState::Loading { waiting_for: WaitingFor::Provider, since };
    assert_eq!((world.pair.client.auth(), world.pair.result(me)), (&loading, None));
    assert_ne!(world.pair.client.identity(), identity);

    // A mutation that is called meanwhile is held back until the provider reports a session.
    world.pair.command(|client, now| client.switch_provider(now, Session::Loading));
    let write = world.pair.mutate("notes:add", &json!({ "text": "hello" }), AuthPolicy::Required);
    world.pair.command(|client, now| client.switch_provider(now, Session::Loading));
    world.pair.run_for(seconds(1));
    assert_eq!(world.pair.outcome(write), None);
}

/// docs/auth.md §4, line 19.
#[test]
fn provider_of_another_user_replaces_all_results_at_once() {
    let (mut world, me) = signed_in();
    world.tokens_of("bob", seconds(3600));
    world.pair.command(|client, now| client.switch_provider(now, Session::signed_in("bob")));
    assert_eq!(world.pair.result(me), None);
    world.pair.run_until(|pair| pair.result(me).is_some());
    assert_eq!(world.pair.result(me), Some(Ok(json!("bob"))));
}
