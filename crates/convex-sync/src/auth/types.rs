//! The provider's session, the auth policies and the authentication state of the app.

use crate::{Claims, Time};
use std::{fmt, sync::Arc};

/// When a query, mutation or action is sent, and under which identity.
///
/// ```
/// use convex_sync::*;
///
/// # let mut client = SyncClient::new(Config::default(), SessionId::from_random_bytes([7; 16]), 42, UnixMillis(0));
/// # let Some(Event::Open { socket }) = client.poll_event() else { unreachable!() };
/// # client.handle(Time::ZERO, Input::Opened { socket });
/// // While the provider has not reported a session yet …
/// client.set_session(Time::ZERO, Some(Session::Loading));
/// let args = Arguments::encode(&())?.expect("`()` is `{}`");
/// client.subscribe(&FunctionPath::parse("messages:list")?, &args, AuthPolicy::Settled);
/// client.subscribe(&FunctionPath::parse("users:current")?, &args, AuthPolicy::Required);
/// client.subscribe(&FunctionPath::parse("news:headline")?, &args, AuthPolicy::Immediate);
///
/// // … only results that are the same for every user are fetched.
/// let sent: String = std::iter::from_fn(|| client.poll_transmit(Time::ZERO)).collect();
/// assert!(sent.contains("news:headline") && !sent.contains("messages:list") && !sent.contains("users:current"));
/// # Ok::<(), ConvexError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum AuthPolicy {
    /// The result may depend on the user. It is sent once auth has settled: after the user's token,
    /// or anonymously if no user is signed in.
    #[default]
    Settled,
    /// It makes no sense without a user. It is sent after a user's token, and never anonymously.
    Required,
    /// The result is the same for every user. It is sent at once, under the identity that the
    /// connection has at that moment.
    Immediate,
}

impl AuthPolicy {
    pub(crate) const ALL: [Self; 3] = [Self::Settled, Self::Required, Self::Immediate];
}

/// The session that the app's identity provider reports. It is known without a request to Convex.
///
/// ```
/// use convex_sync::Session;
///
/// /// What the provider reports: `None` while it loads, `Some(None)` if no user is signed in.
/// fn session(reported: Option<Option<(&str, &str)>>) -> Session {
///     match reported {
///         None => Session::Loading,
///         Some(None) => Session::SignedOut,
///         Some(Some((login, organization))) => Session::signed_in(format!("{login}:{organization}")),
///     }
/// }
///
/// // One login in two organizations: the results of one are not shown in the other.
/// assert_ne!(session(Some(Some(("login_1", "analysts")))), session(Some(Some(("login_1", "engineers")))));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Session {
    /// The provider does not know yet whether a user is signed in.
    Loading,
    /// No user is signed in.
    SignedOut,
    /// A user is signed in.
    SignedIn {
        /// Any string that changes when the user, the organization or the login changes, and only
        /// then.
        key: Arc<str>,
    },
}

impl Session {
    /// A signed-in session. `key` is any string that changes when the user, the organization or the
    /// login changes, and only then.
    pub fn signed_in(key: impl Into<Arc<str>>) -> Self {
        Self::SignedIn { key: key.into() }
    }
}

/// Why the client has no usable token: a fetch failed, or the server rejected the last token. The
/// client retries.
///
/// ```
/// use convex_sync::*;
///
/// # let mut client = SyncClient::new(Config::default(), SessionId::from_random_bytes([7; 16]), 42, UnixMillis(0));
/// # while client.poll_event().is_some() {}
/// client.set_session(Time::ZERO, Some(Session::signed_in("login_1")));
/// let Some(Event::FetchToken { fetch, .. }) = client.poll_event() else { unreachable!() };
/// let outcome = Err(TokenError::new("the token endpoint answered 503"));
/// client.handle(Time::ZERO, Input::Token { fetch, outcome });
///
/// assert_eq!(client.token_problem().map(|error| &*error.reason), Some("the token endpoint answered 503"));
/// assert!(matches!(client.auth(), AuthState::Loading { waiting_for: WaitingFor::Token, .. }));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash, thiserror::Error)]
#[error("no usable token: {reason}; the session continues, and the client retries")]
pub struct TokenError {
    /// The message of the provider, the server or the failed request. It must not contain a token.
    pub reason: Arc<str>,
}

impl TokenError {
    /// An error with this reason, which must not contain a token.
    pub fn new(reason: impl Into<Arc<str>>) -> Self {
        Self { reason: reason.into() }
    }
}

/// What [`AuthState::Loading`] waits for.
///
/// ```
/// use convex_sync::{AuthState, WaitingFor};
///
/// // What to check when a page stays at "Loading…".
/// fn hint(auth: &AuthState) -> Option<&'static str> {
///     let AuthState::Loading { waiting_for, .. } = auth else { return None };
///     Some(match waiting_for {
///         WaitingFor::Provider => "the identity provider has not reported a session yet",
///         WaitingFor::Token => "no token has been received: see `token_problem()`",
///         WaitingFor::Server => "the deployment has not confirmed the token: see `connection()`",
///     })
/// }
/// assert_eq!(hint(&AuthState::Authenticated { refreshing: false }), None);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum WaitingFor {
    /// The provider's first report of a session.
    Provider,
    /// The first usable token.
    Token,
    /// The server's confirmation of the token.
    Server,
}

