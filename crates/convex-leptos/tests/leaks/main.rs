//! A disposed provider leaves no listener, timer, socket or memory behind. These tests have a page
//! of their own, without other listeners and timers.

#![cfg(target_family = "wasm")]
#![allow(dead_code, reason = "these tests use only a part of the fixture")]

#[path = "../browser/fixture.rs"]
mod fixture;
#[path = "../browser/test_provider.rs"]
mod test_provider;

use convex_leptos::{
    Authenticated, BetterAuth, ConvexProvider, ConvexProviderWithAuth, use_action,
    use_convex_connection_state, use_mutation, use_queries, use_query,
};
use convex_testkit_web::{Leaks, memory_bytes, turns, until};
use fixture::{Page, client, deployment};
use leptos::prelude::*;
use serde_json::json;
use test_provider::TestProvider;
use wasm_bindgen_test::wasm_bindgen_test;

wasm_bindgen_test::wasm_bindgen_test_configure!(run_in_browser);

const MOUNTS: usize = 200;

/// docs/auth.md §4, line 34.
#[wasm_bindgen_test]
async fn two_hundred_mounted_providers_leak_nothing() {
    Leaks::track();
    let before = Leaks::count();
    let fake = deployment();
    let mut halfway = (0, 0);
    for mount in 0..MOUNTS {
        let owner = Owner::new();
        let client = owner.with(|| client(&fake));
        let provider = owner.with(|| TestProvider::signed_in(&fake, "ada"));
        let page = Page::show(move || {
            view! {
                <ConvexProviderWithAuth client auth=provider>
                    <Authenticated>
                        {
                            let me = use_query::<_, String, _>("users:me", ());
                            let length = me.select(String::len);
                            let labels = use_queries::<Option<String>, _>(|| {
                                ["a", "b"].map(|name| (name, "items:label", json!({ "name": name })))
                            });
                            let put = use_mutation::<_, String>("items:put")
                                .with_optimistic_update(|store, _: &()| store.set("items:count", (), &1));
                            let echo = use_action::<_, String>("echo:late");
                            let connection = use_convex_connection_state();
                            move || {
                                drop((length.get(), labels.entries().len(), echo.value(), connection.state()));
                                format!("{} {}", me.value().unwrap_or_default(), put.pending())
                            }
                        }
                    </Authenticated>
                </ConvexProviderWithAuth>
            }
        });
        // A third of the pages are disposed before they have connected.
        if mount % 3 > 0 {
            page.until_text("ada false").await;
        }
        drop(page);
        owner.cleanup();
        drop(owner);
        turns(2).await;
        assert_eq!((fake.open_sockets(), fake.opening_sockets()), (0, 0), "after mount {mount}");
        // The deployment's records for tests are not a leak.
        drop((fake.take_sent(), fake.deployment(|deployment, _| deployment.take_executions())));
        if mount == MOUNTS / 2 {
            Leaks::wait_for(&before).await;
            halfway = (memory_bytes(), wasm_bindgen::externref_heap_live_count());
        }
    }
    // Pending work of a disposed page ends without the page.
    Leaks::wait_for(&before).await;
    assert_eq!((memory_bytes(), wasm_bindgen::externref_heap_live_count()), halfway);
}

#[wasm_bindgen_test]
async fn a_provider_closes_the_client_that_it_created() {
    Leaks::track();
    let before = Leaks::count();
    let state = StoredValue::new(None);
    let page = Page::show(move || {
        view! {
            // Nothing listens at this address: the client retries until it is closed.
            <ConvexProvider url="http://127.0.0.1:9">
                {state.set_value(Some(use_convex_connection_state()))}
            </ConvexProvider>
        }
    });
    assert!(state.get_value().is_some() && Leaks::count() != before, "the client has listeners");
    drop(page);
    Leaks::wait_for(&before).await;
}

#[wasm_bindgen_test]
async fn better_auth_removes_its_listeners_and_timers() {
    Leaks::track();
    let before = Leaks::count();
    // Disposed while a session request is in flight, and while the client waits for its retry.
    for lifetime in [0, 50] {
        let owner = Owner::new();
        owner.with(|| BetterAuth::new("http://127.0.0.1:9"));
        until("it has listeners and timers", || {
            let now = Leaks::count();
            now.listeners.len() > before.listeners.len() && now.timers > before.timers
        })
        .await;
        turns(lifetime).await;
        owner.cleanup();
        Leaks::wait_for(&before).await;
    }
}
