//! Every mutation and action ends (docs/auth.md, rules 12 and 14; §4, lines 32, 35, 36, 40, 41).

mod support;

use convex_sync::AuthPolicy::{Immediate, Settled};
use convex_sync::{ConnectionState, ConvexError, NotSentReason, RequestOptions};
use convex_testkit::{Conditions, DialOutcome};
use serde_json::json;
use support::{
    World,
    frames::{PING, mutation_succeeded, transition},
    millis, seconds,
};

/// A timestamp that the server does not reach.
const UNREACHED: &str = "AAAAAAAAAH8=";

/// docs/auth.md §4, line 40.
#[test]
fn mutation_resolves_with_the_transition_showing_its_write() {
    let mut world = World::new();
    let count = world.pair.subscribe("notes:count", &json!({}), Settled);
    world.pair.run_until_live();
    let write = world.pair.mutate("notes:add", &json!({ "text": "x" }), Settled);
    world.pair.run_until(|pair| pair.outcome(write).is_some() || pair.result(count) == Some(Ok(json!(1.0))));
    assert!(
        world.pair.outcome(write).is_some() && world.pair.result(count) == Some(Ok(json!(1.0))),
        "{:?}",
        world.pair
    );
}

#[test]
fn response_alone_does_not_resolve_a_mutation() {
    let mut world = World::new();
    world.pair.run_until_live();
    let connection = world.connection();
    world.pair.conditions = Conditions { half_open: true, ..Conditions::default() };
    let write = world.pair.mutate("notes:add", &json!({ "text": "x" }), Settled);
    world.pair.conditions.half_open = false;
    world.send_raw(connection, mutation_succeeded(&json!(UNREACHED)));
    world.pair.run_for(seconds(1));
    assert_eq!(world.pair.outcome(write), None);
    world.send_empty_transition();
    world.pair.run_for(seconds(1));
    assert_eq!(
        world.pair.outcome(write),
        None,
        "a transition before its timestamp does not resolve it, either"
    );
}

/// docs/auth.md, rule 14.
#[test]
fn mutation_never_shown_resolves_on_the_next_connection() {
    // A timestamp that the server reaches in a minute (1.7e18 + 60 s), and one that it never
    // reaches.
    for ts in ["AFhxLgydlxc=", UNREACHED] {
        let mut world = World::new();
        world.pair.subscribe("notes:count", &json!({}), Settled);
        world.pair.run_until_live();
        let connection = world.connection();
        world.freeze(connection);
        let write = world.pair.mutate("notes:add", &json!({ "text": "x" }), Settled);
        world.send_raw(connection, mutation_succeeded(&json!(ts)));
        for _ in 0..2 {
            world.pair.run_for(seconds(14));
            // Neither pings nor other transitions extend the deadline.
            world.send_raw(connection, PING);
            world.send_empty_transition();
            assert_eq!(world.pair.outcome(write), None);
        }
        world.pair.run_for(seconds(30));
        let outcome = world.pair.outcome(write);
        assert!(matches!(outcome, Some(Ok(_))), "{outcome:?}: {}", world.pair.trace());
    }
}

#[test]
fn cancelled_mutation_does_not_replace_the_connection() {
    let (mut world, connection) = World::frozen();
    let write = world.pair.mutate("notes:add", &json!({ "text": "x" }), Settled);
    world.send_raw(connection, mutation_succeeded(&json!(UNREACHED)));
    world.pair.run_for(millis(100));
    world.pair.command(|client, _| client.cancel(write));
    world.pair.run_for(seconds(40));
    assert_eq!(world.count_sent("Connect"), 1, "{}", world.pair.trace());
}

#[test]
fn response_to_a_write_already_shown_resolves_at_once() {
    let (mut world, connection) = World::frozen();
    let write = world.pair.mutate("notes:add", &json!({ "text": "x" }), Settled);
    let response = mutation_succeeded(&world.last_version()["ts"]);
    world.send_raw(connection, response);
    world.pair.run_for(millis(100));
    assert!(matches!(world.pair.outcome(write), Some(Ok(_))));
}

#[test]
fn mutation_known_to_have_succeeded_never_fails() {
    let ends: [fn(&mut World); 2] =
        [|world| world.pair.command(|client, now| client.close(now)), |world| world.sign_in("bob")];
    for end in ends {
        let mut world = World::with_user("alice", seconds(60));
        world.pair.run_until_live();
        let connection = world.connection();
        world.freeze(connection);
        let write = world.pair.mutate("notes:add", &json!({ "text": "x" }), Settled);
        world.send_raw(connection, mutation_succeeded(&json!(UNREACHED)));
        world.pair.run_for(millis(100));
        end(&mut world);
        assert!(matches!(world.pair.outcome(write), Some(Ok(_))), "{:?}", world.pair.outcome(write));
    }
}

