//! The identity of a request, and the trait of the types that find it out.

use convex_web::sync::{Token, TokenError};
use http::{HeaderValue, request::Parts};
use leptos::{prelude::use_context, reactive::owner::with_context};
use std::{fmt, future::Future, sync::Arc};

/// The identity of the user who sent a request to the web server.
///
/// `ConvexRequestLayer` adds it to the extensions of each request.
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
    /// in the state [`Loading`](crate::AuthState::Loading), and the browser finds out: an outage is
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

/// Finds out who sent a request to the web server.
///
/// Implemented by `BetterAuthRequests` and
/// `CookieJwt`. For sessions of your own:
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
///         let session = self.find(request).await.map_err(|error| TokenError::new(error.to_string()))?;
///         let identity = match session {
///             Some(session) => RequestIdentity::user(&*session.login_id, self.sign_token(&session)),
///             None => RequestIdentity::Anonymous,
///         };
///         Ok(identity.into())
///     }
/// }
/// ```
pub trait IdentifyRequest: Send + Sync + 'static {
    /// Finds out who sent `request`.
    ///
    /// # Errors
    ///
    /// If the identity could not be determined, for example because the auth service does not
    /// respond. The message must not contain a token or a cookie; it is logged.
    fn identify(&self, request: &Parts) -> impl Future<Output = Result<Identified, TokenError>> + Send;
}

/// The identity of the request that is being answered: from a context of its own, or from the
/// extensions of the request that `leptos_axum` provides as a context.
pub fn request_identity() -> RequestIdentity {
    let of_request = || with_context(|request: &Parts| request.extensions.get::<RequestIdentity>().cloned());
    use_context::<RequestIdentity>().or_else(|| of_request().flatten()).unwrap_or_default()
}
