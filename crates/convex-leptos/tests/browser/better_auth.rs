//! Better Auth, with the page's `fetch` answering in its stead.

use crate::stage::{Page, deployment, options};
use convex_leptos::{AuthState, BetterAuth, BetterAuthError, ConvexClient, UnauthenticatedReason};
use convex_testkit_web::{FakeDeployment, turns, until};
use leptos::prelude::*;
use wasm_bindgen::JsValue;
use wasm_bindgen_test::wasm_bindgen_test;

const SIGNED_IN: &str =
    r#"{"session":{"id":"s1","userId":"ada"},"user":{"id":"ada","name":"Ada","email":"ada@example.com"}}"#;
const BASE: &str = "https://auth.example";

/// Answers what is asked of [`BASE`], and of nothing else.
const FETCH: &str = r#"
    if (!window.realFetch) {
        window.realFetch = window.fetch;
        window.fetch = async (request, init) => {
            const url = new URL(request.url ?? request);
            if (url.origin !== "https://auth.example") return window.realFetch(request, init);
            const endpoint = url.pathname.replace("/api/auth/", "");
            window.asked.push(`${request.method} ${endpoint} ${request.credentials}`);
            const answer = window.answers[endpoint];
            if (!answer) throw new TypeError("Failed to fetch");
            const [status, type, body] = answer;
            return new Response(body, { status, headers: { "content-type": type } });
        };
    }
    window.asked = [];
    window.answers = {};
"#;

/// What answers; nothing does until it is told.
struct Service;

impl Service {
    fn start() -> Self {
        js_sys::eval(FETCH).expect("the script is right");
        Self
    }

    fn answer(&self, endpoint: &str, status: u16, body: &str) {
        self.answer_as(endpoint, status, "application/json", body);
    }

    fn answer_as(&self, endpoint: &str, status: u16, content: &str, body: &str) {
        let answer = js_sys::Array::of3(&status.into(), &content.into(), &body.into());
        js_sys::Reflect::set(&global("answers"), &endpoint.into(), &answer).expect("answers is an object");
    }

    fn fall_silent(&self, endpoint: &str) {
        js_sys::Reflect::set(&global("answers"), &endpoint.into(), &JsValue::NULL)
            .expect("answers is an object");
    }

    fn asked(&self) -> Vec<String> {
        js_sys::Array::from(&global("asked")).iter().filter_map(|asked| asked.as_string()).collect()
    }
}

fn global(name: &str) -> JsValue {
    js_sys::Reflect::get(&js_sys::global(), &name.into()).expect("the script set it")
}

struct Setting {
    page: Page,
    auth: BetterAuth,
    client: ConvexClient,
}

/// A page that says what the client says of who is signed in.
fn setting(fake: &FakeDeployment) -> Setting {
    let client = ConvexClient::with_options(FakeDeployment::URL, options(fake));
    let made = StoredValue::new(None);
    let page = Page::show(move || {
        let auth = BetterAuth::new(BASE);
        made.set_value(Some(auth));
        client.set_auth(auth);
        let state = client.use_auth().state;
        move || match state.get() {
            AuthState::Loading { .. } => "loading".to_owned(),
            AuthState::Authenticated { .. } => {
                format!("in: {}", auth.user().map(|user| user.name).unwrap_or_default())
            }
            AuthState::Unauthenticated { reason: UnauthenticatedReason::SignedOut } => "out".to_owned(),
            AuthState::Unauthenticated { reason } => reason.to_string(),
        }
    });
    Setting { page, auth: made.get_value().expect("the page was built"), client }
}

fn token(fake: &FakeDeployment) -> String {
    token_of("ada", fake)
}

fn token_of(person: &str, fake: &FakeDeployment) -> String {
    format!(r#"{{"token":"{}"}}"#, fake.token(person).expose())
}

fn sent_tokens(fake: &FakeDeployment) -> usize {
    fake.sent().iter().filter(|frame| frame.contains("Authenticate")).count()
}

#[wasm_bindgen_test]
async fn a_session_that_stands_signs_in_with_one_question_each() {
    let (fake, service) = (deployment(), Service::start());
    service.answer("get-session", 200, SIGNED_IN);
    service.answer("convex/token", 200, &token(&fake));
    let setting = setting(&fake);
    setting.page.until_text("in: Ada").await;
    assert_eq!(service.asked(), ["GET get-session include", "GET convex/token include"]);
}

#[wasm_bindgen_test]
async fn signing_in_and_out() {
    let (fake, service) = (deployment(), Service::start());
    service.answer("get-session", 200, "null");
    service.answer("convex/token", 401, "");
    let Setting { page, auth, .. } = setting(&fake);
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
    service.answer("convex/token", 200, &token(&fake));
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
        let Setting { page, client, .. } = setting(&fake);
        until("a token was asked for", || service.asked().len() > 1).await;
        turns(10).await;
        assert_eq!(page.text(), "loading", "{status} {content}");
        service.answer("convex/token", 200, &token(&fake));
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
    let Setting { page, .. } = setting(&fake);
    until("a token was asked for", || service.asked().len() > 1).await;
    turns(10).await;
    assert_eq!(page.text(), "loading");
    service.answer("convex/token", 200, &token(&fake));
    page.until_text("in: Ada").await;
}

#[wasm_bindgen_test]
async fn a_token_endpoint_that_knows_nobody_signs_out() {
    for (status, body) in [(401, ""), (401, r#"{"message":"Unauthorized"}"#), (200, "null")] {
        let (fake, service) = (deployment(), Service::start());
        service.answer("get-session", 200, SIGNED_IN);
        service.fall_silent("convex/token");
        let setting = setting(&fake);
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
    service.answer("convex/token", 200, &token(&fake));
    let Setting { page, client, .. } = setting(&fake);
    page.until_text("in: Ada").await;

    service.fall_silent("get-session");
    service.answer("convex/token", 200, &token_of("bob", &fake));
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
    service.answer("convex/token", 200, &token(&fake));
    let Setting { page, client, .. } = setting(&fake);
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
    let setting = setting(&fake);
    until("it was asked", || !service.asked().is_empty()).await;
    service.answer("get-session", 200, "null");
    setting.page.until_text("out").await;
    assert!(service.asked().len() >= 2);
}

#[wasm_bindgen_test]
async fn an_answer_of_another_server_is_said_in_plain_words() {
    let (fake, service) = (deployment(), Service::start());
    service.answer("get-session", 200, "null");
    let Setting { page, auth, .. } = setting(&fake);
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
