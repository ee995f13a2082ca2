//! What a provider leaves on the page when it goes: nothing. (It has a page of its own, where
//! nothing else listens or waits.)

#![cfg(target_family = "wasm")]
#![allow(dead_code, reason = "the stage has more than is needed here")]

#[path = "../browser/people.rs"]
mod people;
#[path = "../browser/stage.rs"]
mod stage;

use convex_leptos::{
    Authenticated, BetterAuth, ConvexProvider, ConvexProviderWithAuth, use_action,
    use_convex_connection_state, use_mutation, use_queries, use_query,
};
use convex_testkit_web::{Leaks, memory_bytes, turns, until};
use leptos::prelude::*;
use people::People;
use serde_json::json;
use stage::{Page, client, deployment};
use wasm_bindgen_test::wasm_bindgen_test;

wasm_bindgen_test::wasm_bindgen_test_configure!(run_in_browser);

const MOUNTS: usize = 200;

/// Auth contract §4, line 34.
#[wasm_bindgen_test]
async fn two_hundred_providers_come_and_go_without_a_trace() {
    Leaks::watch();
    let before = Leaks::now();
    let fake = deployment();
    let mut halfway = (0, 0);
    for mount in 0..MOUNTS {
        let owner = Owner::new();
        let client = owner.with(|| client(&fake));
        let people = owner.with(|| People::signed_in(&fake, "ada"));
        let page = Page::show(move || {
            view! {
                <ConvexProviderWithAuth client auth=people>
                    <Authenticated>
                        {
                            let me = use_query::<String>("people:me", ());
                            let length = me.select(String::len);
                            let labels = use_queries::<Option<String>, _>(|| {
                                ["a", "b"].map(|name| (name, "items:label", json!({ "name": name })))
                            });
                            let put = use_mutation::<String>("items:put")
                                .with_optimistic_update(|store, _: &()| store.set("items:count", (), &1));
                            let echo = use_action::<String>("echo:late");
                            let connection = use_convex_connection_state();
                            move || {
                                drop((length.get(), labels.entries().len(), echo.value(), connection.get()));
                                format!("{} {}", me.data().unwrap_or_default(), put.pending())
                            }
                        }
                    </Authenticated>
                </ConvexProviderWithAuth>
            }
        });
        // Some go before they have connected.
        if mount % 3 > 0 {
            page.until_text("ada false").await;
        }
        drop(page);
        owner.cleanup();
        drop(owner);
        turns(2).await;
        assert_eq!((fake.open_sockets(), fake.opening_sockets()), (0, 0), "after mount {mount}");
        // What the deployment notes for tests is no leak.
        drop((fake.take_sent(), fake.deployment(|deployment, _| deployment.take_executions())));
        if mount == MOUNTS / 2 {
            Leaks::until(&before).await;
            halfway = (memory_bytes(), wasm_bindgen::externref_heap_live_count());
        }
    }
    // What is under way when a page goes ends by itself.
    Leaks::until(&before).await;
    assert_eq!((memory_bytes(), wasm_bindgen::externref_heap_live_count()), halfway);
}

#[wasm_bindgen_test]
async fn a_provider_with_a_url_closes_the_client_it_made() {
    Leaks::watch();
    let before = Leaks::now();
    let state = StoredValue::new(None);
    let page = Page::show(move || {
        view! {
            // Nothing listens there: the client goes on trying until it is closed.
            <ConvexProvider url="http://127.0.0.1:9">
                {state.set_value(Some(use_convex_connection_state()))}
            </ConvexProvider>
        }
    });
    assert!(state.get_value().is_some() && Leaks::now() != before, "it listens to the page");
    drop(page);
    Leaks::until(&before).await;
}

#[wasm_bindgen_test]
async fn better_auth_takes_along_what_it_listens_to_and_waits_for() {
    Leaks::watch();
    let before = Leaks::now();
    // It goes while a question is under way, and while it waits to ask again.
    for turns_to_live in [0, 50] {
        let owner = Owner::new();
        owner.with(|| BetterAuth::new("http://127.0.0.1:9"));
        until("it listens and waits", || {
            let left = Leaks::now();
            left.listeners.len() > before.listeners.len() && left.timers > before.timers
        })
        .await;
        turns(turns_to_live).await;
        owner.cleanup();
        Leaks::until(&before).await;
    }
}
