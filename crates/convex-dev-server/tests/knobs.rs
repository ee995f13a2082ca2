//! Faults on demand.

mod support;

use std::time::{Duration, Instant};

use reqwest::{StatusCode, header::CONTENT_TYPE};
use serde_json::{Value as Json, json};
use support::{Closing, PATIENCE, Setup};
use tokio::time::timeout;

fn has_token_fetch(log: &Json) -> bool {
    log["tokenFetches"].as_array().is_some_and(|fetches| !fetches.is_empty())
}

#[tokio::test]
async fn knobs_change_individually() {
    let setup = Setup::new().await;
    let turned: Json =
        setup.post("/api/dev/knobs", json!({ "tokenLifetimeSecs": 7 })).await.json().await.unwrap();
    let knobs: Json = setup.get("/api/dev/knobs").await.json().await.unwrap();
    assert_eq!(turned, knobs);
    assert_eq!(
        knobs,
        json!({
            "latencyMs": 0, "tokenDelayMs": 0, "tokenLifetimeSecs": 7, "tokenEndpoint": "ok", "rejectTokens": "none",
            "keySet": "reachable", "redact": false, "network": "up", "answerSingly": false,
        })
    );
    let refused = setup.post("/api/dev/knobs", json!({ "tokenEndpoint": "on fire" })).await;
    assert_eq!(refused.status(), StatusCode::BAD_REQUEST);
    assert!(refused.text().await.unwrap().contains("on fire"));
}

#[tokio::test]
async fn latency_delays_requests_handshakes_and_frames() {
    const LATENCY: Duration = Duration::from_millis(60);
    let setup = Setup::new().await;
    setup.turn(json!({ "latencyMs": LATENCY.as_millis() as u64 })).await;

    let start = Instant::now();
    setup.get("/api/auth/get-session").await;
    assert!(start.elapsed() >= 2 * LATENCY);

    let start = Instant::now();
    let mut socket = setup.connect().await;
    assert!(start.elapsed() >= 2 * LATENCY);

    let start = Instant::now();
    socket.subscribe(0, &[("messages:list", json!({}))]).await;
    socket.change().await;
    assert!(start.elapsed() >= 2 * LATENCY);

    setup.turn(json!({ "latencyMs": 60_000 })).await;
    let knobs = timeout(PATIENCE, setup.get("/api/dev/knobs")).await;
    assert_eq!(knobs.expect("the knobs themselves are quick").status(), StatusCode::OK);
}

#[tokio::test]
async fn the_token_endpoint_has_its_own_delay() {
    let setup = Setup::with_alice().await;
    setup.turn(json!({ "tokenDelayMs": 80 })).await;
    let start = Instant::now();
    setup.token().await;
    assert!(start.elapsed() >= Duration::from_millis(80));
}

#[tokio::test]
async fn the_token_endpoint_fails_on_demand() {
    let setup = Setup::with_alice().await;
    setup.turn(json!({ "tokenEndpoint": "failing" })).await;
    let failed = setup.get("/api/auth/convex/token").await;
    assert_eq!(failed.status(), StatusCode::INTERNAL_SERVER_ERROR);

    setup.turn(json!({ "tokenEndpoint": "html" })).await;
    let page = setup.get("/api/auth/convex/token").await;
    assert_eq!(page.status(), StatusCode::OK);
    assert!(page.headers()[CONTENT_TYPE].to_str().unwrap().starts_with("text/html"));

    setup.turn(json!({ "tokenEndpoint": "ok" })).await;
    assert!(!setup.token().await.is_empty());
}

#[tokio::test]
async fn a_hanging_token_endpoint_responds_after_the_reset() {
    let setup = Setup::with_alice().await;
    setup.turn(json!({ "tokenEndpoint": "hanging" })).await;
    let fetch = async {
        let token = setup.token().await;
        (token, Instant::now())
    };
    let release = async {
        // The log contains the request as soon as it has arrived.
        setup.log_where(has_token_fetch).await;
        let released = Instant::now();
        setup.turn(json!({ "tokenEndpoint": "ok" })).await;
        released
    };
    let ((token, answered), released) = tokio::join!(fetch, release);
    assert!(!token.is_empty());
    assert!(answered > released);
}

