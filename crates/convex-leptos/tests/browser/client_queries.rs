//! What a client does with queries beside showing them: it asks once, asks ahead, keeps, and
//! suspends.

use crate::stage::{Page, client, deployment, options, put, ran, sent};
use convex_leptos::{
    AuthPolicy, ConvexClient, ConvexError, NotSentReason, PrewarmOptions, RequestOptions, Skip,
    SuspendedResults,
};
use convex_testkit_web::{FakeDeployment, turns, until};
use leptos::prelude::*;
use serde_json::json;
use std::time::Duration;
use wasm_bindgen_test::wasm_bindgen_test;

/// Two live queries in a page.
fn two_queries(client: ConvexClient) -> Page {
    Page::show(move || {
        let label = client.use_query::<String>("items:label", json!({ "name": "a" }));
        let count = client.use_query::<f64>("items:count", ());
        move || format!("{:?} {:?}", label.data(), count.data())
    })
}

#[wasm_bindgen_test]
async fn suspended_queries_show_what_they_showed_and_then_what_there_is() {
    let fake = deployment();
    put(&fake, &[("a", "one")]);
    let client = client(&fake);
    let page = two_queries(client);
    page.until_text(r#"Some("one") Some(1.0)"#).await;
    let messages = sent(&fake, "ModifyQuerySet");
    let suspension = client.suspend(SuspendedResults::Keep);
    until("nothing is asked", || sent(&fake, r#""type":"Remove""#) == 2).await;
    put(&fake, &[("a", "two"), ("b", "three")]);
    turns(5).await;
    assert_eq!(page.text(), r#"Some("one") Some(1.0)"#);
    drop(suspension);
    page.until_text(r#"Some("two") Some(2.0)"#).await;
    assert_eq!(sent(&fake, "ModifyQuerySet") - messages, 2, "one message each way");
}

#[wasm_bindgen_test]
async fn some_queries_can_be_suspended_and_load_meanwhile() {
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
async fn a_suspension_ends_with_the_component_that_holds_it() {
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
async fn a_query_can_be_asked_once() {
    let fake = deployment();
    put(&fake, &[("a", "one"), ("broken", "")]);
    let client = client(&fake);
    assert_eq!(client.query::<String>("items:label", [("name", "a")]).await.as_deref(), Ok("one"));
    until("it is asked no longer", || sent(&fake, r#""type":"Remove""#) == 1).await;
    assert!(matches!(client.query::<String>("moods:broken", ()).await, Err(ConvexError::Function(_))));
    assert!(matches!(client.query::<f64>("items:label", [("name", "a")]).await, Err(ConvexError::Result(_))));
    assert!(matches!(client.query::<f64>("no such path", ()).await, Err(ConvexError::Path(_))));
    assert!(matches!(client.query::<f64>("items:count", json!([1])).await, Err(ConvexError::Arguments(_))));
    let skipped = client.query::<f64>("items:count", Skip).await;
    assert_eq!(skipped, Err(ConvexError::NotSent(NotSentReason::Cancelled)));
    let refused = client.query_with::<String>("people:secret", (), AuthPolicy::Required).await;
    assert_eq!(refused, Err(ConvexError::NotSent(NotSentReason::Unauthenticated)));
}

#[wasm_bindgen_test]
async fn one_that_takes_too_long_or_that_nobody_waits_for_is_given_up() {
    let fake = deployment();
    fake.hang_dials();
    let client = client(&fake);
    let options = RequestOptions { timeout: Some(Duration::from_millis(10)), ..RequestOptions::default() };
    let late = client.query_with::<f64>("items:count", (), options).await;
    assert_eq!(late, Err(ConvexError::NotSent(NotSentReason::TimedOut)));
    drop(client.query::<f64>("items:count", ()));
    fake.accept_dials();
    client.reconnect_now();
    assert!(client.query::<String>("items:nowhere", ()).await.is_err());
    assert_eq!(ran(&fake, "items:count"), 0);
}

#[wasm_bindgen_test]
async fn what_was_asked_ahead_is_there_at_once() {
    let fake = deployment();
    put(&fake, &[("a", "one")]);
    let client = client(&fake);
    client.prewarm_query("items:label", json!({ "name": "a" }));
    client.prewarm_query("items:label", Skip);
    until("it has run", || ran(&fake, "items:label") == 1).await;
    turns(5).await;
    let page = Page::show(move || {
        let label = client.use_query::<String>("items:label", json!({ "name": "a" }));
        move || label.data()
    });
    assert_eq!(page.text(), "one");
    assert_eq!((ran(&fake, "items:label"), sent(&fake, r#""type":"Add""#)), (1, 1));
}

#[wasm_bindgen_test]
async fn what_was_asked_ahead_and_not_wanted_is_asked_no_longer() {
    let fake = deployment();
    let client = client(&fake);
    // Its time runs from when it is wanted, and would be over before a slow machine is connected.
    until("it is connected", || sent(&fake, r#""type":"Connect""#) == 1).await;
    client.prewarm_query_with("items:count", (), PrewarmOptions::default().lasts(Duration::from_millis(200)));
    until("it is asked", || sent(&fake, r#""type":"Add""#) == 1).await;
    until("it is asked no longer", || sent(&fake, r#""type":"Remove""#) == 1).await;
}

#[wasm_bindgen_test]
async fn a_query_that_is_kept_is_there_for_who_comes_back() {
    let fake = deployment();
    put(&fake, &[("a", "one")]);
    let kept = options(&fake).query_cache_time(Duration::from_secs(60));
    let client = ConvexClient::with_options(FakeDeployment::URL, kept);
    let page = two_queries(client);
    page.until_text(r#"Some("one") Some(1.0)"#).await;
    drop(page);
    turns(5).await;
    assert_eq!(sent(&fake, r#""type":"Remove""#), 0);
    put(&fake, &[("a", "two")]);
    turns(5).await;
    let page = two_queries(client);
    assert_eq!(page.text(), r#"Some("two") Some(1.0)"#, "kept up to date meanwhile");
    assert_eq!(sent(&fake, r#""type":"Add""#), 2);
}
