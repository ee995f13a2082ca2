//! The states of the authentication machine. Every state that is not final has an exit: a state
//! without a token has a token fetch, and a state with an unconfirmed token waits for the server's
//! reply.

use super::{
    AuthState, Credential, Fetch, Subject, TokenError, UnauthenticatedReason, WaitingFor,
    rejected_session::RejectedSession, rejections::RejectionStreak,
};
use crate::{FetchId, Time, Token, UnixMillis};
use std::sync::Arc;

#[derive(Debug)]
#[allow(clippy::large_enum_variant, reason = "a client has one")]
pub(super) enum State {
    /// No user is signed in.
    Anonymous(UnauthenticatedReason),
    /// The server rejected the session that the provider still reports. The client is anonymous.
    Rejected(RejectedSession),
    /// The provider has not reported a session yet.
    AwaitingSession(PendingAuth),
    /// The provider reports a signed-in user.
    User(User),
    /// Terminal: the client has stopped, and the app's state no longer changes. `None`: a user was
    /// signed in; `Some`: the client was anonymous, and why.
    Stopped(Option<UnauthenticatedReason>),
}

/// A user whom the provider reports as signed in.
#[derive(Debug)]
pub(super) struct User {
    /// Distinguishes this user from all identities before and after.
    pub(super) generation: u64,
    /// The rejections since the server last accepted a token. A fetch that returns a rejected token
    /// counts.
    pub(super) rejections: Option<RejectionStreak>,
    /// The latest `exp` of the tokens used so far. A token that expires earlier was not issued just
    /// now.
    pub(super) latest_expiry: Option<UnixMillis>,
    pub(super) phase: UserPhase,
}

/// The state of the user's token.
#[derive(Debug)]
pub(super) enum UserPhase {
    /// No usable token is at hand, and none has been confirmed.
    AwaitingToken { pending: PendingAuth, subject: Option<Subject>, fetch: Fetch },
    /// The client has a token, and the server has confirmed none yet.
    Unconfirmed { pending: PendingAuth, credential: Credential },
    /// The server confirmed this token, or the one that it replaces.
    Confirmed { credential: Credential },
    /// The confirmed token was rejected or expired, and its replacement is being fetched.
    /// `presumed`: the page was rendered as this user, and the client's first token is being
    /// fetched.
    Refreshing { subject: Subject, fetch: Fetch, presumed: bool },
    /// The client has that token, and the server has not confirmed it yet.
    RefreshUnconfirmed { credential: Credential, presumed: bool },
}

/// Auth has not been confirmed yet: since when, and whether `auth_patience` has passed.
#[derive(Debug, Clone, Copy)]
pub(super) struct PendingAuth {
    pub(super) since: Time,
    /// `auth_patience` has passed: `Settled` queries are sent anonymously.
    pub(super) patience_ended: bool,
}

/// The identity that requests are sent under.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum RequestIdentity {
    Anonymous,
    Unknown,
    User {
        generation: u64,
    },
    /// Terminal: the identity no longer changes.
    Stopped,
}

impl State {
    // ---- getters ----

    pub(super) fn identity(&self) -> RequestIdentity {
        match self {
            Self::Anonymous(_) | Self::Rejected(_) => RequestIdentity::Anonymous,
            Self::AwaitingSession(_) => RequestIdentity::Unknown,
            Self::User(user) => RequestIdentity::User { generation: user.generation },
            Self::Stopped(_) => RequestIdentity::Stopped,
        }
    }

    /// The state that the app sees.
    pub(super) fn app_state(&self) -> AuthState {
        let loading =
            |waiting_for, pending: &PendingAuth| AuthState::Loading { waiting_for, since: pending.since };
        match self {
            Self::Anonymous(reason) | Self::Stopped(Some(reason)) => {
                AuthState::Unauthenticated { reason: reason.clone() }
            }
            Self::Rejected(rejected) => AuthState::Unauthenticated { reason: rejected.reason() },
            Self::AwaitingSession(pending) => loading(WaitingFor::Provider, pending),
            Self::User(user) => match &user.phase {
                // The server has rejected a token of this user, so the app waits for the server to
                // accept one.
                UserPhase::AwaitingToken { pending, .. } if user.rejections.is_some() => {
                    loading(WaitingFor::Server, pending)
                }
                UserPhase::AwaitingToken { pending, .. } => loading(WaitingFor::Token, pending),
                UserPhase::Unconfirmed { pending, .. } => loading(WaitingFor::Server, pending),
                UserPhase::Confirmed { .. } => AuthState::Authenticated { refreshing: false },
                UserPhase::Refreshing { presumed, .. } | UserPhase::RefreshUnconfirmed { presumed, .. } => {
                    AuthState::Authenticated { refreshing: !presumed }
                }
            },
            Self::Stopped(None) => AuthState::Authenticated { refreshing: false },
        }
    }

