//! The transitions of a rejected session (docs/auth.md, rule 5).
//!
//! The app sees the user as signed out, and requests run anonymously. In the background, the client
//! fetches a new token from time to time and presents it to the server. The app sees no change
//! until the server confirms that token.

use super::{
    Auth, AuthEvent, Credential,
    fetch::Fetch,
    rejected_session::{RejectedSession, ResumeAttempt},
    state::{State, User, UserPhase},
    token_check::TokenCheck,
};
use crate::{Token, TokenError, context::Context};

impl Auth {
    pub(super) fn next_of_rejected(
        &mut self,
        cx: &mut Context<'_>,
        mut session: RejectedSession,
        event: AuthEvent<'_>,
    ) -> State {
        match (event, &mut session.attempt) {
            (AuthEvent::TokenFetched { fetch: id, outcome }, ResumeAttempt::Fetch(fetch))
                if fetch.in_flight() == Some(id) =>
            {
                let tries = fetch.tries();
                return self.resume_token_fetched(cx, session, outcome, tries);
            }
            (AuthEvent::Woke, ResumeAttempt::Fetch(fetch)) => self.fetches.retry_with_reset(cx, fetch),
            (AuthEvent::FetchDue, ResumeAttempt::Fetch(fetch)) => self.fetches.retry(cx, fetch),
            (AuthEvent::FetchTimedOut, ResumeAttempt::Fetch(fetch)) => {
                *fetch = Fetch::resume(cx, fetch.tries() + 1)
            }
            (AuthEvent::TokenConfirmed(token), ResumeAttempt::Presented { credential, .. })
                if credential.token == *token =>
            {
                return session.confirmed(self.generation);
            }
            // The server closes the socket after it rejects a token, so this event also reports the
            // rejection.
            (AuthEvent::ConnectionLost | AuthEvent::ExpiryDue, ResumeAttempt::Presented { tries, .. }) => {
                let tries = *tries + 1;
                return State::Rejected(session.retry_later(cx, tries));
            }
            (AuthEvent::ClockReported, ResumeAttempt::Presented { credential, .. }) => {
                credential.trust_clock()
            }
            _ => {}
        }
        State::Rejected(session)
    }

    fn resume_token_fetched(
        &mut self,
        cx: &mut Context<'_>,
        session: RejectedSession,
        outcome: Result<Option<Token>, TokenError>,
        tries: u32,
    ) -> State {
        let token = match outcome {
            Ok(Some(token)) => token,
            // The provider has ended the session, too: there is nothing to resume. The server's
            // message remains the reason.
            Ok(None) => {
                self.note_signed_out_by_fetch();
                return State::Anonymous(session.reason());
            }
            Err(_) => return State::Rejected(session.retry_later(cx, tries + 1)),
        };
        let mut credential = Credential::new(token, cx.now);
        match self.check_token(cx, None, session.latest_expiry, &credential, true) {
            TokenCheck::Usable => {}
            TokenCheck::UsableByServerClock => credential.dispute_clock(),
            TokenCheck::InUse
            | TokenCheck::Rejected(_)
            | TokenCheck::ForceFetch
            | TokenCheck::Unusable(_) => {
                return State::Rejected(session.retry_later(cx, tries + 1));
            }
        }
        // The generation that the user has if the server confirms the token.
        self.generation += 1;
        let latest_expiry = session.latest_expiry.max(credential.exp());
        let attempt = ResumeAttempt::Presented { credential, tries };
        State::Rejected(RejectedSession { latest_expiry, attempt, ..session })
    }
}

impl RejectedSession {
    /// The server accepts the token that is presented: the user is signed in again.
    fn confirmed(self, generation: u64) -> State {
        match self.attempt {
            ResumeAttempt::Presented { credential, .. } => State::User(User {
                generation,
                rejections: None,
                latest_expiry: self.latest_expiry,
                phase: UserPhase::Confirmed { credential },
            }),
            ResumeAttempt::Fetch(_) => State::Rejected(self),
        }
    }
}
