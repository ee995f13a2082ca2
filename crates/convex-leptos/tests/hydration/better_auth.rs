//! `BetterAuth` on a page that a web server rendered.

use crate::{
    better_auth_service::{AuthPage, FakeAuthService, SIGNED_IN, auth_page, token},
    fixture::{deployment, sent},
    page::{Hydration, ServerPage},
};
use convex_testkit_web::{FakeDeployment, turns, until};
use convex_web::sync::{PageIdentity, PagePlace};
use leptos::prelude::*;
use wasm_bindgen_test::wasm_bindgen_test;

const ADA_OF_THE_PAGE: &str = r#"{"id":"ada","name":"Ada of the page","email":"","image":null}"#;
const BOB_SIGNED_IN: &str = r#"{"session":{"id":"s2"},"user":{"id":"bob","name":"Bob"}}"#;

/// The page of the session that [`SIGNED_IN`] is the answer for, with this user.
fn hydrate(fake: &FakeDeployment, service: &FakeAuthService, user: &str) -> (Hydration, AuthPage) {
    let identity = PageIdentity::of_user("s1:ada:", fake.token("ada").expose());
    let place = PagePlace::of_user(service.origin());
    let hydration = ServerPage::of(identity).with_payload(place, place.write_json(user)).hydrate();
    let auth_page = hydration.with(|| auth_page(fake, service));
    (hydration, auth_page)
}

fn user_name(auth_page: &AuthPage) -> Option<String> {
    untrack(|| auth_page.auth.user()).map(|user| user.name)
}

/// docs/auth.md §4, lines 13 and 22.
#[wasm_bindgen_test]
async fn the_user_of_the_page_is_shown_until_the_session_is_known() {
    let (fake, service) = (deployment(), FakeAuthService::start());
    service.respond("get-session", 200, SIGNED_IN);
    service.respond("convex/token", 200, &token(&fake, "ada"));
    service.hold("get-session");
    let (hydration, auth_page) = hydrate(&fake, &service, ADA_OF_THE_PAGE);
    assert_eq!(auth_page.page.text(), "in: Ada of the page");
    hydration.complete();
    until("the token is sent", || sent(&fake, "Authenticate") == 1).await;
    turns(5).await;
    assert_eq!(auth_page.page.text(), "in: Ada of the page");
    service.release("get-session");
    auth_page.page.until_text("in: Ada").await;
    turns(10).await;
    assert_eq!(sent(&fake, "Authenticate"), 1);
    assert_eq!(service.requests(), ["GET get-session include", "GET convex/token include"]);
}

/// docs/auth.md §3, rules 15 and 16.
#[wasm_bindgen_test]
async fn early_responses_are_those_of_the_hydrated_page() {
    let (fake, service) = (deployment(), FakeAuthService::start());
    service.respond("get-session", 200, SIGNED_IN);
    service.respond("convex/token", 200, &token(&fake, "ada"));
    service.start_early(&["get-session", "convex/token"]);
    let (hydration, auth_page) = hydrate(&fake, &service, ADA_OF_THE_PAGE);
    turns(5).await;
    hydration.complete();
    auth_page.page.until_text("in: Ada").await;
    until("the token is sent", || sent(&fake, "Authenticate") == 1).await;
    turns(10).await;
    assert_eq!(service.requests(), ["GET get-session include", "GET convex/token include"]);
    assert_eq!(sent(&fake, "Authenticate"), 1);
}

/// docs/auth.md §4, line 1.
#[wasm_bindgen_test]
async fn an_unreachable_service_keeps_the_user_of_the_page() {
    let (fake, service) = (deployment(), FakeAuthService::start());
    let (hydration, auth_page) = hydrate(&fake, &service, ADA_OF_THE_PAGE);
    hydration.complete();
    until("a token is requested", || service.requests().len() == 2).await;
    turns(10).await;
    assert_eq!(auth_page.page.text(), "in: Ada of the page");
    assert_eq!(user_name(&auth_page).as_deref(), Some("Ada of the page"));
    service.respond("convex/token", 200, &token(&fake, "ada"));
    service.respond("get-session", 200, SIGNED_IN);
    auth_page.page.until_text("in: Ada").await;
}

/// docs/auth.md §4, line 19.
#[wasm_bindgen_test]
async fn a_session_of_another_user_replaces_the_user_of_the_page() {
    let (fake, service) = (deployment(), FakeAuthService::start());
    service.respond("get-session", 200, BOB_SIGNED_IN);
    service.respond("convex/token", 200, &token(&fake, "bob"));
    let (hydration, auth_page) = hydrate(&fake, &service, ADA_OF_THE_PAGE);
    assert_eq!(auth_page.page.text(), "in: Ada of the page");
    hydration.complete();
    auth_page.page.until_text("in: Bob").await;
    assert_eq!(sent(&fake, "Authenticate"), 1);
}

#[wasm_bindgen_test]
async fn a_session_that_has_ended_removes_the_user_of_the_page() {
    for token_response in [(401, ""), (200, "null")] {
        let (fake, service) = (deployment(), FakeAuthService::start());
        service.respond("get-session", 200, "null");
        service.respond("convex/token", token_response.0, token_response.1);
        let (hydration, auth_page) = hydrate(&fake, &service, ADA_OF_THE_PAGE);
        hydration.complete();
        auth_page.page.until_text("out").await;
        assert_eq!((user_name(&auth_page), sent(&fake, "Authenticate")), (None, 0));
    }
}

/// The user is only a name to show: the identity of the page is what authenticates.
#[wasm_bindgen_test]
async fn an_unreadable_user_of_the_page_is_ignored() {
    for user in ["null", "{}", "5", r#"{"name":"Ada"}"#] {
        let (fake, service) = (deployment(), FakeAuthService::start());
        let (_hydration, auth_page) = hydrate(&fake, &service, user);
        assert_eq!((auth_page.page.text().as_str(), user_name(&auth_page)), ("in: ", None), "{user}");
    }
}

#[wasm_bindgen_test]
async fn the_user_of_another_service_is_ignored() {
    let (fake, service, other) = (deployment(), FakeAuthService::start(), FakeAuthService::start());
    let place = PagePlace::of_user(other.origin());
    let server_page = ServerPage::of_anonymous().with_payload(place, place.write_json(ADA_OF_THE_PAGE));
    let hydration = server_page.hydrate();
    let auth_page = hydration.with(|| auth_page(&fake, &service));
    assert_eq!((auth_page.page.text().as_str(), user_name(&auth_page)), ("out", None));
}
