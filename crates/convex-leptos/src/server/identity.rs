//! The identity of a request, and the trait that determines it.

use convex_web::sync::{Claims, Token, TokenError};
use http::{HeaderValue, request::Parts};
use leptos::{prelude::use_context, reactive::owner::with_context};
use std::{fmt, future::Future, sync::Arc};

/// The identity of the user who sent a request to the web server.
///
/// [`ConvexRequestLayer`](crate::ConvexRequestLayer) adds it to the extensions of each request.
/// The middleware of an app may add it too. If it comes from neither, it is
/// [`Unknown`](Self::Unknown).
///
/// ```
/// use convex_leptos::RequestIdentity;
///
/// # let mut request = http::Request::new(());
/// # let (login_id, token) = ("login_1", "e30.e30.c2ln");
/// request.extensions_mut().insert(RequestIdentity::user(login_id, token));
/// ```
#[derive(Clone, PartialEq, Eq, Default)]
pub enum RequestIdentity {
    /// Nothing is known, for example because the auth service cannot be reached. The page renders
    /// in the state [`Loading`](crate::AuthState::Loading), and the browser decides: an outage is
    /// not a sign-out.
    #[default]
    Unknown,
    /// No user is signed in.
    Anonymous,
    /// A user is signed in.
    User {
        /// The session key that the [`AuthProvider`](crate::AuthProvider) in the browser will
        /// report for this session. With another key, the browser ends the session that the page
        /// was rendered for, and the page's data disappears.
        session_key: Arc<str>,
        /// A token that the deployment accepts. It never enters the page.
        token: Token,
        /// The user, as the auth service describes it. It becomes part of the page.
        user: Option<serde_json::Value>,
    },
}

impl RequestIdentity {
    /// A signed-in user, with the session key that the browser will report and a JWT that the
    /// deployment accepts.
    pub fn user(session_key: impl Into<Arc<str>>, token: impl Into<Arc<str>>) -> Self {
        Self::User { session_key: session_key.into(), token: Token::new(token), user: None }
    }

    /// The identity; `Unknown` if it is a user whose token has expired. The deployment would reject
    /// the token, and only the browser can refresh it.
    pub(super) fn unless_expired(self) -> Self {
        let expires_at = match &self {
            Self::User { token, .. } => Claims::read(token.expose()).and_then(|claims| claims.expires_at),
            Self::Unknown | Self::Anonymous => None,
        };
        if expires_at.is_some_and(|seconds| seconds <= unix_seconds()) { Self::Unknown } else { self }
    }
}

#[cfg(not(target_family = "wasm"))]
fn unix_seconds() -> i64 {
    use std::time::{SystemTime, UNIX_EPOCH};
    // A clock before 1970 is wrong: by it, no token has expired.
    let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since_epoch.as_secs()).unwrap_or(i64::MAX)
}

#[cfg(target_family = "wasm")]
fn unix_seconds() -> i64 {
    (web_sys::js_sys::Date::now() / 1000.0) as i64
}

/// The session and the user are left out: logs must not identify users.
impl fmt::Debug for RequestIdentity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Unknown => "Unknown",
            Self::Anonymous => "Anonymous",
            Self::User { .. } => "User(…)",
        })
    }
}

/// The identity of a request, and what the auth service wants to store in the browser.
#[derive(Clone, PartialEq, Eq)]
pub struct Identified {
    /// The identity.
    pub identity: RequestIdentity,
    /// Values of `Set-Cookie` headers for the response, such as an extended session.
    pub set_cookie: Vec<HeaderValue>,
}

impl From<RequestIdentity> for Identified {
    fn from(identity: RequestIdentity) -> Self {
        Self { identity, set_cookie: Vec::new() }
    }
}

/// The values of the cookies are left out: they are secrets.
impl fmt::Debug for Identified {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let cookies = self.set_cookie.len();
        f.debug_struct("Identified").field("identity", &self.identity).field("set_cookie", &cookies).finish()
    }
}

/// Determines the identity of a request to the web server.
///
/// Implemented by [`BetterAuthRequests`](crate::BetterAuthRequests) and
/// [`CookieJwt`](crate::CookieJwt). For sessions of your own:
///
/// ```
/// use convex_leptos::{Identified, IdentifyRequest, RequestIdentity, TokenError};
/// use http::request::Parts;
///
/// struct MySessions;
///
/// # struct MySession { login_id: String }
/// # impl MySessions {
/// #     async fn find(&self, _: &Parts) -> Result<Option<MySession>, std::io::Error> { Ok(None) }
/// #     fn sign_token(&self, _: &MySession) -> String { String::new() }
/// # }
/// impl IdentifyRequest for MySessions {
///     async fn identify(&self, request: &Parts) -> Result<Identified, TokenError> {
///         let found = self.find(request).await;
///         let identity = match found.map_err(|error| TokenError::new(error.to_string()))? {
///             Some(it) => RequestIdentity::user(&*it.login_id, self.sign_token(&it)),
///             None => RequestIdentity::Anonymous,
///         };
///         Ok(identity.into())
///     }
/// }
/// ```
pub trait IdentifyRequest: Send + Sync + 'static {
    /// Determines the identity of `request`.
    ///
    /// # Errors
    ///
    /// If the identity could not be determined, for example because the auth service does not
    /// respond. The message must not contain a token or a cookie; it is logged.
    fn identify(&self, request: &Parts) -> impl Future<Output = Result<Identified, TokenError>> + Send;
}

/// The identity of the request that is being answered, for components and server functions. It is
/// found in a context of its own, or in the extensions of the request that `leptos_axum` provides
/// as a context. A user whose token has expired is [`Unknown`](RequestIdentity::Unknown).
///
/// ```
/// use convex_leptos::{RequestIdentity, request_identity};
/// use leptos::prelude::*;
///
/// #[server]
/// async fn subscribe_to_newsletter() -> Result<(), ServerFnError> {
///     if request_identity() == RequestIdentity::Unknown {
///         return Err(ServerFnError::new("The sign-in service is down; try again later."));
///     }
///     // call functions of the deployment through `request_client(URL)`
///     Ok(())
/// }
/// ```
pub fn request_identity() -> RequestIdentity {
    let of_request = || with_context(|request: &Parts| request.extensions.get::<RequestIdentity>().cloned());
    use_context::<RequestIdentity>().or_else(|| of_request().flatten()).unwrap_or_default().unless_expired()
}
