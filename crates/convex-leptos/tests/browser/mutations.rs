//! `use_mutation`: outcomes, handles, options and cancellation.

use crate::fixture::{Page, client, deployment, put, ran};
use convex_leptos::{AuthPolicy, CallOptions, ConvexError, NotSentReason, Session, UseMutation, auth_fn};
use convex_testkit_web::{turns, until};
use leptos::prelude::*;
use serde_json::json;
use std::time::Duration;
use wasm_bindgen_test::wasm_bindgen_test;

/// docs/auth.md §4, line 40.
#[wasm_bindgen_test]
async fn queries_include_a_mutations_writes_when_it_resolves() {
    let fake = deployment();
    put(&fake, &[("a", "one")]);
    let client = client(&fake);
    let label = StoredValue::new(None);
    let page = Page::show(move || {
        let query = client.use_query::<_, String, _>("items:label", json!({ "name": "a" }));
        label.set_value(Some(query));
        move || query.value()
    });
    page.until_text("one").await;
    let rename: UseMutation<String> = client.use_mutation("items:put");
    let call = rename.call(json!({ "name": "a", "label": "two" }));
    assert!(rename.pending());
    assert_eq!(call.await, Ok("two".to_owned()));
    assert!(!rename.pending());
    assert_eq!(rename.value().as_deref(), Some("two"));
    let query = label.get_value().expect("the component was built");
    assert_eq!(untrack(|| query.value()), Some("two".to_owned()));
}

#[wasm_bindgen_test]
async fn a_mutation_handle_has_pending_and_error() {
    let fake = deployment();
    let client = client(&fake);
    let handle = StoredValue::new(None);
    let page = Page::show(move || {
        let mutation = client.use_mutation::<_, ()>("items:fail");
        handle.set_value(Some(mutation));
        move || {
            format!("{} {}", mutation.pending(), mutation.error().map(|e| e.to_string()).unwrap_or_default())
        }
    });
    let mutation = handle.get_value().expect("the component was built");
    assert_eq!(page.text(), "false ");
    mutation.dispatch(());
    page.until_text("true ").await;
    until("the call failed", || page.text().starts_with("false ") && page.text().contains("always fails"))
        .await;
    mutation.dispatch(());
    page.until_text("true ").await;
}

/// docs/auth.md §4, line 19.
#[wasm_bindgen_test]
async fn the_last_value_of_a_call_ends_with_the_users_session() {
    let fake = deployment();
    let client = client(&fake);
    let session = RwSignal::new(Session::signed_in("alice"));
    let tokens = StoredValue::new_local(fake.clone());
    client.set_auth(auth_fn(
        move || session.get(),
        move |_| async move { Ok(tokens.try_with_value(|fake| fake.token("alice").expose().to_owned())) },
    ));
    let rename: UseMutation<String> = client.use_mutation("items:put");
    let page = Page::show(move || move || rename.value().unwrap_or_default());
    rename.dispatch(json!({ "name": "a", "label": "alice's" }));
    page.until_text("alice's").await;
    session.set(Session::SignedOut);
    turns(1).await;
    assert_eq!(page.text(), "");
}

#[wasm_bindgen_test]
async fn an_invalid_call_fails_at_once() {
    let fake = deployment();
    let client = client(&fake);
    let invalid_path = client.use_mutation::<_, ()>("no such path");
    assert!(matches!(invalid_path.call(()).await, Err(ConvexError::Path(_))));
    let put = client.use_mutation::<_, ()>("items:put");
    assert!(matches!(put.call(json!([1])).await, Err(ConvexError::Arguments(_))));
    assert!(matches!(put.call(json!({ "$bad": 1 })).await, Err(ConvexError::Arguments(_))));
    assert!(matches!(put.error(), Some(ConvexError::Arguments(_))));
}

#[wasm_bindgen_test]
async fn a_result_of_another_type_is_a_result_error() {
    let fake = deployment();
    let client = client(&fake);
    let put = client.use_mutation::<_, f64>("items:put");
    let result = put.call(json!({ "name": "a", "label": "one" })).await;
    assert!(matches!(result, Err(ConvexError::Result(_))), "{result:?}");
}

#[wasm_bindgen_test]
async fn a_dispatched_mutation_is_pending_until_it_ends() {
    let fake = deployment();
    let client = client(&fake);
    let put = client.use_mutation::<_, String>("items:put");
    fake.pause_delivery();
    drop(put.call(json!({ "name": "a", "label": "one" })));
    turns(5).await;
    assert!(put.pending());
    fake.resume_delivery();
    until("the call ended", || !put.pending()).await;
    assert_eq!(put.value().as_deref(), Some("one"));
}

#[wasm_bindgen_test]
async fn value_and_error_belong_to_the_latest_call_until_a_reset() {
    let fake = deployment();
    let client = client(&fake);
    let put = client.use_mutation::<_, String>("items:put");
    assert!(put.call(json!({ "name": "a" })).await.is_err());
    assert!(matches!(put.error(), Some(ConvexError::Function(_))));
    put.dispatch(json!({ "name": "a", "label": "one" }));
    assert!(put.error().is_none() && put.value().is_none(), "a new call clears both");
    let second = put.call(json!({ "name": "a", "label": "two" }));
    assert_eq!(second.await.as_deref(), Ok("two"));
    assert_eq!((put.value().as_deref(), put.pending()), (Some("two"), false));
    put.clear();
    assert_eq!((put.value(), put.error()), (None, None));
    let third = put.call(json!({ "name": "a", "label": "three" }));
    put.clear();
    assert!(put.pending());
    assert_eq!(third.await.as_deref(), Ok("three"), "a reset does not affect the call's future");
    assert_eq!((put.value(), put.pending()), (None, false));
}

#[wasm_bindgen_test]
async fn a_mutation_follows_its_own_policy() {
    let fake = deployment();
    let client = client(&fake);
    let store = client.use_mutation_with::<_, ()>("users:store", AuthPolicy::Required);
    let outcome = store.call(()).await;
    assert_eq!(outcome, Err(ConvexError::NotSent(NotSentReason::Unauthenticated)));
    let store = client.use_mutation_with::<_, ()>("users:store", AuthPolicy::Settled);
    assert_eq!(store.call(()).await, Ok(()));
}

#[wasm_bindgen_test]
async fn a_mutation_cancelled_before_it_is_sent_never_runs() {
    let fake = deployment();
    let client = client(&fake);
    let put = client.use_mutation::<_, String>("items:put");
    let call = put.call(json!({ "name": "a", "label": "one" }));
    call.cancel();
    assert!(!put.pending(), "in the same tick");
    assert_eq!(put.error(), Some(ConvexError::NotSent(NotSentReason::Cancelled)));
    assert_eq!(call.await, Err(ConvexError::NotSent(NotSentReason::Cancelled)));
    turns(5).await;
    assert_eq!(ran(&fake, "items:put"), 0);
}

#[wasm_bindgen_test]
async fn a_mutation_with_a_timeout_times_out() {
    let fake = deployment();
    fake.hang_dials();
    let client = client(&fake);
    let put = client.use_mutation_with::<_, String>(
        "items:put",
        CallOptions::default().timeout(Duration::from_millis(10)),
    );
    let result = put.call(json!({ "name": "a", "label": "one" })).await;
    assert_eq!(result, Err(ConvexError::NotSent(NotSentReason::TimedOut)));
}
