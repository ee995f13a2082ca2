//! Page events and clock jumps that wake the client.
#![cfg(target_family = "wasm")]

mod chat;

use chat::{client, deployment, live_client};
use convex_testkit_web::{
    FakeDeployment, dispatch_online, dispatch_pageshow, set_page_visible, turns, until,
};
use convex_web::{ConvexClient, sync::ConnectionState};
use js_sys::{Date, Function, Reflect};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

wasm_bindgen_test_configure!(run_in_browser);

/// A client that waits for its next dial, and the number of its dials.
async fn waiting_client(fake: &FakeDeployment) -> (ConvexClient, usize) {
    fake.refuse_dials();
    let client = client(fake);
    let is_waiting =
        || matches!(client.connection(), ConnectionState::Reconnecting { next_attempt: Some(_), .. });
    until("the client waits for the next dial", is_waiting).await;
    (client, fake.dialled())
}

fn is_empty_probe(frame: &str) -> bool {
    frame.contains(r#""ModifyQuerySet""#) && frame.contains(r#""modifications":[]"#)
}

/// docs/auth.md §4, line 28.
#[wasm_bindgen_test]
async fn going_online_dials_at_once() {
    let fake = deployment();
    let (_client, dialled) = waiting_client(&fake).await;
    dispatch_online();
    assert_eq!(fake.dialled(), dialled + 1);
}

/// docs/auth.md §4, line 28.
#[wasm_bindgen_test]
async fn showing_a_hidden_page_dials_at_once() {
    let fake = deployment();
    let (_client, dialled) = waiting_client(&fake).await;
    set_page_visible(false);
    let while_hidden = fake.dialled();
    set_page_visible(true);
    assert_eq!((while_hidden, fake.dialled()), (dialled, dialled + 1));
}

/// docs/auth.md §4, line 28.
#[wasm_bindgen_test]
async fn restoring_a_cached_page_dials_at_once() {
    let fake = deployment();
    let (_client, dialled) = waiting_client(&fake).await;
    dispatch_pageshow(false);
    assert_eq!(fake.dialled(), dialled, "the page has only finished loading");
    dispatch_pageshow(true);
    assert_eq!(fake.dialled(), dialled + 1);
}

#[wasm_bindgen_test]
async fn a_closed_client_ignores_wake_events() {
    let fake = deployment();
    let (client, dialled) = waiting_client(&fake).await;
    client.close();
    dispatch_online();
    turns(3).await;
    assert_eq!(fake.dialled(), dialled);
}

/// docs/auth.md §4, line 34.
#[wasm_bindgen_test]
async fn closing_the_client_removes_its_page_listeners() {
    js_sys::eval(
        "globalThis.listenerCount = 0;
        for (const target of [window, document]) {
            const { addEventListener, removeEventListener } = target;
            target.addEventListener = function (...args) { listenerCount += 1; return addEventListener.apply(this, args); };
            target.removeEventListener = function (...args) { listenerCount -= 1; return removeEventListener.apply(this, args); };
        }",
    )
    .expect("the script is valid");
    let listener_count = || js_sys::eval("listenerCount").ok().and_then(|count| count.as_f64());
    let fake = deployment();
    let client = client(&fake);
    assert_eq!(listener_count(), Some(3.0));
    client.close();
    assert_eq!(listener_count(), Some(0.0));
}

/// After sleep, the wall clock is ahead of the monotonic clock.
#[wasm_bindgen_test]
async fn a_clock_jump_probes_the_socket() {
    let fake = deployment();
    let client = live_client(&fake).await;
    until("the client is live", || client.connection() == ConnectionState::Live).await;
    fake.take_sent();

    let constructor =
        Function::new_no_args("return Date").call0(&JsValue::NULL).expect("the property exists");
    let real_now = Reflect::get(&constructor, &"now".into()).expect("the property exists");
    let offset = Date::now() - performance() + 600_000.0;
    let fast = Function::new_no_args(&format!("return performance.now() + {offset}"));
    Reflect::set(&constructor, &"now".into(), &fast).expect("the property can be set");
    let start = performance();
    while !fake.sent().iter().any(|frame| is_empty_probe(frame)) && performance() - start < 5000.0 {
        turns(10).await;
    }
    Reflect::set(&constructor, &"now".into(), real_now.unchecked_ref::<Function>())
        .expect("the property can be set");
    assert!(fake.sent().iter().any(|frame| is_empty_probe(frame)), "the socket is probed: {:?}", fake.sent());
}

fn performance() -> f64 {
    web_sys::window().and_then(|window| window.performance()).expect("a page").now()
}
