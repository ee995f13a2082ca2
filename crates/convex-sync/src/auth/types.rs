//! What the identity provider says, and what the app is shown.

use crate::{Claims, Time};
use std::{fmt, sync::Arc};

/// Who may run a query, mutation or action, and when it may leave for the server.
///
/// ```
/// use convex_sync::*;
///
/// # let mut client = SyncClient::new(Config::default(), SessionId::from_random_bytes([7; 16]), 42, UnixMillis(0));
/// # let Some(Event::Open { socket }) = client.poll_event() else { unreachable!() };
/// # client.handle(Time::ZERO, Input::Opened { socket });
/// // While nobody knows yet whether somebody is signed in …
/// client.set_session(Time::ZERO, Some(Session::Loading));
/// let args = Arguments::encode(&())?.expect("`()` is `{}`");
/// client.subscribe(&FunctionPath::parse("messages:list")?, &args, AuthPolicy::Settled);
/// client.subscribe(&FunctionPath::parse("users:current")?, &args, AuthPolicy::Required);
/// client.subscribe(&FunctionPath::parse("news:headline")?, &args, AuthPolicy::Immediate);
///
/// // … only what is the same for everybody leaves.
/// let sent: String = std::iter::from_fn(|| client.poll_transmit(Time::ZERO)).collect();
/// assert!(sent.contains("news:headline") && !sent.contains("messages:list") && !sent.contains("users:current"));
/// # Ok::<(), ConvexError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum AuthPolicy {
    /// Who is asking may matter: it waits until authentication is settled, then runs as that user
    /// or anonymously.
    #[default]
    Settled,
    /// It makes no sense without a signed-in user: it waits for one and never runs anonymously.
    Required,
    /// It is the same for everybody: it leaves at once, as whoever the connection happens to be.
    Immediate,
}

impl AuthPolicy {
    pub(crate) const ALL: [Self; 3] = [Self::Settled, Self::Required, Self::Immediate];
}

/// What the app's identity provider says, known without any network.
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
/// // One login in two organizations: results of the one are not shown in the other.
/// assert_ne!(session(Some(Some(("login_1", "analysts")))), session(Some(Some(("login_1", "engineers")))));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Session {
    /// The provider does not know yet.
    Loading,
    /// Nobody is signed in.
    SignedOut,
    /// Somebody is signed in.
    SignedIn {
        /// Any string that changes when the user, the organisation or the login changes.
        key: Arc<str>,
    },
}

impl Session {
    /// A signed-in session. `key` is any string that changes when the user, organisation or login
    /// changes.
    pub fn signed_in(key: impl Into<Arc<str>>) -> Self {
        Self::SignedIn { key: key.into() }
    }
}

/// Why there is no usable token: a fetch failed, or the server rejected the last token. The client
/// tries again.
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
#[error("there is no usable token: {reason}; the session stands, and the client tries again")]
pub struct TokenError {
    /// What the provider or the server said, or what failed on the way. It must not contain a
    /// token.
    pub reason: Arc<str>,
}

impl TokenError {
    /// A failure with its reason, which must not contain a token.
    pub fn new(reason: impl Into<Arc<str>>) -> Self {
        Self { reason: reason.into() }
    }
}

/// What a [`AuthState::Loading`] waits for.
///
/// ```
/// use convex_sync::{AuthState, WaitingFor};
///
/// // What to look at when a page stays at "Loading…".
/// fn hint(auth: &AuthState) -> Option<&'static str> {
///     let AuthState::Loading { waiting_for, .. } = auth else { return None };
///     Some(match waiting_for {
///         WaitingFor::Provider => "the identity provider has not answered yet",
///         WaitingFor::Token => "no token has come: see `token_problem()`",
///         WaitingFor::Server => "the deployment has not confirmed the token: see `connection()`",
///     })
/// }
/// assert_eq!(hint(&AuthState::Authenticated { refreshing: false }), None);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum WaitingFor {
    /// The provider, to say whether somebody is signed in.
    Provider,
    /// The first token.
    Token,
    /// The server, to confirm the token.
    Server,
}

