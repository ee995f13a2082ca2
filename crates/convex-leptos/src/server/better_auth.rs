//! Identities from Better Auth, by the session cookie.

use super::{Identified, IdentifyRequest, RequestIdentity, cookie::cookies, send::into_send};
use crate::{
    BetterAuthError,
    auth::{SessionAnswer, read_answer},
};
use convex_web::sync::{Token, TokenError};
use http::{
    HeaderMap, HeaderValue,
    header::{CONTENT_TYPE, COOKIE, SET_COOKIE},
    request::Parts,
};
use reqwest::{Client, Response, Url};
use serde::{Deserialize, de::DeserializeOwned};
use std::{borrow::Cow, error::Error, iter, sync::LazyLock};

/// Identifies requests by the session cookie of [Better Auth](https://www.better-auth.com) with its
/// Convex plugin. In the browser, the app uses [`BetterAuth`](crate::BetterAuth).
///
/// ```
/// use convex_leptos::{BetterAuthRequests, ConvexRequestLayer};
///
/// let auth = BetterAuthRequests::new("https://happy-animal-123.convex.site");
/// let layer = ConvexRequestLayer::new(auth);
/// # drop(layer);
/// ```
///
/// # Requests
///
/// A request without a session cookie is anonymous. For any other, it sends `GET
/// {site}/api/auth/get-session` with the session cookies and no other header of the request. The
/// response has the session, the user, and usually a fresh token; if not, `GET
/// {site}/api/auth/convex/token` follows. Nothing is cached between requests. The browser receives
/// all cookies of the responses, such as a session whose lifetime was extended.
///
/// `null` and the status 401 mean that no user is signed in. After any other answer that is not
/// Better Auth's, such as an error page or a redirect, the identity is
/// [`Unknown`](RequestIdentity::Unknown). To Better Auth, all these requests have the address of
/// the web server: if its rate limit is enabled, `get-session` needs a rule of its own.
///
/// # Limits
///
/// The browser must send the session cookie to the web server. So `/api/auth` is on the same
/// origin as the pages, usually behind a proxy. A session in the browser's storage
/// (`crossDomain`) is invisible to a server; such an app needs no layer.
#[derive(Debug, Clone)]
pub struct BetterAuthRequests {
    site: String,
    cookie_prefix: Cow<'static, str>,
}

impl BetterAuthRequests {
    /// Better Auth at `{site}/api/auth`. `site` is the URL of the deployment's HTTP actions.
    pub fn new(site: impl Into<String>) -> Self {
        let site = site.into().trim_end_matches('/').to_owned();
        Self { site, cookie_prefix: Cow::Borrowed("better-auth") }
    }

    /// Expects cookies with another prefix than `better-auth`: that of Better Auth's option
    /// `advanced.cookiePrefix`.
    ///
    /// ```
    /// use convex_leptos::BetterAuthRequests;
    ///
    /// let auth = BetterAuthRequests::new("https://happy-animal-123.convex.site")
    ///     .with_cookie_prefix("my-app");
    /// # drop(auth);
    /// ```
    #[must_use]
    pub fn with_cookie_prefix(self, prefix: impl Into<Cow<'static, str>>) -> Self {
        Self { cookie_prefix: prefix.into(), ..self }
    }

    /// The name of a cookie without Better Auth's prefixes; `None` if it is not one of its cookies.
    fn strip_prefixes<'a>(&self, name: &'a str) -> Option<&'a str> {
        let name = name.strip_prefix("__Secure-").unwrap_or(name);
        name.strip_prefix(&*self.cookie_prefix)?.strip_prefix('.')
    }

    /// The cookies that `get-session` reads, as a `Cookie` header; `None` without a session.
    fn session_cookies(&self, headers: &HeaderMap) -> Option<HeaderValue> {
        let (mut header, mut has_session) = (String::new(), false);
        for (full_name, value) in cookies(headers) {
            let Some(name) = self.strip_prefixes(full_name) else { continue };
            // Without `dont_remember`, an extended session would outlive the browser.
            if matches!(name, "session_token" | "session_data" | "dont_remember")
                || name.starts_with("session_data.")
            {
                has_session |= name == "session_token" && !value.is_empty();
                let separator = if header.is_empty() { "" } else { "; " };
                header.extend([separator, full_name, "=", value]);
            }
        }
        let mut header = HeaderValue::from_str(&header).ok().filter(|_| has_session)?;
        header.set_sensitive(true);
        Some(header)
    }

    /// The token that Better Auth's Convex plugin stores in a cookie with each `get-session`.
    fn token_in<'a>(&self, set_cookie: &'a [HeaderValue]) -> Option<&'a str> {
        let tokens = set_cookie.iter().filter_map(|cookie| {
            let (name, value) = cookie.to_str().ok()?.split(';').next()?.split_once('=')?;
            Some(value).filter(|_| self.strip_prefixes(name.trim()) == Some("convex_jwt"))
        });
        tokens.filter(|token| !token.is_empty()).last()
    }

    async fn identify_session(&self, cookies: HeaderValue) -> Result<Identified, TokenError> {
        #[derive(Deserialize)]
        struct TokenAnswer {
            token: String,
        }
        let (session, mut set_cookie) = self.get::<SessionAnswer>("get-session", &cookies).await?;
        let Some(session) = session else {
            return Ok(Identified { identity: RequestIdentity::Anonymous, set_cookie });
        };
        let token = match self.token_in(&set_cookie) {
            Some(token) => Some(token.to_owned()),
            None => {
                let (answer, more_cookies) = self.get::<TokenAnswer>("convex/token", &cookies).await?;
                set_cookie.extend(more_cookies);
                answer.map(|answer| answer.token)
            }
        };
        let identity = match token {
            None => RequestIdentity::Anonymous,
            Some(token) if token.is_empty() => {
                return Err(TokenError::new("Better Auth issued an empty token"));
            }
            Some(token) => RequestIdentity::User {
                session_key: session.session_key().into(),
                token: Token::new(token),
                user: serde_json::to_value(&session.user).ok(),
            },
        };
        Ok(Identified { identity, set_cookie })
    }

    /// An answer and its cookies. It is `None` if no user is signed in.
    async fn get<T: DeserializeOwned>(
        &self,
        path: &str,
        cookies: &HeaderValue,
    ) -> Result<(Option<T>, Vec<HeaderValue>), TokenError> {
        let url = format!("{}/api/auth/{path}", self.site);
        let (answer, set_cookie) = exchange(&url, cookies).await?;
        match answer {
            Ok(answer) => Ok((answer, set_cookie)),
            Err(error) if error.is_unauthorized() => Ok((None, set_cookie)),
            Err(error) => Err(described(&url, &error)),
        }
    }
}

