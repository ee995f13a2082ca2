//! Identities from a cookie that contains the token.

use super::{Identified, IdentifyRequest, RequestIdentity};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use convex_web::sync::TokenError;
use http::{
    HeaderMap,
    header::{COOKIE, HOST},
    request::Parts,
};
use serde_json::Value;
use std::{borrow::Cow, fmt};

/// Identifies requests by a cookie whose value is a JWT for the deployment. `session_key` computes
/// the session key from the claims of the JWT. It must be the key that the
/// [`AuthProvider`](crate::AuthProvider) in the browser reports for the same session.
///
/// | cookie | identity |
/// | --- | --- |
/// | a JWT for the audience `convex` | the user of the JWT |
/// | an expired JWT | [`Unknown`](RequestIdentity::Unknown): the browser refreshes it |
/// | absent or empty | [`Anonymous`](RequestIdentity::Anonymous) |
/// | anything else, or `session_key` returns `None` | `Unknown`, with a message in the log |
///
/// The JWT's signature is not checked here. The deployment checks it with each query.
///
/// # Clerk
///
/// The cookie is `__session`. It contains a token for Convex if Clerk's Convex integration is
/// enabled, and lives for 60 seconds:
///
/// ```
/// use convex_leptos::{ConvexRequestLayer, cookie_jwt};
///
/// let clerk = cookie_jwt("__session", |claims| {
///     // In version 2 of Clerk's tokens, and in version 1.
///     let organization = claims["o"]["id"].as_str().or(claims["org_id"].as_str());
///     let (session, user) = (claims["sid"].as_str()?, claims["sub"].as_str()?);
///     Some([session, user, organization.unwrap_or_default()].join(":"))
/// });
/// let layer = ConvexRequestLayer::new(clerk);
/// # drop(layer);
/// ```
///
/// # Convex Auth
///
/// The cookie is `__Host-__convexAuthJWT`. For a name that begins with `__Host-`, a request to
/// localhost may have the cookie without that prefix, which browsers store with `https` only. The
/// session is the second half of the subject:
///
/// ```
/// use convex_leptos::{ConvexRequestLayer, cookie_jwt};
///
/// let convex_auth = cookie_jwt("__Host-__convexAuthJWT", |claims| {
///     let (_user, session) = claims["sub"].as_str()?.split_once('|')?;
///     Some(session.to_owned())
/// });
/// let layer = ConvexRequestLayer::new(convex_auth);
/// # drop(layer);
/// ```
pub fn cookie_jwt<F>(name: impl Into<Cow<'static, str>>, session_key: F) -> CookieJwt<F>
where
    F: Fn(&Value) -> Option<String> + Send + Sync + 'static,
{
    CookieJwt { name: name.into(), audience: Cow::Borrowed("convex"), session_key }
}

/// Identifies requests by a cookie that contains the token. [`cookie_jwt`] returns it.
#[derive(Clone)]
pub struct CookieJwt<F> {
    name: Cow<'static, str>,
    audience: Cow<'static, str>,
    session_key: F,
}

impl<F> CookieJwt<F> {
    /// Expects another audience than `convex`: the `applicationID` of the provider in the
    /// deployment's `auth.config.ts`.
    ///
    /// ```
    /// use convex_leptos::cookie_jwt;
    ///
    /// let sessions = cookie_jwt("token", |claims| Some(claims["sid"].as_str()?.to_owned()))
    ///     .with_audience("my-app");
    /// # drop(sessions);
    /// ```
    #[must_use]
    pub fn with_audience(self, audience: impl Into<Cow<'static, str>>) -> Self {
        Self { audience: audience.into(), ..self }
    }

    fn find<'a>(&self, request: &'a Parts) -> Option<&'a str> {
        let find = |wanted: &str| cookies(&request.headers).find(|(name, _)| *name == wanted);
        let without_prefix =
            || self.name.strip_prefix("__Host-").filter(|_| is_localhost(request)).and_then(find);
        let (_, value) = find(&self.name).or_else(without_prefix)?;
        Some(value.trim_matches('"')).filter(|value| !value.is_empty())
    }

    fn error(&self, problem: &str) -> TokenError {
        TokenError::new(format!("the cookie `{}` {problem}", self.name))
    }
}

impl<F> IdentifyRequest for CookieJwt<F>
where
    F: Fn(&Value) -> Option<String> + Send + Sync + 'static,
{
    async fn identify(&self, request: &Parts) -> Result<Identified, TokenError> {
        let Some(token) = self.find(request) else { return Ok(RequestIdentity::Anonymous.into()) };
        let claims = claims(token).ok_or_else(|| self.error("is not a JWT"))?;
        if !has_audience(&claims, &self.audience) {
            let problem = format!(
                "is no token for the audience `{}`; enable the Convex integration of the auth service",
                self.audience
            );
            return Err(self.error(&problem));
        }
        let session_key = (self.session_key)(&claims)
            .ok_or_else(|| self.error("does not have the claims of the session key"))?;
        Ok(RequestIdentity::user(session_key, token).into())
    }
}

impl<F> fmt::Debug for CookieJwt<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CookieJwt")
            .field("name", &self.name)
            .field("audience", &self.audience)
            .finish_non_exhaustive()
    }
}

/// The cookies of a request, in the browser's order: pairs of names and values. HTTP/2 may spread
/// them over several headers.
pub(super) fn cookies(headers: &HeaderMap) -> impl Iterator<Item = (&str, &str)> {
    // Cookies that are not UTF-8 are skipped one by one: any page of the domain can set one.
    let pairs =
        headers.get_all(COOKIE).into_iter().flat_map(|header| header.as_bytes().split(|&b| b == b';'));
    pairs.filter_map(|pair| {
        let (name, value) = str::from_utf8(pair).ok()?.split_once('=')?;
        Some((name.trim(), value.trim()))
    })
}

fn is_localhost(request: &Parts) -> bool {
    let header = || request.headers.get(HOST)?.to_str().ok();
    let Some(host) = request.uri.authority().map(|authority| authority.as_str()).or_else(header) else {
        return false;
    };
    let name = host.rsplit_once(':').map_or(host, |(name, _port)| name);
    matches!(name, "localhost" | "127.0.0.1" | "[::1]")
}

fn claims(jwt: &str) -> Option<Value> {
    let mut parts = jwt.split('.');
    let (Some(_header), Some(payload), Some(_signature), None) =
        (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return None;
    };
    let payload = BASE64_URL_SAFE_NO_PAD.decode(payload.trim_end_matches('=')).ok()?;
    serde_json::from_slice(&payload).ok()
}

fn has_audience(claims: &Value, wanted: &str) -> bool {
    match &claims["aud"] {
        Value::Array(audiences) => audiences.iter().any(|audience| audience == wanted),
        audience => audience == wanted,
    }
}
