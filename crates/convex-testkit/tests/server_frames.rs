//! Frames from the server: transitions that arrive in chunks, and frames that are unreadable or
//! have an unexpected version, which lead to a new connection (docs/auth.md, rule 12; §4, line
//! 31).

mod support;

use convex_sync::{AuthPolicy, ConnectionState};
use serde_json::json;
use support::{
    World,
    frames::{chunk, transition},
    millis,
};

/// docs/auth.md §4, line 31.
#[test]
fn unexpected_start_version_leads_to_a_new_connection() {
    let mut world = World::new();
    let count = world.pair.subscribe("notes:count", &json!({}), AuthPolicy::Settled);
    world.pair.run_until_live();
    let connection = world.connection();
    world.pair.server(|deployment, _| deployment.break_continuity(connection));
    world.pair.mutate("notes:add", &json!({ "text": "new" }), AuthPolicy::Settled);
    world.pair.run_until(|pair| pair.result(count) == Some(Ok(json!(1.0))));
    let reasons: Vec<_> =
        world.pair.sent().iter().filter_map(|frame| frame["lastCloseReason"].as_str()).collect();
    assert_eq!(reasons, ["InitialConnect", "StartVersionMismatch"]);
}

/// docs/auth.md §4, line 31.
#[test]
fn unexpected_end_version_leads_to_a_new_connection() {
    let mut world = World::new();
    world.pair.subscribe("notes:count", &json!({}), AuthPolicy::Settled);
    world.pair.run_until_live();
    let connection = world.connection();
    let start = world.last_version();
    let mut end = start.clone();
    end["identity"] = json!(7);
    world.send_raw(connection, transition(&start, &end));
    world.pair.run_until(|pair| pair.sent().iter().any(|frame| frame["connectionCount"] == 1));
    assert_eq!(world.pair.sent().last().unwrap()["type"], "ModifyQuerySet");
    world.pair.run_until_live();
    assert!(world.pair.sent().iter().any(|frame| frame["lastCloseReason"] == "EndVersionMismatch"));
}

#[test]
fn unreadable_frame_leads_to_a_new_connection() {
    for frame in
        ["<html>", "{", "{\"type\":\"Transition\"}", "[]", "{\"type\":\"MutationResponse\",\"requestId\":-1}"]
    {
        let mut world = World::new();
        let count = world.pair.subscribe("notes:count", &json!({}), AuthPolicy::Settled);
        world.pair.run_until_live();
        let connection = world.connection();
        world.send_raw(connection, frame);
        world.pair.run_for(millis(100));
        let ConnectionState::Reconnecting { reason, .. } = world.pair.client.connection().clone() else {
            panic!("{frame}: {:?}", world.pair.client.connection());
        };
        assert!(reason.starts_with("UnreadableFrame"), "{frame}: {reason}");
        assert_eq!(world.pair.result(count), Some(Ok(json!(0.0))));
        world.pair.run_until_live();
    }
}

#[test]
fn chunked_transition_is_reassembled() {
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
fn interleaved_chunks_are_unreadable() {
    let mut world = World::new();
    world.pair.run_until_live();
    let connection = world.connection();
    let version = world.last_version();
    let whole = transition(&version, &version);
    let (first, second) = whole.split_at(20);
    let part = |number, text| chunk(text, number, 2, &whole.len().to_string());
    for frame in [part(0, first), whole.clone(), part(1, second)] {
        world.send_raw(connection, frame);
    }
    world.pair.run_for(millis(30));
    let ConnectionState::Reconnecting { reason, .. } = world.pair.client.connection() else {
        panic!("{}", world.pair.trace());
    };
    assert!(reason.starts_with("UnreadableFrame"), "{reason}");
}
