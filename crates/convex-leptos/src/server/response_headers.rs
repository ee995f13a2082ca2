//! The headers that the identity of a request adds to the response.

use super::{Identified, RequestIdentity};
use http::{
    HeaderMap, HeaderName, HeaderValue,
    header::{CACHE_CONTROL, EXPIRES, SET_COOKIE, VARY},
};

/// Adds the headers. Pages of a user must never be stored by a shared cache, nor those of an
/// unknown identity: they may have been rendered in another way than for an anonymous user. A
/// response with cookies would store them in the browsers of others.
pub(super) fn write(headers: &mut HeaderMap, identified: &Identified) {
    vary_by_cookie(headers);
    set_cookies(headers, &identified.set_cookie);
    if identified.identity != RequestIdentity::Anonymous || !identified.set_cookie.is_empty() {
        forbid_storing(headers);
    }
}

fn vary_by_cookie(headers: &mut HeaderMap) {
    let names = |value: &HeaderValue| value.to_str().unwrap_or_default().to_ascii_lowercase();
    let is_enough = |name: &str| matches!(name.trim(), "*" | "cookie");
    if !headers.get_all(VARY).iter().any(|value| names(value).split(',').any(is_enough)) {
        headers.append(VARY, HeaderValue::from_static("Cookie"));
    }
}

/// Adds cookies before those of the response: the browser stores the last one of each name, and a
/// response that signs out knows more than the request did.
fn set_cookies(headers: &mut HeaderMap, cookies: &[HeaderValue]) {
    let of_response: Vec<_> = headers.get_all(SET_COOKIE).iter().cloned().collect();
    headers.remove(SET_COOKIE);
    for cookie in cookies.iter().chain(&of_response) {
        headers.append(SET_COOKIE, cookie.clone());
    }
}

fn forbid_storing(headers: &mut HeaderMap) {
    let overriding: Vec<HeaderName> =
        headers.keys().filter(|name| overrides_cache_control(name)).cloned().collect();
    for name in overriding {
        headers.remove(name);
    }
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("private, no-store"));
}

/// Whether some cache obeys this header instead of `Cache-Control`: the targeted fields of RFC 9213
/// (`CDN-Cache-Control`, and those of vendors, such as `Cloudflare-CDN-Cache-Control`), and older
/// ones of Fastly, Akamai and nginx.
fn overrides_cache_control(name: &HeaderName) -> bool {
    let name = name.as_str();
    name.ends_with("-cache-control")
        || matches!(name, "surrogate-control" | "edge-control" | "x-accel-expires")
        || name == EXPIRES
}
