//! Lost connections: everything is resent in order, as the same user (docs/auth.md, rules 1 and
//! 14; §4, lines 10, 30, 33 and 37).

mod support;

use convex_sync::{AuthPolicy, ConnectionState, ConvexError};
use convex_testkit::{DialOutcome, FetchReply};
use serde_json::json;
use support::{
    World,
    frames::{mutation_succeeded, transition},
    millis, seconds,
};

/// The largest timestamp, which no server reaches.
const UNREACHABLE: &str = "/////////38=";

/// docs/auth.md §4, line 10.
#[test]
fn requests_stay_held_back_across_a_reconnect() {
    let mut world = World::new();
    world.slow_tokens_of("alice", seconds(600), seconds(5));
    world.sign_in("alice");
    let me = world.pair.subscribe("users:me", &json!({}), AuthPolicy::Settled);
    let write = world.pair.mutate("notes:add", &json!({ "text": "held" }), AuthPolicy::Settled);
    world.pair.run_for(seconds(1));
    world.pair.cut();
    world.pair.run_until(|pair| pair.outcome(write).is_some());
    assert_eq!(world.pair.result(me), Some(Ok(json!("alice"))));
    assert_eq!(world.ran_as(""), ["alice"; 2]);
}

#[test]
fn reconnect_resends_everything_in_one_flight() {
    let mut world = World::with_user("alice", seconds(600));
    let me = world.pair.subscribe("users:me", &json!({}), AuthPolicy::Required);
    world.pair.run_until_live();
    let before = world.pair.sent().len();
    world.pair.cut();
    assert_eq!(world.pair.result(me), Some(Ok(json!("alice"))), "the last result stays visible");
    world.pair.run_until_live();
    assert_eq!(world.pair.sent_types()[before..], ["Connect", "Authenticate User", "ModifyQuerySet"]);
    let connect = world.pair.sent()[before];
    assert_eq!(connect["connectionCount"], 1);
    assert_eq!(connect["lastCloseReason"], "closed with code 1006");
    assert_eq!(world.pair.fetches().len(), 1, "the token is still valid");
}

#[test]
fn mutation_with_a_lost_response_runs_once() {
    let mut world = World::new();
    let count = world.pair.subscribe("notes:count", &json!({}), AuthPolicy::Settled);
    world.pair.run_until_live();
    let write = world.pair.mutate("notes:add", &json!({ "text": "once" }), AuthPolicy::Settled);
    // The mutation reaches the server, and its response is lost.
    world.pair.run_for(millis(30));
    world.pair.cut();
    world.pair.run_until(|pair| pair.outcome(write).is_some());
    assert!(matches!(world.pair.outcome(write), Some(Ok(_))));
    assert_eq!(world.pair.result(count), Some(Ok(json!(1.0))), "it resolves when its write is visible");
    assert_eq!(world.ran_as("notes:add").len(), 1);
}

/// docs/auth.md §4, line 37.
#[test]
fn action_fails_as_soon_as_the_connection_is_lost() {
    let mut world = World::new();
    world.pair.run_until_live();
    let action = world.pair.act("notes:ponder", &json!({ "seconds": 30 }), AuthPolicy::Settled);
    world.pair.run_for(seconds(1));
    world.pair.conditions.dials = DialOutcome::Refused;
    world.pair.cut();
    assert_eq!(world.pair.outcome(action), Some(&Err(ConvexError::OutcomeUnknown)));
    world.pair.conditions.dials = DialOutcome::Accepted;
    world.pair.run_for(seconds(60));
    assert_eq!(world.ran_as("notes:ponder").len(), 1, "it is never resent");
}

#[test]
fn refused_dials_are_retried_with_growing_backoff() {
    let mut world = World::new();
    world.pair.conditions.dials = DialOutcome::Refused;
    world.pair.cut();
    let me = world.pair.subscribe("users:me", &json!({}), AuthPolicy::Settled);
    world.pair.run_for(seconds(300));
    let dials = world.dials();
    assert!((15..=45).contains(&dials), "{dials} dials in five minutes");
    let ConnectionState::Reconnecting { attempt, .. } = world.pair.client.connection() else {
        panic!("{:?}", world.pair.client.connection());
    };
    assert!(*attempt >= 14);
    world.pair.conditions.dials = DialOutcome::Accepted;
    world.pair.run_until(|pair| pair.result(me).is_some());
}

#[test]
fn hanging_dial_times_out() {
    let mut world = World::new();
    world.pair.conditions.dials = DialOutcome::Hanging;
    world.pair.cut();
    world.pair.run_for(seconds(60));
    world.pair.conditions.dials = DialOutcome::Accepted;
    world.pair.run_until_live();
}

/// The server refuses connections with a `maxObservedTimestamp` that it has not reached. Auth
/// contract, rule 10.
#[test]
fn unreachable_max_observed_timestamp_is_forgotten() {
    let mut world = World::new();
    let count = world.pair.subscribe("notes:count", &json!({}), AuthPolicy::Settled);
    world.pair.run_until_live();
    let start = world.last_version();
    let mut end = start.clone();
    end["ts"] = json!(UNREACHABLE);
    world.send_raw(world.connection(), transition(&start, &end));
    world.pair.run_for(seconds(1));
    world.pair.cut();
    let write = world.pair.mutate("notes:add", &json!({ "text": "x" }), AuthPolicy::Settled);
    world.pair.run_until(|pair| pair.outcome(write).is_some());
    assert_eq!(world.pair.result(count), Some(Ok(json!(1.0))));
}

/// docs/auth.md, rule 14.
#[test]
fn mutation_with_unreachable_timestamp_settles_on_reconnect() {
    let mut world = World::new();
    world.pair.run_until_live();
    world.pair.conditions.half_open = true;
    let write = world.pair.mutate("notes:add", &json!({ "text": "x" }), AuthPolicy::Settled);
    world.pair.conditions.half_open = false;
    world.send_raw(world.connection(), mutation_succeeded(&json!(UNREACHABLE)));
    world.pair.run_for(seconds(1));
    assert_eq!(world.pair.outcome(write), None, "its write is not visible");
    world.pair.cut();
    world.pair.run_until(|pair| pair.outcome(write).is_some());
    world.pair.run_until_live();
}

/// docs/auth.md §4, lines 10, 30 and 33.
#[test]
fn connection_without_a_usable_token_stays_open_and_held() {
    let mut world = World::with_user("alice", seconds(30));
    let me = world.pair.subscribe("users:me", &json!({}), AuthPolicy::Settled);
    world.pair.run_until_live();
    world.pair.provide(|_| FetchReply::Never);
    world.pair.run_for(seconds(40));
    world.pair.cut();
    world.pair.run_for(seconds(60));
    assert_eq!(*world.pair.client.connection(), ConnectionState::HeldForAuth);
    assert_eq!(
        world.ran_as("users:me"),
        ["alice"],
        "the expired token is not resent, and no query runs anonymously"
    );
    assert_eq!(world.pair.result(me), Some(Ok(json!("alice"))));
}
