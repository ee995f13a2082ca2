//! Requests that close every connection they are sent on, and the trials that find them among other
//! requests (docs/auth.md, rule 14; §4, line 51).

mod support;

use convex_sync::AuthPolicy::{Immediate, Required, Settled};
use convex_sync::{AuthPolicy, ConnectionState, ConvexError, RequestId, Session};
use convex_testkit::{DialOutcome, Kill, PairEvent};
use serde_json::{Value as Json, json};
use support::{
    World,
    frames::{first_version, transition, with_query_set},
    millis, seconds,
};

/// A function that makes the server close the connection.
const KILLER: &str = "notes:kill";

/// How a server ends a connection because of a request.
const KILLS: [Kill; 6] = [
    Kill { close: Some((1009, "")), answers_first: false },
    Kill { close: Some((1009, "")), answers_first: true },
    Kill { close: Some((1011, "InternalServerError")), answers_first: false },
    Kill { close: Some((1011, "InternalServerError")), answers_first: true },
    Kill { close: Some((1002, "protocol error")), answers_first: false },
    Kill { close: None, answers_first: false },
];

fn world(kill: Kill) -> World {
    let mut world = World::new();
    world.pair.deployment.kill_on_call(KILLER, Some(kill));
    world
}

fn call_killer(world: &mut World, auth: AuthPolicy) -> RequestId {
    world.pair.mutate(KILLER, &json!({}), auth)
}

fn add_note(world: &mut World, text: &str, auth: AuthPolicy) -> RequestId {
    world.pair.mutate("notes:add", &json!({ "text": text }), auth)
}

/// On how many connections the mutation is sent before it ends. Connections that only break may be
/// the network's fault, so it takes more of them.
fn limit(kill: Kill) -> usize {
    if kill.close.is_some() { 3 } else { 7 }
}

/// How often the client has sent requests to `path`.
fn times_sent(world: &World, path: &str) -> usize {
    world.pair.sent().into_iter().filter(|frame| frame["udfPath"] == path).count()
}

/// docs/auth.md §4, line 51.
#[test]
fn mutation_closing_every_connection_ends_and_others_run() {
    for kill in KILLS {
        for before in 0..3 {
            let mut world = world(kill);
            let all = world.pair.subscribe("notes:all", &json!({}), Settled);
            world.pair.run_until_live();
            let names = ["a", "b", "c", "d"];
            let mut harmless = Vec::new();
            harmless.extend(names[..before].iter().map(|name| add_note(&mut world, name, Settled)));
            let killer = call_killer(&mut world, Settled);
            harmless.extend(names[before..].iter().map(|name| add_note(&mut world, name, Settled)));
            world.pair.run_for(seconds(60));
            assert_eq!(world.pair.outcome(killer), Some(&Err(ConvexError::OutcomeUnknown)), "{kill:?}");
            assert_eq!(times_sent(&world, KILLER), limit(kill), "{kill:?}: {}", world.pair.trace());
            for request in harmless {
                let outcome = world.pair.outcome(request);
                assert!(matches!(outcome, Some(Ok(_))), "{kill:?}, {before} before: {outcome:?}");
            }
            assert_eq!(world.pair.result(all), Some(Ok(json!(names))), "each ran once, in order");
            assert_eq!(*world.pair.client.connection(), ConnectionState::Live);
            assert!(world.pair.trace().contains("several connections in a row"), "the reason is in the log");
        }
    }
}

/// docs/auth.md §4, line 51.
#[test]
fn several_closing_mutations_end_one_after_another() {
    for kill in KILLS {
        let mut world = world(kill);
        world.pair.run_until_live();
        let killers: Vec<_> = (0..3).map(|_| call_killer(&mut world, Settled)).collect();
        let harmless = add_note(&mut world, "x", Settled);
        world.pair.run_for(seconds(120));
        for killer in killers {
            assert_eq!(world.pair.outcome(killer), Some(&Err(ConvexError::OutcomeUnknown)), "{kill:?}");
        }
        assert!(matches!(world.pair.outcome(harmless), Some(Ok(_))), "{kill:?}: {}", world.pair.trace());
    }
}

