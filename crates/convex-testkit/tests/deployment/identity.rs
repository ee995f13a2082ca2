use std::time::Duration;

use convex_testkit::{Rejection, UnixMillis};
use serde_json::json;

use crate::harness::*;

const MINUTE: Duration = Duration::from_secs(60);

#[test]
fn identity_applies_to_later_frames_only() {
    let mut harness = Harness::new();
    let client = harness.connect();
    harness.send(client, mutation(0, "users:caller", json!({})));
    harness.send(client, authenticate(0, &token("alice", HOUR)));
    harness.send(client, mutation(1, "users:caller", json!({})));
    harness.send(client, sign_out(1));
    harness.send(client, mutation(2, "users:caller", json!({})));
    assert_eq!(harness.callers("users:caller"), [None, Some("alice".to_owned()), None]);
    let transition = harness.frames(client).pop().unwrap();
    assert_eq!(transition["endVersion"]["identity"], 2);
}

#[test]
fn new_identity_reruns_all_queries_and_sends_changes() {
    let mut harness = Harness::new();
    let client = harness.connect();
    let queries = ["users:me", "numbers:one", "users:logged"];
    let modifications = (0..).zip(queries).map(|(id, path)| add(id, path, json!({}))).collect();
    harness.send(client, modify(0, modifications));
    harness.frame(client);

    harness.send(client, authenticate(0, &token("alice", HOUR)));
    let transition = harness.frame(client);
    assert_eq!(transition["startVersion"]["identity"], 0);
    assert_eq!(transition["endVersion"]["identity"], 1);
    assert_eq!(value_of(&transition, 0), Some(&json!("alice")));
    assert_eq!(modification_of(&transition, 1), None, "nothing changed");
    let logged = modification_of(&transition, 2).expect("log lines alone are a change");
    assert_eq!(logged["logLines"], json!(["[LOG] 'alice'"]));
    for query in queries {
        assert_eq!(harness.runs(query), 2, "{query}");
    }
}

#[test]
fn refreshed_token_changes_only_the_version() {
    let mut harness = Harness::new();
    let client = harness.connect();
    harness.send(client, authenticate(0, &token("alice", HOUR)));
    harness.send(client, modify(0, vec![add(0, "users:me", json!({}))]));
    harness.frame(client);
    harness.send(client, authenticate(1, &token("alice", 2 * HOUR)));
    let transition = harness.frame(client);
    assert_eq!(transition["endVersion"]["identity"], 2);
    assert_eq!(transition["modifications"], json!([]));
    assert_eq!(harness.callers("users:me").len(), 2);
}

#[test]
fn rejection_reports_the_version_of_the_last_transition() {
    let mut harness = Harness::new();
    let client = harness.connect();
    harness.send(client, authenticate(0, &token("alice", HOUR)));
    harness.frame(client);
    harness.send(client, authenticate(1, &token("alice", HOUR)));
    harness.send(client, authenticate(2, "no token"));
    let error = harness.frame(client);
    assert_eq!(
        error,
        json!({ "type": "AuthError", "error": Rejection::NotAJwt.text(false), "baseVersion": 1, "authUpdateAttempted": true })
    );
    assert_eq!(harness.end(client), Some((None, String::new())));
}

#[test]
fn frames_after_a_rejected_token_are_ignored() {
    let mut harness = Harness::new();
    let client = harness.connect();
    harness.send(client, authenticate(0, "no token"));
    harness.send(client, mutation(0, "users:caller", json!({})));
    harness.send(client, modify(0, vec![add(0, "users:me", json!({}))]));
    assert_eq!(harness.frame(client)["type"], "AuthError");
    assert!(harness.deployment.executions().is_empty());
}

#[rstest::rstest]
#[case::mutation(mutation(0, "users:caller", json!({})))]
#[case::action(action(0, "messages:sendTwice", json!({ "seconds": 0.0 })))]
#[case::transition(modify(1, vec![]))]
fn expiry_is_noticed_when_a_function_runs(#[case] frame: serde_json::Value) {
    let mut harness = Harness::new();
    let client = harness.connect();
    harness.send(client, authenticate(0, &token("alice", MINUTE)));
    harness.send(client, modify(0, vec![add(0, "users:me", json!({}))]));
    harness.frame(client);

    harness.pass(2 * MINUTE);
    assert_eq!(harness.frame(client)["type"], "Ping", "an idle socket stays open");
    let runs = harness.deployment.executions().len();
    harness.send(client, frame);
    let error = json!({
        "type": "AuthError", "error": "Convex token identity expired", "baseVersion": 1, "authUpdateAttempted": false
    });
    assert_eq!(harness.frame(client), error);
    assert_eq!(harness.end(client), Some((None, String::new())));
    assert_eq!(harness.deployment.executions().len(), runs);
}

#[test]
fn expiry_is_noticed_at_a_write_of_another_client() {
    let mut harness = Harness::new();
    let client = harness.connect();
    harness.send(client, authenticate(0, &token("alice", MINUTE)));
    harness.send(client, modify(0, vec![add(0, "messages:all", json!({}))]));
    harness.frame(client);
    harness.now = harness.now + MINUTE;
    harness.mutate("messages:send", json!({ "channel": "general", "body": "hi" }));
    assert_eq!(harness.frame(client)["authUpdateAttempted"], false);
}

#[test]
fn token_is_valid_until_its_expiry() {
    let mut harness = Harness::new();
    let client = harness.connect();
    harness.send(client, authenticate(0, &token("alice", MINUTE)));
    harness.frame(client);
    harness.now = harness.now + (MINUTE - Duration::from_millis(1));
    harness.send(client, mutation(0, "users:caller", json!({})));
    assert_eq!(harness.frames(client)[0]["result"], "alice");
}

#[test]
fn expired_token_can_be_replaced_in_the_same_flight() {
    let mut harness = Harness::new();
    let client = harness.connect();
    harness.send(client, authenticate(0, &token("alice", MINUTE)));
    harness.frame(client);
    harness.now = harness.now + MINUTE;
    let fresh = issuer().token("alice", harness.deployment.unix_time(), UnixMillis(STARTED_AT.0 + 600_000));
    harness.send(client, authenticate(1, &fresh));
    harness.send(client, mutation(0, "users:caller", json!({})));
    assert_eq!(harness.frames(client)[0]["result"], "alice");
}

#[test]
fn a_wrong_identity_version_is_an_internal_error() {
    let mut harness = Harness::new();
    let client = harness.connect();
    harness.send(client, authenticate(1, &token("alice", HOUR)));
    assert!(harness.frames(client).is_empty());
    assert_eq!(harness.end(client), Some((Some(1011), "InternalServerError".to_owned())));
}

#[test]
fn admin_keys_are_rejected() {
    let mut harness = Harness::new();
    let client = harness.connect();
    harness.send(
        client,
        json!({ "type": "Authenticate", "baseVersion": 0, "tokenType": "Admin", "value": "key" }),
    );
    assert_eq!(harness.frame(client)["authUpdateAttempted"], true);
}

#[test]
fn deployment_exposes_the_identity_of_a_connection() {
    let mut harness = Harness::new();
    let client = harness.connect();
    assert_eq!(harness.deployment.identity(client), None);
    harness.send(client, authenticate(0, &token("alice", HOUR)));
    assert_eq!(
        harness.deployment.identity(client).unwrap().token_identifier(),
        "https://issuer.example|alice"
    );
    harness.send(client, sign_out(1));
    assert_eq!(harness.deployment.identity(client), None);
}
