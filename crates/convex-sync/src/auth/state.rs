//! The states: who is wanted, and how far that has come. None of them is without an exit: where no
//! token is at hand, a fetch of one is; where one is, the server owes its word on it, or it has
//! been given.

use super::{
    AuthState, Credential, Fetch, Subject, TokenError, UnauthenticatedReason, WaitingFor, rejected::Rejected,
    rejections::Rejections,
};
use crate::{FetchId, Time, Token, UnixMillis};
use std::sync::Arc;

#[derive(Debug)]
#[allow(clippy::large_enum_variant, reason = "a client has one")]
pub(super) enum State {
    /// It is settled that nobody is signed in.
    Nobody(UnauthenticatedReason),
    /// The server rejected the session that the provider still reports.
    Rejected(Rejected),
    /// The provider has not said yet whether somebody is.
    Undecided(Wait),
    /// The provider says that somebody is.
    Person(Person),
    /// The client has stopped, and nothing changes any more. What was shown stays: somebody, or
    /// nobody and why.
    Stopped(Option<UnauthenticatedReason>),
}

/// Somebody who is signed in, says the provider.
#[derive(Debug)]
pub(super) struct Person {
    /// Tells this person from everybody before and after.
    pub(super) generation: u64,
    /// Rejections since the server last accepted a token. A fetch that returns a rejected token
    /// counts.
    pub(super) rejections: Option<Rejections>,
    /// When the last of the tokens runs out that were used so far: one that runs out before it has
    /// not been issued just now.
    pub(super) used_until: Option<UnixMillis>,
    pub(super) phase: Phase,
}

/// How far a person has come with the server.
#[derive(Debug)]
pub(super) enum Phase {
    /// There is no token yet, or the first one was no use.
    Awaiting { wait: Wait, known: Option<Subject>, fetch: Fetch },
    /// There is a token, and the server has not said anything of it yet.
    Offered { wait: Wait, credential: Credential },
    /// The server accepted the token, or the one before it.
    Confirmed { credential: Credential },
    /// The confirmed token was rejected or ran out.
    Doubted { known: Subject, fetch: Fetch },
    /// There is a replacement for it, and the server has not said anything of that yet.
    Reoffered { credential: Credential },
}

/// Waiting to learn who is asking.
#[derive(Debug, Clone, Copy)]
pub(super) struct Wait {
    pub(super) since: Time,
    /// It has taken so long that `Settled` queries go out anonymously.
    pub(super) too_long: bool,
}

/// Whose the answers are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Asking {
    Nobody,
    Undecided,
    Person {
        generation: u64,
    },
    /// Whoever it was stays it for ever.
    Stopped,
}

impl State {
    // ---- what follows from a state ----

    pub(super) fn asking(&self) -> Asking {
        match self {
            Self::Nobody(_) | Self::Rejected(_) => Asking::Nobody,
            Self::Undecided(_) => Asking::Undecided,
            Self::Person(person) => Asking::Person { generation: person.generation },
            Self::Stopped(_) => Asking::Stopped,
        }
    }

    /// What the app is to be shown.
    pub(super) fn shown(&self) -> AuthState {
        let loading = |waiting_for, wait: &Wait| AuthState::Loading { waiting_for, since: wait.since };
        match self {
            Self::Nobody(reason) | Self::Stopped(Some(reason)) => {
                AuthState::Unauthenticated { reason: reason.clone() }
            }
            Self::Rejected(rejected) => AuthState::Unauthenticated { reason: rejected.reason() },
            Self::Undecided(wait) => loading(WaitingFor::Provider, wait),
            Self::Person(person) => match &person.phase {
                // The server has answered before, and the answer was no: it is the server that has
                // to accept a token.
                Phase::Awaiting { wait, .. } if person.rejections.is_some() => {
                    loading(WaitingFor::Server, wait)
                }
                Phase::Awaiting { wait, .. } => loading(WaitingFor::Token, wait),
                Phase::Offered { wait, .. } => loading(WaitingFor::Server, wait),
                Phase::Confirmed { .. } => AuthState::Authenticated { refreshing: false },
                Phase::Doubted { .. } | Phase::Reoffered { .. } => {
                    AuthState::Authenticated { refreshing: true }
                }
            },
            Self::Stopped(None) => AuthState::Authenticated { refreshing: false },
        }
    }

