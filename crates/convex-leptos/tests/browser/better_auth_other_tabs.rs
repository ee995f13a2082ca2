//! `BetterAuth`: the page refetches the session on a wake, and so finds changes of other tabs.

use crate::{
    better_auth_service::{AuthPage, FakeAuthService, SIGNED_IN, auth_page, token},
    fixture::{Page, client, deployment},
};
use convex_leptos::{BetterAuth, ConvexProviderWithAuth, use_query};
use convex_testkit_web::{
    FakeDeployment, dispatch_online, dispatch_pageshow, set_page_visible, turns, until,
};
use leptos::prelude::*;
use wasm_bindgen_test::wasm_bindgen_test;

const GRACE_SIGNED_IN: &str =
    r#"{"session":{"id":"s2","userId":"grace"},"user":{"id":"grace","name":"Grace","email":""}}"#;

/// A page in which Ada is signed in.
async fn signed_in_page(fake: &FakeDeployment) -> (FakeAuthService, AuthPage) {
    let service = FakeAuthService::start();
    service.respond("get-session", 200, SIGNED_IN);
    service.respond("convex/token", 200, &token(fake, "ada"));
    let auth_page = auth_page(fake, &service);
    auth_page.page.until_text("in: Ada").await;
    (service, auth_page)
}

#[wasm_bindgen_test]
async fn becoming_visible_finds_a_sign_out_of_another_tab() {
    for (status, body) in [(200, "null"), (401, "")] {
        let (service, auth_page) = signed_in_page(&deployment()).await;
        service.respond("get-session", status, body);
        set_page_visible(false);
        turns(10).await;
        assert_eq!((auth_page.page.text().as_str(), service.session_requests()), ("in: Ada", 1));
        set_page_visible(true);
        auth_page.page.until_text("out").await;
        assert_eq!(service.session_requests(), 2);
    }
}

/// docs/auth.md §4, line 19.
#[wasm_bindgen_test]
async fn becoming_visible_finds_a_sign_in_of_another_tab() {
    let (fake, service) = (deployment(), FakeAuthService::start());
    service.respond("get-session", 200, SIGNED_IN);
    service.respond("convex/token", 200, &token(&fake, "ada"));
    let seen = StoredValue::new(Vec::new());
    let (of_page, origin) = (fake.clone(), service.origin().to_owned());
    let page = Page::show(move || {
        let (client, auth) = (client(&of_page), BetterAuth::new(origin));
        view! {
            <ConvexProviderWithAuth client auth>
                {
                    let me = use_query::<_, Option<String>, _>("users:me", ());
                    move || {
                        let user = auth.user().map(|user| user.id).unwrap_or_default();
                        let text = format!("{user} sees {}", me.value().flatten().unwrap_or_default());
                        seen.update_value(|seen| seen.push(text.clone()));
                        text
                    }
                }
            </ConvexProviderWithAuth>
        }
    });
    page.until_text("ada sees ada").await;
    service.respond("get-session", 200, GRACE_SIGNED_IN);
    service.respond("convex/token", 200, &token(&fake, "grace"));
    set_page_visible(true);
    page.until_text("grace sees grace").await;
    let seen = seen.get_value();
    assert!(
        !seen.iter().any(|text| ["ada sees grace", "grace sees ada"].contains(&text.as_str())),
        "{seen:?}"
    );
}

#[wasm_bindgen_test]
async fn pageshow_and_online_refetch_the_session() {
    let (service, _setting) = signed_in_page(&deployment()).await;
    dispatch_pageshow(false);
    turns(10).await;
    assert_eq!(service.session_requests(), 1, "a `pageshow` without the cache is the end of a load");
    dispatch_pageshow(true);
    until("the session is requested again", || service.session_requests() == 2).await;
    turns(10).await;
    dispatch_online();
    until("the session is requested again", || service.session_requests() == 3).await;
}

/// docs/auth.md §4, line 1.
#[wasm_bindgen_test]
async fn a_failed_session_request_is_retried_without_a_sign_out() {
    let answers = [
        (500, "text/html", "<h1>Oops</h1>"),
        (503, "application/json", "{}"),
        (200, "text/html", "Sign in!"),
    ];
    for (status, content, body) in answers {
        let (service, auth_page) = signed_in_page(&deployment()).await;
        service.respond_with_type("get-session", status, content, body);
        is_retried_without_a_sign_out(&service, &auth_page).await;
    }
    let (service, auth_page) = signed_in_page(&deployment()).await;
    service.disconnect("get-session");
    is_retried_without_a_sign_out(&service, &auth_page).await;
}

