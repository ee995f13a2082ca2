//! The early start: responses to requests that the page sent before the client existed.

use crate::{
    better_auth_service::{AuthPage, FakeAuthService, SIGNED_IN, auth_page, token},
    fixture::{client, deployment, sent},
};
use convex_leptos::{Session, TokenError, auth_fn, early_response};
use convex_testkit_web::{FakeDeployment, set_page_visible, turns, until};
use convex_web::sync::UnixMillis;
use leptos::prelude::*;
use wasm_bindgen_test::wasm_bindgen_test;

const BOTH: [&str; 2] = ["get-session", "convex/token"];
const SESSION: &str = "GET get-session include";
const TOKEN: &str = "GET convex/token include";
const BOB_SIGNED_IN: &str = r#"{"session":{"id":"s2"},"user":{"id":"bob","name":"Bob"}}"#;

/// A service at which Ada is signed in.
fn signed_in(fake: &FakeDeployment) -> FakeAuthService {
    let service = FakeAuthService::start();
    service.respond("get-session", 200, SIGNED_IN);
    service.respond("convex/token", 200, &token(fake, "ada"));
    service
}

#[wasm_bindgen_test]
async fn early_responses_sign_in_without_further_requests() {
    for have_arrived in [true, false] {
        let fake = deployment();
        let service = signed_in(&fake);
        BOTH.iter().for_each(|endpoint| service.hold(endpoint));
        service.start_early(&BOTH);
        if have_arrived {
            BOTH.iter().for_each(|endpoint| service.release(endpoint));
            turns(5).await;
        }
        let auth_page = auth_page(&fake, &service);
        turns(5).await;
        BOTH.iter().for_each(|endpoint| service.release(endpoint));
        auth_page.page.until_text("in: Ada").await;
        assert_eq!(service.requests(), [SESSION, TOKEN], "{have_arrived}");
        assert_eq!(sent(&fake, "Authenticate"), 1);
    }
}

#[wasm_bindgen_test]
async fn early_requests_equal_those_of_the_client() {
    let fake = deployment();
    let service = signed_in(&fake);
    let own = auth_page(&fake, &service);
    own.page.until_text("in: Ada").await;
    let requests = (service.requests(), service.caches());
    let early = signed_in(&fake);
    early.start_early(&BOTH);
    assert_eq!((early.requests(), early.caches()), requests);
}

/// What the early requests are answered with, and the requests that follow until Ada is signed in.
/// `None` is a failed request.
type Answers = (Option<(u16, &'static str)>, Option<(u16, &'static str)>, &'static [&'static str]);

#[wasm_bindgen_test]
async fn failed_parts_are_requested_again() {
    const IN: Option<(u16, &str)> = Some((200, SIGNED_IN));
    let cases: [Answers; 4] = [
        // A token that is older than the session is not used.
        (None, Some((200, "the token")), &[SESSION, TOKEN]),
        (IN, None, &[TOKEN]),
        (None, None, &[SESSION, TOKEN]),
        // As after such an answer to an own request, there is a retry.
        (IN, Some((500, "<h1>Oops</h1>")), &[TOKEN]),
    ];
    for (session, early_token, expected) in cases {
        let fake = deployment();
        let service = FakeAuthService::start();
        if let Some((status, body)) = session {
            service.respond("get-session", status, body);
        }
        match early_token {
            Some((200, _)) => service.respond("convex/token", 200, &token(&fake, "ada")),
            Some((status, body)) => service.respond("convex/token", status, body),
            None => {}
        }
        service.start_early(&BOTH);
        turns(5).await;
        service.respond("get-session", 200, SIGNED_IN);
        service.respond("convex/token", 200, &token(&fake, "ada"));
        let auth_page = auth_page(&fake, &service);
        auth_page.page.until_text("in: Ada").await;
        assert_eq!(service.requests()[2..], *expected, "{session:?}, {early_token:?}");
    }
}

#[wasm_bindgen_test]
async fn one_early_request_is_enough() {
    for (early, expected) in
        [("get-session", &[SESSION, TOKEN][..]), ("convex/token", &[TOKEN, SESSION, TOKEN])]
    {
        let fake = deployment();
        let service = signed_in(&fake);
        service.start_early(&[early]);
        let auth_page = auth_page(&fake, &service);
        auth_page.page.until_text("in: Ada").await;
        assert_eq!(service.requests(), *expected, "{early}");
    }
}

