//! Losing the connection: everything is asked for again, in order, as the same person (auth
//! contract, rule 1; §4, lines 10, 28, 30, 31, 37, 41).

mod support;

use convex_sync::{AuthPolicy, ConnectionState, ConvexError, Session};
use convex_testkit::{DialOutcome, FetchReply};
use serde_json::json;
use support::{World, millis, seconds};

/// Auth contract §4, line 10.
#[test]
fn the_hold_survives_a_reconnect() {
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
fn after_a_drop_everything_is_resent_in_one_flight() {
    let mut world = World::new();
    world.tokens_of("alice", seconds(600));
    world.sign_in("alice");
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
    assert_eq!(world.pair.fetches().len(), 1, "the token is still good");
}

#[test]
fn a_mutation_cut_off_on_its_way_back_runs_once() {
    let mut world = World::new();
    let count = world.pair.subscribe("notes:count", &json!({}), AuthPolicy::Settled);
    world.pair.run_until_live();
    let write = world.pair.mutate("notes:add", &json!({ "text": "once" }), AuthPolicy::Settled);
    // It reaches the server, and its answer is cut off.
    world.pair.run_for(millis(30));
    world.pair.cut();
    world.pair.run_until(|pair| pair.outcome(write).is_some());
    assert!(matches!(world.pair.outcome(write), Some(Ok(_))));
    assert_eq!(world.pair.result(count), Some(Ok(json!(1.0))), "it resolves when its write is visible");
    assert_eq!(world.ran_as("notes:add").len(), 1);
}

/// Auth contract §4, line 37.
#[test]
fn an_action_under_way_fails_at_the_moment_of_the_drop() {
    let mut world = World::new();
    world.pair.run_until_live();
    let action = world.pair.act("notes:ponder", &json!({ "seconds": 30 }), AuthPolicy::Settled);
    world.pair.run_for(seconds(1));
    world.pair.conditions.dials = DialOutcome::Refused;
    world.pair.cut();
    assert_eq!(world.pair.outcome(action), Some(&Err(ConvexError::OutcomeUnknown)));
    world.pair.conditions.dials = DialOutcome::Accepted;
    world.pair.run_for(seconds(60));
    assert_eq!(world.ran_as("notes:ponder").len(), 1, "it is never sent again");
}

#[test]
fn refused_dials_are_repeated_ever_more_slowly() {
    let mut world = World::new();
    world.pair.conditions.dials = DialOutcome::Refused;
    world.pair.cut();
    let me = world.pair.subscribe("users:me", &json!({}), AuthPolicy::Settled);
    world.pair.run_for(seconds(300));
    let dials = world.pair.trace().matches("the client dials").count();
    assert!((15..=45).contains(&dials), "{dials} dials in five minutes");
    let ConnectionState::Reconnecting { attempt, .. } = world.pair.client.connection() else {
        panic!("{:?}", world.pair.client.connection());
    };
    assert!(*attempt >= 14);
    world.pair.conditions.dials = DialOutcome::Accepted;
    world.pair.run_until(|pair| pair.result(me).is_some());
}

#[test]
fn a_dial_that_hangs_is_given_up() {
    let mut world = World::new();
    world.pair.conditions.dials = DialOutcome::Hanging;
    world.pair.cut();
    world.pair.run_for(seconds(60));
    world.pair.conditions.dials = DialOutcome::Accepted;
    world.pair.run_until_live();
}

#[test]
fn a_silent_socket_is_replaced() {
    let mut world = World::new();
    let count = world.pair.subscribe("notes:count", &json!({}), AuthPolicy::Settled);
    world.pair.run_until_live();
    world.pair.conditions.half_open = true;
    world.pair.run_for(seconds(59));
    assert_eq!(*world.pair.client.connection(), ConnectionState::Live);
    world.pair.run_for(seconds(2));
    world.pair.conditions.half_open = false;
    world.pair.run_until_live();
    let last = world.pair.sent().len() - 2;
    assert_eq!(world.pair.sent()[last]["lastCloseReason"], "InactiveServer");
    assert_eq!(world.pair.result(count), Some(Ok(json!(0.0))));
}

#[test]
fn pings_keep_a_quiet_socket() {
    let mut world = World::new();
    world.pair.subscribe("notes:count", &json!({}), AuthPolicy::Settled);
    world.pair.run_for(seconds(600));
    assert_eq!(world.count_sent("Connect"), 1);
}

/// Auth contract §4, line 5.
#[test]
fn an_unanswered_query_set_is_not_excused_by_pings() {
    let mut world = World::new();
    world.pair.run_until_live();
    // The server takes what it is sent and never answers, but keeps pinging.
    world.pair.subscribe("notes:count", &json!({}), AuthPolicy::Settled);
    let connection = world.pair.deployment.connections().next().unwrap();
    world.pair.server(|deployment, _| deployment.freeze(connection));
    for _ in 0..3 {
        world.pair.run_for(seconds(10));
        world.pair.server(|deployment, now| deployment.send_raw(now, connection, r#"{"type":"Ping"}"#));
    }
    world.pair.run_for(seconds(2));
    assert_eq!(world.count_sent("Connect"), 2);
    world.pair.run_until_live();
}

#[test]
fn an_answer_has_its_time_from_the_last_progress() {
    let mut world = World::new();
    world.pair.run_until_live();
    let connection = world.pair.deployment.connections().next().unwrap();
    let start = world.last_version();
    world.pair.server(|deployment, _| deployment.freeze(connection));
    world.pair.subscribe("notes:count", &json!({}), AuthPolicy::Settled);
    world.pair.run_for(seconds(10));
    world.pair.subscribe("notes:all", &json!({}), AuthPolicy::Settled);
    world.pair.run_for(seconds(10));
    // The first is answered, the second is not.
    let mut end = start.clone();
    end["querySet"] = json!(2);
    let answer =
        json!({ "type": "Transition", "startVersion": start, "endVersion": end, "modifications": [] });
    world.pair.server(|deployment, now| deployment.send_raw(now, connection, answer.to_string()));
    world.pair.run_for(seconds(29));
    assert_eq!(world.count_sent("Connect"), 1);
    world.pair.run_for(seconds(2));
    assert_eq!(world.count_sent("Connect"), 2);
}

#[test]
fn a_socket_that_was_silent_from_the_first_is_replaced() {
    let mut world = World::new();
    // Nothing may be asked yet, so nothing has to be answered.
    world.pair.command(|client, now| client.set_session(now, Some(Session::Loading)));
    world.pair.run_until(|pair| pair.deployment.connections().next().is_some());
    let connection = world.pair.deployment.connections().next().unwrap();
    world.pair.server(|deployment, _| deployment.freeze(connection));
    world.pair.run_for(seconds(62));
    assert_eq!(world.count_sent("Connect"), 2);
}

/// Auth contract §4, line 31.
#[test]
fn a_transition_that_does_not_follow_leads_to_a_fresh_connection() {
    let mut world = World::new();
    let count = world.pair.subscribe("notes:count", &json!({}), AuthPolicy::Settled);
    world.pair.run_until_live();
    let connection = world.pair.deployment.connections().next().unwrap();
    world.pair.server(|deployment, _| deployment.break_continuity(connection));
    world.pair.mutate("notes:add", &json!({ "text": "new" }), AuthPolicy::Settled);
    world.pair.run_until(|pair| pair.result(count) == Some(Ok(json!(1.0))));
    let reasons: Vec<_> =
        world.pair.sent().iter().filter_map(|frame| frame["lastCloseReason"].as_str()).collect();
    assert_eq!(reasons, ["InitialConnect", "StartVersionMismatch"]);
}

/// Auth contract §4, line 31.
#[test]
fn a_transition_to_where_nobody_asked_to_go_leads_to_a_fresh_connection() {
    let mut world = World::new();
    world.pair.subscribe("notes:count", &json!({}), AuthPolicy::Settled);
    world.pair.run_until_live();
    let connection = world.pair.deployment.connections().next().unwrap();
    let start = world.last_version();
    let mut end = start.clone();
    end["identity"] = json!(7);
    let nonsense =
        json!({ "type": "Transition", "startVersion": start, "endVersion": end, "modifications": [] });
    world.pair.server(|deployment, now| deployment.send_raw(now, connection, nonsense.to_string()));
    world.pair.run_until(|pair| pair.sent().iter().any(|frame| frame["connectionCount"] == 1));
    assert_eq!(world.pair.sent().last().unwrap()["type"], "ModifyQuerySet");
    world.pair.run_until_live();
    assert!(world.pair.sent().iter().any(|frame| frame["lastCloseReason"] == "EndVersionMismatch"));
}

/// Auth contract, rule 10: a server refuses the connection of a client that has seen what it has
/// not.
#[test]
fn a_moment_that_a_server_never_reaches_is_forgotten() {
    let mut world = World::new();
    let count = world.pair.subscribe("notes:count", &json!({}), AuthPolicy::Settled);
    world.pair.run_until_live();
    let from = world.last_version();
    let mut to = from.clone();
    to["ts"] = json!("/////////38=");
    let frame = json!({"type": "Transition", "startVersion": from, "endVersion": to, "modifications": []});
    world.pair.server(|deployment, now| {
        for connection in deployment.connections().collect::<Vec<_>>() {
            deployment.send_raw(now, connection, frame.to_string());
        }
    });
    world.pair.run_for(seconds(1));
    world.pair.cut();
    let write = world.pair.mutate("notes:add", &json!({ "text": "x" }), AuthPolicy::Settled);
    world.pair.run_until(|pair| pair.outcome(write).is_some());
    assert_eq!(world.pair.result(count), Some(Ok(json!(1.0))));
}

/// Auth contract, rule 14.
#[test]
fn a_mutation_of_a_moment_that_is_never_reached_settles_with_the_next_connection() {
    let mut world = World::new();
    world.pair.run_until_live();
    world.pair.conditions.half_open = true;
    let write = world.pair.mutate("notes:add", &json!({ "text": "x" }), AuthPolicy::Settled);
    world.pair.conditions.half_open = false;
    let frame = json!({"type": "MutationResponse", "requestId": 0, "success": true, "result": 1, "ts": "/////////38=", "logLines": []});
    world.pair.server(|deployment, now| {
        for connection in deployment.connections().collect::<Vec<_>>() {
            deployment.send_raw(now, connection, frame.to_string());
        }
    });
    world.pair.run_for(seconds(1));
    assert_eq!(world.pair.outcome(write), None, "its write is not seen");
    world.pair.cut();
    world.pair.run_until(|pair| pair.outcome(write).is_some());
    world.pair.run_until_live();
}

/// Auth contract §4, line 5.
#[test]
fn an_unanswered_authenticate_is_not_excused_by_news() {
    let mut world = World::new();
    world.pair.run_until_live();
    let connection = world.pair.deployment.connections().next().unwrap();
    world.pair.server(|deployment, _| deployment.freeze(connection));
    world.tokens_of("alice", seconds(600));
    world.sign_in("alice");
    world.pair.run_for(seconds(5));
    world.no_news();
    world.pair.run_for(seconds(32));
    assert_eq!(world.count_sent("Connect"), 2, "{}", world.pair.trace());
}

#[test]
fn a_frame_that_cannot_be_read_leads_to_a_fresh_connection() {
    for garbage in
        ["<html>", "{", "{\"type\":\"Transition\"}", "[]", "{\"type\":\"MutationResponse\",\"requestId\":-1}"]
    {
        let mut world = World::new();
        let count = world.pair.subscribe("notes:count", &json!({}), AuthPolicy::Settled);
        world.pair.run_until_live();
        let connection = world.pair.deployment.connections().next().unwrap();
        world.pair.server(|deployment, now| deployment.send_raw(now, connection, garbage));
        world.pair.run_for(millis(100));
        let ConnectionState::Reconnecting { reason, .. } = world.pair.client.connection().clone() else {
            panic!("{garbage}: {:?}", world.pair.client.connection());
        };
        assert!(reason.starts_with("UnreadableFrame"), "{garbage}: {reason}");
        assert_eq!(world.pair.result(count), Some(Ok(json!(0.0))));
        world.pair.run_until_live();
    }
}

#[test]
fn chunks_are_put_together() {
    let mut world = World::new();
    world.pair.server(|deployment, _| deployment.set_chunk_bytes(Some(64)));
    let long = "ü".repeat(500);
    world.pair.mutate("notes:add", &json!({ "text": long }), AuthPolicy::Settled);
    let all = world.pair.subscribe("notes:all", &json!({}), AuthPolicy::Settled);
    world.pair.run_until(|pair| pair.result(all) == Some(Ok(json!([long]))));
    assert!(world.pair.trace().contains("TransitionChunk"));
    assert_eq!(world.count_sent("Connect"), 1);
}

#[test]
fn an_answer_that_comes_in_slow_chunks_is_waited_for() {
    let mut world = World::new();
    world.pair.run_until_live();
    let connection = world.pair.deployment.connections().next().unwrap();
    let start = world.last_version();
    world.pair.server(|deployment, _| deployment.freeze(connection));
    let all = world.pair.subscribe("notes:all", &json!({}), AuthPolicy::Settled);
    let mut end = start.clone();
    end["querySet"] = json!(2);
    let answer = json!({ "type": "Transition", "startVersion": start, "endVersion": end, "modifications": [
        { "type": "QueryUpdated", "queryId": 0, "value": ["long"], "logLines": [], "journal": null }
    ] })
    .to_string();
    let (parts, length) = (answer.as_bytes().chunks(40), answer.len().to_string());
    let total = parts.len();
    for (number, part) in parts.enumerate() {
        // A wake in between does not bring the download to an end, either.
        world.pair.wake();
        world.pair.run_for(seconds(2));
        let chunk = json!({ "type": "TransitionChunk", "chunk": std::str::from_utf8(part).unwrap(),
            "partNumber": number, "totalParts": total, "transitionId": length });
        world.pair.server(|deployment, now| deployment.send_raw(now, connection, chunk.to_string()));
        world.pair.run_for(seconds(20));
    }
    assert_eq!(world.pair.result(all), Some(Ok(json!(["long"]))), "{}", world.pair.trace());
    assert_eq!(world.count_sent("Connect"), 1);
}

#[test]
fn chunks_with_something_in_between_are_no_transition() {
    let mut world = World::new();
    world.pair.run_until_live();
    let connection = world.pair.deployment.connections().next().unwrap();
    let version = world.last_version();
    let whole =
        json!({ "type": "Transition", "startVersion": version, "endVersion": version, "modifications": [] })
            .to_string();
    let (first, second) = whole.split_at(20);
    let chunk = |number: u32, part: &str| {
        json!({ "type": "TransitionChunk", "chunk": part, "partNumber": number, "totalParts": 2,
            "transitionId": whole.len().to_string() })
        .to_string()
    };
    for frame in [chunk(0, first), whole.clone(), chunk(1, second)] {
        world.pair.server(|deployment, now| deployment.send_raw(now, connection, frame));
    }
    world.pair.run_for(millis(30));
    let ConnectionState::Reconnecting { reason, .. } = world.pair.client.connection() else {
        panic!("{}", world.pair.trace());
    };
    assert!(reason.starts_with("UnreadableFrame"), "{reason}");
}

#[test]
fn a_download_that_stops_halfway_is_given_up() {
    let mut world = World::new();
    world.pair.run_until_live();
    let connection = world.pair.deployment.connections().next().unwrap();
    world.pair.server(|deployment, _| deployment.freeze(connection));
    let count = world.pair.subscribe("notes:count", &json!({}), AuthPolicy::Settled);
    let chunk = r#"{"type":"TransitionChunk","chunk":"{","partNumber":0,"totalParts":2,"transitionId":"99"}"#;
    world.pair.server(|deployment, now| deployment.send_raw(now, connection, chunk));
    for _ in 0..3 {
        world.pair.run_for(seconds(10));
        world.pair.server(|deployment, now| deployment.send_raw(now, connection, r#"{"type":"Ping"}"#));
    }
    world.pair.run_for(seconds(2));
    assert_eq!(world.pair.result(count), Some(Ok(json!(0.0))), "{}", world.pair.trace());
}

/// Auth contract §4, line 28.
#[test]
fn a_wake_proves_the_socket_or_replaces_it() {
    let mut world = World::new();
    world.pair.subscribe("notes:count", &json!({}), AuthPolicy::Settled);
    world.pair.run_until_live();
    world.pair.run_for(seconds(10));
    world.pair.wake();
    world.pair.run_for(seconds(10));
    assert_eq!(world.count_sent("Connect"), 1, "a healthy socket is left alone");
    // The network went away in the night, and nobody told this end.
    world.pair.conditions.half_open = true;
    world.pair.run_for(seconds(1));
    world.pair.wake();
    world.pair.conditions.half_open = false;
    let woke = world.pair.now();
    world.pair.run_until(|pair| pair.sent_types().iter().filter(|sent| *sent == "Connect").count() == 2);
    world.pair.run_until_live();
    assert!(world.pair.now() - woke < seconds(5));
}

#[test]
fn a_wake_dials_at_once() {
    let mut world = World::new();
    world.pair.conditions.dials = DialOutcome::Refused;
    world.pair.cut();
    world.pair.run_for(seconds(120));
    world.pair.conditions.dials = DialOutcome::Accepted;
    let woke = world.pair.now();
    world.pair.wake();
    world.pair.run_until_live();
    assert!(world.pair.now() - woke < seconds(1));
}

/// Auth contract §4, lines 10, 30 and 33.
#[test]
fn a_connection_without_a_usable_token_stays_dialled_and_held() {
    let mut world = World::new();
    world.tokens_of("alice", seconds(30));
    world.sign_in("alice");
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
        "an expired token is not replayed, and nothing runs as nobody"
    );
    assert_eq!(world.pair.result(me), Some(Ok(json!("alice"))));
}
