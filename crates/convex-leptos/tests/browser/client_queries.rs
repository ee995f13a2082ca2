//! One-shot, prewarmed, cached and suspended queries.

use crate::fixture::{Page, client, deployment, options, put, ran, sent};
use convex_leptos::{
    AuthPolicy, CallOptions, ConvexClient, ConvexError, NotSentReason, PrewarmOptions, Skip, SuspendedResults,
};
use convex_testkit_web::{FakeDeployment, turns, until};
use leptos::prelude::*;
use serde_json::json;
use std::time::Duration;
use wasm_bindgen_test::wasm_bindgen_test;

/// Two live queries in a page.
fn two_queries(client: ConvexClient) -> Page {
    Page::show(move || {
        let label = client.use_query::<_, String, _>("items:label", json!({ "name": "a" }));
        let count = client.use_query::<_, f64, _>("items:count", ());
        move || format!("{:?} {:?}", label.value(), count.value())
    })
}

#[wasm_bindgen_test]
async fn suspended_queries_keep_results_and_update_on_resume() {
    let fake = deployment();
    put(&fake, &[("a", "one")]);
    let client = client(&fake);
    let page = two_queries(client);
    page.until_text(r#"Some("one") Some(1.0)"#).await;
    let messages = sent(&fake, "ModifyQuerySet");
    let suspension = client.suspend(SuspendedResults::Keep);
    until("all queries are unsubscribed", || sent(&fake, r#""type":"Remove""#) == 2).await;
    put(&fake, &[("a", "two"), ("b", "three")]);
    turns(5).await;
    assert_eq!(page.text(), r#"Some("one") Some(1.0)"#);
    drop(suspension);
    page.until_text(r#"Some("two") Some(2.0)"#).await;
    assert_eq!(sent(&fake, "ModifyQuerySet") - messages, 2, "one message each way");
}

#[wasm_bindgen_test]
async fn a_filtered_suspension_keeps_other_queries_live() {
    let fake = deployment();
    put(&fake, &[("a", "one")]);
    let client = client(&fake);
    let page = two_queries(client);
    page.until_text(r#"Some("one") Some(1.0)"#).await;
    let suspension = client.cancel_queries(SuspendedResults::Clear, |function, args| {
        function == "items:label" && args.as_json().contains(r#""a""#)
    });
    page.until_text("None Some(1.0)").await;
    put(&fake, &[("b", "two")]);
    page.until_text("None Some(2.0)").await;
    drop(suspension);
    page.until_text(r#"Some("one") Some(2.0)"#).await;
}

#[wasm_bindgen_test]
async fn a_suspension_ends_with_its_owner() {
    let fake = deployment();
    put(&fake, &[("a", "one")]);
    let client = client(&fake);
    let page = two_queries(client);
    page.until_text(r#"Some("one") Some(1.0)"#).await;
    let holder = Page::show(move || {
        StoredValue::new(client.suspend(SuspendedResults::Clear));
    });
    page.until_text("None None").await;
    drop(holder);
    page.until_text(r#"Some("one") Some(1.0)"#).await;
}

#[wasm_bindgen_test]
async fn a_one_shot_query_unsubscribes_after_its_result() {
    let fake = deployment();
    put(&fake, &[("a", "one"), ("broken", "")]);
    let client = client(&fake);
    assert_eq!(client.query::<_, String, _>("items:label", [("name", "a")]).await.as_deref(), Ok("one"));
    until("the query is unsubscribed", || sent(&fake, r#""type":"Remove""#) == 1).await;
    assert!(matches!(client.query::<_, String, _>("items:check", ()).await, Err(ConvexError::Function(_))));
    assert!(matches!(
        client.query::<_, f64, _>("items:label", [("name", "a")]).await,
        Err(ConvexError::Result(_))
    ));
    assert!(matches!(client.query::<_, f64, _>("no such path", ()).await, Err(ConvexError::Path(_))));
    assert!(matches!(
        client.query::<_, f64, _>("items:count", json!([1])).await,
        Err(ConvexError::Arguments(_))
    ));
    let skipped = client.query::<_, f64, _>("items:count", Skip).await;
    assert_eq!(skipped, Err(ConvexError::NotSent(NotSentReason::Cancelled)));
    let anonymous = client.query_with::<_, String, _>("users:secret", (), AuthPolicy::Required).await;
    assert_eq!(anonymous, Err(ConvexError::NotSent(NotSentReason::Unauthenticated)));
}

#[wasm_bindgen_test]
async fn a_one_shot_query_ends_by_timeout_or_drop() {
    let fake = deployment();
    fake.hang_dials();
    let client = client(&fake);
    let options = CallOptions::default().timeout(Duration::from_millis(10));
    let outcome = client.query_with::<_, f64, _>("items:count", (), options).await;
    assert_eq!(outcome, Err(ConvexError::NotSent(NotSentReason::TimedOut)));
    drop(client.query::<_, f64, _>("items:count", ()));
    fake.accept_dials();
    client.reconnect_now();
    assert!(client.query::<_, String, _>("items:nowhere", ()).await.is_err());
    assert_eq!(ran(&fake, "items:count"), 0);
}

#[wasm_bindgen_test]
async fn a_prewarmed_query_is_ready_at_once() {
    let fake = deployment();
    put(&fake, &[("a", "one")]);
    let client = client(&fake);
    client.prewarm_query("items:label", json!({ "name": "a" }));
    client.prewarm_query("items:label", Skip);
    until("the function has run", || ran(&fake, "items:label") == 1).await;
    turns(5).await;
    let page = Page::show(move || {
        let label = client.use_query::<_, String, _>("items:label", json!({ "name": "a" }));
        move || label.value()
    });
    assert_eq!(page.text(), "one");
    assert_eq!((ran(&fake, "items:label"), sent(&fake, r#""type":"Add""#)), (1, 1));
}

#[wasm_bindgen_test]
async fn a_prewarmed_query_without_subscribers_expires() {
    let fake = deployment();
    let client = client(&fake);
    // Its time starts with the call, and could be over before a slow machine is connected.
    until("the client is connected", || sent(&fake, r#""type":"Connect""#) == 1).await;
    client.prewarm_query_with("items:count", (), PrewarmOptions::default().lasts(Duration::from_millis(200)));
    until("it is subscribed", || sent(&fake, r#""type":"Add""#) == 1).await;
    until("the query is unsubscribed", || sent(&fake, r#""type":"Remove""#) == 1).await;
}

#[wasm_bindgen_test]
async fn a_cached_query_is_ready_at_the_next_mount() {
    let fake = deployment();
    put(&fake, &[("a", "one")]);
    let cached = options(&fake).query_cache_time(Duration::from_secs(60));
    let client = ConvexClient::with_options(FakeDeployment::URL, cached);
    let page = two_queries(client);
    page.until_text(r#"Some("one") Some(1.0)"#).await;
    drop(page);
    turns(5).await;
    assert_eq!(sent(&fake, r#""type":"Remove""#), 0);
    put(&fake, &[("a", "two")]);
    turns(5).await;
    let page = two_queries(client);
    assert_eq!(page.text(), r#"Some("two") Some(1.0)"#, "the cached query is still live");
    assert_eq!(sent(&fake, r#""type":"Add""#), 2);
}