/// As with every other token that was expired when it was fetched. The server's clock is not known
/// yet, so it is the server that finds out.
#[wasm_bindgen_test]
async fn an_early_token_that_has_expired_is_replaced() {
    let fake = deployment();
    let service = signed_in(&fake);
    let now = fake.deployment(|deployment, _| deployment.unix_time());
    let expired = fake.issuer().token("ada", UnixMillis(now.0 - 3_600_000), UnixMillis(now.0 - 1_000));
    service.respond("convex/token", 200, &format!(r#"{{"token":"{expired}"}}"#));
    service.start_early(&BOTH);
    turns(5).await;
    service.respond("convex/token", 200, &token(&fake, "ada"));
    let auth_page = auth_page(&fake, &service);
    auth_page.page.until_text("in: Ada").await;
    assert_eq!(service.requests()[2..], [TOKEN]);
    assert_eq!((sent(&fake, &expired), sent(&fake, r#""type":"Authenticate""#)), (1, 2));
}

/// What may have changed the user since the page load.
#[wasm_bindgen_test]
async fn responses_from_before_a_wake_or_the_time_limit_are_dropped() {
    let events: [(&str, fn()); 3] = [
        ("visible again", || {
            set_page_visible(false);
            set_page_visible(true);
        }),
        ("online", convex_testkit_web::dispatch_online),
        ("too old", || drop(js_sys::eval("window.realNow = Date.now; Date.now = () => realNow() + 11000"))),
    ];
    for (name, event) in events {
        let fake = deployment();
        let service = signed_in(&fake);
        service.start_early(&BOTH);
        turns(5).await;
        event();
        service.respond("get-session", 200, BOB_SIGNED_IN);
        service.respond("convex/token", 200, &token(&fake, "bob"));
        let auth_page = auth_page(&fake, &service);
        until("the session is requested", || service.requests().len() > 2).await;
        let _ = js_sys::eval("if (window.realNow) Date.now = realNow");
        auth_page.page.until_text("in: Bob").await;
        assert_eq!(service.requests()[2..], [SESSION, TOKEN], "{name}");
    }
}

/// docs/auth.md §4, line 19: another tab signed in as Bob between the two early requests.
#[wasm_bindgen_test]
async fn an_early_token_of_another_user_waits_for_the_session() {
    let fake = deployment();
    let service = signed_in(&fake);
    service.respond("convex/token", 200, &token(&fake, "bob"));
    service.start_early(&BOTH);
    turns(5).await;
    service.respond("get-session", 200, BOB_SIGNED_IN);
    service.hold("get-session");
    let auth_page = auth_page(&fake, &service);
    until("the session is requested", || service.requests().len() == 3).await;
    turns(10).await;
    assert_eq!((auth_page.page.text().as_str(), sent(&fake, "Authenticate")), ("loading", 0));
    service.release("get-session");
    auth_page.page.until_text("in: Bob").await;
}

#[wasm_bindgen_test]
async fn an_early_sign_out_does_not_answer_for_a_later_sign_in() {
    let fake = deployment();
    let service = FakeAuthService::start();
    service.respond("get-session", 200, "null");
    service.respond("convex/token", 401, "");
    service.start_early(&BOTH);
    turns(5).await;
    let AuthPage { page, auth, .. } = auth_page(&fake, &service);
    page.until_text("out").await;
    service.respond("sign-in/email", 200, "{}");
    service.respond("get-session", 200, SIGNED_IN);
    service.respond("convex/token", 200, &token(&fake, "ada"));
    assert_eq!(auth.sign_in_email("ada@example.com", "right").await, Ok(()));
    page.until_text("in: Ada").await;
    assert_eq!(service.requests()[2..], ["POST sign-in/email include", SESSION, TOKEN]);
}

#[wasm_bindgen_test]
async fn two_clients_share_no_early_response() {
    let fake = deployment();
    let service = signed_in(&fake);
    service.start_early(&BOTH);
    let pages = [auth_page(&fake, &service), auth_page(&fake, &service)];
    for auth_page in &pages {
        auth_page.page.until_text("in: Ada").await;
    }
    // The own request of the second page ends the early start before the first has its token.
    assert_eq!(service.requests()[2..], [SESSION, TOKEN, TOKEN]);
}

/// Whether the provider of an app gets the early token in its first fetch.
#[wasm_bindgen_test]
async fn early_tokens_are_for_the_first_session_and_unforced() {
    #[derive(Debug, Clone, Copy)]
    enum Before {
        Nothing,
        SignedOut,
        ForcedFetch,
    }
    for (before, expected) in
        [(Before::Nothing, true), (Before::SignedOut, false), (Before::ForcedFetch, false)]
    {
        let fake = deployment();
        let service = signed_in(&fake);
        service.start_early(&["convex/token"]);
        let url = format!("{}/api/auth/convex/token", service.origin());
        let owner = Owner::new();
        owner.set();
        let client = client(&fake);
        let (session, is_early) = (RwSignal::new(Session::Loading), StoredValue::new(None));
        client.set_auth(auth_fn(
            move || session.get(),
            move |request| {
                let url = url.clone();
                async move {
                    if matches!(before, Before::ForcedFetch) && !request.force {
                        return Err(TokenError::new("it takes no early response"));
                    }
                    is_early.set_value(Some(early_response(&url).await.is_some()));
                    Err(TokenError::new("one fetch is enough"))
                }
            },
        ));
        if matches!(before, Before::SignedOut) {
            session.set(Session::SignedOut);
        }
        session.set(Session::signed_in("s1"));
        if matches!(before, Before::ForcedFetch) {
            turns(2).await;
            client.reauthenticate();
        }
        until("the token is fetched", || is_early.get_value().is_some()).await;
        assert_eq!(is_early.get_value(), Some(expected), "{before:?}");
        client.close();
    }
}

/// docs/auth.md §3, rule 13.
#[wasm_bindgen_test]
async fn the_page_holds_no_readable_token() {
    let fake = deployment();
    let service = signed_in(&fake);
    service.start_early(&BOTH);
    turns(5).await;
    let eval = |code: &str| js_sys::eval(code).expect("the script is valid");
    let url = format!("{}/api/auth/convex/token", service.origin());
    assert_eq!(eval("Object.keys(convexEarly).length + String(convexEarly).includes('eyJ')"), 0.0);
    assert!(eval(&format!("convexEarly('{url}') instanceof Promise")).is_truthy());
    assert!(eval(&format!("convexEarly('{url}')")).is_undefined(), "it is handed over once");
}
