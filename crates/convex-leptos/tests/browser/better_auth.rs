//! `BetterAuth`: signing in and out, and the responses of its endpoints.

use crate::{
    better_auth_service::{AuthPage, FakeAuthService, SIGNED_IN, auth_page, token},
    fixture::deployment,
};
use convex_leptos::BetterAuthError;
use convex_testkit_web::{FakeDeployment, turns, until};
use leptos::prelude::*;
use wasm_bindgen_test::wasm_bindgen_test;

fn sent_tokens(fake: &FakeDeployment) -> usize {
    fake.sent().iter().filter(|frame| frame.contains("Authenticate")).count()
}

#[wasm_bindgen_test]
async fn an_existing_session_signs_in_with_one_request_each() {
    let (fake, service) = (deployment(), FakeAuthService::start());
    service.respond("get-session", 200, SIGNED_IN);
    service.respond("convex/token", 200, &token(&fake, "ada"));
    let auth_page = auth_page(&fake, &service);
    auth_page.page.until_text("in: Ada").await;
    assert_eq!(service.requests(), ["GET get-session include", "GET convex/token include"]);
}

#[wasm_bindgen_test]
async fn signing_in_and_out_updates_the_session() {
    let (fake, service) = (deployment(), FakeAuthService::start());
    service.respond("get-session", 200, "null");
    service.respond("convex/token", 401, "");
    let AuthPage { page, auth, .. } = auth_page(&fake, &service);
    page.until_text("out").await;
    service.respond("sign-in/email", 401, r#"{"message":"Invalid email or password"}"#);
    let outcome = auth.sign_in_email("ada@example.com", "wrong").await;
    assert_eq!(
        outcome,
        Err(BetterAuthError::Refused { status: 401, message: "Invalid email or password".to_owned() })
    );
    assert_eq!(page.text(), "out");
    service.respond("sign-in/email", 200, r#"{"redirect":false,"token":"…","user":{"id":"ada"}}"#);
    service.respond("get-session", 200, SIGNED_IN);
    service.respond("convex/token", 200, &token(&fake, "ada"));
    assert_eq!(auth.sign_in_email("ada@example.com", "right").await, Ok(()));
    page.until_text("in: Ada").await;
    service.respond("sign-out", 200, r#"{"success":true}"#);
    assert_eq!(auth.sign_out().await, Ok(()));
    page.until_text("out").await;
}

#[wasm_bindgen_test]
async fn an_invalid_token_response_does_not_sign_out() {
    let answers = [
        (200, "text/html", "<h1>Sign in</h1>"),
        (500, "text/html", "<h1>Oops</h1>"),
        (403, "application/json", "{}"),
    ];
    for (status, content, body) in answers {
        let (fake, service) = (deployment(), FakeAuthService::start());
        service.respond("get-session", 200, SIGNED_IN);
        service.respond_with_type("convex/token", status, content, body);
        let AuthPage { page, client, .. } = auth_page(&fake, &service);
        until("a token is requested", || service.requests().len() > 1).await;
        turns(10).await;
        assert_eq!(page.text(), "loading", "{status} {content}");
        service.respond("convex/token", 200, &token(&fake, "ada"));
        page.until_text("in: Ada").await;
        client.close();
    }
}

/// docs/auth.md §4, line 1.
#[wasm_bindgen_test]
async fn an_unreachable_token_endpoint_does_not_sign_out() {
    let (fake, service) = (deployment(), FakeAuthService::start());
    service.respond("get-session", 200, SIGNED_IN);
    service.disconnect("convex/token");
    let AuthPage { page, .. } = auth_page(&fake, &service);
    until("a token is requested", || service.requests().len() > 1).await;
    turns(10).await;
    assert_eq!(page.text(), "loading");
    service.respond("convex/token", 200, &token(&fake, "ada"));
    page.until_text("in: Ada").await;
}

#[wasm_bindgen_test]
async fn a_signed_out_token_response_signs_out() {
    for (status, body) in [(401, ""), (401, r#"{"message":"Unauthorized"}"#), (200, "null")] {
        let (fake, service) = (deployment(), FakeAuthService::start());
        service.respond("get-session", 200, SIGNED_IN);
        service.disconnect("convex/token");
        let auth_page = auth_page(&fake, &service);
        until("a token is requested", || service.requests().len() > 1).await;
        assert!(untrack(|| auth_page.auth.user()).is_some());
        service.respond("get-session", 200, "null");
        service.respond("convex/token", status, body);
        auth_page.page.until_text("out").await;
        until("the user is cleared", || untrack(|| auth_page.auth.user()).is_none()).await;
    }
}

/// docs/auth.md §4, line 19.
#[wasm_bindgen_test]
async fn a_token_of_another_tabs_user_waits_for_the_session() {
    const BOB_SIGNED_IN: &str = r#"{"session":{"id":"s2"},"user":{"id":"bob","name":"Bob"}}"#;
    let (fake, service) = (deployment(), FakeAuthService::start());
    service.respond("get-session", 200, SIGNED_IN);
    service.respond("convex/token", 200, &token(&fake, "ada"));
    let AuthPage { page, client, .. } = auth_page(&fake, &service);
    page.until_text("in: Ada").await;

    service.disconnect("get-session");
    service.respond("convex/token", 200, &token(&fake, "bob"));
    client.reauthenticate();
    until("the session is requested", || service.requests().len() > 3).await;
    turns(10).await;
    assert_eq!(page.text(), "in: Ada", "the session request has not succeeded yet");
    assert_eq!(sent_tokens(&fake), 1, "Bob's token must not be sent in Ada's session");
    service.respond("get-session", 200, BOB_SIGNED_IN);
    page.until_text("in: Bob").await;
}

#[wasm_bindgen_test]
async fn a_differing_token_subject_is_checked_only_once() {
    let (fake, service) = (deployment(), FakeAuthService::start());
    service.respond("get-session", 200, r#"{"session":{"id":"s1"},"user":{"id":"user 7","name":"Ada"}}"#);
    service.respond("convex/token", 200, &token(&fake, "ada"));
    let AuthPage { page, client, .. } = auth_page(&fake, &service);
    page.until_text("in: Ada").await;
    let before = service.requests().len();
    client.reauthenticate();
    until("a token is requested", || service.requests().len() > before).await;
    turns(10).await;
    assert_eq!(service.requests()[before..], ["GET convex/token include"]);
}

#[wasm_bindgen_test]
async fn the_session_request_is_retried_until_it_succeeds() {
    let (fake, service) = (deployment(), FakeAuthService::start());
    let auth_page = auth_page(&fake, &service);
    until("the session is requested", || !service.requests().is_empty()).await;
    service.respond("get-session", 200, "null");
    auth_page.page.until_text("out").await;
    assert!(service.requests().len() >= 2);
}

#[wasm_bindgen_test]
async fn an_invalid_response_is_a_clear_error() {
    let (fake, service) = (deployment(), FakeAuthService::start());
    service.respond("get-session", 200, "null");
    let AuthPage { page, auth, .. } = auth_page(&fake, &service);
    page.until_text("out").await;
    service.respond_with_type("sign-in/email", 200, "text/html", "<h1>Hello</h1>");
    let error = auth.sign_in_email("ada@example.com", "right").await.expect_err("HTML is invalid");
    assert_eq!(
        error.to_string(),
        "the sign-in service returned an unexpected answer (status 200, text/html); check its address"
    );
    service.disconnect("sign-in/email");
    let error = auth.sign_in_email("ada@example.com", "right").await.expect_err("the service is unreachable");
    assert_eq!(error, BetterAuthError::Unreachable);
}
