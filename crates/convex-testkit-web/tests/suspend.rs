//! Queries that do not run for a while, are asked once or ahead, and what is told of what is under
//! way.
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
async fn queries_are_suspended_as_long_as_the_guard_lives() {
    let fake = deployment();
    let client = live_client(&fake).await;
    let list = subscribe(&client, "messages:list");
    let count = subscribe(&client, "messages:count");
    until("both are there", || json(&client, list).is_some() && json(&client, count).is_some()).await;

    let (told, _listener) = updates(&client);
    let suspension =
        client.cancel_queries(SuspendedResults::Clear, |function, _| function.as_str() == "messages:list");
    assert_eq!(json(&client, list), None);
    assert!(told.borrow().iter().any(|update| update.queries == [list]), "it was told before this returned");
    send(&client, "hi").await.expect("mutations go on");
    until("the other is up to date", || json(&client, count).as_deref() == Some("1.0")).await;
    assert_eq!(json(&client, list), None);
    drop(suspension);
    until("it has run again", || json(&client, list).as_deref() == Some(r#"["hi"]"#)).await;
}

#[wasm_bindgen_test]
async fn what_is_suspended_stays_readable() {
    let fake = deployment();
    let client = live_client(&fake).await;
    let list = subscribe(&client, "messages:list");
    until("it is there", || json(&client, list).is_some()).await;
    let suspension = client.suspend(SuspendedResults::Keep);
    send(&client, "hi").await.expect("mutations go on");
    assert_eq!(json(&client, list).as_deref(), Some("[]"));
    assert_eq!(client.connection(), ConnectionState::Live);
    client.close();
    drop(suspension);
}

#[wasm_bindgen_test]
async fn a_query_can_be_asked_once() {
    let fake = deployment();
    let client = live_client(&fake).await;
    let answer = client.query(path("messages:count"), args(()), AuthPolicy::Settled).await;
    assert_eq!(answer.expect("it answers").as_json(), "0.0");

    let list = subscribe(&client, "messages:list");
    until("it is there", || json(&client, list).is_some()).await;
    let at_once = client.query(path("messages:list"), args(()), AuthPolicy::Settled).now_or_never();
    assert_eq!(at_once.and_then(Result::ok).map(|answer| answer.as_json().to_owned()).as_deref(), Some("[]"));
}

#[wasm_bindgen_test]
async fn a_prewarmed_query_is_there_when_it_is_wanted() {
    let fake = deployment();
    let client = live_client(&fake).await;
    let (told, _listener) = updates(&client);
    client.prewarm(&path("messages:list"), &args(()), AuthPolicy::Settled, Duration::from_secs(60));
    until("its result came", || told.borrow().iter().any(|update| !update.queries.is_empty())).await;
    let list = subscribe(&client, "messages:list");
    assert_eq!(json(&client, list).as_deref(), Some("[]"), "at once");
}

#[wasm_bindgen_test]
async fn what_is_under_way_is_told() {
    let fake = deployment();
    let client = live_client(&fake).await;
    let (told, _listener) = updates(&client);
    let sent = send(&client, "hi");
    let InFlight { mutations, actions, oldest } = client.in_flight();
    assert_eq!((mutations, actions), (1, 0));
    assert!(oldest.is_some_and(|called| called <= client.now()));
    assert!(client.connection_since() <= client.now());
    assert!(told.borrow().last().is_some_and(|update| update.in_flight), "before the call returned");
    sent.await.expect("it is sent");
    assert_eq!(client.in_flight(), InFlight::default());
}

#[wasm_bindgen_test]
async fn a_client_reconnects_when_it_is_asked_to() {
    let fake = deployment();
    let client = live_client(&fake).await;
    fake.refuse_dials();
    fake.deployment(|deployment, now| deployment.restart(now));
    let waits = || matches!(client.connection(), ConnectionState::Reconnecting { next_attempt: Some(_), .. });
    until("it waits", waits).await;
    fake.accept_dials();
    let dialled = fake.dialled();
    client.reconnect_now();
    assert_eq!(fake.dialled(), dialled + 1, "before this returned");
    until("it is live", || client.connection() == ConnectionState::Live).await;
}
