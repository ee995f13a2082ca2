//! The session cookie, which survives reloads and is inaccessible to scripts.

use axum::http::{
    HeaderMap, HeaderValue,
    header::{COOKIE, InvalidHeaderValue},
};

use super::sessions::{self, Secret};

const NAME: &str = "better-auth.session_token";

/// Whether the cookie survives when the browser is closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Remember {
    /// It lives as long as the session.
    Session,
    /// It is deleted when the browser is closed.
    BrowserSession,
}

/// The secret in a request's cookie.
pub(crate) fn secret(headers: &HeaderMap) -> Option<Secret> {
    headers
        .get_all(COOKIE)
        .iter()
        .filter_map(|cookies| cookies.to_str().ok())
        .flat_map(|cookies| cookies.split(';'))
        .filter_map(|cookie| cookie.trim().split_once('='))
        .find_map(|(name, value)| (name == NAME).then(|| Secret::from_cookie(value)))
}

/// The `Set-Cookie` header that stores `secret`.
pub(crate) fn keep(secret: &Secret, remember: Remember) -> Result<HeaderValue, InvalidHeaderValue> {
    let age = match remember {
        Remember::Session => format!("; Max-Age={}", sessions::LIFETIME.as_secs()),
        Remember::BrowserSession => String::new(),
    };
    let mut cookie =
        HeaderValue::try_from(format!("{NAME}={}; Path=/; HttpOnly; SameSite=Lax{age}", secret.expose()))?;
    cookie.set_sensitive(true);
    Ok(cookie)
}

/// The `Set-Cookie` header that deletes the cookie.
pub(crate) fn forget() -> HeaderValue {
    HeaderValue::from_static("better-auth.session_token=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(cookies: &'static str) -> HeaderMap {
        HeaderMap::from_iter([(COOKIE, HeaderValue::from_static(cookies))])
    }

    #[test]
    fn session_is_found_among_other_cookies() {
        let found = secret(&headers("theme=dark; better-auth.session_token=abc; x=y")).unwrap();
        assert_eq!(found.expose(), "abc");
        assert!(secret(&headers("theme=dark; not-better-auth.session_token=abc")).is_none());
    }

    #[test]
    fn only_a_remembered_session_survives_the_browser() {
        let cookie = keep(&Secret::from_cookie("abc"), Remember::Session).unwrap();
        assert!(cookie.to_str().unwrap().contains("HttpOnly; SameSite=Lax; Max-Age=604800"));
        let cookie = keep(&Secret::from_cookie("abc"), Remember::BrowserSession).unwrap();
        assert!(!cookie.to_str().unwrap().contains("Max-Age"));
    }
}
