//! What happens to the page reaches the client, as long as there is one.
#![cfg(target_family = "wasm")]

mod chat;

use chat::{client, deployment, live_client};
use convex_testkit_web::{FakeDeployment, come_online, set_visible, show_page, turns, until};
use convex_web::{ConvexClient, sync::ConnectionState};
use js_sys::{Date, Function, Reflect};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

wasm_bindgen_test_configure!(run_in_browser);

/// A client that waits for its next try, and how often it has dialled.
async fn waiting_client(fake: &FakeDeployment) -> (ConvexClient, usize) {
    fake.refuse_dials();
    let client = client(fake);
    let waits = || matches!(client.connection(), ConnectionState::Reconnecting { next_attempt: Some(_), .. });
    until("it waits for its next try", waits).await;
    (client, fake.dialled())
}

fn is_empty_probe(frame: &str) -> bool {
    frame.contains(r#""ModifyQuerySet""#) && frame.contains(r#""modifications":[]"#)
}

/// Auth contract §4, line 28.
#[wasm_bindgen_test]
async fn coming_back_online_dials_at_once() {
    let fake = deployment();
    let (_client, dialled) = waiting_client(&fake).await;
    come_online();
    assert_eq!(fake.dialled(), dialled + 1);
}

/// Auth contract §4, line 28.
#[wasm_bindgen_test]
async fn a_page_that_becomes_visible_dials_at_once() {
    let fake = deployment();
    let (_client, dialled) = waiting_client(&fake).await;
    set_visible(false);
    let while_hidden = fake.dialled();
    set_visible(true);
    assert_eq!((while_hidden, fake.dialled()), (dialled, dialled + 1));
}

/// Auth contract §4, line 28.
#[wasm_bindgen_test]
async fn a_page_that_comes_back_from_the_cache_dials_at_once() {
    let fake = deployment();
    let (_client, dialled) = waiting_client(&fake).await;
    show_page(false);
    assert_eq!(fake.dialled(), dialled, "that was the end of a load");
    show_page(true);
    assert_eq!(fake.dialled(), dialled + 1);
}

#[wasm_bindgen_test]
async fn a_client_that_is_gone_does_not_wake() {
    let fake = deployment();
    let (client, dialled) = waiting_client(&fake).await;
    client.close();
    come_online();
    turns(3).await;
    assert_eq!(fake.dialled(), dialled);
}

/// Auth contract §4, line 34.
#[wasm_bindgen_test]
async fn a_closed_client_takes_its_listeners_along() {
    js_sys::eval(
        "globalThis.listening = 0;
        for (const target of [window, document]) {
            const { addEventListener, removeEventListener } = target;
            target.addEventListener = function (...args) { listening += 1; return addEventListener.apply(this, args); };
            target.removeEventListener = function (...args) { listening -= 1; return removeEventListener.apply(this, args); };
        }",
    )
    .expect("it runs");
    let listening = || js_sys::eval("listening").ok().and_then(|count| count.as_f64());
    let fake = deployment();
    let client = client(&fake);
    assert_eq!(listening(), Some(3.0));
    client.close();
    assert_eq!(listening(), Some(0.0));
}

/// A machine that slept: its wall clock is ahead of the clock that only counts waking hours.
#[wasm_bindgen_test]
async fn a_clock_jump_is_noticed_without_any_event() {
    let fake = deployment();
    let client = live_client(&fake).await;
    until("the deployment has nothing more to say", || client.connection() == ConnectionState::Live).await;
    fake.take_sent();

    let constructor = Function::new_no_args("return Date").call0(&JsValue::NULL).expect("it is there");
    let honest = Reflect::get(&constructor, &"now".into()).expect("it is there");
    let later = Date::now() - performance() + 600_000.0;
    let fast = Function::new_no_args(&format!("return performance.now() + {later}"));
    Reflect::set(&constructor, &"now".into(), &fast).expect("it is set");
    let start = performance();
    while !fake.sent().iter().any(|frame| is_empty_probe(frame)) && performance() - start < 5000.0 {
        turns(10).await;
    }
    Reflect::set(&constructor, &"now".into(), honest.unchecked_ref::<Function>()).expect("it is set");
    assert!(
        fake.sent().iter().any(|frame| is_empty_probe(frame)),
        "the socket was probed: {:?}",
        fake.sent()
    );
}

fn performance() -> f64 {
    web_sys::window().and_then(|window| window.performance()).expect("a page").now()
}
