//! Which cookies are sent to Better Auth.

use crate::{
    auth_service::{AuthService, WithCookie, session},
    request, values,
};
use axum::http::{HeaderName, HeaderValue};
use convex_leptos::{BetterAuthRequests, IdentifyRequest, RequestIdentity};

/// The `Cookie` headers that the service receives for a request with these; none without a request.
async fn sent(cookies: &[&str], configure: impl Fn(BetterAuthRequests) -> BetterAuthRequests) -> Vec<String> {
    let service =
        AuthService::with_session(|| session().with_cookie("better-auth.convex_jwt=e30.e30.c2ln")).await;
    let auth = configure(BetterAuthRequests::new(&*service.url));
    let identified = auth.identify(&request(cookies.iter().copied())).await;
    let received = service.received();
    if received.is_empty() {
        assert_eq!(identified.expect("an identity").identity, RequestIdentity::Anonymous);
    }
    received.iter().flat_map(|request| values(&request.headers, "cookie")).collect()
}

async fn sent_by_default(cookies: &[&str]) -> Vec<String> {
    sent(cookies, |auth| auth).await
}

#[tokio::test]
async fn only_the_session_cookies_are_sent() {
    let cookies = "theme=dark; better-auth.session_token=a; better-auth.convex_jwt=b; better-auth.state=c; \
                   better-auth.session_token_multi-x=d; xbetter-auth.session_token=e; better-auth=f; \
                   other.session_token=g; Better-Auth.session_token=h; better-auth.session_datax=i";
    assert_eq!(sent_by_default(&[cookies]).await, ["better-auth.session_token=a"]);
}

#[tokio::test]
async fn all_parts_of_a_session_are_sent() {
    let cookies = "__Secure-better-auth.session_token=a.b%3D; __Secure-better-auth.dont_remember=true.c; \
                   __Secure-better-auth.session_data.0=d; __Secure-better-auth.session_data.1=e; \
                   better-auth.session_data=f==";
    assert_eq!(sent_by_default(&[cookies]).await, [cookies]);
}

#[tokio::test]
async fn cookies_of_several_headers_are_sent_as_one() {
    let headers = ["a=1; better-auth.session_token=x", "better-auth.dont_remember=y", "b=2"];
    let expected = ["better-auth.session_token=x; better-auth.dont_remember=y"];
    assert_eq!(sent_by_default(&headers).await, expected);
}

#[tokio::test]
async fn odd_cookies_beside_the_session_do_no_harm() {
    let cookies = ";;=; ==; a; \"; ü=ü;better-auth.session_token=x ;\t b=\"; c";
    assert_eq!(sent_by_default(&[cookies]).await, ["better-auth.session_token=x"]);
    let mut parts = request(["better-auth.session_token=x"]);
    let latin_1 = HeaderValue::from_bytes(b"a=\xfc; better-auth.session_data=y").expect("a header");
    parts.headers.append("cookie", latin_1);
    let service = AuthService::with_session(session).await;
    drop(BetterAuthRequests::new(&*service.url).identify(&parts).await);
    let expected = "better-auth.session_token=x; better-auth.session_data=y";
    assert_eq!(service.received()[0].headers["cookie"], expected);
}

#[tokio::test]
async fn a_request_without_a_session_is_not_sent() {
    for cookies in ["", "theme=dark", "better-auth.session_token=", "better-auth.session_data=x"] {
        assert_eq!(sent_by_default(&[cookies]).await, Vec::<String>::new(), "{cookies}");
    }
    assert_eq!(sent_by_default(&[]).await, Vec::<String>::new());
}

#[tokio::test]
async fn another_cookie_prefix_is_used() {
    let cookies = "better-auth.session_token=a; __Secure-my-app.session_token=b; my-app.convex_jwt=c";
    let sent = sent(&[cookies], |auth| auth.with_cookie_prefix("my-app")).await;
    // The token cookie of the other prefix does not count, so the token is requested as well.
    assert_eq!(sent, ["__Secure-my-app.session_token=b"; 2]);
}

#[tokio::test]
async fn no_other_header_of_the_request_is_sent() {
    let service = AuthService::with_session(session).await;
    let mut parts = request(["better-auth.session_token=x"]);
    for name in ["authorization", "user-agent", "x-forwarded-for", "referer", "origin"] {
        parts.headers.insert(HeaderName::from_static(name), HeaderValue::from_static("PRIVATE-SECRET"));
    }
    drop(BetterAuthRequests::new(format!("{}//", service.url)).identify(&parts).await);
    let received = &service.received()[0];
    assert_eq!(received.line, "GET /api/auth/get-session", "slashes at the end of the address are removed");
    let text = format!("{:?}", received.headers);
    assert!(!text.contains("PRIVATE-SECRET"), "{text}");
}
