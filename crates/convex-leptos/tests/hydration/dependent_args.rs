//! Arguments that depend on the results of other queries.

use crate::{
    fixture::{client, deployment, put},
    page::ServerPage,
    results::{describe, item, page_with_label, use_label},
};
use convex_leptos::{ConvexClient, PaginationOptions, UseQueries, UseQuery};
use convex_testkit_web::{turns, until};
use leptos::{prelude::*, reactive::effect::ImmediateEffect};
use serde_json::Value;
use wasm_bindgen_test::wasm_bindgen_test;

/// The label of the item that has the label of "a" as its name.
fn use_next_label(client: ConvexClient, label: UseQuery<String>) -> UseQuery<String> {
    client.use_query("items:label", move || label.value().map(|name| item(&name)))
}

/// A reader in a boundary and one outside of it.
fn readers(query: UseQuery<String>) -> impl IntoView {
    view! { <Suspense fallback=|| "waiting">{move || describe(query)}</Suspense> ", " {move || describe(query)} }
}

#[wasm_bindgen_test]
async fn a_dependent_query_starts_from_the_page() {
    let fake = deployment();
    fake.hang_dials();
    let hydration = page_with_label().with("items:label", item("one"), "two").hydrate();
    let client = hydration.with(|| client(&fake));
    let page = hydration.show(move || readers(use_next_label(client, use_label(client, "a"))));
    assert_eq!(page.text(), "Ready two, Loading");
    hydration.complete();
    page.until_text("Ready two, Ready two").await;
}

/// The server did not run the first query.
#[wasm_bindgen_test]
async fn arguments_that_wait_for_a_query_are_loading() {
    let fake = deployment();
    put(&fake, &[("a", "one"), ("one", "two")]);
    fake.pause_delivery();
    let hydration = ServerPage::without_identity().hydrate();
    let client = hydration.with(|| client(&fake));
    let seen = StoredValue::new(Vec::new());
    let page = hydration.show(move || {
        let next = use_next_label(client, use_label(client, "a"));
        ImmediateEffect::new_scoped(move || {
            seen.update_value(|seen| seen.push(format!("{:?}", next.status())))
        });
        readers(next)
    });
    turns(1).await;
    assert_eq!(page.text(), "waiting, Loading");
    hydration.complete();
    turns(2).await;
    assert_eq!(page.text(), "waiting, Loading");
    fake.resume_delivery();
    page.until_text("Ready two, Ready two").await;
    let mut seen = seen.get_value();
    seen.dedup();
    assert_eq!(seen, ["Loading", "Ready"]);
}

/// On the server, a reader outside of a boundary may run before the first query has its result.
#[wasm_bindgen_test]
async fn a_skip_that_depends_on_a_query_is_hidden_outside_of_boundaries() {
    let fake = deployment();
    fake.hang_dials();
    let hydration = page_with_label().hydrate();
    let client = hydration.with(|| client(&fake));
    let page = hydration.show(move || {
        let label = use_label(client, "a");
        let skipped = move || label.value().filter(|label| label == "other").map(|name| item(&name));
        readers(client.use_query("items:label", skipped))
    });
    assert_eq!(page.text(), "Skipped, Loading");
    hydration.complete();
    page.until_text("Skipped, Skipped").await;
}

#[wasm_bindgen_test]
async fn a_skip_that_depends_on_nothing_is_shown_everywhere() {
    let fake = deployment();
    let hydration = ServerPage::without_identity().hydrate();
    let client = hydration.with(|| client(&fake));
    let page = hydration.show(move || readers(client.use_query("items:label", || None::<Value>)));
    assert_eq!(page.text(), "Skipped, Skipped");
}

/// An error is a result: the arguments are decided.
#[wasm_bindgen_test]
async fn arguments_that_depend_on_a_failed_query_skip() {
    let fake = deployment();
    fake.hang_dials();
    let hydration = ServerPage::without_identity().with_error("items:label", item("a"), "failed").hydrate();
    let client = hydration.with(|| client(&fake));
    let page = hydration.show(move || readers(use_next_label(client, use_label(client, "a"))));
    assert_eq!(page.text(), "Skipped, Loading");
}

