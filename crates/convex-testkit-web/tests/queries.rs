//! Live queries: results, updates and frames.
#![cfg(target_family = "wasm")]

mod chat;

use chat::{client, deployment, json, live_client, send, subscribe, updates};
use convex_testkit_web::{testkit::object, turns, until};
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

wasm_bindgen_test_configure!(run_in_browser);

#[wasm_bindgen_test]
async fn a_query_receives_its_first_and_later_results() {
    let fake = deployment();
    let client = client(&fake);
    let list = subscribe(&client, "messages:list");
    assert_eq!(client.result(list), None);
    until("the first result has arrived", || json(&client, list).as_deref() == Some("[]")).await;

    fake.deployment(|deployment, now| {
        deployment.edit(now, |db| db.insert("messages", object! { "body" => "hi" }))
    });
    until("the change has arrived", || json(&client, list).as_deref() == Some(r#"["hi"]"#)).await;
}

#[wasm_bindgen_test]
async fn subscriptions_of_one_turn_are_sent_in_one_frame() {
    let fake = deployment();
    let client = live_client(&fake).await;
    fake.take_sent();

    let list = subscribe(&client, "messages:list");
    let count = subscribe(&client, "messages:count");
    let removed = subscribe(&client, "users:current");
    client.unsubscribe(removed);
    assert_eq!(fake.sent(), [""; 0], "nothing is sent before the end of the turn");
    until("both have their results", || client.result(list).is_some() && client.result(count).is_some())
        .await;

    let sent = fake.sent();
    assert_eq!(sent.len(), 1, "{sent:?}");
    assert_eq!(sent[0].matches("\"Add\"").count(), 2, "{sent:?}");
}

#[wasm_bindgen_test]
async fn queries_that_change_together_are_in_one_update() {
    let fake = deployment();
    let client = client(&fake);
    let (list, count) = (subscribe(&client, "messages:list"), subscribe(&client, "messages:count"));
    until("both have their results", || client.result(list).is_some() && client.result(count).is_some())
        .await;

    let (updates, _listener) = updates(&client);
    send(&client, "hi").await.expect("the mutation succeeds");
    let queries: Vec<_> = updates
        .borrow()
        .iter()
        .filter(|update| !update.queries.is_empty())
        .map(|update| update.queries.clone())
        .collect();
    assert_eq!(queries, [vec![list, count]]);
}

#[wasm_bindgen_test]
async fn unsubscribing_removes_the_query_from_the_server() {
    let fake = deployment();
    let client = client(&fake);
    let list = subscribe(&client, "messages:list");
    until("the result has arrived", || client.result(list).is_some()).await;
    fake.take_sent();

    client.unsubscribe(list);
    turns(3).await;
    let sent = fake.sent();
    assert!(sent.len() == 1 && sent[0].contains("\"Remove\""), "{sent:?}");
}

#[wasm_bindgen_test]
async fn a_large_result_arrives_in_chunks() {
    let fake = deployment();
    fake.deployment(|deployment, now| {
        deployment.set_chunk_bytes(Some(1000));
        deployment.edit(now, |db| db.insert("messages", object! { "body" => "é∂🦀".repeat(1000) }));
    });
    let client = client(&fake);
    let list = subscribe(&client, "messages:list");
    until("the result has arrived", || client.result(list).is_some()).await;
    assert_eq!(json(&client, list), Some(format!(r#"["{}"]"#, "é∂🦀".repeat(1000))));
}
