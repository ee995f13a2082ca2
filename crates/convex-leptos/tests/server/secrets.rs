//! Secrets and special characters in the page.

use crate::{
    deployment::Deployment,
    page::{SsrMode, render},
    policies::provider,
};
use convex_leptos::*;
use leptos::prelude::*;
use serde_json::{Value as Json, json};

/// docs/auth.md, rule 13: the HTML contains neither the token nor what identifies the session.
#[tokio::test(flavor = "multi_thread")]
async fn no_token_session_or_claim_is_in_the_page() {
    let deployment = Deployment::start().await;
    let RequestIdentity::User { token, .. } = deployment.sign_in("alice").await else {
        unreachable!("a user")
    };
    let claims = sync::Claims::read(token.expose()).expect("a JWT");
    let issuer = claims.issuer.expect("the dev server's tokens have an issuer");
    let identity = RequestIdentity::user("SESSION-KEY-MARKER", token.expose());
    let url = deployment.url();
    let page = render(SsrMode::InOrder, identity, move || {
        view! {
            <ConvexProviderWithAuth url auth=provider()>
                {
                    let list = use_query::<_, Vec<Json>, _>("organizations:list", ());
                    view! { <Suspense>{move || list.value().map(|list| format!("{} rows", list.len()))}</Suspense> }
                }
            </ConvexProviderWithAuth>
        }
    })
    .await;
    assert!(page.contains(" rows"), "{page:?}");
    let text = page.text();
    let parts: Vec<&str> = token.expose().split('.').collect();
    for marker in [&["SESSION-KEY-MARKER", &*issuer][..], &parts].concat() {
        assert!(!text.contains(marker), "{marker} in {text}");
    }
}

/// Values become part of a script.
#[tokio::test(flavor = "multi_thread")]
async fn values_cannot_end_the_script_that_contains_them() {
    let deployment = Deployment::start().await;
    let RequestIdentity::User { token, .. } = deployment.sign_in("alice").await else {
        unreachable!("a user")
    };
    let body = "</script><script>alert(1)</script>\u{2028}\u{2029}\"\\";
    let client = ConvexHttpClient::new(deployment.url()).with_auth(token.expose());
    client.mutation::<_, Json>("messages:send", json!({ "body": body })).await.expect("it is sent");
    let url = deployment.url();
    let page = render(SsrMode::InOrder, RequestIdentity::Anonymous, move || {
        view! {
            <ConvexProvider url>
                {
                    let messages = use_query::<_, Vec<Json>, _>("messages:list", ());
                    view! { <Suspense>{move || messages.value().map(|list| format!("{} messages", list.len()))}</Suspense> }
                }
            </ConvexProvider>
        }
    })
    .await;
    assert!(page.contains("4 messages") && page.data.contains("alert(1)"), "{page:?}");
    assert!(!page.data.contains('<'), "{page:?}");
    assert!(!page.data.contains('\u{2028}') && !page.data.contains('\u{2029}'), "{page:?}");
}