    /// The token that the server is to hold.
    pub(super) fn credential(&self) -> Option<&Credential> {
        match self {
            Self::Person(person) => person.phase.credential(),
            Self::Rejected(rejected) => rejected.credential(),
            _ => None,
        }
    }

    /// The user, as far as the app is concerned.
    pub(super) fn person(&self) -> Option<&Person> {
        match self {
            Self::Person(person) => Some(person),
            _ => None,
        }
    }

    /// The fetch that is under way or put off.
    pub(super) fn fetch(&self) -> Option<&Fetch> {
        match self {
            Self::Person(person) => person.phase.fetch(),
            Self::Rejected(rejected) => rejected.fetch(),
            _ => None,
        }
    }

    pub(super) fn fetch_in_flight(&self) -> Option<FetchId> {
        self.fetch()?.in_flight()
    }

    pub(super) fn wait(&self) -> Option<Wait> {
        match self {
            Self::Undecided(wait) => Some(*wait),
            Self::Person(person) => person.phase.wait(),
            _ => None,
        }
    }

    // ---- steps ----

    /// Waits no longer for who is asking.
    pub(super) fn impatient(mut self) -> Self {
        let wait = match &mut self {
            Self::Undecided(wait) => Some(wait),
            Self::Person(person) => person.phase.wait_mut(),
            Self::Nobody(_) | Self::Rejected(_) | Self::Stopped(_) => None,
        };
        if let Some(wait) = wait {
            wait.too_long = true;
        }
        self
    }

    /// Nothing changes any more. Who was shown as signed in stays it; what was being waited for
    /// never comes.
    pub(super) fn stop(self, message: Arc<str>) -> Self {
        match (self.shown(), self) {
            (_, stopped @ Self::Stopped(_)) => stopped,
            (AuthState::Unauthenticated { reason }, _) => Self::Stopped(Some(reason)),
            (AuthState::Loading { .. }, _) => {
                Self::Stopped(Some(UnauthenticatedReason::ClientStopped { message }))
            }
            (AuthState::Authenticated { .. }, _) => Self::Stopped(None),
        }
    }
}

impl Wait {
    pub(super) fn begin(now: Time) -> Self {
        Self { since: now, too_long: false }
    }
}

impl Person {
    pub(super) fn in_phase(self, change: impl FnOnce(Phase) -> Phase) -> State {
        let Self { generation, rejections, used_until, phase } = self;
        State::Person(Self { generation, rejections, used_until, phase: change(phase) })
    }

    /// Why the user is signed out when the provider says so. After a rejection the server's words
    /// say more.
    pub(super) fn signed_out_reason(self) -> UnauthenticatedReason {
        match self.rejections {
            Some(Rejections { problem, claims, .. }) => {
                UnauthenticatedReason::Rejected { message: problem.reason, claims }
            }
            None => UnauthenticatedReason::SignedOut,
        }
    }

    /// Why there is no confirmed token: the last failed fetch, or the last rejection.
    pub(super) fn problem(&self) -> Option<&TokenError> {
        let failed_fetch = self.phase.fetch().and_then(Fetch::problem);
        failed_fetch.or(self.rejections.as_ref().map(|rejections| &rejections.problem))
    }

    pub(super) fn is_confirmed(&self) -> bool {
        matches!(self.phase, Phase::Confirmed { .. })
    }

    /// Whether this is the token in use.
    pub(super) fn uses(&self, token: &Token) -> bool {
        self.phase.credential().is_some_and(|credential| credential.token == *token)
    }
}