/// The authentication state that the app sees.
///
/// ```
/// use convex_sync::{AuthState, UnauthenticatedReason};
///
/// fn header(auth: &AuthState) -> String {
///     match auth {
///         AuthState::Loading { .. } => "…".to_owned(),
///         AuthState::Authenticated { refreshing: false } => "Sign out".to_owned(),
///         AuthState::Authenticated { refreshing: true } => "Sign out (reconnecting)".to_owned(),
///         AuthState::Unauthenticated { reason: UnauthenticatedReason::Rejected { .. } } => "Sign in again".to_owned(),
///         AuthState::Unauthenticated { .. } => "Sign in".to_owned(),
///     }
/// }
///
/// let reason = UnauthenticatedReason::SignedOut;
/// assert_eq!(header(&AuthState::Unauthenticated { reason }), "Sign in");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AuthState {
    /// It is not known yet whether a user is signed in.
    Loading {
        /// The report or reply that the client waits for.
        waiting_for: WaitingFor,
        /// When the client began to wait.
        since: Time,
    },
    /// A user is signed in: the server confirmed their token, or a web server rendered the page as
    /// this user.
    Authenticated {
        /// The token was rejected or expired, and its replacement is being fetched or
        /// confirmed. Results stay visible; new requests are held back until the replacement is at
        /// hand.
        refreshing: bool,
    },
    /// No user is signed in, or the server rejected the session.
    Unauthenticated {
        /// The reason.
        reason: UnauthenticatedReason,
    },
}

/// Why no user is signed in.
///
/// ```
/// use convex_sync::{Claims, UnauthenticatedReason};
///
/// // What to log: only unexpected reasons.
/// fn unexpected(reason: &UnauthenticatedReason) -> Option<String> {
///     use UnauthenticatedReason::*;
///     (!matches!(reason, NoProvider | SignedOut | SignedOutByApp)).then(|| reason.to_string())
/// }
///
/// let claims = Claims { audience: Some("another-app".to_owned()), ..Claims::default() };
/// let rejected = UnauthenticatedReason::Rejected { message: "No auth provider found".into(), claims: Some(claims) };
/// assert!(unexpected(&rejected).is_some_and(|text| text.contains("aud=another-app")));
/// assert_eq!(unexpected(&UnauthenticatedReason::SignedOutByApp), None);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum UnauthenticatedReason {
    /// The client has no identity provider.
    NoProvider,
    /// The provider reports that no user is signed in.
    SignedOut,
    /// The app called `sign_out`.
    SignedOutByApp,
    /// The client stopped before auth settled. [`ConnectionState`](crate::ConnectionState) has the
    /// same reason.
    ClientStopped {
        /// Why the client stopped.
        message: Arc<str>,
    },
    /// The server rejected the session. While the provider still reports it, the client retries
    /// with a new token after 30 s, then with backoff up to every 10 min, and the user is signed in
    /// again once the server accepts one. A new session, `reauthenticate()` or a wake retries at
    /// once.
    Rejected {
        /// The server's message.
        message: Arc<str>,
        /// The claims of the rejected token; `None` if it is not a readable JWT.
        claims: Option<Claims>,
    },
}

impl fmt::Display for UnauthenticatedReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoProvider => f.write_str("the client has no identity provider; add one to sign in"),
            Self::SignedOut => f.write_str("the identity provider reports that no user is signed in"),
            Self::SignedOutByApp => f.write_str("the app signed out"),
            Self::ClientStopped { message } => {
                write!(f, "the client stopped before auth settled: {message}; reload the page")
            }
            Self::Rejected { message, claims } => {
                write!(f, "the server rejected the token: {message} (")?;
                match claims {
                    Some(claims) => write!(f, "token: {claims}")?,
                    None => f.write_str("not a readable JWT")?,
                }
                f.write_str("); compare iss and aud with the deployment's auth.config, then sign in again")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reasons_name_the_cause_and_the_remedy() {
        let claims = Claims { audience: Some("other".into()), ..Claims::default() };
        let rejected = |claims| UnauthenticatedReason::Rejected { message: "No provider".into(), claims };
        assert_eq!(
            rejected(Some(claims)).to_string(),
            "the server rejected the token: No provider (token: iss=-, aud=other, sub=-, exp=-); \
             compare iss and aud with the deployment's auth.config, then sign in again"
        );
        assert_eq!(
            rejected(None).to_string(),
            "the server rejected the token: No provider (not a readable JWT); \
             compare iss and aud with the deployment's auth.config, then sign in again"
        );
        let stopped = UnauthenticatedReason::ClientStopped { message: "FatalError".into() };
        assert_eq!(
            stopped.to_string(),
            "the client stopped before auth settled: FatalError; reload the page"
        );
        assert_eq!(
            TokenError::new("503").to_string(),
            "no usable token: 503; the session continues, and the client retries"
        );
    }
}
