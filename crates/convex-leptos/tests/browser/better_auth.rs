//! Better Auth: signing in and out, and what its answers mean.

use crate::{
    better_auth_service::{SIGNED_IN, Service, Setting, setting, token},
    stage::deployment,
};
use convex_leptos::BetterAuthError;
use convex_testkit_web::{FakeDeployment, turns, until};
use leptos::prelude::*;
use wasm_bindgen_test::wasm_bindgen_test;

fn sent_tokens(fake: &FakeDeployment) -> usize {
    fake.sent().iter().filter(|frame| frame.contains("Authenticate")).count()
}

#[wasm_bindgen_test]
async fn a_session_that_stands_signs_in_with_one_question_each() {
    let (fake, service) = (deployment(), Service::start());
    service.answer("get-session", 200, SIGNED_IN);
    service.answer("convex/token", 200, &token(&fake, "ada"));
    let setting = setting(&fake, &service);
    setting.page.until_text("in: Ada").await;
    assert_eq!(service.asked(), ["GET get-session include", "GET convex/token include"]);
}

#[wasm_bindgen_test]
async fn signing_in_and_out() {
    let (fake, service) = (deployment(), Service::start());
    service.answer("get-session", 200, "null");
    service.answer("convex/token", 401, "");
    let Setting { page, auth, .. } = setting(&fake, &service);
    page.until_text("out").await;
    service.answer("sign-in/email", 401, r#"{"message":"Invalid email or password"}"#);
    let refused = auth.sign_in_email("ada@example.com", "wrong").await;
    assert_eq!(
        refused,
        Err(BetterAuthError::Refused { status: 401, message: "Invalid email or password".to_owned() })
    );
    assert_eq!(page.text(), "out");
    service.answer("sign-in/email", 200, r#"{"redirect":false,"token":"…","user":{"id":"ada"}}"#);
    service.answer("get-session", 200, SIGNED_IN);
    service.answer("convex/token", 200, &token(&fake, "ada"));
    assert_eq!(auth.sign_in_email("ada@example.com", "right").await, Ok(()));
    page.until_text("in: Ada").await;
    service.answer("sign-out", 200, r#"{"success":true}"#);
    assert_eq!(auth.sign_out().await, Ok(()));
    page.until_text("out").await;
}

#[wasm_bindgen_test]
async fn a_token_endpoint_that_makes_no_sense_signs_nobody_out() {
    let answers = [
        (200, "text/html", "<h1>Sign in</h1>"),
        (500, "text/html", "<h1>Oops</h1>"),
        (403, "application/json", "{}"),
    ];
    for (status, content, body) in answers {
        let (fake, service) = (deployment(), Service::start());
        service.answer("get-session", 200, SIGNED_IN);
        service.answer_as("convex/token", status, content, body);
        let Setting { page, client, .. } = setting(&fake, &service);
        until("a token was asked for", || service.asked().len() > 1).await;
        turns(10).await;
        assert_eq!(page.text(), "loading", "{status} {content}");
        service.answer("convex/token", 200, &token(&fake, "ada"));
        page.until_text("in: Ada").await;
        client.close();
    }
}

/// Auth contract §4, line 1.
#[wasm_bindgen_test]
async fn a_token_endpoint_that_is_down_signs_nobody_out() {
    let (fake, service) = (deployment(), Service::start());
    service.answer("get-session", 200, SIGNED_IN);
    service.fall_silent("convex/token");
    let Setting { page, .. } = setting(&fake, &service);
    until("a token was asked for", || service.asked().len() > 1).await;
    turns(10).await;
    assert_eq!(page.text(), "loading");
    service.answer("convex/token", 200, &token(&fake, "ada"));
    page.until_text("in: Ada").await;
}

#[wasm_bindgen_test]
async fn a_token_endpoint_that_knows_nobody_signs_out() {
    for (status, body) in [(401, ""), (401, r#"{"message":"Unauthorized"}"#), (200, "null")] {
        let (fake, service) = (deployment(), Service::start());
        service.answer("get-session", 200, SIGNED_IN);
        service.fall_silent("convex/token");
        let setting = setting(&fake, &service);
        until("a token was asked for", || service.asked().len() > 1).await;
        assert!(untrack(|| setting.auth.user()).is_some());
        service.answer("get-session", 200, "null");
        service.answer("convex/token", status, body);
        setting.page.until_text("out").await;
        until("nobody is the user", || untrack(|| setting.auth.user()).is_none()).await;
    }
}

/// Auth contract §4, line 19.
#[wasm_bindgen_test]
async fn who_signed_in_in_another_tab_is_known_before_their_token_is_used() {
    const OTHER: &str = r#"{"session":{"id":"s2"},"user":{"id":"bob","name":"Bob"}}"#;
    let (fake, service) = (deployment(), Service::start());
    service.answer("get-session", 200, SIGNED_IN);
    service.answer("convex/token", 200, &token(&fake, "ada"));
    let Setting { page, client, .. } = setting(&fake, &service);
    page.until_text("in: Ada").await;

    service.fall_silent("get-session");
    service.answer("convex/token", 200, &token(&fake, "bob"));
    client.reauthenticate();
    until("it was asked who that is", || service.asked().len() > 3).await;
    turns(10).await;
    assert_eq!(page.text(), "in: Ada", "nobody knows of Bob yet");
    assert_eq!(sent_tokens(&fake), 1, "his token must not leave under her name");
    service.answer("get-session", 200, OTHER);
    page.until_text("in: Bob").await;
}

#[wasm_bindgen_test]
async fn a_user_with_another_name_in_tokens_is_asked_for_once() {
    let (fake, service) = (deployment(), Service::start());
    service.answer("get-session", 200, r#"{"session":{"id":"s1"},"user":{"id":"user 7","name":"Ada"}}"#);
    service.answer("convex/token", 200, &token(&fake, "ada"));
    let Setting { page, client, .. } = setting(&fake, &service);
    page.until_text("in: Ada").await;
    let before = service.asked().len();
    client.reauthenticate();
    until("a token was asked for", || service.asked().len() > before).await;
    turns(10).await;
    assert_eq!(service.asked()[before..], ["GET convex/token include"]);
}

#[wasm_bindgen_test]
async fn who_is_signed_in_is_asked_until_it_is_known() {
    let (fake, service) = (deployment(), Service::start());
    let setting = setting(&fake, &service);
    until("it was asked", || !service.asked().is_empty()).await;
    service.answer("get-session", 200, "null");
    setting.page.until_text("out").await;
    assert!(service.asked().len() >= 2);
}

#[wasm_bindgen_test]
async fn an_answer_of_another_server_is_said_in_plain_words() {
    let (fake, service) = (deployment(), Service::start());
    service.answer("get-session", 200, "null");
    let Setting { page, auth, .. } = setting(&fake, &service);
    page.until_text("out").await;
    service.answer_as("sign-in/email", 200, "text/html", "<h1>Hello</h1>");
    let error = auth.sign_in_email("ada@example.com", "right").await.expect_err("HTML is no answer");
    assert_eq!(
        error.to_string(),
        "the sign-in service gave an answer that makes no sense (status 200, text/html)"
    );
    service.fall_silent("sign-in/email");
    let error = auth.sign_in_email("ada@example.com", "right").await.expect_err("nobody is there");
    assert_eq!(error, BetterAuthError::Unreachable);
}
