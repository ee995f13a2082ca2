//! `ConnectionState::HeldForAuth`: the socket is open, but auth has not settled (docs/auth.md §2).

mod support;

use convex_sync::AuthPolicy::{Immediate, Required, Settled};
use convex_sync::{AuthPolicy, ConnectionState, Session};
use convex_testkit::{DialOutcome, FetchReply};
use serde_json::json;
use support::{World, millis, seconds};

/// A name, and a function that brings a world into this situation.
type AuthSituation = (&'static str, fn(&mut World));

const UNSETTLED: [AuthSituation; 4] = [
    ("the provider is loading", |world| {
        world.pair.command(|client, now| client.set_session(now, Some(Session::Loading)));
    }),
    ("the first token is being fetched", |world| {
        world.pair.provide(|_| FetchReply::Never);
        world.sign_in("alice");
    }),
    ("token fetches fail", |world| {
        world.provider_fails();
        world.sign_in("alice");
    }),
    ("the token was rejected and is being replaced", |world| {
        world.tokens_of("alice", seconds(600));
        world.sign_in("alice");
        world.pair.run_until_live();
        world.pair.provide(|_| FetchReply::Never);
        world.for_each_connection(|deployment, now, connection| {
            deployment.revoke_identity(now, connection, "expired");
        });
    }),
];

const SETTLED: [AuthSituation; 4] = [
    ("there is no provider", |_| ()),
    ("the user is signed out", |world| world.provider_signs_out()),
    ("the user is signed in", |world| {
        world.tokens_of("alice", seconds(600));
        world.sign_in("alice");
    }),
    ("the token is being refreshed", |world| {
        world.tokens_of("alice", seconds(60));
        world.sign_in("alice");
        world.pair.run_until_live();
        world.pair.provide(|_| FetchReply::Never);
        world.pair.run_for(seconds(52));
    }),
];

const POLICIES: [Option<AuthPolicy>; 4] = [None, Some(Immediate), Some(Settled), Some(Required)];

fn world(bring_about: fn(&mut World), policy: Option<AuthPolicy>) -> World {
    let mut world = World::new();
    policy.map(|policy| world.pair.subscribe("users:me", &json!({}), policy));
    bring_about(&mut world);
    world
}

#[test]
fn unsettled_auth_shows_held_for_auth_with_or_without_requests() {
    for (situation, bring_about) in UNSETTLED {
        for policy in POLICIES {
            let mut world = world(bring_about, policy);
            // After the second round, `Settled` queries have run anonymously.
            for _ in 0..2 {
                world.pair.run_for(seconds(7));
                let state = world.pair.client.connection();
                assert_eq!(*state, ConnectionState::HeldForAuth, "{situation}, {policy:?}");
            }
            world.pair.conditions.dials = DialOutcome::Refused;
            world.pair.cut();
            let state = world.pair.client.connection();
            assert!(matches!(state, ConnectionState::Reconnecting { .. }), "{situation}: {state:?}");
        }
    }
}

#[test]
fn settled_auth_shows_live() {
    for (situation, bring_about) in SETTLED {
        for policy in POLICIES {
            let mut world = world(bring_about, policy);
            world.pair.run_for(seconds(1));
            let state = world.pair.client.connection();
            assert_eq!(*state, ConnectionState::Live, "{situation}, {policy:?}");
        }
    }
}

#[test]
fn immediate_requests_complete_while_auth_is_unsettled() {
    for (situation, bring_about) in UNSETTLED {
        let mut world = world(bring_about, Some(Immediate));
        world.pair.run_for(seconds(1));
        let write = world.pair.mutate("notes:add", &json!({ "text": "x" }), Immediate);
        world.pair.run_for(millis(30));
        // The response is lost, and the mutation is resent.
        world.pair.cut();
        world.pair.run_for(seconds(5));
        assert!(matches!(world.pair.outcome(write), Some(Ok(_))), "{situation}: {}", world.pair.trace());
    }
}