#[wasm_bindgen_test]
async fn a_set_shows_the_results_of_the_page() {
    let fake = deployment();
    put(&fake, &[("a", "live"), ("b", "live too")]);
    fake.pause_delivery();
    let hydration = page_with_label().hydrate();
    let client = hydration.with(|| client(&fake));
    let page = hydration.show(move || {
        let labels = client.use_queries(|| ["a", "b"].map(|name| (name, "items:label", item(name))));
        view! {
            {move || describe_set(labels)} "; "
            <Transition fallback=|| "waiting">{move || describe_entry(labels, "a")}</Transition>
        }
    });
    assert_eq!(page.text(), "a Loading, b Loading; Ready one");
    hydration.complete();
    page.until_text("a Ready one, b Loading; Ready one").await;
    fake.resume_delivery();
    page.until_text("a Ready live, b Ready live too; Ready live").await;
}

/// Which entries there are depends on a query: outside of a boundary, the server knew none.
#[wasm_bindgen_test]
async fn a_set_that_depends_on_a_query_starts_from_the_page() {
    let fake = deployment();
    fake.hang_dials();
    let hydration = page_with_label().with("items:label", item("one"), "two").hydrate();
    let client = hydration.with(|| client(&fake));
    let page = hydration.show(move || {
        let label = use_label(client, "a");
        let queries = move || label.value().map(|name| (name.clone(), "items:label", item(&name)));
        let labels: UseQueries<String, String> = client.use_queries(queries);
        view! {
            "[" {move || describe_set(labels)} "] "
            <Suspense fallback=|| "waiting">{move || describe_set(labels)}</Suspense>
        }
    });
    assert_eq!(page.text(), "[] one Ready two");
    hydration.complete();
    page.until_text("[one Ready two] one Ready two").await;
}

#[wasm_bindgen_test]
async fn a_set_that_waits_for_a_query_suspends() {
    let fake = deployment();
    put(&fake, &[("a", "one"), ("one", "two")]);
    fake.pause_delivery();
    let hydration = ServerPage::without_identity().hydrate();
    let client = hydration.with(|| client(&fake));
    let page = hydration.show(move || {
        let label = use_label(client, "a");
        let queries = move || label.value().map(|name| (name.clone(), "items:label", item(&name)));
        let labels: UseQueries<String, String> = client.use_queries(queries);
        view! { <Suspense fallback=|| "waiting">{move || describe_set(labels)}</Suspense> }
    });
    turns(1).await;
    assert_eq!(page.text(), "waiting");
    hydration.complete();
    fake.resume_delivery();
    page.until_text("one Ready two").await;
}

/// A list decides nothing while its first page loads.
#[wasm_bindgen_test]
async fn arguments_that_wait_for_a_list_are_loading() {
    let fake = deployment();
    fake.pause_delivery();
    let hydration = ServerPage::without_identity().hydrate();
    let client = hydration.with(|| client(&fake));
    let page = hydration.show(move || {
        let list = client.use_paginated_query::<_, String, _>("items:page", (), PaginationOptions::new(2));
        readers(client.use_query("items:label", move || list.results().first().map(|name| item(name))))
    });
    turns(1).await;
    assert_eq!(page.text(), "waiting, Loading");
    hydration.complete();
    fake.resume_delivery();
    until("the list has failed: there is no such function", || page.text() == "Skipped, Skipped").await;
}

fn describe_entry(labels: UseQueries<String, &'static str>, name: &'static str) -> String {
    labels.query(&name).map(describe).unwrap_or_default()
}

fn describe_set<K>(labels: UseQueries<String, K>) -> String
where
    K: std::fmt::Display + Clone + Eq + Send + Sync + 'static,
{
    let entries = labels.entries().into_iter().map(|(key, label)| format!("{key} {}", describe(label)));
    entries.collect::<Vec<_>>().join(", ")
}
