//! What the answers of Better Auth mean.

use crate::{
    assert_no_secret,
    auth_service::{AuthService, WithCookie, html, json, session, session_of, text},
    jwt, request,
};
use axum::{
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};
use convex_leptos::{BetterAuthRequests, Identified, IdentifyRequest, RequestIdentity, TokenError};
use serde_json::{Value, json};
use tokio::net::TcpListener;

const SESSION: &str = "better-auth.session_token=SESSION-SECRET";

async fn identify(url: &str) -> Result<Identified, TokenError> {
    BetterAuthRequests::new(url).identify(&request([SESSION])).await
}

/// The identity of a request with a session, at a service that answers `get-session` in one way.
async fn identity(answer: impl Fn() -> Response + Send + Sync + 'static) -> RequestIdentity {
    let service = AuthService::with_session(answer).await;
    identify(&service.url).await.expect("an identity").identity
}

/// The message if `get-session` is answered in this way.
async fn message(answer: impl Fn() -> Response + Send + Sync + 'static) -> String {
    let service = AuthService::with_session(answer).await;
    let message = reason(identify(&service.url).await);
    assert_no_secret(&message);
    assert_eq!(service.requests(), ["GET /api/auth/get-session"]);
    let url = format!("{}/api/auth/get-session", service.url);
    assert!(message.contains(&url), "{message}");
    message.replace(&url, "URL")
}

fn reason(outcome: Result<Identified, TokenError>) -> String {
    outcome.expect_err("no identity").reason.to_string()
}

fn set_cookie(identified: &Identified) -> Vec<&str> {
    identified.set_cookie.iter().map(|value| value.to_str().expect("text")).collect()
}

fn ada() -> String {
    jwt(&json!({"sub": "u1", "aud": "convex"}))
}

fn token_cookie() -> String {
    format!("__Secure-better-auth.convex_jwt={}; Max-Age=900; Path=/; HttpOnly; Secure", ada())
}

#[tokio::test]
async fn a_session_with_a_token_cookie_is_a_user() {
    let service = AuthService::with_session(|| session().with_cookie(&token_cookie())).await;
    let identified = identify(&service.url).await.expect("an identity");
    let RequestIdentity::User { session_key, token, user } = &identified.identity else {
        panic!("not a user: {identified:?}")
    };
    assert_eq!(&**session_key, "s1:u1:");
    assert_eq!(token.expose(), ada());
    let page_user = json!({"id": "u1", "name": "Ada", "email": "ada@example.test", "image": null});
    assert_eq!(user.as_ref(), Some(&page_user), "only what the browser's `BetterAuth` shows");
    assert_eq!(set_cookie(&identified), [token_cookie()]);
    assert_eq!(service.requests(), ["GET /api/auth/get-session"], "one request");
    assert_no_secret(&format!("{identified:?} {identified:#?} {:?}", identified.set_cookie));
}

#[tokio::test]
async fn the_organization_is_part_of_the_session_key() {
    let answer = || json(200, &session_of("s1", "u1", json!("o1"))).with_cookie(&token_cookie());
    let RequestIdentity::User { session_key, .. } = identity(answer).await else { panic!("not a user") };
    assert_eq!(&*session_key, "s1:u1:o1");
}

#[tokio::test]
async fn without_a_token_cookie_the_token_is_fetched() {
    for cookie in ["better-auth.convex_jwt=; Max-Age=0", "other.convex_jwt=foreign"] {
        let service = AuthService::start(move |path| match path {
            "get-session" => session().with_cookie(cookie),
            _ => json(200, &json!({ "token": ada() })).with_cookie("better-auth.extra=1"),
        })
        .await;
        let identified = identify(&service.url).await.expect("an identity");
        let RequestIdentity::User { token, .. } = &identified.identity else { panic!("{identified:?}") };
        assert_eq!(token.expose(), ada());
        assert_eq!(service.requests(), ["GET /api/auth/get-session", "GET /api/auth/convex/token"]);
        assert_eq!(set_cookie(&identified), [cookie, "better-auth.extra=1"]);
        for request in service.received() {
            assert_eq!(request.headers["cookie"], SESSION);
        }
    }
}

