//! Queries under `<Suspense>`, `<Transition>` and `<ErrorBoundary>`, and as futures.

use crate::fixture::{Page, client, deployment, put};
use convex_leptos::{ConvexError, NotSentReason};
use convex_testkit_web::{turns, until};
use leptos::{prelude::*, task::spawn_local};
use serde_json::json;
use wasm_bindgen_test::wasm_bindgen_test;

#[wasm_bindgen_test]
async fn suspense_waits_for_the_first_result_of_each_arguments() {
    let fake = deployment();
    put(&fake, &[("a", "one"), ("b", "two")]);
    let client = client(&fake);
    let name = RwSignal::new("a");
    let page = Page::show(move || {
        let label = client.use_query::<_, String, _>("items:label", move || json!({ "name": name.get() }));
        view! { <Suspense fallback=|| "waiting">{move || label.value()}</Suspense> }
    });
    page.until_text("waiting").await;
    page.until_text("one").await;
    fake.pause_delivery();
    name.set("b");
    page.until_text("waiting").await;
    fake.resume_delivery();
    page.until_text("two").await;
    put(&fake, &[("b", "three")]);
    page.until_text("three").await;
}

#[wasm_bindgen_test]
async fn suspense_waits_for_a_selected_part() {
    let fake = deployment();
    put(&fake, &[("a", "one"), ("b", "four")]);
    let client = client(&fake);
    let name = RwSignal::new("a");
    let page = Page::show(move || {
        let label = client.use_query::<_, String, _>("items:label", move || json!({ "name": name.get() }));
        let length = label.select(String::len);
        view! { <Suspense fallback=|| "waiting">{move || length.get()}</Suspense> }
    });
    page.until_text("waiting").await;
    page.until_text("3").await;
    fake.pause_delivery();
    name.set("b");
    page.until_text("waiting").await;
    fake.resume_delivery();
    page.until_text("4").await;
}

#[wasm_bindgen_test]
async fn suspense_does_not_wait_for_a_skipped_query() {
    let fake = deployment();
    let client = client(&fake);
    let page = Page::show(move || {
        let label = client.use_query::<_, String, _>("items:label", convex_leptos::Skip);
        view! { <Suspense fallback=|| "waiting">{move || label.value()} "skipped"</Suspense> }
    });
    page.until_text("skipped").await;
}

#[wasm_bindgen_test]
async fn a_transition_shows_the_old_result_while_new_args_load() {
    let fake = deployment();
    put(&fake, &[("a", "one"), ("b", "two")]);
    let client = client(&fake);
    let name = RwSignal::new("a");
    let pending = RwSignal::new(false);
    let page = Page::show(move || {
        let label = client.use_query::<_, String, _>("items:label", move || json!({ "name": name.get() }));
        view! {
            <Transition fallback=|| "waiting" set_pending=pending>
                {move || label.value()}
            </Transition>
        }
    });
    page.until_text("waiting").await;
    page.until_text("one").await;
    until("nothing is pending", || !pending.get_untracked()).await;
    fake.pause_delivery();
    name.set("b");
    until("the transition is pending", || pending.get_untracked()).await;
    turns(5).await;
    assert_eq!(page.text(), "one");
    fake.resume_delivery();
    page.until_text("two").await;
    until("nothing is pending", || !pending.get_untracked()).await;
}

#[wasm_bindgen_test]
async fn an_error_boundary_recovers_with_the_next_value() {
    let fake = deployment();
    put(&fake, &[("broken", "")]);
    let client = client(&fake);
    let page = Page::show(move || {
        let status = client.use_query::<_, String, _>("items:check", ());
        view! {
            <ErrorBoundary fallback=|errors| {
                move || errors.read().iter().map(|(_, error)| error.to_string()).collect::<String>()
            }>
                <Suspense fallback=|| "waiting">{move || status.get()}</Suspense>
            </ErrorBoundary>
        }
    });
    until("it is broken", || page.text().contains("it is broken")).await;
    fake.deployment(|deployment, now| {
        deployment.edit(now, |db| {
            let broken = db.query("items").eq("name", "broken").first().expect("it is broken");
            db.delete(broken["_id"].as_str().expect("ids are strings")).expect("the document exists");
        });
    });
    page.until_text("it works").await;
    put(&fake, &[("broken", "")]);
    until("it is broken again", || page.text().contains("it is broken")).await;
}

#[wasm_bindgen_test]
async fn an_awaited_query_suspends_and_then_updates() {
    let fake = deployment();
    put(&fake, &[("a", "one")]);
    let client = client(&fake);
    let page = Page::show(move || {
        let label = client.use_query::<_, String, _>("items:label", json!({ "name": "a" }));
        view! {
            <Suspense fallback=|| "waiting">
                {move || Suspend::new(async move { label.await.unwrap_or_default() })}
            </Suspense>
        }
    });
    page.until_text("waiting").await;
    page.until_text("one").await;
    put(&fake, &[("a", "two")]);
    page.until_text("two").await;
}

#[wasm_bindgen_test]
async fn awaiting_a_query_of_a_disposed_component_is_cancelled() {
    let fake = deployment();
    fake.hang_dials();
    let client = client(&fake);
    let outcome = StoredValue::new(None);
    let page = Page::show(move || {
        let count = client.use_query::<_, f64, _>("items:count", ());
        spawn_local(async move { outcome.set_value(Some(count.await)) });
    });
    turns(2).await;
    assert_eq!(outcome.get_value(), None);
    drop(page);
    until("the future resolves", || outcome.get_value().is_some()).await;
    assert_eq!(outcome.get_value(), Some(Err(ConvexError::NotSent(NotSentReason::Cancelled))));
}
