//! The auth state after the client has stopped: it is final, and no timer or fetch remains (auth
//! contract, rules 10 and 12; §4, lines 27 and 32).

mod support;

use convex_sync::{AuthPolicy, AuthState, Session, UnauthenticatedReason};
use serde_json::json;
use support::{AUTHENTICATED, REFRESHING, World, millis, seconds};

fn fail(world: &mut World) {
    world.pair.run_for(millis(100));
    let connection = world.pair.deployment.connections().next().expect("a connection is open");
    world.pair.server(|deployment, now| deployment.fail_fatally(now, connection, "invalid frame"));
    world.pair.run_for(millis(100));
}

#[track_caller]
fn assert_stopped(world: &mut World) {
    let (fetches, sent) = (world.pair.fetches().len(), world.pair.sent().len());
    assert_eq!(world.pair.client.poll_timeout(), None, "{:?}", world.pair.client);
    let state = world.pair.client.auth().clone();
    world.pair.run_for(seconds(3600));
    world.pair.wake();
    world.pair.command(|client, now| client.reauthenticate(now));
    world.pair.command(|client, now| client.set_session(now, Some(Session::signed_in("bob"))));
    world.pair.command(|client, now| client.sign_out(now));
    assert_eq!((world.pair.fetches().len(), world.pair.sent().len()), (fetches, sent));
    assert_eq!(*world.pair.client.auth(), state);
}

/// docs/auth.md §4, line 32.
#[test]
fn stop_while_loading_reports_client_stopped() {
    let loading: [fn(&mut World); 3] = [
        |world| world.pair.command(|client, now| client.set_session(now, Some(Session::Loading))),
        |world| world.sign_in("alice"),
        |world| {
            world.slow_tokens_of("alice", seconds(60), seconds(5));
            world.sign_in("alice");
        },
    ];
    for begin in loading {
        let mut world = World::new();
        begin(&mut world);
        assert!(matches!(world.pair.client.auth(), AuthState::Loading { .. }));
        fail(&mut world);
        let AuthState::Unauthenticated { reason } = world.pair.client.auth() else {
            panic!("{:?}", world.pair.client.auth())
        };
        assert_eq!(*reason, UnauthenticatedReason::ClientStopped { message: "invalid frame".into() });
        let text = reason.to_string();
        assert!(text.contains("invalid frame") && text.contains("reload"), "{text}");
        assert_stopped(&mut world);
    }
}

/// docs/auth.md §4, lines 27 and 32.
#[test]
fn stop_during_a_refresh_keeps_the_results() {
    let mut world = World::with_user("alice", seconds(60));
    let me = world.pair.subscribe("users:me", &json!({}), AuthPolicy::Required);
    world.pair.run_until_live();
    world.provider_fails();
    world.pair.run_for(seconds(61));
    assert_eq!(*world.pair.client.auth(), REFRESHING);
    fail(&mut world);
    assert_eq!(*world.pair.client.auth(), AUTHENTICATED);
    assert_eq!(world.pair.result(me), Some(Ok(json!("alice"))));
    assert_stopped(&mut world);
}

#[test]
fn close_drops_the_running_fetch() {
    let mut world = World::new();
    world.slow_tokens_of("alice", seconds(60), seconds(5));
    world.sign_in("alice");
    world.pair.command(|client, now| client.close(now));
    assert!(world.pair.trace().contains("the client drops the fetch"), "{}", world.pair.trace());
    let reason = UnauthenticatedReason::ClientStopped { message: "the client was closed".into() };
    assert_eq!(*world.pair.client.auth(), AuthState::Unauthenticated { reason });
    assert_stopped(&mut world);
}

#[test]
fn stop_while_signed_out_keeps_the_reason() {
    let mut world = World::new();
    world.provider_signs_out();
    fail(&mut world);
    let reason = UnauthenticatedReason::SignedOut;
    assert_eq!(*world.pair.client.auth(), AuthState::Unauthenticated { reason });
    assert_stopped(&mut world);
}