impl Phase {
    pub(super) fn credential(&self) -> Option<&Credential> {
        match self {
            Self::Offered { credential, .. }
            | Self::Confirmed { credential }
            | Self::Reoffered { credential } => Some(credential),
            Self::Awaiting { .. } | Self::Doubted { .. } => None,
        }
    }

    pub(super) fn credential_mut(&mut self) -> Option<&mut Credential> {
        match self {
            Self::Offered { credential, .. }
            | Self::Confirmed { credential }
            | Self::Reoffered { credential } => Some(credential),
            Self::Awaiting { .. } | Self::Doubted { .. } => None,
        }
    }

    pub(super) fn fetch(&self) -> Option<&Fetch> {
        match self {
            Self::Awaiting { fetch, .. } | Self::Doubted { fetch, .. } => Some(fetch),
            Self::Offered { credential, .. }
            | Self::Confirmed { credential }
            | Self::Reoffered { credential } => credential.refresh.as_ref(),
        }
    }

    pub(super) fn fetch_mut(&mut self) -> Option<&mut Fetch> {
        match self {
            Self::Awaiting { fetch, .. } | Self::Doubted { fetch, .. } => Some(fetch),
            Self::Offered { credential, .. }
            | Self::Confirmed { credential }
            | Self::Reoffered { credential } => credential.refresh.as_mut(),
        }
    }

    pub(super) fn wait(&self) -> Option<Wait> {
        match self {
            Self::Awaiting { wait, .. } | Self::Offered { wait, .. } => Some(*wait),
            Self::Confirmed { .. } | Self::Doubted { .. } | Self::Reoffered { .. } => None,
        }
    }

    fn wait_mut(&mut self) -> Option<&mut Wait> {
        match self {
            Self::Awaiting { wait, .. } | Self::Offered { wait, .. } => Some(wait),
            Self::Confirmed { .. } | Self::Doubted { .. } | Self::Reoffered { .. } => None,
        }
    }

    /// Whom the token speaks for, or the last one there was.
    pub(super) fn known(&self) -> Option<Subject> {
        match self {
            Self::Awaiting { known, .. } => known.clone(),
            Self::Doubted { known, .. } => Some(known.clone()),
            Self::Offered { credential, .. }
            | Self::Confirmed { credential }
            | Self::Reoffered { credential } => Some(credential.subject()),
        }
    }

    /// A token takes the place of the last, or of none.
    pub(super) fn with_token(self, credential: Credential) -> Self {
        match self {
            Self::Awaiting { wait, .. } | Self::Offered { wait, .. } => Self::Offered { wait, credential },
            Self::Confirmed { .. } => Self::Confirmed { credential },
            Self::Doubted { .. } | Self::Reoffered { .. } => Self::Reoffered { credential },
        }
    }

    /// A token is fetched: the first, or one to replace what there is.
    pub(super) fn set_fetch(&mut self, new: Fetch) {
        match self {
            Self::Awaiting { fetch, .. } | Self::Doubted { fetch, .. } => *fetch = new,
            Self::Offered { credential, .. }
            | Self::Confirmed { credential }
            | Self::Reoffered { credential } => credential.refresh = Some(new),
        }
    }

    /// The token is no use any more, and another is fetched.
    pub(super) fn without_token(self, fetch: Fetch) -> Self {
        match self {
            Self::Awaiting { wait, known, .. } => Self::Awaiting { wait, known, fetch },
            Self::Offered { wait, credential } => {
                Self::Awaiting { wait, known: Some(credential.subject()), fetch }
            }
            Self::Confirmed { credential } | Self::Reoffered { credential } => {
                Self::Doubted { known: credential.subject(), fetch }
            }
            Self::Doubted { known, .. } => Self::Doubted { known, fetch },
        }
    }

    /// The server accepts the token.
    pub(super) fn confirmed(self) -> Self {
        match self {
            Self::Offered { credential, .. }
            | Self::Confirmed { credential }
            | Self::Reoffered { credential } => Self::Confirmed { credential },
            Self::Awaiting { .. } | Self::Doubted { .. } => self,
        }
    }
}