/// Whether somebody is signed in, as the app is shown it (auth contract §2).
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
    /// Not known yet.
    Loading {
        /// What is waited for.
        waiting_for: WaitingFor,
        /// Since when.
        since: Time,
    },
    /// The server confirmed the token.
    Authenticated {
        /// The confirmed token was rejected or ran out, and a replacement is under way. What is
        /// shown stays, writes pending.
        refreshing: bool,
    },
    /// Nobody is signed in, or the server rejected the session for good.
    Unauthenticated {
        /// Why.
        reason: UnauthenticatedReason,
    },
}

/// Why nobody is signed in.
///
/// ```
/// use convex_sync::{Claims, UnauthenticatedReason};
///
/// // What goes to the log: nothing where everything is as it should be.
/// fn mistake(reason: &UnauthenticatedReason) -> Option<String> {
///     use UnauthenticatedReason::*;
///     (!matches!(reason, NoProvider | SignedOut | SignedOutByApp)).then(|| reason.to_string())
/// }
///
/// let claims = Claims { audience: Some("another-app".to_owned()), ..Claims::default() };
/// let rejected = UnauthenticatedReason::Rejected { message: "No auth provider found".into(), claims: Some(claims) };
/// assert!(mistake(&rejected).is_some_and(|words| words.contains("aud=another-app")));
/// assert_eq!(mistake(&UnauthenticatedReason::SignedOutByApp), None);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum UnauthenticatedReason {
    /// The client has no identity provider.
    NoProvider,
    /// The provider says that nobody is signed in.
    SignedOut,
    /// The app called `sign_out`.
    SignedOutByApp,
    /// The client stopped before it was known who is signed in, and will not find out any more. The
    /// connection's state says the same.
    ClientStopped {
        /// Why it stopped.
        message: Arc<str>,
    },
    /// The server rejected the session. While the provider still reports it, the client fetches a
    /// new token after 30 s, then ever more rarely, up to every 10 min, and is signed in again if
    /// the server accepts one. A new session, `reauthenticate()` or a wake tries at once.
    Rejected {
        /// What the server said.
        message: Arc<str>,
        /// What the rejected token said about itself, where it was readable.
        claims: Option<Claims>,
    },
}

impl fmt::Display for UnauthenticatedReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoProvider => f.write_str("nobody can sign in: the client was given no identity provider"),
            Self::SignedOut => f.write_str("nobody is signed in, says the identity provider"),
            Self::SignedOutByApp => f.write_str("the app signed out"),
            Self::ClientStopped { message } => write!(
                f,
                "the client stopped before it was known who is signed in: {message}; reload the page to start anew"
            ),
            Self::Rejected { message, claims } => {
                write!(f, "the server rejected the sign-in: {message} (")?;
                match claims {
                    Some(claims) => write!(f, "the token says {claims}")?,
                    None => f.write_str("the token is not a readable JWT")?,
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
    fn reasons_say_what_happened_and_what_to_do() {
        let claims = Claims { audience: Some("other".into()), ..Claims::default() };
        let rejected = |claims| UnauthenticatedReason::Rejected { message: "No provider".into(), claims };
        assert_eq!(
            rejected(Some(claims)).to_string(),
            "the server rejected the sign-in: No provider (the token says iss=-, aud=other, sub=-, exp=-); \
             compare iss and aud with the deployment's auth.config, then sign in again"
        );
        assert_eq!(
            rejected(None).to_string(),
            "the server rejected the sign-in: No provider (the token is not a readable JWT); \
             compare iss and aud with the deployment's auth.config, then sign in again"
        );
        let stopped = UnauthenticatedReason::ClientStopped { message: "FatalError".into() };
        assert_eq!(
            stopped.to_string(),
            "the client stopped before it was known who is signed in: FatalError; reload the page to start anew"
        );
        assert_eq!(
            TokenError::new("503").to_string(),
            "there is no usable token: 503; the session stands, and the client tries again"
        );
    }
}