/// docs/auth.md §4, line 41.
#[test]
fn only_the_first_response_of_the_right_type_counts() {
    let (mut world, connection) = World::frozen();
    let write = world.pair.mutate("notes:add", &json!({ "text": "x" }), Settled);
    let later = UNREACHED;
    for response in [
        json!({ "type": "ActionResponse", "requestId": 0, "success": true, "result": 1, "logLines": [] }),
        json!({ "type": "MutationResponse", "requestId": 0, "success": true, "result": 2, "ts": later, "logLines": [] }),
        json!({ "type": "MutationResponse", "requestId": 0, "success": false, "result": "no", "logLines": [] }),
    ] {
        world.send_raw(connection, response.to_string());
        world.pair.run_for(millis(30));
        assert_eq!(world.pair.outcome(write), None, "{}", world.pair.trace());
    }
    let (start, mut end) = (world.last_version(), world.last_version());
    end["ts"] = json!(later);
    world.send_raw(connection, transition(&start, &end));
    world.pair.run_for(millis(30));
    assert_eq!(world.pair.outcome(write).unwrap().as_ref().unwrap().as_json(), "2");
}

/// docs/auth.md §4, line 40.
#[test]
fn failed_mutation_resolves_at_once() {
    let mut world = World::new();
    world.pair.run_until_live();
    let write = world.pair.mutate("notes:add", &json!({}), Settled);
    world.pair.run_until(|pair| pair.outcome(write).is_some());
    let Some(Err(ConvexError::Function(error))) = world.pair.outcome(write) else {
        panic!("{:?}", world.pair)
    };
    assert!(error.data.is_none());
}

#[test]
fn mutations_run_in_call_order() {
    let mut world = World::new();
    let all = world.pair.subscribe("notes:all", &json!({}), Settled);
    for (text, policy) in [("a", Settled), ("b", Immediate), ("c", Settled)] {
        world.pair.mutate("notes:add", &json!({ "text": text }), policy);
    }
    world.pair.run_until(|pair| pair.result(all) == Some(Ok(json!(["a", "b", "c"]))));
}

#[test]
fn at_most_500_actions_are_in_flight() {
    let mut world = World::new();
    let actions: Vec<_> =
        (0..1200).map(|_| world.pair.act("notes:ponder", &json!({ "seconds": 2 }), Settled)).collect();
    world.pair.run_for(seconds(1));
    assert_eq!(world.count_sent("Action"), 500);
    // A mutation is queued behind them.
    let write = world.pair.mutate("notes:add", &json!({ "text": "x" }), Settled);
    world.pair.run_until(|pair| pair.outcome(write).is_some());
    world.pair.run_for(seconds(10));
    assert!(actions.iter().all(|action| matches!(world.pair.outcome(*action), Some(Ok(_)))));
    assert_eq!(world.count_sent("Connect"), 1);
}

#[test]
fn lost_connection_resets_the_in_flight_count() {
    let mut world = World::new();
    world.pair.run_until_live();
    world.pair.conditions.half_open = true;
    let writes: Vec<_> =
        (0..600).map(|number| world.pair.mutate("notes:add", &json!({ "text": number }), Settled)).collect();
    world.pair.conditions.half_open = false;
    world.pair.cut();
    world.pair.run_for(seconds(10));
    for write in writes {
        let outcome = world.pair.outcome(write);
        assert!(matches!(outcome, Some(Ok(_))), "{write}: {outcome:?}");
    }
    assert_eq!(world.ran_as("notes:add").len(), 600);
}

/// docs/auth.md §4, line 32.
#[test]
fn fatal_error_settles_all_requests() {
    let mut world = World::new();
    world.pair.run_until_live();
    let connection = world.connection();
    let sent = world.pair.act("notes:ponder", &json!({ "seconds": 60 }), Settled);
    world.pair.run_for(millis(100));
    world.pair.server(|deployment, now| deployment.fail_fatally(now, connection, "invalid frame"));
    world.pair.run_for(millis(100));
    let fatal = Err(ConvexError::Fatal("invalid frame".into()));
    assert_eq!(world.pair.outcome(sent), Some(&fatal));
    let later = world.pair.mutate("notes:add", &json!({ "text": "x" }), Settled);
    assert_eq!(world.pair.outcome(later), Some(&fatal));
    assert_eq!(*world.pair.client.connection(), ConnectionState::Fatal { message: "invalid frame".into() });
    world.pair.run_for(seconds(600));
    assert_eq!(world.count_sent("Connect"), 1, "it does not reconnect");
}

