//! Deadlines of an open socket: how long it may stay silent, and how long the server may take to
//! answer `Authenticate` and `ModifyQuerySet` (docs/auth.md, rule 11; §4, line 5).

mod support;

use convex_sync::{AuthPolicy, ConnectionState, Session};
use serde_json::json;
use support::{
    World,
    frames::{PING, chunk, transition, with_query_set},
    seconds,
};

#[test]
fn silent_socket_is_replaced_after_60_seconds() {
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
fn pings_keep_an_idle_socket_open() {
    let mut world = World::new();
    world.pair.subscribe("notes:count", &json!({}), AuthPolicy::Settled);
    world.pair.run_for(seconds(600));
    assert_eq!(world.count_sent("Connect"), 1);
}

/// docs/auth.md §4, line 5.
#[test]
fn pings_do_not_extend_the_deadline_of_a_query_set() {
    let mut world = World::new();
    world.pair.run_until_live();
    // The server receives frames and sends pings, but never answers.
    world.pair.subscribe("notes:count", &json!({}), AuthPolicy::Settled);
    let connection = world.connection();
    world.freeze(connection);
    for _ in 0..3 {
        world.pair.run_for(seconds(10));
        world.send_raw(connection, PING);
    }
    world.pair.run_for(seconds(2));
    assert_eq!(world.count_sent("Connect"), 2);
    world.pair.run_until_live();
}

#[test]
fn answer_deadline_restarts_with_each_transition() {
    let (mut world, connection) = World::frozen();
    let start = world.last_version();
    world.pair.subscribe("notes:count", &json!({}), AuthPolicy::Settled);
    world.pair.run_for(seconds(10));
    world.pair.subscribe("notes:all", &json!({}), AuthPolicy::Settled);
    world.pair.run_for(seconds(10));
    // The first query is answered, the second is not.
    world.send_raw(connection, transition(&start, &with_query_set(&start, 2)));
    world.pair.run_for(seconds(29));
    assert_eq!(world.count_sent("Connect"), 1);
    world.pair.run_for(seconds(2));
    assert_eq!(world.count_sent("Connect"), 2);
}

#[test]
fn socket_silent_since_connect_is_replaced() {
    let mut world = World::new();
    // No frame but `Connect` may be sent yet, so the server owes no answer.
    world.pair.command(|client, now| client.set_session(now, Some(Session::Loading)));
    world.pair.run_until(|pair| pair.deployment.connections().next().is_some());
    let connection = world.connection();
    world.freeze(connection);
    world.pair.run_for(seconds(62));
    assert_eq!(world.count_sent("Connect"), 2);
}

/// docs/auth.md §4, line 5.
#[test]
fn unrelated_transition_does_not_answer_authenticate() {
    let (mut world, _) = World::frozen();
    world.tokens_of("alice", seconds(600));
    world.sign_in("alice");
    world.pair.run_for(seconds(5));
    world.send_empty_transition();
    world.pair.run_for(seconds(32));
    assert_eq!(world.count_sent("Connect"), 2, "{}", world.pair.trace());
}

#[test]
fn slow_chunks_extend_the_answer_deadline() {
    let (mut world, connection) = World::frozen();
    let start = world.last_version();
    let all = world.pair.subscribe("notes:all", &json!({}), AuthPolicy::Settled);
    let end = with_query_set(&start, 2);
    let answer = json!({ "type": "Transition", "startVersion": start, "endVersion": end, "modifications": [
        { "type": "QueryUpdated", "queryId": 0, "value": ["long"], "logLines": [], "journal": null }
    ] })
    .to_string();
    let (parts, length) = (answer.as_bytes().chunks(40), answer.len().to_string());
    let total = parts.len();
    for (number, part) in parts.enumerate() {
        // A wake does not interrupt the download, either.
        world.pair.wake();
        world.pair.run_for(seconds(2));
        world.send_raw(connection, chunk(std::str::from_utf8(part).unwrap(), number, total, &length));
        world.pair.run_for(seconds(20));
    }
    assert_eq!(world.pair.result(all), Some(Ok(json!(["long"]))), "{}", world.pair.trace());
    assert_eq!(world.count_sent("Connect"), 1);
}

#[test]
fn stalled_chunked_transition_times_out() {
    let (mut world, connection) = World::frozen();
    let count = world.pair.subscribe("notes:count", &json!({}), AuthPolicy::Settled);
    world.send_raw(connection, chunk("{", 0, 2, "99"));
    for _ in 0..3 {
        world.pair.run_for(seconds(10));
        world.send_raw(connection, PING);
    }
    world.pair.run_for(seconds(2));
    assert_eq!(world.pair.result(count), Some(Ok(json!(0.0))), "{}", world.pair.trace());
}
