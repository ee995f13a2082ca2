//! What the identity provider says, and what the app is shown.

use crate::{Claims, Time};
use std::{fmt, sync::Arc};

/// Who may run a query, mutation or action, and when it may leave for the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum QueryAuth {
    /// Who is asking may matter: it waits until authentication is settled, then runs as that person or anonymously.
    #[default]
    Settled,
    /// It makes no sense without a signed-in person: it waits for one and never runs anonymously.
    Required,
    /// It is the same for everybody: it leaves at once, as whoever the connection happens to be.
    Immediate,
}

impl QueryAuth {
    pub(crate) const ALL: [Self; 3] = [Self::Settled, Self::Required, Self::Immediate];
}

/// What the app's identity provider says, known without any network.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Session {
    /// The provider does not know yet.
    Loading,
    /// Nobody is signed in.
    SignedOut,
    /// Somebody is signed in.
    SignedIn {
        /// Any string that changes when the person, the organisation or the login changes.
        key: Arc<str>,
    },
}

impl Session {
    /// A signed-in session. `key` is any string that changes when the person, organisation or login changes.
    pub fn signed_in(key: impl Into<Arc<str>>) -> Self {
        Self::SignedIn { key: key.into() }
    }
}

/// Why a token could not be fetched. It never ends a session: the fetch is tried again.
#[derive(Debug, Clone, PartialEq, Eq, Hash, thiserror::Error)]
#[error("no token could be fetched: {reason}; nobody is signed out for that, and it is tried again")]
pub struct TokenError {
    /// What the provider said, or what went wrong on the way. It must not contain a token.
    pub reason: Arc<str>,
}

impl TokenError {
    /// A failure with its reason, which must not contain a token.
    pub fn new(reason: impl Into<Arc<str>>) -> Self {
        Self { reason: reason.into() }
    }
}

/// What a [`AuthState::Loading`] waits for.
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
        /// The confirmed token was rejected or ran out, and a replacement is under way. What is shown stays, writes
        /// wait.
        refreshing: bool,
    },
    /// Nobody is signed in, or the server rejected the session for good.
    Unauthenticated {
        /// Why.
        reason: UnauthenticatedReason,
    },
}

/// Why nobody is signed in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum UnauthenticatedReason {
    /// The client has no identity provider.
    NoProvider,
    /// The provider says that nobody is signed in.
    SignedOut,
    /// The app called `sign_out`.
    SignedOutByApp,
    /// The client stopped before it was known who is signed in, and will not find out any more. The connection's state says the same.
    ClientStopped {
        /// Why it stopped.
        message: Arc<str>,
    },
    /// The server rejected the session for good. A new session, `reauthenticate()` or a wake tries again.
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
            "no token could be fetched: 503; nobody is signed out for that, and it is tried again"
        );
    }
}
