use std::time::Duration;

use convex_testkit::{Output, Rejection};
use serde_json::json;

use crate::harness::*;

#[test]
fn only_the_next_token_is_rejected() {
    let mut harness = Harness::new();
    harness.deployment.reject_next_token(Rejection::Expired(7));
    let client = harness.connect();
    harness.send(client, authenticate(0, &token("alice", HOUR)));
    assert_eq!(harness.frame(client)["error"], Rejection::Expired(7).text(false));
    let client = harness.connect();
    harness.send(client, authenticate(0, &token("alice", HOUR)));
    assert_eq!(harness.frame(client)["endVersion"]["identity"], 1);
}

#[test]
fn all_tokens_are_rejected_until_reset() {
    let mut harness = Harness::new();
    harness.deployment.reject_all_tokens(Some(Rejection::NoKeyId));
    for _ in 0..3 {
        let client = harness.connect();
        harness.send(client, authenticate(0, &token("alice", HOUR)));
        assert_eq!(harness.frame(client)["error"], Rejection::NoKeyId.text(false));
    }
    harness.deployment.reject_all_tokens(None);
    let client = harness.connect();
    harness.send(client, authenticate(0, &token("alice", HOUR)));
    assert_eq!(harness.frame(client)["type"], "Transition");
}

#[test]
fn connection_can_be_closed_with_any_code() {
    let mut harness = Harness::new();
    let client = harness.connect();
    harness.deployment.close(harness.now, client, Some(1013), "SubscriptionsWorkerFullError");
    assert_eq!(harness.end(client), Some((Some(1013), "SubscriptionsWorkerFullError".to_owned())));
    harness.send(client, modify(0, vec![]));
    assert!(harness.outputs().is_empty(), "frames of a closed connection are dropped");
}

#[test]
fn restart_drops_connections_and_keeps_data() {
    let mut harness = Harness::new();
    let client = harness.connect();
    harness.send(client, mutation(0, "messages:send", json!({ "channel": "general", "body": "hi" })));
    harness.deployment.restart(harness.now);
    assert_eq!(harness.outputs(), [Output::Drop { connection: client }], "the response is lost");

    let client = harness.connect();
    harness.send(client, mutation(0, "messages:send", json!({ "channel": "general", "body": "hi" })));
    harness.send(client, modify(0, vec![add(0, "messages:list", json!({ "channel": "general" }))]));
    let frames = harness.frames(client);
    assert_eq!(frames[0]["success"], true);
    assert_eq!(value_of(&frames[1], 0), Some(&json!(["hi"])));
    assert_eq!(harness.runs("messages:send"), 1);
}

#[test]
fn any_text_can_be_sent_as_a_frame() {
    let mut harness = Harness::new();
    let client = harness.connect();
    harness.deployment.send_raw(harness.now, client, "{garbage");
    assert_eq!(harness.outputs(), [Output::Send { connection: client, text: "{garbage".to_owned() }]);
}

#[test]
fn a_fatal_error_ends_the_connection() {
    let mut harness = Harness::new();
    let client = harness.connect();
    harness.deployment.fail_fatally(harness.now, client, "go away");
    assert_eq!(harness.frame(client), json!({ "type": "FatalError", "error": "go away" }));
    assert_eq!(harness.end(client), Some((None, String::new())));
}

#[test]
fn a_revoked_identity_looks_like_an_expired_one() {
    let mut harness = Harness::new();
    let client = harness.connect();
    harness.send(client, authenticate(0, &token("alice", HOUR)));
    harness.frame(client);
    harness.deployment.revoke_identity(harness.now, client, "revoked");
    let error =
        json!({ "type": "AuthError", "error": "revoked", "baseVersion": 1, "authUpdateAttempted": false });
    assert_eq!(harness.frame(client), error);
}

#[test]
fn continuity_is_broken_for_one_transition() {
    let mut harness = Harness::new();
    let client = harness.connect();
    harness.deployment.break_continuity(client);
    harness.send(client, modify(0, vec![]));
    assert_eq!(harness.frame(client)["startVersion"]["querySet"], 1);
    harness.send(client, modify(1, vec![]));
    assert_eq!(harness.frame(client)["startVersion"]["querySet"], 1);
    harness.send(client, modify(2, vec![]));
    assert_eq!(harness.frame(client)["startVersion"]["querySet"], 2);
}

#[test]
fn chunks_join_to_a_transition() {
    let mut harness = Harness::new();
    harness.deployment.set_chunk_bytes(Some(50));
    let client = harness.connect();
    harness.send(client, modify(0, vec![add(0, "numbers:one", json!({}))]));
    let chunks = harness.frames(client);
    assert!(chunks.len() > 2);
    let mut text = String::new();
    for (part, chunk) in (0..).zip(&chunks) {
        assert_eq!((&chunk["type"], &chunk["partNumber"]), (&json!("TransitionChunk"), &json!(part)));
        assert_eq!(chunk["totalParts"], chunks.len());
        text.push_str(chunk["chunk"].as_str().unwrap());
    }
    assert_eq!(chunks[0]["transitionId"], text.len().to_string());
    let transition: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(value_of(&transition, 0), Some(&json!(1.0)));
}

#[test]
fn old_clients_get_no_chunks() {
    let mut harness = Harness::new();
    harness.deployment.set_chunk_bytes(Some(50));
    let client = harness.open_as("/api/sync");
    harness.send(client, modify(0, vec![]));
    assert_eq!(harness.frame(client)["type"], "Transition");
}

#[test]
fn frozen_connection_sends_nothing_until_it_thaws() {
    let mut harness = Harness::new();
    let client = harness.connect();
    harness.send(client, action(0, "messages:sendTwice", json!({ "seconds": 1.0 })));
    harness.deployment.freeze(client);
    harness.send(client, modify(0, vec![add(0, "messages:all", json!({}))]));
    harness.pass(Duration::from_secs(60));
    assert!(harness.outputs().is_empty(), "no pings either");
    assert_eq!(harness.deployment.poll_timeout(), None);
    assert_eq!(harness.runs("messages:all"), 1, "only the action's");

    harness.deployment.thaw(harness.now, client);
    let [response, transition] = &harness.frames(client)[..] else { panic!("two frames") };
    assert_eq!(response["type"], "ActionResponse");
    assert_eq!(value_of(transition, 0), Some(&json!(2.0)));
}