async fn is_retried_without_a_sign_out(service: &FakeAuthService, auth_page: &AuthPage) {
    set_page_visible(true);
    until("the session is requested again", || service.session_requests() == 2).await;
    turns(10).await;
    assert_eq!(auth_page.page.text(), "in: Ada");
    // The retry needs no wake.
    service.respond("get-session", 200, "null");
    auth_page.page.until_text("out").await;
}

#[wasm_bindgen_test]
async fn one_session_request_is_in_flight_at_a_time() {
    let (service, auth_page) = signed_in_page(&deployment()).await;
    service.hold("get-session");
    set_page_visible(true);
    until("the session is requested again", || service.session_requests() == 2).await;
    // The held response still has the old session.
    service.respond("get-session", 200, "null");
    for _ in 0..3 {
        set_page_visible(true);
        dispatch_pageshow(true);
        turns(5).await;
    }
    assert_eq!(service.session_requests(), 2);
    service.release("get-session");
    auth_page.page.until_text("out").await;
    turns(10).await;
    assert_eq!(
        service.session_requests(),
        3,
        "one more request, because the held response may be older than the wake"
    );
}

/// docs/auth.md §4, line 17.
#[wasm_bindgen_test]
async fn a_response_from_before_a_sign_out_is_ignored() {
    let (service, AuthPage { page, auth, .. }) = signed_in_page(&deployment()).await;
    service.respond("sign-out", 200, r#"{"success":true}"#);
    service.hold("get-session");
    set_page_visible(true);
    until("the session is requested again", || service.session_requests() == 2).await;
    assert_eq!(auth.sign_out().await, Ok(()));
    page.until_text("out").await;
    service.release("get-session");
    turns(20).await;
    assert_eq!(page.text(), "out");
}

#[wasm_bindgen_test]
async fn a_wake_retries_the_session_request_at_once() {
    let (fake, service, timers) = (deployment(), FakeAuthService::start(), LongTimers::that("never fire"));
    let AuthPage { page, .. } = auth_page(&fake, &service);
    until("the session is requested", || service.session_requests() == 1).await;
    turns(10).await;
    service.respond("get-session", 200, "null");
    turns(10).await;
    assert_eq!((page.text().as_str(), service.session_requests()), ("loading", 1));
    dispatch_online();
    page.until_text("out").await;
    drop(timers);
}

/// docs/auth.md §4, line 2.
#[wasm_bindgen_test]
async fn a_hanging_session_request_is_retried() {
    let (fake, service, timers) = (deployment(), FakeAuthService::start(), LongTimers::that("fire at once"));
    service.hold("get-session");
    let AuthPage { page, .. } = auth_page(&fake, &service);
    until("the session is requested again", || service.session_requests() > 1).await;
    drop(timers);
    service.respond("get-session", 200, "null");
    service.release("get-session");
    page.until_text("out").await;
}

/// Changes timers of a second and more, until it is dropped.
struct LongTimers;

impl LongTimers {
    /// `behaviour` is `"never fire"` or `"fire at once"`.
    fn that(behaviour: &str) -> Self {
        let script = "window.realSetTimeout = window.setTimeout;
            window.setTimeout = (run, delay, ...args) => {
                if (delay < 1000) return realSetTimeout(run, delay, ...args);
                return BEHAVIOUR === 'fire at once' ? realSetTimeout(run, 0, ...args) : 0;
            };";
        js_sys::eval(&script.replace("BEHAVIOUR", &format!("'{behaviour}'"))).expect("the script is valid");
        Self
    }
}

impl Drop for LongTimers {
    fn drop(&mut self) {
        js_sys::eval("window.setTimeout = realSetTimeout").expect("the original is saved");
    }
}

#[wasm_bindgen_test]
async fn a_disposed_page_aborts_its_session_request() {
    let (service, auth_page) = signed_in_page(&deployment()).await;
    service.hold("get-session");
    set_page_visible(true);
    until("the session is requested again", || service.session_requests() == 2).await;
    assert!(!service.was_aborted());
    drop(auth_page);
    until("the request is aborted", || service.was_aborted()).await;
    set_page_visible(true);
    turns(10).await;
    assert_eq!(service.session_requests(), 2);
}