#[tokio::test]
async fn null_and_401_mean_signed_out() {
    let expired = "better-auth.session_token=; Max-Age=0";
    for answer in
        [|| json(200, &Value::Null), || json(401, &json!({"message": "Unauthorized"})), || html(401)]
    {
        let service = AuthService::with_session(move || answer().with_cookie(expired)).await;
        let identified = identify(&service.url).await.expect("an identity");
        assert_eq!(identified.identity, RequestIdentity::Anonymous);
        assert_eq!(set_cookie(&identified), [expired], "the browser drops the ended session");
    }
}

#[tokio::test]
async fn a_session_that_gets_no_token_is_signed_out() {
    let service = AuthService::start(|path| match path {
        "get-session" => session(),
        _ => json(401, &json!({"message": "Unauthorized"})),
    })
    .await;
    assert_eq!(identify(&service.url).await.expect("an identity").identity, RequestIdentity::Anonymous);
}

#[tokio::test]
async fn a_failing_service_gives_an_error() {
    let failure = || json(500, &json!({"message": "cannot read SESSION-SECRET"}));
    assert_eq!(message(failure).await, "URL responded with the status 500");
    let unreadable = |status| {
        format!("the answer of URL is not Better Auth's (status {status}, text/html); check the address")
    };
    assert_eq!(message(|| html(403)).await, unreadable(403));
    assert_eq!(message(|| html(429)).await, unreadable(429));
    assert_eq!(message(|| html(502)).await, unreadable(502));
    assert_eq!(message(|| html(200)).await, unreadable(200));
    let of_another_shape = || json(200, &json!({"session": "SESSION-SECRET"}));
    assert!(message(of_another_shape).await.contains("not Better Auth's (status 200, application/json)"));
    let cut_off = || text(200, r#"{"session":{"id":"SESSION-SECRET"#);
    assert!(message(cut_off).await.contains("not Better Auth's (status 200, text/plain"));
}

#[tokio::test]
async fn a_missing_endpoint_is_named() {
    let advice = "does not exist; check the address, and that Better Auth has the Convex plugin";
    assert_eq!(message(|| html(404)).await, format!("URL {advice}"));
    let service = AuthService::with_session(session).await;
    let reason = reason(identify(&service.url).await);
    assert_eq!(reason, format!("{}/api/auth/convex/token {advice}", service.url));
}

#[tokio::test]
async fn a_failing_token_endpoint_gives_an_error() {
    let service = AuthService::start(|path| if path == "get-session" { session() } else { html(503) }).await;
    let failed = reason(identify(&service.url).await);
    assert!(failed.contains("/api/auth/convex/token") && failed.contains("503"), "{failed}");
    let empty = |path: &str| if path == "get-session" { session() } else { json(200, &json!({"token": ""})) };
    let service = AuthService::start(empty).await;
    assert_eq!(reason(identify(&service.url).await), "Better Auth issued an empty token");
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let other = AuthService::with_session(session).await;
    for status in [301, 302, 307] {
        let target = format!("{}/api/auth/get-session", other.url);
        let redirect = move || {
            let mut response = Redirect::temporary(&target).into_response();
            *response.status_mut() = StatusCode::from_u16(status).expect("a status");
            response
        };
        assert_eq!(message(redirect).await, "URL redirects to another address; use that one");
    }
    assert_eq!(other.requests(), Vec::<String>::new());
}

#[tokio::test]
async fn a_closed_port_gives_an_error() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    drop(listener);
    let reason = reason(identify(&url).await);
    let expected = format!("{url}/api/auth/get-session cannot be reached: Connection refused");
    assert!(reason.starts_with(&expected), "{reason}");
}

#[tokio::test]
async fn a_relative_address_gives_an_error() {
    let reason = reason(identify("").await);
    assert_eq!(reason, "/api/auth/get-session is not a URL; pass `BetterAuthRequests::new` an absolute one");
}

#[tokio::test]
async fn concurrent_requests_have_their_own_sessions() {
    let service = AuthService::with_session(|| session().with_cookie(&token_cookie())).await;
    let auth = BetterAuthRequests::new(&*service.url);
    let cookies = ["better-auth.session_token=first", "better-auth.session_token=second"];
    let [first, second] = cookies.map(|cookie| request([cookie]));
    let (first, second) = tokio::join!(auth.identify(&first), auth.identify(&second));
    assert!(first.is_ok() && second.is_ok());
    let mut sent: Vec<_> =
        service.received().iter().map(|request| request.headers["cookie"].clone()).collect();
    sent.sort_by(|a, b| a.as_bytes().cmp(b.as_bytes()));
    assert_eq!(sent, cookies, "no cookie store, and nothing is cached");
}
