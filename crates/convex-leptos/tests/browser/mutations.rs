//! Writing.

use crate::stage::{Page, client, deployment, put};
use convex_leptos::{ConvexError, UseMutation};
use convex_testkit_web::until;
use leptos::prelude::*;
use serde_json::json;
use wasm_bindgen_test::wasm_bindgen_test;

/// Auth contract §4, line 40.
#[wasm_bindgen_test]
async fn a_write_is_to_be_seen_when_its_call_ends() {
    let fake = deployment();
    put(&fake, &[("a", "one")]);
    let client = client(&fake);
    let label = StoredValue::new(None);
    let page = Page::show(move || {
        let query = client.use_query::<String>("items:label", json!({ "name": "a" }));
        label.set_value(Some(query));
        move || query.data()
    });
    page.until_text("one").await;
    let rename: UseMutation<String> = client.use_mutation("items:put");
    let call = rename.call(json!({ "name": "a", "label": "two" }));
    assert!(rename.pending());
    assert_eq!(call.await, Ok("two".to_owned()));
    assert!(!rename.pending());
    let query = label.get_value().expect("the component was built");
    assert_eq!(untrack(|| query.data()), Some("two".to_owned()));
}

#[wasm_bindgen_test]
async fn a_form_sees_that_it_is_pending_and_why_it_failed() {
    let fake = deployment();
    let client = client(&fake);
    let refuse = StoredValue::new(None);
    let page = Page::show(move || {
        let mutation = client.use_mutation::<()>("items:refuse");
        refuse.set_value(Some(mutation));
        move || {
            format!("{} {}", mutation.pending(), mutation.error().map(|e| e.to_string()).unwrap_or_default())
        }
    });
    let mutation = refuse.get_value().expect("the component was built");
    assert_eq!(page.text(), "false ");
    mutation.dispatch(());
    page.until_text("true ").await;
    until("it failed", || page.text().starts_with("false ") && page.text().contains("not on a Sunday")).await;
    mutation.dispatch(());
    page.until_text("true ").await;
}

#[wasm_bindgen_test]
async fn what_cannot_be_sent_fails_at_the_call() {
    let fake = deployment();
    let client = client(&fake);
    let misnamed = client.use_mutation::<()>("no such path");
    assert!(matches!(misnamed.call(()).await, Err(ConvexError::Path(_))));
    let fine = client.use_mutation::<()>("items:put");
    assert!(matches!(fine.call(json!([1])).await, Err(ConvexError::Arguments(_))));
    assert!(matches!(fine.call(json!({ "$bad": 1 })).await, Err(ConvexError::Arguments(_))));
    assert!(matches!(fine.error(), Some(ConvexError::Arguments(_))));
}

#[wasm_bindgen_test]
async fn a_result_of_another_type_is_an_error_of_the_result() {
    let fake = deployment();
    let client = client(&fake);
    let put = client.use_mutation::<f64>("items:put");
    let result = put.call(json!({ "name": "a", "label": "one" })).await;
    assert!(matches!(result, Err(ConvexError::Result(_))), "{result:?}");
}
