//! The identity of a request to a web server: how it is found, and what the layer does with it.

mod auth_service;
mod better_auth;
mod better_auth_cookies;
mod client;
mod cookie_jwt;
mod layer;
mod layer_failures;
mod response_headers;

use axum::http::{HeaderMap, HeaderValue, Request, header::COOKIE, request::Parts};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use serde_json::Value;
use std::time::{SystemTime, UNIX_EPOCH};

/// Parts of the secrets of the tests. No message, debug output or other request may contain them.
const MARKERS: [&str; 3] = ["SESSION-SECRET", "TOKEN-SECRET", "PRIVATE-SECRET"];

#[track_caller]
fn assert_no_secret(text: &str) {
    for marker in MARKERS {
        assert!(!text.contains(marker), "{marker} is in: {text}");
    }
}

/// A JWT with these claims. Its signature contains a marker.
fn jwt(claims: &Value) -> String {
    format!("e30.{}.TOKEN-SECRET", BASE64_URL_SAFE_NO_PAD.encode(claims.to_string()))
}

fn in_seconds(seconds: i64) -> i64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("a clock after 1970");
    now.as_secs() as i64 + seconds
}

/// A request with these `Cookie` headers.
fn request<'a>(cookies: impl IntoIterator<Item = &'a str>) -> Parts {
    let mut parts = Request::new(()).into_parts().0;
    for cookie in cookies {
        parts.headers.append(COOKIE, HeaderValue::from_bytes(cookie.as_bytes()).expect("a cookie"));
    }
    parts
}

/// The values of a header that occurs several times.
fn values(headers: &HeaderMap, name: &str) -> Vec<String> {
    headers.get_all(name).iter().map(|value| value.to_str().expect("text").to_owned()).collect()
}
