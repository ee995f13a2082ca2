use std::time::Duration;

use convex_testkit::{Rejection, UnixMillis};
use serde_json::json;

use crate::harness::*;

const MINUTE: Duration = Duration::from_secs(60);

#[test]
fn identity_applies_to_later_frames_only() {
    let mut world = World::new();
    let client = world.connect();
    world.send(client, mutation(0, "users:caller", json!({})));
    world.send(client, authenticate(0, &token("alice", HOUR)));
    world.send(client, mutation(1, "users:caller", json!({})));
    world.send(client, sign_out(1));
    world.send(client, mutation(2, "users:caller", json!({})));
    assert_eq!(world.callers("users:caller"), [None, Some("alice".to_owned()), None]);
    let transition = world.frames(client).pop().unwrap();
    assert_eq!(transition["endVersion"]["identity"], 2);
}

#[test]
fn new_identity_reruns_all_queries_and_sends_changes() {
    let mut world = World::new();
    let client = world.connect();
    let queries = ["users:me", "numbers:one", "users:logged"];
    let modifications = (0..).zip(queries).map(|(id, path)| add(id, path, json!({}))).collect();
    world.send(client, modify(0, modifications));
    world.frame(client);

    world.send(client, authenticate(0, &token("alice", HOUR)));
    let transition = world.frame(client);
    assert_eq!(transition["startVersion"]["identity"], 0);
    assert_eq!(transition["endVersion"]["identity"], 1);
    assert_eq!(value_of(&transition, 0), Some(&json!("alice")));
    assert_eq!(modification_of(&transition, 1), None, "nothing changed");
    let logged = modification_of(&transition, 2).expect("log lines alone are a change");
    assert_eq!(logged["logLines"], json!(["[LOG] 'alice'"]));
    for query in queries {
        assert_eq!(world.runs(query), 2, "{query}");
    }
}

#[test]
fn refreshed_token_changes_only_the_version() {
    let mut world = World::new();
    let client = world.connect();
    world.send(client, authenticate(0, &token("alice", HOUR)));
    world.send(client, modify(0, vec![add(0, "users:me", json!({}))]));
    world.frame(client);
    world.send(client, authenticate(1, &token("alice", 2 * HOUR)));
    let transition = world.frame(client);
    assert_eq!(transition["endVersion"]["identity"], 2);
    assert_eq!(transition["modifications"], json!([]));
    assert_eq!(world.callers("users:me").len(), 2);
}

#[test]
fn rejection_reports_the_version_of_the_last_transition() {
    let mut world = World::new();
    let client = world.connect();
    world.send(client, authenticate(0, &token("alice", HOUR)));
    world.frame(client);
    world.send(client, authenticate(1, &token("alice", HOUR)));
    world.send(client, authenticate(2, "no token"));
    let error = world.frame(client);
    assert_eq!(
        error,
        json!({ "type": "AuthError", "error": Rejection::NotAJwt.text(false), "baseVersion": 1, "authUpdateAttempted": true })
    );
    assert_eq!(world.end(client), Some((None, String::new())));
}

#[test]
fn frames_after_a_rejected_token_are_ignored() {
    let mut world = World::new();
    let client = world.connect();
    world.send(client, authenticate(0, "no token"));
    world.send(client, mutation(0, "users:caller", json!({})));
    world.send(client, modify(0, vec![add(0, "users:me", json!({}))]));
    assert_eq!(world.frame(client)["type"], "AuthError");
    assert!(world.deployment.executions().is_empty());
}

#[rstest::rstest]
#[case::mutation(mutation(0, "users:caller", json!({})))]
#[case::action(action(0, "messages:sendTwice", json!({ "seconds": 0.0 })))]
#[case::transition(modify(1, vec![]))]
fn expiry_is_noticed_when_a_function_runs(#[case] frame: serde_json::Value) {
    let mut world = World::new();
    let client = world.connect();
    world.send(client, authenticate(0, &token("alice", MINUTE)));
    world.send(client, modify(0, vec![add(0, "users:me", json!({}))]));
    world.frame(client);

    world.pass(2 * MINUTE);
    assert_eq!(world.frame(client)["type"], "Ping", "an idle socket stays open");
    let runs = world.deployment.executions().len();
    world.send(client, frame);
    let error = json!({
        "type": "AuthError", "error": "Convex token identity expired", "baseVersion": 1, "authUpdateAttempted": false
    });
    assert_eq!(world.frame(client), error);
    assert_eq!(world.end(client), Some((None, String::new())));
    assert_eq!(world.deployment.executions().len(), runs);
}

#[test]
fn expiry_is_noticed_at_a_write_of_another_client() {
    let mut world = World::new();
    let client = world.connect();
    world.send(client, authenticate(0, &token("alice", MINUTE)));
    world.send(client, modify(0, vec![add(0, "messages:all", json!({}))]));
    world.frame(client);
    world.now = world.now + MINUTE;
    world.mutate("messages:send", json!({ "channel": "general", "body": "hi" }));
    assert_eq!(world.frame(client)["authUpdateAttempted"], false);
}

#[test]
fn token_is_valid_until_its_expiry() {
    let mut world = World::new();
    let client = world.connect();
    world.send(client, authenticate(0, &token("alice", MINUTE)));
    world.frame(client);
    world.now = world.now + (MINUTE - Duration::from_millis(1));
    world.send(client, mutation(0, "users:caller", json!({})));
    assert_eq!(world.frames(client)[0]["result"], "alice");
}

#[test]
fn expired_token_can_be_replaced_in_the_same_flight() {
    let mut world = World::new();
    let client = world.connect();
    world.send(client, authenticate(0, &token("alice", MINUTE)));
    world.frame(client);
    world.now = world.now + MINUTE;
    let fresh = issuer().token("alice", world.deployment.unix_time(), UnixMillis(STARTED_AT.0 + 600_000));
    world.send(client, authenticate(1, &fresh));
    world.send(client, mutation(0, "users:caller", json!({})));
    assert_eq!(world.frames(client)[0]["result"], "alice");
}

#[test]
fn a_wrong_identity_version_is_an_internal_error() {
    let mut world = World::new();
    let client = world.connect();
    world.send(client, authenticate(1, &token("alice", HOUR)));
    assert!(world.frames(client).is_empty());
    assert_eq!(world.end(client), Some((Some(1011), "InternalServerError".to_owned())));
}

#[test]
fn admin_keys_are_rejected() {
    let mut world = World::new();
    let client = world.connect();
    world.send(
        client,
        json!({ "type": "Authenticate", "baseVersion": 0, "tokenType": "Admin", "value": "key" }),
    );
    assert_eq!(world.frame(client)["authUpdateAttempted"], true);
}

#[test]
fn deployment_exposes_the_identity_of_a_connection() {
    let mut world = World::new();
    let client = world.connect();
    assert_eq!(world.deployment.identity(client), None);
    world.send(client, authenticate(0, &token("alice", HOUR)));
    assert_eq!(world.deployment.identity(client).unwrap().token_identifier(), "https://issuer.example|alice");
    world.send(client, sign_out(1));
    assert_eq!(world.deployment.identity(client), None);
}
