//! Suspended, one-shot and prewarmed queries, requests in flight, and `reconnect_now`.
#![cfg(target_family = "wasm")]

mod chat;

use chat::{args, deployment, json, live_client, path, send, subscribe, updates};
use convex_testkit_web::until;
use convex_web::sync::{AuthPolicy, ConnectionState, InFlight, SuspendedResults};
use futures_util::FutureExt;
use std::time::Duration;
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

wasm_bindgen_test_configure!(run_in_browser);

#[wasm_bindgen_test]
async fn queries_are_suspended_until_the_guard_is_dropped() {
    let fake = deployment();
    let client = live_client(&fake).await;
    let list = subscribe(&client, "messages:list");
    let count = subscribe(&client, "messages:count");
    until("both have their results", || json(&client, list).is_some() && json(&client, count).is_some())
        .await;

    let (updates, _listener) = updates(&client);
    let suspension =
        client.cancel_queries(SuspendedResults::Clear, |function, _| function.as_str() == "messages:list");
    assert_eq!(json(&client, list), None);
    assert!(
        updates.borrow().iter().any(|update| update.queries == [list]),
        "listeners are called before this returns"
    );
    send(&client, "hi").await.expect("mutations still run");
    until("the other query is up to date", || json(&client, count).as_deref() == Some("1.0")).await;
    assert_eq!(json(&client, list), None);
    drop(suspension);
    until("the query has run again", || json(&client, list).as_deref() == Some(r#"["hi"]"#)).await;
}

#[wasm_bindgen_test]
async fn kept_results_stay_readable_while_suspended() {
    let fake = deployment();
    let client = live_client(&fake).await;
    let list = subscribe(&client, "messages:list");
    until("the result has arrived", || json(&client, list).is_some()).await;
    let suspension = client.suspend(SuspendedResults::Keep);
    send(&client, "hi").await.expect("mutations still run");
    assert_eq!(json(&client, list).as_deref(), Some("[]"));
    assert_eq!(client.connection(), ConnectionState::Live);
    client.close();
    drop(suspension);
}

#[wasm_bindgen_test]
async fn a_one_shot_query_returns_a_result() {
    let fake = deployment();
    let client = live_client(&fake).await;
    let outcome = client.query(path("messages:count"), args(()), AuthPolicy::Settled).await;
    assert_eq!(outcome.expect("the query succeeds").as_json(), "0.0");

    let list = subscribe(&client, "messages:list");
    until("the result has arrived", || json(&client, list).is_some()).await;
    let at_once = client.query(path("messages:list"), args(()), AuthPolicy::Settled).now_or_never();
    assert_eq!(at_once.and_then(Result::ok).map(|value| value.as_json().to_owned()).as_deref(), Some("[]"));
}

#[wasm_bindgen_test]
async fn a_prewarmed_query_has_its_result_at_once() {
    let fake = deployment();
    let client = live_client(&fake).await;
    let (updates, _listener) = updates(&client);
    client.prewarm(&path("messages:list"), &args(()), AuthPolicy::Settled, Duration::from_secs(60));
    until("the result has arrived", || updates.borrow().iter().any(|update| !update.queries.is_empty()))
        .await;
    let list = subscribe(&client, "messages:list");
    assert_eq!(json(&client, list).as_deref(), Some("[]"), "at once");
}

#[wasm_bindgen_test]
async fn requests_in_flight_are_reported() {
    let fake = deployment();
    let client = live_client(&fake).await;
    let (updates, _listener) = updates(&client);
    let sent = send(&client, "hi");
    let InFlight { mutations, actions, oldest } = client.in_flight();
    assert_eq!((mutations, actions), (1, 0));
    assert!(oldest.is_some_and(|called| called <= client.now()));
    assert!(client.connection_since() <= client.now());
    assert!(
        updates.borrow().last().is_some_and(|update| update.in_flight),
        "listeners are called before this returns"
    );
    sent.await.expect("the mutation succeeds");
    assert_eq!(client.in_flight(), InFlight::default());
}

#[wasm_bindgen_test]
async fn reconnect_now_dials_at_once() {
    let fake = deployment();
    let client = live_client(&fake).await;
    fake.refuse_dials();
    fake.deployment(|deployment, now| deployment.restart(now));
    let is_waiting =
        || matches!(client.connection(), ConnectionState::Reconnecting { next_attempt: Some(_), .. });
    until("the client waits for the next dial", is_waiting).await;
    fake.accept_dials();
    let dialled = fake.dialled();
    client.reconnect_now();
    assert_eq!(fake.dialled(), dialled + 1, "it dials before this returns");
    until("the client is live", || client.connection() == ConnectionState::Live).await;
}
