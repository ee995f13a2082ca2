//! What a provider leaves on the page when it goes: nothing. (It has a page of its own, where nothing else listens or waits.)

#![cfg(target_family = "wasm")]
#![allow(dead_code, reason = "the stage has more than is needed here")]

#[path = "../browser/people.rs"]
mod people;
#[path = "../browser/stage.rs"]
mod stage;

use convex_leptos::{Authenticated, ConvexProvider, ConvexProviderWithAuth, use_mutation, use_query};
use convex_testkit_web::{turns, until};
use leptos::prelude::*;
use people::People;
use stage::{Page, client, deployment};
use wasm_bindgen::JsCast;
use wasm_bindgen_test::wasm_bindgen_test;

wasm_bindgen_test::wasm_bindgen_test_configure!(run_in_browser);

const MOUNTS: usize = 200;

/// Counts the listeners and timers there are, from now on.
fn count_what_is_left() {
    js_sys::eval(
        "if (!globalThis.left) {
            globalThis.left = { listeners: 0, timers: new Set() };
            for (const target of [window, document]) {
                const { addEventListener, removeEventListener } = target;
                target.addEventListener = function (...args) { left.listeners += 1; return addEventListener.apply(this, args); };
                target.removeEventListener = function (...args) { left.listeners -= 1; return removeEventListener.apply(this, args); };
            }
            const { setTimeout: set, clearTimeout: clear } = window;
            window.setTimeout = (run, ...args) => {
                const id = set(() => { left.timers.delete(id); run(); }, ...args);
                left.timers.add(id);
                return id;
            };
            window.clearTimeout = (id) => { left.timers.delete(id); clear(id); };
        }",
    )
    .expect("it runs");
}

/// Listeners and timers.
fn left() -> (f64, f64) {
    let count = |what| js_sys::eval(what).ok().and_then(|count| count.as_f64()).expect("it is counted");
    (count("left.listeners"), count("left.timers.size"))
}

fn memory() -> u32 {
    let memory: js_sys::WebAssembly::Memory = wasm_bindgen::memory().unchecked_into();
    memory.buffer().unchecked_into::<js_sys::ArrayBuffer>().byte_length()
}

/// Auth contract §4, line 34.
#[wasm_bindgen_test]
async fn two_hundred_providers_come_and_go_without_a_trace() {
    count_what_is_left();
    let before = left();
    let fake = deployment();
    let mut halfway = 0;
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
                            let put = use_mutation::<String>("items:put");
                            move || format!("{} {}", me.data().unwrap_or_default(), put.pending())
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
        if mount == MOUNTS / 2 {
            halfway = memory();
        }
    }
    until_nothing_is_left(before).await;
    let grown = memory() - halfway;
    // One more growth of the allocator's is no leak; a mount that leaked its client would grow it a hundred times.
    assert!(grown <= 1 << 20, "the second hundred took {grown} bytes");
}

/// What is under way when a page goes ends by itself.
async fn until_nothing_is_left(before: (f64, f64)) {
    until("no listener and no timer is left", move || left() <= before).await;
}

#[wasm_bindgen_test]
async fn a_provider_with_a_url_closes_the_client_it_made() {
    count_what_is_left();
    let before = left();
    let state = StoredValue::new(None);
    let page = Page::show(move || {
        view! {
            // Nothing listens there: the client goes on trying until it is closed.
            <ConvexProvider url="http://127.0.0.1:9">
                {state.set_value(Some(convex_leptos::use_convex_connection_state()))}
            </ConvexProvider>
        }
    });
    assert!(state.get_value().is_some() && left().0 > before.0, "it listens to the page");
    drop(page);
    until_nothing_is_left(before).await;
}
