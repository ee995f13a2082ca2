//! Queries get their results and are kept up to date.
#![cfg(target_family = "wasm")]

mod chat;

use chat::{client, deployment, json, live_client, send, subscribe, updates};
use convex_testkit_web::{testkit::object, turns, until};
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

wasm_bindgen_test_configure!(run_in_browser);

#[wasm_bindgen_test]
async fn a_query_has_its_result_and_then_the_next_one() {
    let fake = deployment();
    let client = client(&fake);
    let list = subscribe(&client, "messages:list");
    assert_eq!(client.result(list), None);
    until("the first result is there", || json(&client, list).as_deref() == Some("[]")).await;

    fake.deployment(|deployment, now| {
        deployment.edit(now, |db| db.insert("messages", object! { "body" => "hi" }))
    });
    until("the change is there", || json(&client, list).as_deref() == Some(r#"["hi"]"#)).await;
}

#[wasm_bindgen_test]
async fn what_is_asked_in_one_turn_travels_in_one_frame() {
    let fake = deployment();
    let client = live_client(&fake).await;
    fake.take_sent();

    let list = subscribe(&client, "messages:list");
    let count = subscribe(&client, "messages:count");
    let gone = subscribe(&client, "users:current");
    client.unsubscribe(gone);
    assert_eq!(fake.sent(), [""; 0], "nothing leaves before the turn is over");
    until("both have their results", || client.result(list).is_some() && client.result(count).is_some())
        .await;

    let sent = fake.sent();
    assert_eq!(sent.len(), 1, "{sent:?}");
    assert_eq!(sent[0].matches("\"Add\"").count(), 2, "{sent:?}");
}

#[wasm_bindgen_test]
async fn queries_that_change_together_are_told_together() {
    let fake = deployment();
    let client = client(&fake);
    let (list, count) = (subscribe(&client, "messages:list"), subscribe(&client, "messages:count"));
    until("both have their results", || client.result(list).is_some() && client.result(count).is_some())
        .await;

    let (updates, _listener) = updates(&client);
    send(&client, "hi").await.expect("it is sent");
    let queries: Vec<_> = updates
        .borrow()
        .iter()
        .filter(|update| !update.queries.is_empty())
        .map(|update| update.queries.clone())
        .collect();
    assert_eq!(queries, [vec![list, count]]);
}

#[wasm_bindgen_test]
async fn a_query_nobody_wants_any_more_leaves_the_server() {
    let fake = deployment();
    let client = client(&fake);
    let list = subscribe(&client, "messages:list");
    until("the result is there", || client.result(list).is_some()).await;
    fake.take_sent();

    client.unsubscribe(list);
    turns(3).await;
    let sent = fake.sent();
    assert!(sent.len() == 1 && sent[0].contains("\"Remove\""), "{sent:?}");
}

#[wasm_bindgen_test]
async fn a_big_result_comes_in_chunks() {
    let fake = deployment();
    fake.deployment(|deployment, now| {
        deployment.set_chunk_bytes(Some(1000));
        deployment.edit(now, |db| db.insert("messages", object! { "body" => "é∂🦀".repeat(1000) }));
    });
    let client = client(&fake);
    let list = subscribe(&client, "messages:list");
    until("the result is there", || client.result(list).is_some()).await;
    assert_eq!(json(&client, list), Some(format!(r#"["{}"]"#, "é∂🦀".repeat(1000))));
}
