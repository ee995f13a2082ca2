//! A page whose Content-Security-Policy does not list the deployment in `connect-src`. All tests of
//! this file run in it.
#![cfg(target_family = "wasm")]

use convex_testkit_web::until;
use convex_web::{ConvexClient, ConvexHttpClient, HttpError, sync::ConnectionState};
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

wasm_bindgen_test_configure!(run_in_browser);

const URL: &str = "https://happy-animal-123.convex.cloud";
const POLICY: &str = "if (!document.querySelector('#policy')) {
    const meta = document.createElement('meta');
    meta.id = 'policy';
    meta.httpEquiv = 'Content-Security-Policy';
    meta.content = \"connect-src 'self' http://127.0.0.1:1\";
    document.head.append(meta);
}";

fn set_policy() {
    js_sys::eval(POLICY).expect("the script is valid");
}

/// In Firefox and WebKit the constructor throws and the client stops. In Chromium the dial fails
/// and is retried.
fn reason(client: &ConvexClient) -> Option<String> {
    match client.connection() {
        ConnectionState::Fatal { message: reason } | ConnectionState::Reconnecting { reason, .. } => {
            Some(reason.to_string())
        }
        _ => None,
    }
}

#[wasm_bindgen_test]
async fn a_blocked_socket_is_reported_at_once_with_its_cause() {
    set_policy();
    let start = js_sys::Date::now();
    let client = ConvexClient::builder(URL).build();
    until("the refusal is reported", || reason(&client).is_some()).await;
    assert!(js_sys::Date::now() - start < 5_000.0);
    let reason = reason(&client).expect("it was reported");
    let prefix = "the browser refuses to open a WebSocket to wss://happy-animal-123.convex.cloud/api/";
    assert!(
        reason.starts_with(prefix) && reason.contains("Content-Security-Policy `connect-src`"),
        "{reason}"
    );
    client.close();
}

#[wasm_bindgen_test]
async fn a_blocked_http_call_reports_the_url_and_the_cause() {
    set_policy();
    for _ in 0..3 {
        let client = ConvexHttpClient::new(URL);
        let error = client.mutation::<_, ()>("messages:send", ()).await.expect_err("it is blocked");
        assert_eq!(error, HttpError::Blocked { url: format!("{URL}/api/mutation") });
        assert!(error.to_string().contains("`connect-src`"), "{error}");
    }
}

#[wasm_bindgen_test]
async fn an_allowed_http_call_is_not_reported_as_blocked() {
    set_policy();
    let (allowed, blocked) = (ConvexHttpClient::new("http://127.0.0.1:1"), ConvexHttpClient::new(URL));
    let calls = (allowed.query::<_, ()>("messages:list", ()), blocked.query::<_, ()>("messages:list", ()));
    let (allowed, blocked) = futures_util::future::join(calls.0, calls.1).await;
    assert_eq!(allowed, Err(HttpError::Unreachable));
    assert!(matches!(blocked, Err(HttpError::Blocked { .. })), "{blocked:?}");
}