impl IdentifyRequest for BetterAuthRequests {
    async fn identify(&self, request: &Parts) -> Result<Identified, TokenError> {
        match self.session_cookies(&request.headers) {
            Some(cookies) => into_send(self.identify_session(cookies)).await,
            None => Ok(RequestIdentity::Anonymous.into()),
        }
    }
}

type Answer<T> = Result<Option<T>, BetterAuthError>;

async fn exchange<T: DeserializeOwned>(
    url: &str,
    cookies: &HeaderValue,
) -> Result<(Answer<T>, Vec<HeaderValue>), TokenError> {
    let url = Url::parse(url).map_err(|_| {
        TokenError::new(format!("{url} is not a URL; pass `BetterAuthRequests::new` an absolute one"))
    })?;
    let client = HTTP_CLIENT.as_ref().map_err(|error| TokenError::new(&**error))?;
    let unreachable =
        |error| TokenError::new(format!("{url} cannot be reached: {}", innermost_cause(&error)));
    let response = client.get(url.clone()).header(COOKIE, cookies).send().await.map_err(unreachable)?;
    // In a Worker, redirects are followed.
    if *response.url() != url || response.status().is_redirection() {
        return Err(TokenError::new(format!("{url} redirects to another address; use that one")));
    }
    let (status, set_cookie) = (response.status().as_u16(), take_cookies(&response));
    let content =
        response.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).map(str::to_owned);
    let text = response.text().await.map_err(unreachable)?;
    Ok((read_answer(status, content, &text), set_cookie))
}

/// The cause of an error, such as a refused connection; the error itself does not say it.
fn innermost_cause<'a>(error: &'a (dyn Error + 'static)) -> &'a (dyn Error + 'static) {
    iter::successors(Some(error), |&error| error.source()).last().unwrap_or(error)
}

fn take_cookies(response: &Response) -> Vec<HeaderValue> {
    let cookies = response.headers().get_all(SET_COOKIE).iter().cloned();
    cookies
        .map(|mut cookie| {
            cookie.set_sensitive(true);
            cookie
        })
        .collect()
}

/// An error for the log of the web server. It contains nothing of the answer's text, which may
/// contain a token or a cookie.
fn described(url: &str, error: &BetterAuthError) -> TokenError {
    TokenError::new(match error {
        BetterAuthError::Unreachable => format!("{url} cannot be reached"),
        BetterAuthError::Refused { status: 404, .. } | BetterAuthError::Unreadable { status: 404, .. } => {
            format!("{url} does not exist; check the address, and that Better Auth has the Convex plugin")
        }
        BetterAuthError::Refused { status, .. } => format!("{url} responded with the status {status}"),
        BetterAuthError::Unreadable { status, content } => {
            format!(
                "the answer of {url} is not Better Auth's (status {status}, {content}); check the address"
            )
        }
    })
}

/// The HTTP client of the process. It has no cookie store, so the sessions of two users never mix,
/// and follows no redirects, which would send a session to another server.
static HTTP_CLIENT: LazyLock<Result<Client, String>> = LazyLock::new(|| {
    let builder = Client::builder();
    #[cfg(not(target_family = "wasm"))]
    let builder = builder.redirect(reqwest::redirect::Policy::none());
    builder.build().map_err(|error| format!("the HTTP client cannot be created: {error}"))
});