#[test]
fn closing_the_client_settles_all_requests() {
    let mut world = World::new();
    world.pair.run_until_live();
    let sent = world.pair.act("notes:ponder", &json!({ "seconds": 60 }), Settled);
    world.pair.run_for(millis(100));
    world.pair.conditions.dials = DialOutcome::Refused;
    world.pair.cut();
    let unsent = world.pair.mutate("notes:add", &json!({ "text": "x" }), Settled);
    world.pair.command(|client, now| client.close(now));
    assert_eq!(world.pair.outcome(sent), Some(&Err(ConvexError::OutcomeUnknown)));
    assert_eq!(world.pair.outcome(unsent), Some(&Err(ConvexError::NotSent(NotSentReason::ClientClosed))));
    assert_eq!(world.pair.client.poll_timeout(), None);
    let later = world.pair.mutate("notes:add", &json!({ "text": "x" }), Settled);
    assert_eq!(world.pair.outcome(later), Some(&Err(ConvexError::NotSent(NotSentReason::ClientClosed))));
}

#[test]
fn closed_client_has_no_timers_and_fetches_no_token() {
    let mut world = World::new();
    world.slow_tokens_of("alice", seconds(60), seconds(5));
    world.sign_in("alice");
    world.pair.run_for(seconds(1));
    world.pair.command(|client, now| client.close(now));
    assert!(world.pair.trace().contains("the client drops the fetch"));
    assert_eq!(world.pair.client.poll_timeout(), None);
    world.pair.run_for(seconds(60));
    assert_eq!(world.pair.fetches().len(), 1);
    assert_eq!(world.pair.deployment.connections().count(), 0);
}

/// docs/auth.md §4, line 35.
#[test]
fn requests_can_be_cancelled() {
    let mut world = World::new();
    let unsent = world.pair.mutate("notes:add", &json!({ "text": "x" }), Settled);
    world.pair.command(|client, _| client.cancel(unsent));
    assert_eq!(world.pair.outcome(unsent), Some(&Err(ConvexError::NotSent(NotSentReason::Cancelled))));
    world.pair.run_until_live();
    let sent = world.pair.act("notes:ponder", &json!({ "seconds": 1 }), Settled);
    world.pair.command(|client, _| client.cancel(sent));
    assert_eq!(world.pair.outcome(sent), Some(&Err(ConvexError::OutcomeUnknown)));
    world.pair.run_for(seconds(5));
    assert_eq!(world.ran_as("notes:add").len(), 0);
}

/// docs/auth.md §4, lines 35 and 36.
#[test]
fn requests_time_out() {
    let mut world = World::new();
    world.pair.conditions.dials = DialOutcome::Refused;
    world.pair.cut();
    let limited = RequestOptions { timeout: Some(seconds(5)), ..RequestOptions::default() };
    let unsent = world.pair.mutate("notes:add", &json!({ "text": "late" }), limited);
    let patient = world.pair.mutate("notes:add", &json!({ "text": "patient" }), Settled);
    world.pair.run_for(seconds(5) - millis(1));
    assert_eq!(world.pair.outcome(unsent), None);
    world.pair.run_for(millis(1));
    assert_eq!(world.pair.outcome(unsent), Some(&Err(ConvexError::NotSent(NotSentReason::TimedOut))));
    assert_eq!(world.pair.client.in_flight().count(), 1, "unsent requests count");
    world.pair.conditions.dials = DialOutcome::Accepted;
    world.pair.run_until(|pair| pair.outcome(patient).is_some());
    assert_eq!(world.ran_as("notes:add").len(), 1);

    let slow = world.pair.act("notes:ponder", &json!({ "seconds": 60 }), limited);
    world.pair.run_until(|pair| pair.outcome(slow).is_some());
    assert_eq!(world.pair.outcome(slow), Some(&Err(ConvexError::OutcomeUnknown)));
    assert_eq!(world.pair.client.in_flight().count(), 0);
}

#[test]
fn settled_request_clears_its_timeout() {
    let mut world = World::new();
    world.pair.run_until_live();
    let limited = RequestOptions { timeout: Some(seconds(5)), ..RequestOptions::default() };
    let write = world.pair.mutate("notes:add", &json!({ "text": "x" }), limited);
    world.pair.run_until(|pair| pair.outcome(write).is_some());
    let next = world.pair.client.poll_timeout().map(|due| due - world.pair.now());
    assert!(next > Some(seconds(5)), "its timer is gone: {next:?}");
}
