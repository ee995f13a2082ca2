//! The identity in Leptos's contexts, and clients that use it.

use crate::{
    assert_no_secret,
    auth_service::{AuthService, json},
    in_seconds, jwt,
    layer::ada,
    request,
};
use convex_leptos::{ConvexHttpClient, RequestIdentity, request_client, request_identity};
use leptos::prelude::{Owner, provide_context};
use serde_json::json;

/// The identity with these contexts.
fn identity(provide: impl FnOnce()) -> RequestIdentity {
    Owner::new().with(|| {
        provide();
        // As in a component below.
        Owner::new().with(request_identity)
    })
}

/// Provides a request with this identity, as `leptos_axum` does.
fn provide_request(identity: Option<RequestIdentity>) {
    let mut parts = request(["a=1"]);
    if let Some(identity) = identity {
        parts.extensions.insert(identity);
    }
    provide_context(parts);
}

#[test]
fn the_identity_is_found_in_the_contexts() {
    let bob = RequestIdentity::user("s2", "e30.e30.c2ln");
    assert_eq!(identity(|| ()), RequestIdentity::Unknown);
    assert_eq!(identity(|| provide_request(None)), RequestIdentity::Unknown);
    assert_eq!(identity(|| provide_request(Some(ada()))), ada());
    assert_eq!(identity(|| provide_context(ada())), ada(), "as with Actix");
    let both = || {
        provide_request(Some(bob));
        provide_context(ada());
    };
    assert_eq!(identity(both), ada(), "a context of its own comes first");
    assert_eq!(request_identity(), RequestIdentity::Unknown, "outside of any owner");
}

#[test]
fn an_identity_in_a_context_expires() {
    let expired = RequestIdentity::user("s1", jwt(&json!({"exp": in_seconds(-1)})));
    assert_eq!(identity(|| provide_context(expired)), RequestIdentity::Unknown);
}

#[test]
fn the_debug_output_identifies_no_user() {
    let user = Some(json!({"email": "PRIVATE-SECRET"}));
    let RequestIdentity::User { token, .. } = ada() else { panic!("not a user") };
    let identity = RequestIdentity::User { session_key: "SESSION-SECRET".into(), token, user };
    assert_eq!(format!("{identity:?}"), "User(…)");
    assert_no_secret(&format!("{:?}", identity.http_client("https://happy-animal-123.convex.cloud")));
}

/// The `Authorization` header that a call of this client sends.
async fn authorization(client: impl FnOnce(&str) -> ConvexHttpClient) -> Option<String> {
    let deployment = AuthService::start(|_| json(200, &json!({"status": "success", "value": 1}))).await;
    let answer = client(&deployment.url).query::<_, f64>("items:count", ()).await;
    assert_eq!(answer, Ok(1.0));
    let received = &deployment.received()[0];
    received.headers.get("authorization").map(|value| value.to_str().expect("text").to_owned())
}

#[tokio::test]
async fn a_client_of_a_request_acts_as_its_user() {
    let RequestIdentity::User { token, .. } = ada() else { panic!("not a user") };
    let of_request = |url: &str| {
        Owner::new().with(|| {
            provide_request(Some(ada()));
            request_client(url)
        })
    };
    assert_eq!(authorization(of_request).await, Some(format!("Bearer {}", token.expose())));
}

#[tokio::test]
async fn without_a_user_a_client_is_anonymous() {
    for identity in [RequestIdentity::Unknown, RequestIdentity::Anonymous] {
        assert_eq!(authorization(|url| identity.http_client(url)).await, None);
    }
    assert_eq!(authorization(|url| request_client(url)).await, None, "outside of a request");
}