#[tokio::test]
async fn the_server_stops_despite_a_hanging_request() {
    let setup = Setup::with_alice().await;
    setup.turn(json!({ "tokenEndpoint": "hanging" })).await;
    let hanging = tokio::spawn(setup.request(reqwest::Method::GET, "/api/auth/convex/token").send());
    setup.log_where(has_token_fetch).await;
    setup.server.shutdown().await;
    let answer = timeout(PATIENCE, hanging).await.expect("an answer in time");
    assert_eq!(answer.unwrap().unwrap().status(), StatusCode::SERVICE_UNAVAILABLE);
}

#[tokio::test]
async fn valid_tokens_are_rejected_on_demand() {
    let setup = Setup::with_alice().await;
    setup.turn(json!({ "rejectTokens": { "next": 1 } })).await;
    let token = setup.token().await;
    let mut socket = setup.connect_as(&token).await;
    let rejected = socket.frame_of("AuthError").await;
    assert!(rejected["error"].as_str().unwrap().contains("(no providers configured)"), "{rejected}");

    let mut socket = setup.connect_as(&token).await;
    assert_eq!(socket.frame_of("Transition").await["endVersion"]["identity"], 1);
}

#[tokio::test]
async fn unreachable_key_set_rejects_tokens() {
    let setup = Setup::with_alice().await;
    let token = setup.token().await;
    setup.turn(json!({ "keySet": "unreachable" })).await;
    let rejected = setup.connect_as(&token).await.frame_of("AuthError").await;
    assert!(rejected["error"].as_str().unwrap().starts_with("Could not fetch JWKS from URL"), "{rejected}");
    let call = json!({ "path": "messages:list", "args": {}, "format": "convex_encoded_json" });
    let query = setup.request(reqwest::Method::POST, "/api/query").json(&call);
    let refused = query.bearer_auth(&token).send().await.unwrap();
    assert_eq!(refused.status(), StatusCode::UNAUTHORIZED);
    assert_eq!(refused.json::<Json>().await.unwrap()["code"], "InvalidAuthHeader");

    setup.turn(json!({ "keySet": "reachable" })).await;
    let mut socket = setup.connect_as(&token).await;
    assert_eq!(socket.frame_of("Transition").await["endVersion"]["identity"], 1);
}

#[tokio::test]
async fn frames_are_answered_individually_on_demand() {
    let setup = Setup::new().await;
    let mut socket = setup.connect().await;
    setup.turn(json!({ "answerSingly": true })).await;
    for _ in 0..20 {
        socket.probe().await;
    }
    for version in 1..=20 {
        assert_eq!(socket.frame_of("Transition").await["endVersion"]["querySet"], version);
    }
}

#[tokio::test]
async fn dropped_sockets_break_without_a_close_frame() {
    let setup = Setup::new().await;
    let [one, mut other] = [setup.connect().await, setup.connect().await];
    other.probe().await;
    other.frame_of("Transition").await;
    let all_known = |log: &Json| {
        log["connections"].as_array().unwrap().iter().all(|connection| connection["sessionId"].is_string())
    };
    setup.log_where(all_known).await;

    let dropped: Json =
        setup.post("/api/dev/drop", json!({ "sessionId": one.session_id })).await.json().await.unwrap();
    assert_eq!(dropped, json!({ "connections": 1 }));
    assert_eq!(one.closing().await, Closing::Break);
    other.probe().await;
    other.frame_of("Transition").await;

    let all: Json = setup.post("/api/dev/drop", json!({})).await.json().await.unwrap();
    assert_eq!(all, json!({ "connections": 1 }));
    assert_eq!(other.closing().await, Closing::Break);
}