    /// The token that the server should have.
    pub(super) fn credential(&self) -> Option<&Credential> {
        match self {
            Self::User(user) => user.phase.credential(),
            Self::Rejected(rejected) => rejected.credential(),
            _ => None,
        }
    }

    /// The user, unless the app is anonymous.
    pub(super) fn user(&self) -> Option<&User> {
        match self {
            Self::User(user) => Some(user),
            _ => None,
        }
    }

    /// The fetch that is in flight or waits for its time.
    pub(super) fn fetch(&self) -> Option<&Fetch> {
        match self {
            Self::User(user) => user.phase.fetch(),
            Self::Rejected(rejected) => rejected.fetch(),
            _ => None,
        }
    }

    pub(super) fn fetch_in_flight(&self) -> Option<FetchId> {
        self.fetch()?.in_flight()
    }

    pub(super) fn pending(&self) -> Option<PendingAuth> {
        match self {
            Self::AwaitingSession(pending) => Some(*pending),
            Self::User(user) => user.phase.pending(),
            _ => None,
        }
    }

    // ---- transitions ----

    /// `auth_patience` has passed.
    pub(super) fn end_patience(mut self) -> Self {
        let pending = match &mut self {
            Self::AwaitingSession(pending) => Some(pending),
            Self::User(user) => user.phase.pending_mut(),
            Self::Anonymous(_) | Self::Rejected(_) | Self::Stopped(_) => None,
        };
        if let Some(pending) = pending {
            pending.patience_ended = true;
        }
        self
    }

    /// Enters the terminal state. A user who is signed in stays signed in. If auth was still
    /// loading, the app becomes unauthenticated with the reason `ClientStopped`.
    pub(super) fn stop(self, message: Arc<str>) -> Self {
        match (self.app_state(), self) {
            (_, stopped @ Self::Stopped(_)) => stopped,
            (AuthState::Unauthenticated { reason }, _) => Self::Stopped(Some(reason)),
            (AuthState::Loading { .. }, _) => {
                Self::Stopped(Some(UnauthenticatedReason::ClientStopped { message }))
            }
            (AuthState::Authenticated { .. }, _) => Self::Stopped(None),
        }
    }
}

impl PendingAuth {
    pub(super) fn new(now: Time) -> Self {
        Self { since: now, patience_ended: false }
    }
}

impl User {
    pub(super) fn with_phase(self, change: impl FnOnce(UserPhase) -> UserPhase) -> State {
        let Self { generation, rejections, latest_expiry, phase } = self;
        State::User(Self { generation, rejections, latest_expiry, phase: change(phase) })
    }

    /// The reason for the app if the provider reports a sign-out. After a rejection, the server's
    /// message explains more.
    pub(super) fn signed_out_reason(self) -> UnauthenticatedReason {
        match self.rejections {
            Some(RejectionStreak { problem, claims, .. }) => {
                UnauthenticatedReason::Rejected { message: problem.reason, claims }
            }
            None => UnauthenticatedReason::SignedOut,
        }
    }

    /// Why no token is confirmed: the last failed fetch, or the last rejection.
    pub(super) fn problem(&self) -> Option<&TokenError> {
        let failed_fetch = self.phase.fetch().and_then(Fetch::problem);
        failed_fetch.or(self.rejections.as_ref().map(|rejections| &rejections.problem))
    }

    pub(super) fn is_confirmed(&self) -> bool {
        matches!(self.phase, UserPhase::Confirmed { .. })
    }

    /// Whether `token` is in use.
    pub(super) fn uses(&self, token: &Token) -> bool {
        self.phase.credential().is_some_and(|credential| credential.token == *token)
    }
}

impl UserPhase {
    pub(super) fn credential(&self) -> Option<&Credential> {
        match self {
            Self::Unconfirmed { credential, .. }
            | Self::Confirmed { credential }
            | Self::RefreshUnconfirmed { credential, .. } => Some(credential),
            Self::AwaitingToken { .. } | Self::Refreshing { .. } => None,
        }
    }

