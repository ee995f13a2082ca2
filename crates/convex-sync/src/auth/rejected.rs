//! A session that the server has rejected, and the attempts to resume it (auth contract, rule 5).
//!
//! The user is shown as signed out, and requests run anonymously. In the background a new token is
//! fetched from time to time and presented to the server. Nothing on screen changes before the
//! server confirms it.

use super::{
    Auth, AuthEvent, Claims, Credential, UnauthenticatedReason,
    fetch::Fetch,
    rejections::Rejections,
    state::{Person, Phase, State},
    verdict::Verdict,
};
use crate::{Token, TokenError, UnixMillis, context::Context};
use std::sync::Arc;

/// The server rejected the session, and the provider still reports the same session key.
#[derive(Debug)]
pub(super) struct Rejected {
    /// What the server said to the rejection that ended the session.
    message: Arc<str>,
    /// The claims of the token that it rejected.
    claims: Option<Claims>,
    /// See [`Person::used_until`].
    used_until: Option<UnixMillis>,
    attempt: Attempt,
}

/// How far the next attempt has come.
#[derive(Debug)]
enum Attempt {
    /// A token is being fetched, or the fetch waits for its time.
    Fetch(Fetch),
    /// A new token is sent on the connection, and the server has not confirmed it yet.
    Presented {
        credential: Credential,
        /// How many attempts failed before this one.
        tries: u32,
    },
}

impl Rejected {
    /// The session ends with the last of these rejections. The first attempt to resume it waits.
    pub(super) fn new(cx: &Context<'_>, rejections: Rejections, used_until: Option<UnixMillis>) -> Self {
        let Rejections { problem, claims, .. } = rejections;
        Self { message: problem.reason, claims, used_until, attempt: Attempt::Fetch(Fetch::resume(cx, 0)) }
    }

    pub(super) fn reason(&self) -> UnauthenticatedReason {
        UnauthenticatedReason::Rejected { message: self.message.clone(), claims: self.claims.clone() }
    }

    pub(super) fn fetch(&self) -> Option<&Fetch> {
        match &self.attempt {
            Attempt::Fetch(fetch) => Some(fetch),
            Attempt::Presented { .. } => None,
        }
    }

    /// The token that is presented.
    pub(super) fn credential(&self) -> Option<&Credential> {
        match &self.attempt {
            Attempt::Presented { credential, .. } => Some(credential),
            Attempt::Fetch(_) => None,
        }
    }

    fn with(self, attempt: Attempt) -> State {
        State::Rejected(Self { attempt, ..self })
    }
}

impl Auth {
    pub(super) fn next_of_rejected(
        &mut self,
        cx: &mut Context<'_>,
        mut rejected: Rejected,
        event: AuthEvent<'_>,
    ) -> State {
        match (event, &mut rejected.attempt) {
            (AuthEvent::Fetched { fetch: id, outcome }, Attempt::Fetch(fetch))
                if fetch.in_flight() == Some(id) =>
            {
                let tries = fetch.tries();
                return self.hear_provider_again(cx, rejected, outcome, tries);
            }
            (AuthEvent::Woke, Attempt::Fetch(fetch)) => self.fetches.retry_afresh(cx, fetch),
            (AuthEvent::FetchDue, Attempt::Fetch(fetch)) => self.fetches.retry(cx, fetch),
            (AuthEvent::FetchTimedOut, Attempt::Fetch(fetch)) => {
                *fetch = Fetch::resume(cx, fetch.tries() + 1)
            }
            (AuthEvent::Confirmed(token), Attempt::Presented { credential, .. })
                if credential.token == *token =>
            {
                return rejected.confirmed(self.generation);
            }
            // The server closes the socket after a rejection, so this is what a rejection of the
            // token leads to.
            (AuthEvent::ConnectionLost | AuthEvent::Expired, Attempt::Presented { tries, .. }) => {
                let fetch = Fetch::resume(cx, *tries + 1);
                return rejected.with(Attempt::Fetch(fetch));
            }
            (AuthEvent::ClockTold, Attempt::Presented { credential, .. }) => credential.trust_clock(),
            _ => {}
        }
        State::Rejected(rejected)
    }

    fn hear_provider_again(
        &mut self,
        cx: &mut Context<'_>,
        rejected: Rejected,
        outcome: Result<Option<Token>, TokenError>,
        tries: u32,
    ) -> State {
        let put_off = |cx: &mut Context<'_>| Attempt::Fetch(Fetch::resume(cx, tries + 1));
        let token = match outcome {
            Ok(Some(token)) => token,
            // The provider has ended the session, too: nothing is left to resume. The server's
            // words still say why.
            Ok(None) => return State::Nobody(rejected.reason()),
            Err(_) => return rejected.with(put_off(cx)),
        };
        let mut credential = Credential::new(token, cx.now);
        match self.judge(cx, None, rejected.used_until, &credential, true) {
            Verdict::Good => {}
            Verdict::GoodInSpiteOfTheClock => credential.dispute_clock(),
            Verdict::InUse | Verdict::Rejected(_) | Verdict::AskWithForce | Verdict::Useless(_) => {
                return rejected.with(put_off(cx));
            }
        }
        // The generation of the user, if the server confirms the token.
        self.generation += 1;
        let used_until = rejected.used_until.max(credential.expiry());
        let attempt = Attempt::Presented { credential, tries };
        State::Rejected(Rejected { used_until, attempt, ..rejected })
    }
}

impl Rejected {
    /// The server accepts the token that is presented: the user is signed in again.
    fn confirmed(self, generation: u64) -> State {
        match self.attempt {
            Attempt::Presented { credential, .. } => State::Person(Person {
                generation,
                rejections: None,
                used_until: self.used_until,
                phase: Phase::Confirmed { credential },
            }),
            Attempt::Fetch(_) => State::Rejected(self),
        }
    }
}
