//! What a page shows of the identity of its request.

use crate::{
    deployment::Deployment,
    page::{SsrMode, render},
    policies::provider,
};
use convex_leptos::*;
use leptos::prelude::*;

#[component]
fn Gates() -> impl IntoView {
    let auth = use_convex_auth();
    view! {
        <p>{move || format!("{:?}", auth.state())}</p>
        <AuthLoading>"gate: loading"</AuthLoading>
        <Unauthenticated>"gate: signed out"</Unauthenticated>
        <Authenticated>"gate: signed in"</Authenticated>
        <AuthRefreshing>"gate: refreshing"</AuthRefreshing>
    }
}

async fn gates(identity: RequestIdentity) -> String {
    let page = render(SsrMode::InOrder, identity, || {
        view! {
            <ConvexProviderWithAuth url="https://happy-animal-123.convex.cloud" auth=provider()>
                <Gates/>
            </ConvexProviderWithAuth>
        }
    });
    page.await.html
}

#[tokio::test(flavor = "multi_thread")]
async fn gates_and_the_auth_state_start_from_the_requests_identity() {
    let alice = RequestIdentity::user("login_1", "e30.eyJzdWIiOiJhbGljZSJ9.c2ln");
    for (identity, state, gate) in [
        (alice, "Authenticated { refreshing: false }", "gate: signed in"),
        (RequestIdentity::Anonymous, "Unauthenticated { reason: SignedOut }", "gate: signed out"),
        (RequestIdentity::Unknown, "Loading { waiting_for: Provider", "gate: loading"),
    ] {
        let html = gates(identity).await;
        assert!(html.contains(state) && html.contains(gate), "{html}");
        assert_eq!(html.matches("gate: ").count(), 1, "{html}");
    }
}

/// Without an identity provider, nobody can be signed in, whoever sent the request.
#[tokio::test(flavor = "multi_thread")]
async fn a_client_without_a_provider_is_unauthenticated() {
    let deployment = Deployment::start().await;
    for identity in [deployment.sign_in("alice").await, RequestIdentity::Unknown] {
        let url = deployment.url();
        let page = render(SsrMode::InOrder, identity, move || {
            view! {
                <ConvexProvider url>
                    <Gates/>
                    {
                        let current = use_query::<_, Option<serde_json::Value>, _>("users:current", ());
                        view! { <Suspense>{move || current.value().map(|user| format!("user {user:?}"))}</Suspense> }
                    }
                </ConvexProvider>
            }
        })
        .await;
        assert!(page.contains("Unauthenticated { reason: NoProvider }"), "{page:?}");
        assert!(page.contains("gate: signed out") && page.contains("user None"), "{page:?}");
    }
    assert_eq!(deployment.executions("users:current").await, [None, None]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_user_of_better_auth_is_the_one_of_the_request() {
    let RequestIdentity::User { session_key, token, .. } =
        RequestIdentity::user("login_1", "e30.eyJzdWIiOiJhbGljZSJ9.c2ln")
    else {
        unreachable!("a user")
    };
    let user = serde_json::json!({ "id": "alice", "name": "Alice", "internalNote": "MARKER" });
    let identity = RequestIdentity::User { session_key, token, user: Some(user) };
    let page = render(SsrMode::InOrder, identity, || {
        let auth = BetterAuth::new("");
        view! { <p>{move || auth.user().map(|user| user.name)}</p> }
    })
    .await;
    assert!(page.contains("Alice") && page.data.contains("Alice"), "{page:?}");
    assert!(!page.text().contains("MARKER"), "only what `BetterAuthUser` has: {page:?}");
}

/// A user who is signed in gets the gated queries as that user.
#[tokio::test(flavor = "multi_thread")]
async fn gated_queries_are_in_the_html() {
    let deployment = Deployment::start().await;
    let alice = deployment.sign_in("alice").await;
    let url = deployment.url();
    let page = render(SsrMode::InOrder, alice, move || {
        view! {
            <ConvexProviderWithAuth url auth=provider()>
                <Authenticated>
                    {
                        let list = use_query::<_, Vec<serde_json::Value>, _>("organizations:list", ());
                        view! { <Suspense>{move || list.value().map(|list| format!("organizations: {}", list.len()))}</Suspense> }
                    }
                </Authenticated>
            </ConvexProviderWithAuth>
        }
    })
    .await;
    assert!(page.contains("organizations: "), "{page:?}");
    assert!(deployment.executions("organizations:list").await.iter().all(Option::is_some));
}

/// A mutation never runs while a page is rendered, and its user is not stored yet.
#[tokio::test(flavor = "multi_thread")]
async fn a_user_is_not_stored_while_a_page_is_rendered() {
    let deployment = Deployment::start().await;
    let alice = deployment.sign_in("alice").await;
    let url = deployment.url();
    let page = render(SsrMode::Async, alice, move || {
        view! {
            <ConvexProviderWithAuth url auth=provider()>
                {
                    let stored = use_stored_user("users:store", ());
                    view! {
                        <AuthLoading auth=stored>"gate: loading"</AuthLoading>
                        <Authenticated auth=stored>"gate: stored"</Authenticated>
                        <p>{move || format!("{:?}", stored.error())}</p>
                    }
                }
            </ConvexProviderWithAuth>
        }
    })
    .await;
    assert!(page.contains("gate: loading") && !page.contains("gate: stored"), "{page:?}");
    assert!(page.contains("None") && deployment.executions("users:store").await.is_empty(), "{page:?}");
}