#[tokio::test]
async fn a_drop_overtakes_frames_in_transit() {
    let setup = Setup::new().await;
    let socket = setup.connect().await;
    setup.turn(json!({ "latencyMs": 60_000 })).await;
    setup.post("/api/dev/garbage", json!({})).await;
    setup.post("/api/dev/drop", json!({})).await;
    assert_eq!(socket.closing().await, Closing::Break);
}

#[tokio::test]
async fn a_dead_network_silences_sockets_and_refuses_requests() {
    let setup = Setup::new().await;
    let mut silent = setup.connect().await;
    silent.probe().await;
    silent.frame_of("Transition").await;

    setup.turn(json!({ "network": "dead" })).await;
    let refused = setup.get("/api/auth/get-session").await;
    assert_eq!(refused.status(), StatusCode::SERVICE_UNAVAILABLE);
    setup.log_where(|log| log["connections"][0]["closedAtMs"].is_number()).await;

    setup.turn(json!({ "network": "up" })).await;
    assert_eq!(setup.get("/api/auth/get-session").await.status(), StatusCode::OK);
    silent.probe().await;
    let mut other = setup.connect().await;
    other.probe().await;
    other.frame_of("Transition").await;
    // A frame of the old socket would have arrived before.
    assert!(timeout(Duration::from_millis(50), silent.text()).await.is_err());
}

#[tokio::test]
async fn a_sleep_ends_before_the_network_works_again() {
    let setup = Setup::new().await;
    let start = Instant::now();
    let woken = setup.post("/api/dev/sleep", json!({ "sleepMs": 80, "networkLateMs": 600_000 })).await;
    assert_eq!(woken.status(), StatusCode::NO_CONTENT);
    assert!(start.elapsed() >= Duration::from_millis(80));
    assert_eq!(setup.get("/api/auth/get-session").await.status(), StatusCode::SERVICE_UNAVAILABLE);
}

#[tokio::test]
async fn the_network_returns_after_a_sleep_with_a_dropped_request() {
    let setup = Setup::new().await;
    let nap = setup.request(reqwest::Method::POST, "/api/dev/sleep");
    let nap = nap.json(&json!({ "sleepMs": 400, "networkLateMs": 1 }));
    let given_up = nap.timeout(Duration::from_millis(100)).send().await;
    assert!(given_up.unwrap_err().is_timeout());
    let back = async { while setup.get("/api/auth/get-session").await.status() != StatusCode::OK {} };
    timeout(PATIENCE, back).await.expect("the network in time");
}

#[tokio::test]
async fn a_restart_breaks_sockets_and_keeps_data() {
    let setup = Setup::new().await;
    let mut socket = setup.connect().await;
    socket
        .send(
            json!({ "type": "Mutation", "requestId": 0, "udfPath": "counters:incrementBoth", "args": [{}] }),
        )
        .await;
    socket.frame_of("MutationResponse").await;
    let without_a_body = setup.request(reqwest::Method::POST, "/api/dev/restart").send().await.unwrap();
    assert_eq!(without_a_body.json::<Json>().await.unwrap(), json!({ "connections": 1 }));
    assert_eq!(socket.closing().await, Closing::Break);

    let mut socket = setup.connect().await;
    socket.subscribe(0, &[("counters:get", json!({ "name": "left" }))]).await;
    assert_eq!(socket.change().await[0]["value"], 1.0);
}

#[tokio::test]
async fn garbage_arrives_unchanged() {
    let setup = Setup::new().await;
    let mut socket = setup.connect().await;
    let sent: Json = setup.post("/api/dev/garbage", json!({})).await.json().await.unwrap();
    assert_eq!(sent, json!({ "connections": 1 }));
    let text = socket.text().await;
    assert!(serde_json::from_str::<Json>(&text).is_err(), "{text}");
}