#[test]
fn closing_mutation_called_offline_ends_at_the_usual_limit() {
    for kill in KILLS {
        let mut world = world(kill);
        world.pair.conditions.dials = DialOutcome::Refused;
        world.pair.cut();
        let killer = call_killer(&mut world, Settled);
        world.pair.run_for(seconds(600));
        assert_eq!(world.pair.outcome(killer), None, "a deployment that is down does not end it");
        world.pair.conditions.dials = DialOutcome::Accepted;
        world.pair.run_for(seconds(60));
        assert_eq!(world.pair.outcome(killer), Some(&Err(ConvexError::OutcomeUnknown)), "{kill:?}");
        assert_eq!(times_sent(&world, KILLER), limit(kill), "{kill:?}");
    }
}

/// Gives the client an identity, and the policies of requests that are sent under it.
type IdentityCase = (fn(&mut World), &'static [AuthPolicy]);

/// Requests that are held back for auth and trials do not block each other.
#[test]
fn closing_mutation_ends_for_every_policy_and_identity() {
    let identities: [IdentityCase; 3] = [
        (|_| (), &[Settled, Immediate]),
        (
            |world| {
                world.tokens_of("alice", seconds(600));
                world.sign_in("alice");
            },
            &[Settled, Required, Immediate],
        ),
        (
            |world| world.pair.command(|client, now| client.set_session(now, Some(Session::Loading))),
            &[Immediate],
        ),
    ];
    for (identify, policies) in identities {
        for policy in policies {
            let mut world = world(KILLS[0]);
            identify(&mut world);
            let me = world.pair.subscribe("users:me", &json!({}), Immediate);
            world.pair.run_for(seconds(2));
            let killer = call_killer(&mut world, *policy);
            let harmless = add_note(&mut world, "x", *policy);
            world.pair.run_for(seconds(60));
            let outcome = world.pair.outcome(killer);
            assert_eq!(
                outcome,
                Some(&Err(ConvexError::OutcomeUnknown)),
                "{policy:?}: {}",
                world.pair.trace()
            );
            assert!(matches!(world.pair.outcome(harmless), Some(Ok(_))), "{policy:?}");
            assert!(world.pair.result(me).is_some());
        }
    }
}

#[test]
fn trial_sends_nothing_but_the_mutation() {
    let mut world = world(KILLS[2]);
    world.pair.subscribe("notes:count", &json!({}), Settled);
    world.pair.run_until_live();
    let killer = call_killer(&mut world, Settled);
    world.pair.act("notes:ponder", &json!({ "seconds": 1 }), Settled);
    add_note(&mut world, "x", Settled);
    world.run_until_sent("Connect", 3);
    world.pair.run_until(|pair| pair.outcome(killer).is_some());
    let sent = world.pair.sent();
    let connect = sent.iter().rposition(|frame| frame["type"] == "Connect").unwrap();
    let trial: Vec<&Json> = sent[connect..].to_vec();
    let types: Vec<_> = trial.iter().map(|frame| frame["type"].as_str().unwrap()).collect();
    assert_eq!(types, ["Connect", "ModifyQuerySet", "Mutation"]);
    assert_eq!(trial[1]["modifications"], json!([]));
}

/// docs/auth.md §4, line 51.
#[test]
fn harmless_mutation_survives_a_flapping_network() {
    let mut world = World::new();
    let count = world.pair.subscribe("notes:count", &json!({}), Settled);
    world.pair.run_until_live();
    let write = add_note(&mut world, "x", Settled);
    let connection = |world: &World| world.pair.deployment.connections().next();
    for round in 0..12 {
        // On every connection the server answers the query set, and the network breaks before the
        // response to the mutation.
        if round > 0 {
            world.pair.run_until(|pair| {
                let last = pair.events().last();
                last.is_some_and(
                    |(_, event)| matches!(event, PairEvent::Sent(frame) if frame["type"] == "Mutation"),
                )
            });
            let connection = world.pair.connection().or_else(|| connection(&world)).unwrap();
            let start = first_version();
            world.freeze(connection);
            world.send_raw(connection, transition(&start, &with_query_set(&start, 1)));
            world.pair.run_for(millis(30));
        }
        world.pair.cut();
        assert_eq!(world.pair.outcome(write), None, "{round}: {}", world.pair.trace());
    }
    world.pair.run_until(|pair| pair.outcome(write).is_some());
    assert!(matches!(world.pair.outcome(write), Some(Ok(_))));
    assert_eq!(world.pair.result(count), Some(Ok(json!(1.0))));
}

/// A proxy accepts sockets although its deployment is down. docs/auth.md §4, line 51.
#[test]
fn harmless_mutation_survives_a_server_closing_every_socket() {
    for code in [Some(1011), Some(1009), Some(1013), Some(1001), None] {
        let mut world = World::new();
        world.pair.run_until_live();
        let write = add_note(&mut world, "x", Settled);
        let end = world.pair.now() + seconds(120);
        while world.pair.now() < end {
            world.for_each_connection(|deployment, now, connection| match code {
                Some(code) => deployment.close(now, connection, Some(code), "no deployment"),
                None => deployment.drop_connection(now, connection),
            });
            world.pair.run_for(millis(5));
        }
        assert_eq!(world.pair.outcome(write), None, "{code:?}: {}", world.pair.trace());
        world.pair.run_until(|pair| pair.outcome(write).is_some());
        assert!(matches!(world.pair.outcome(write), Some(Ok(_))), "{code:?}");
        assert_eq!(world.ran_as("notes:add").len(), 1);
    }
}

/// These close reasons mean that the client should retry later.
#[test]
fn overloaded_server_does_not_end_a_mutation() {
    for (code, reason) in [
        (1013, "TooManyConcurrentRequests"),
        (1013, "OptimisticConcurrencyControlFailure"),
        (1011, "CommitterFullError"),
        (1012, ""),
    ] {
        for answers_first in [false, true] {
            let mut world = World::new();
            let kill = Kill { close: Some((code, reason)), answers_first };
            world.pair.deployment.kill_on_call("notes:add", Some(kill));
            world.pair.run_until_live();
            let write = add_note(&mut world, "x", Settled);
            world.pair.run_for(seconds(120));
            assert_eq!(world.pair.outcome(write), None, "{code} {reason}");
            world.pair.deployment.kill_on_call("notes:add", None);
            world.pair.run_until(|pair| pair.outcome(write).is_some());
            assert!(matches!(world.pair.outcome(write), Some(Ok(_))), "{code} {reason}");
        }
    }
}

/// A query has no outcome: it is added again while it is subscribed, with growing backoff.
#[test]
fn query_closing_every_connection_blocks_no_mutation() {
    for kill in KILLS {
        let mut world = world(kill);
        world.pair.run_until_live();
        let killer = world.pair.subscribe(KILLER, &json!({}), Settled);
        world.pair.run_for(seconds(60));
        let before = world.dials();
        world.pair.run_for(seconds(300));
        let dials = world.dials() - before;
        assert!((10..=40).contains(&dials), "{kill:?}: {dials} dials in five minutes");

        let write = add_note(&mut world, "x", Settled);
        // Up to three backoffs of at most 24 s.
        world.pair.run_for(seconds(80));
        let outcome = world.pair.outcome(write);
        assert!(matches!(outcome, Some(Ok(_))), "{kill:?}: {outcome:?}, {}", world.pair.trace());
        world.pair.command(|client, _| client.unsubscribe(killer));
        world.pair.run_for(seconds(60));
        assert_eq!(*world.pair.client.connection(), ConnectionState::Live, "{kill:?}");
    }
}

/// Actions are never resent, so the first closed connection ends it.
#[test]
fn action_closing_its_connection_ends_at_once() {
    for kill in KILLS {
        let mut world = world(kill);
        world.pair.run_until_live();
        let killer = world.pair.act(KILLER, &json!({}), Settled);
        let write = add_note(&mut world, "x", Settled);
        world.pair.run_for(seconds(10));
        assert_eq!(world.pair.outcome(killer), Some(&Err(ConvexError::OutcomeUnknown)), "{kill:?}");
        assert!(matches!(world.pair.outcome(write), Some(Ok(_))), "{kill:?}");
    }
}

#[test]
fn slow_trial_holds_back_other_requests_for_30_seconds() {
    let mut world = World::new();
    world.pair.deployment.kill_on_call(KILLER, Some(KILLS[2]));
    world.pair.run_until_live();
    let killer = call_killer(&mut world, Settled);
    world
        .pair
        .run_until(|pair| pair.sent().into_iter().filter(|frame| frame["udfPath"] == KILLER).count() == 3);
    // This time the server neither responds nor closes the connection.
    let connection = world.pair.connection().unwrap();
    world.pair.server(|deployment, _| deployment.stall(connection));
    let count = world.pair.subscribe("notes:count", &json!({}), Settled);
    world.pair.run_for(seconds(25));
    assert_eq!(world.pair.result(count), None, "queries wait during the trial");
    world.pair.run_for(seconds(10));
    let added =
        world.pair.sent().into_iter().filter(|frame| frame.to_string().contains("notes:count")).count();
    assert!(added > 0, "the trial has ended: {}", world.pair.trace());
    assert_eq!(world.pair.outcome(killer), None);
}