    pub(super) fn credential_mut(&mut self) -> Option<&mut Credential> {
        match self {
            Self::Unconfirmed { credential, .. }
            | Self::Confirmed { credential }
            | Self::RefreshUnconfirmed { credential, .. } => Some(credential),
            Self::AwaitingToken { .. } | Self::Refreshing { .. } => None,
        }
    }

    pub(super) fn fetch(&self) -> Option<&Fetch> {
        match self {
            Self::AwaitingToken { fetch, .. } | Self::Refreshing { fetch, .. } => Some(fetch),
            Self::Unconfirmed { credential, .. }
            | Self::Confirmed { credential }
            | Self::RefreshUnconfirmed { credential, .. } => credential.refresh.as_ref(),
        }
    }

    pub(super) fn fetch_mut(&mut self) -> Option<&mut Fetch> {
        match self {
            Self::AwaitingToken { fetch, .. } | Self::Refreshing { fetch, .. } => Some(fetch),
            Self::Unconfirmed { credential, .. }
            | Self::Confirmed { credential }
            | Self::RefreshUnconfirmed { credential, .. } => credential.refresh.as_mut(),
        }
    }

    pub(super) fn pending(&self) -> Option<PendingAuth> {
        match self {
            Self::AwaitingToken { pending, .. } | Self::Unconfirmed { pending, .. } => Some(*pending),
            Self::Confirmed { .. } | Self::Refreshing { .. } | Self::RefreshUnconfirmed { .. } => None,
        }
    }

    fn pending_mut(&mut self) -> Option<&mut PendingAuth> {
        match self {
            Self::AwaitingToken { pending, .. } | Self::Unconfirmed { pending, .. } => Some(pending),
            Self::Confirmed { .. } | Self::Refreshing { .. } | Self::RefreshUnconfirmed { .. } => None,
        }
    }

    /// The subject of the token in use, or of the last one.
    pub(super) fn subject(&self) -> Option<Subject> {
        match self {
            Self::AwaitingToken { subject, .. } => *subject,
            Self::Refreshing { subject, .. } => Some(*subject),
            Self::Unconfirmed { credential, .. }
            | Self::Confirmed { credential }
            | Self::RefreshUnconfirmed { credential, .. } => Some(credential.subject()),
        }
    }

    /// Takes a token into use: the first, or a replacement.
    pub(super) fn with_token(self, credential: Credential) -> Self {
        match self {
            Self::AwaitingToken { pending, .. } | Self::Unconfirmed { pending, .. } => {
                Self::Unconfirmed { pending, credential }
            }
            Self::Confirmed { .. } => Self::Confirmed { credential },
            Self::Refreshing { presumed, .. } | Self::RefreshUnconfirmed { presumed, .. } => {
                Self::RefreshUnconfirmed { credential, presumed }
            }
        }
    }

    /// Sets the fetch of the first token, or of the replacement.
    pub(super) fn set_fetch(&mut self, new: Fetch) {
        match self {
            Self::AwaitingToken { fetch, .. } | Self::Refreshing { fetch, .. } => *fetch = new,
            Self::Unconfirmed { credential, .. }
            | Self::Confirmed { credential }
            | Self::RefreshUnconfirmed { credential, .. } => credential.refresh = Some(new),
        }
    }

    /// Drops the token in use while `fetch` gets another.
    pub(super) fn without_token(self, fetch: Fetch) -> Self {
        match self {
            Self::AwaitingToken { pending, subject, .. } => Self::AwaitingToken { pending, subject, fetch },
            Self::Unconfirmed { pending, credential } => {
                Self::AwaitingToken { pending, subject: Some(credential.subject()), fetch }
            }
            Self::Confirmed { credential } | Self::RefreshUnconfirmed { credential, .. } => {
                Self::Refreshing { subject: credential.subject(), fetch, presumed: false }
            }
            Self::Refreshing { subject, .. } => Self::Refreshing { subject, fetch, presumed: false },
        }
    }

    /// The server confirmed the token.
    pub(super) fn confirmed(self) -> Self {
        match self {
            Self::Unconfirmed { credential, .. }
            | Self::Confirmed { credential }
            | Self::RefreshUnconfirmed { credential, .. } => Self::Confirmed { credential },
            Self::AwaitingToken { .. } | Self::Refreshing { .. } => self,
        }
    }
}
