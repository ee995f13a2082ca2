//! The sync protocol over real sockets.

#![allow(clippy::unwrap_used, reason = "helpers of tests")]

mod support;

use convex_dev_server::Options;
use reqwest::StatusCode;
use serde_json::{Value as Json, json};
use support::{Closing, Setup, SyncSocket};

fn names(organizations: &Json) -> Vec<&str> {
    organizations.as_array().unwrap().iter().map(|one| one["name"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn a_query_that_requires_a_user_fails_anonymously() {
    let setup = Setup::new().await;
    let mut socket = setup.connect().await;
    socket.subscribe(0, &[("organizations:list", json!({}))]).await;
    let change = socket.change().await;
    assert_eq!(change[0]["type"], "QueryFailed");
    assert!(change[0]["errorMessage"].as_str().unwrap().contains("Unauthorized: No identity found"));
    assert_eq!(change[0]["logLines"], json!(["[LOG] 'server identity' null"]));
}

#[tokio::test]
async fn each_user_sees_their_own_organizations() {
    let setup = Setup::new().await;
    let mut seen = Vec::new();
    for who in ["alice", "bob"] {
        setup.sign_in(who).await;
        let mut socket = setup.connect_as(&setup.token().await).await;
        socket.subscribe(0, &[("organizations:list", json!({}))]).await;
        let change = socket.change().await;
        assert_eq!(change[0]["type"], "QueryUpdated");
        seen.push(names(&change[0]["value"]).join(", "));
    }
    assert_eq!(seen[0], "Looking-Glass Labs, Rabbit Hole Research, Tea Party Events");
    assert_eq!(seen[1], "Looking-Glass Labs, Bob's Boats, Harbour Watch");
}

#[tokio::test]
async fn messages_are_paginated() {
    let setup = Setup::new().await;
    let mut socket = SyncSocket::open(&format!("{}/api/sync", setup.server.url())).await;
    let mut options = json!({ "numItems": 2, "cursor": null, "id": 1 });
    let mut bodies = Vec::new();
    for query in 0..2 {
        socket.subscribe(query, &[("messages:page", json!({ "paginationOpts": options }))]).await;
        let page = socket.change().await[0]["value"].clone();
        bodies.extend(page["page"].as_array().unwrap().iter().map(|message| message["author"].clone()));
        options["cursor"] = page["continueCursor"].clone();
    }
    assert_eq!(bodies, ["Alice", "Bob", "Alice"]);
}

#[tokio::test]
async fn a_message_reaches_every_subscriber() {
    let setup = Setup::with_alice().await;
    let mut listener = SyncSocket::open(&format!("{}/api/sync", setup.server.url())).await;
    listener.subscribe(0, &[("messages:list", json!({}))]).await;
    let before = listener.change().await[0]["value"].as_array().unwrap().len();

    let mut writer = setup.connect_as(&setup.token().await).await;
    writer
        .send(json!({ "type": "Mutation", "requestId": 0, "udfPath": "messages:send", "args": [{ "body": "hello" }] }))
        .await;
    assert_eq!(writer.frame_of("MutationResponse").await["success"], true);

    let change = listener.change().await;
    let messages = change[0]["value"].as_array().unwrap();
    assert_eq!(messages.len(), before + 1);
    let newest = messages.last().unwrap();
    assert_eq!((&newest["author"], &newest["body"]), (&json!("Alice"), &json!("hello")));
}

#[tokio::test]
async fn anonymous_writes_fail() {
    let setup = Setup::new().await;
    let mut socket = setup.connect().await;
    socket
        .send(json!({ "type": "Mutation", "requestId": 0, "udfPath": "messages:send", "args": [{ "body": "x" }] }))
        .await;
    let response = socket.frame_of("MutationResponse").await;
    assert_eq!(response["success"], false);
    assert!(response["result"].as_str().unwrap().contains("No identity found"));
}

#[tokio::test]
async fn two_queries_change_in_one_transition() {
    let setup = Setup::new().await;
    let mut socket = setup.connect().await;
    let counters =
        [("counters:get", json!({ "name": "left" })), ("counters:get", json!({ "name": "right" }))];
    socket.subscribe(0, &counters).await;
    assert_eq!(socket.change().await.len(), 2);
    for count in [1.0, 2.0] {
        socket
            .send(json!({ "type": "Mutation", "requestId": count as u32, "udfPath": "counters:incrementBoth", "args": [{}] }))
            .await;
        let values: Vec<_> = socket.change().await.iter().map(|change| change["value"].as_f64()).collect();
        assert_eq!(values, [Some(count), Some(count)]);
    }
}

#[tokio::test]
async fn an_action_responds_after_its_delay() {
    let setup = Setup::with_alice().await;
    let mut socket = setup.connect_as(&setup.token().await).await;
    let args = json!({ "body": "hello", "afterMs": 50 });
    socket
        .send(json!({ "type": "Action", "requestId": 0, "udfPath": "messages:shout", "args": [args] }))
        .await;
    let response = socket.frame_of("ActionResponse").await;
    assert_eq!((&response["success"], &response["result"]), (&json!(true), &json!("HELLO!")));
}

#[tokio::test]
async fn a_token_for_another_audience_is_rejected_with_the_reason() {
    let setup = Setup::with_alice().await;
    setup.turn(json!({ "tokenEndpoint": "wrongAudience" })).await;
    let mut socket = setup.connect_as(&setup.token().await).await;
    let rejected = socket.frame_of("AuthError").await;
    assert_eq!(rejected["authUpdateAttempted"], true);
    let reason = rejected["error"].as_str().unwrap();
    let providers =
        format!("configured providers: [CustomJWT(issuer={}, app_id=convex)]", setup.server.url());
    assert!(reason.starts_with("No auth provider found") && reason.contains(&providers), "{reason}");
    assert_eq!(socket.closing().await, Closing::Handshake(None));
}

#[tokio::test]
async fn an_expired_token_is_accepted_within_the_leeway_and_expires_at_once() {
    let setup = Setup::with(Options { token_lifetime: 0, ..Options::on_a_free_port() }).await;
    setup.sign_in("alice").await;
    let mut socket = setup.connect_as(&setup.token().await).await;
    let expired = socket.frame_of("AuthError").await;
    assert_eq!(expired["authUpdateAttempted"], false);
    assert_eq!(expired["error"], "Convex token identity expired");
}

#[tokio::test]
async fn an_expired_token_fails_the_next_execution() {
    // The times of a token are whole seconds, so its lifetime may be up to a second shorter.
    let setup = Setup::with(Options { token_lifetime: 2, ..Options::on_a_free_port() }).await;
    setup.sign_in("alice").await;
    let mut socket = setup.connect_as(&setup.token().await).await;
    let expired = loop {
        socket.probe().await;
        let frame = socket.frame().await;
        if frame["type"] == "AuthError" {
            break frame;
        }
        assert_eq!(frame["type"], "Transition");
    };
    assert_eq!(expired["authUpdateAttempted"], false);
    assert_eq!(socket.closing().await, Closing::Handshake(None));
}

#[tokio::test]
async fn a_frame_that_is_not_json_is_fatal() {
    let setup = Setup::new().await;
    let mut socket = setup.connect().await;
    socket.send_text("hello".to_owned()).await;
    let fatal = socket.frame_of("FatalError").await;
    assert!(fatal["error"].as_str().unwrap().contains("Invalid JSON"), "{fatal}");
    assert_eq!(socket.closing().await, Closing::Handshake(None));
}

#[tokio::test]
async fn a_closing_clients_last_frames_are_handled() {
    let setup = Setup::new().await;
    setup.turn(json!({ "latencyMs": 50 })).await;
    let mut socket = setup.connect().await;
    socket
        .send(
            json!({ "type": "Mutation", "requestId": 0, "udfPath": "counters:incrementBoth", "args": [{}] }),
        )
        .await;
    socket.leave().await;
    assert_eq!(socket.closing().await, Closing::Handshake(None));
    let log = setup.log_where(|log| log["connections"][0]["closedAtMs"].is_u64()).await;
    assert_eq!(log["executions"][0]["path"], "counters:incrementBoth");
}

#[tokio::test]
async fn a_broken_socket_is_removed() {
    let setup = Setup::new().await;
    drop(setup.connect().await);
    setup.log_where(|log| log["connections"][0]["closedAtMs"].is_u64()).await;
}

#[tokio::test]
async fn close_codes_are_sent() {
    let setup = Setup::new().await;
    let mut socket = setup.connect().await;
    // Removing an unknown query is an internal error of the server.
    socket
        .send(json!({ "type": "ModifyQuerySet", "baseVersion": 0, "newVersion": 1,
            "modifications": [{ "type": "Remove", "queryId": 7 }] }))
        .await;
    assert_eq!(socket.closing().await, Closing::Handshake(Some(1011)));
}

#[tokio::test]
async fn outdated_clients_are_refused_before_the_upgrade() {
    let setup = Setup::new().await;
    for (path, code) in
        [("/api/0.1.0/sync", "ClientVersionUnsupported"), ("/api/latest/sync", "InvalidClientVersion")]
    {
        let refused = setup.get(path).await;
        assert_eq!(refused.status(), StatusCode::BAD_REQUEST);
        assert_eq!(refused.json::<Json>().await.unwrap()["code"], code);
    }
}

#[tokio::test]
async fn a_stopping_server_sends_a_close_frame() {
    let setup = Setup::new().await;
    let mut socket = setup.connect().await;
    socket.probe().await;
    socket.frame_of("Transition").await;
    let address = setup.server.address();
    let (closing, ()) = tokio::join!(socket.closing(), setup.server.shutdown());
    assert_eq!(closing, Closing::Handshake(Some(1001)));
    std::net::TcpListener::bind(address).expect("the port is free again");
}
