//! The headers that the layer adds to a response.

use crate::{
    assert_no_secret,
    layer::{FixedIdentity, ada, send},
    values,
};
use axum::{
    body::Body,
    http::{HeaderMap, HeaderValue, Request, Response},
};
use convex_leptos::{ConvexRequestLayer, Identified, RequestIdentity};

const CACHED: [(&str, &str); 9] = [
    ("cache-control", "public, max-age=60"),
    ("cdn-cache-control", "max-age=600"),
    ("cloudflare-cdn-cache-control", "max-age=600"),
    ("surrogate-control", "max-age=600"),
    ("edge-control", "max-age=600"),
    ("x-accel-expires", "600"),
    ("expires", "Thu, 01 Jan 2099 00:00:00 GMT"),
    ("etag", "\"1\""),
    ("content-type", "text/html"),
];

async fn headers(
    identified: impl Into<Identified>,
    of_response: &[(&'static str, &'static str)],
) -> HeaderMap {
    let layer = ConvexRequestLayer::new(FixedIdentity::new(identified));
    let of_response = of_response.to_vec();
    let response = move || {
        let mut response = Response::new(Body::empty());
        for (name, value) in &of_response {
            response.headers_mut().append(*name, HeaderValue::from_static(value));
        }
        response
    };
    send(&layer, Request::new(Body::empty()), response).await.0
}

async fn vary(of_response: &[&'static str]) -> Vec<String> {
    let pairs: Vec<_> = of_response.iter().map(|value| ("vary", *value)).collect();
    values(&headers(RequestIdentity::Anonymous, &pairs).await, "vary")
}

#[tokio::test]
async fn responses_vary_by_cookie() {
    assert_eq!(vary(&[]).await, ["Cookie"]);
    assert_eq!(vary(&["Accept-Encoding"]).await, ["Accept-Encoding", "Cookie"]);
    assert_eq!(vary(&["accept, COOKIE"]).await, ["accept, COOKIE"]);
    assert_eq!(vary(&["Accept", "Cookie,Origin"]).await, ["Accept", "Cookie,Origin"]);
    assert_eq!(vary(&["*"]).await, ["*"]);
    assert_eq!(vary(&["X-Cookie"]).await, ["X-Cookie", "Cookie"]);
    for identity in [RequestIdentity::Unknown, ada()] {
        assert_eq!(values(&headers(identity, &[]).await, "vary"), ["Cookie"]);
    }
}

#[tokio::test]
async fn a_page_of_a_user_is_not_stored() {
    for identity in [ada(), RequestIdentity::Unknown] {
        let headers = headers(identity, &CACHED).await;
        assert_eq!(values(&headers, "cache-control"), ["private, no-store"]);
        let mut names: Vec<_> = headers.keys().map(|name| name.as_str()).collect();
        names.sort_unstable();
        assert_eq!(names, ["cache-control", "content-type", "etag", "vary"]);
    }
}

#[tokio::test]
async fn an_anonymous_page_may_be_stored() {
    let headers = headers(RequestIdentity::Anonymous, &CACHED).await;
    for (name, value) in CACHED {
        assert_eq!(values(&headers, name), [value]);
    }
}

#[tokio::test]
async fn cookies_are_passed_on_before_those_of_the_response() {
    let set_cookie = ["session=SESSION-SECRET", "token=TOKEN-SECRET"].map(HeaderValue::from_static).to_vec();
    for identity in [ada(), RequestIdentity::Anonymous] {
        let identified = Identified { identity, set_cookie: set_cookie.clone() };
        assert_no_secret(&format!("{identified:?}"));
        let headers =
            headers(identified, &[("set-cookie", "session=; Max-Age=0"), ("cache-control", "public")]).await;
        let expected = ["session=SESSION-SECRET", "token=TOKEN-SECRET", "session=; Max-Age=0"];
        assert_eq!(values(&headers, "set-cookie"), expected);
        let reason = "a shared cache would give the cookies to others";
        assert_eq!(values(&headers, "cache-control"), ["private, no-store"], "{reason}");
    }
}
