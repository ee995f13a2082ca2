//! The state of the connection, as components see it.

use crate::stage::{Page, client, deployment};
use convex_leptos::{ConnectionState, ConvexProvider, use_convex_connection_state, use_query};
use leptos::prelude::*;
use wasm_bindgen_test::wasm_bindgen_test;

#[component]
fn Connection() -> impl IntoView {
    let connection = use_convex_connection_state();
    move || match connection.get() {
        ConnectionState::Live => "live".to_owned(),
        ConnectionState::Reconnecting { .. } => "reconnecting".to_owned(),
        ConnectionState::Fatal { message } => format!("fatal: {message}"),
        _ => "connecting".to_owned(),
    }
}

/// Auth contract §4, line 33.
#[wasm_bindgen_test]
async fn it_is_live_then_lost_then_live_again() {
    let fake = deployment();
    let client = client(&fake);
    let page = Page::show(move || {
        view! {
            <ConvexProvider client>
                {
                    let _count = use_query::<f64>("items:count", ());
                }
                <Connection/>
            </ConvexProvider>
        }
    });
    page.until_text("connecting").await;
    page.until_text("live").await;
    fake.refuse_dials();
    fake.deployment(|deployment, now| deployment.restart(now));
    page.until_text("reconnecting").await;
    fake.accept_dials();
    page.until_text("live").await;
}

#[wasm_bindgen_test]
async fn a_url_that_cannot_be_a_deployments_says_so() {
    let page = Page::show(|| view! { <ConvexProvider url="not a url"><Connection/></ConvexProvider> });
    assert!(page.text().starts_with("fatal: "), "{}", page.text());
    assert!(page.text().contains("not a url"), "{}", page.text());
}

#[wasm_bindgen_test]
async fn a_provider_without_url_and_client_says_so() {
    let page = Page::show(|| view! { <ConvexProvider><Connection/></ConvexProvider> });
    assert!(page.text().starts_with("fatal: "), "{}", page.text());
}
