//! `use_action`.

use crate::fixture::{Page, client, deployment, ran, restart};
use convex_leptos::ConvexError;
use convex_testkit_web::{turns, until};
use leptos::prelude::*;
use serde_json::json;
use wasm_bindgen_test::wasm_bindgen_test;

#[wasm_bindgen_test]
async fn concurrent_actions_show_the_value_of_the_latest_call() {
    let fake = deployment();
    let client = client(&fake);
    let action = StoredValue::new(None);
    let page = Page::show(move || {
        let echo = client.use_action::<_, String>("echo:late");
        action.set_value(Some(echo));
        move || format!("{} {}", echo.pending(), echo.value().unwrap_or_default())
    });
    let echo = action.get_value().expect("the component was built");
    let slow = echo.call(json!({ "text": "slow", "ms": 50 }));
    let fast = echo.call(json!({ "text": "fast", "ms": 0 }));
    assert_eq!(fast.await.as_deref(), Ok("fast"));
    page.until_text("true fast").await;
    assert_eq!(slow.await.as_deref(), Ok("slow"));
    page.until_text("false fast").await;
}

#[wasm_bindgen_test]
async fn an_action_is_never_resent() {
    let fake = deployment();
    let client = client(&fake);
    let echo = client.use_action::<_, String>("echo:late");
    let call = echo.call(json!({ "text": "lost", "ms": 5_000 }));
    until("the action runs", || ran(&fake, "echo:late") == 1).await;
    restart(&fake);
    assert_eq!(call.await, Err(ConvexError::OutcomeUnknown));
    assert_eq!((echo.error(), echo.pending()), (Some(ConvexError::OutcomeUnknown), false));
    assert_eq!(echo.call(json!({ "text": "next", "ms": 0 })).await.as_deref(), Ok("next"));
    assert_eq!(ran(&fake, "echo:late"), 2, "one run per call");
}

#[wasm_bindgen_test]
async fn an_offline_call_runs_once_after_the_reconnect() {
    let fake = deployment();
    fake.refuse_dials();
    let client = client(&fake);
    let echo = client.use_action::<_, String>("echo:late");
    let call = echo.call(json!({ "text": "patient", "ms": 0 }));
    turns(5).await;
    assert!(echo.pending());
    fake.accept_dials();
    assert_eq!(call.await.as_deref(), Ok("patient"));
    assert_eq!(ran(&fake, "echo:late"), 1);
}

#[wasm_bindgen_test]
async fn an_action_that_throws_has_an_error() {
    let fake = deployment();
    let client = client(&fake);
    let echo = client.use_action::<_, String>("echo:late");
    assert!(matches!(echo.call(json!({ "text": "no ms" })).await, Err(ConvexError::Function(_))));
    assert!(matches!(echo.error(), Some(ConvexError::Function(_))));
    echo.clear();
    assert_eq!(echo.error(), None);
}
