//! A session that the server has rejected while the provider still reports it, and the state of the
//! attempts to resume it (docs/auth.md, rule 5).

use super::{Claims, Credential, UnauthenticatedReason, fetch::Fetch, rejections::RejectionStreak};
use crate::{UnixMillis, context::Context};
use std::sync::Arc;

/// The server rejected the session, and the provider still reports the same session key.
#[derive(Debug)]
pub(super) struct RejectedSession {
    /// The server's message for the rejection that ended the session.
    pub(super) message: Arc<str>,
    /// The claims of the token that it rejected.
    pub(super) claims: Option<Claims>,
    /// See [`User::latest_expiry`](super::state::User::latest_expiry).
    pub(super) latest_expiry: Option<UnixMillis>,
    pub(super) attempt: ResumeAttempt,
}

/// The next attempt to resume the session.
#[derive(Debug)]
pub(super) enum ResumeAttempt {
    /// A token is being fetched, or the fetch waits for its time.
    Fetch(Fetch),
    /// A new token was sent on the connection, and the server has not confirmed it yet.
    Presented {
        credential: Credential,
        /// How many attempts failed before this one.
        tries: u32,
    },
}

impl RejectedSession {
    /// The session ends with the last of these rejections. The first attempt to resume it waits.
    pub(super) fn new(
        cx: &Context<'_>,
        rejections: RejectionStreak,
        latest_expiry: Option<UnixMillis>,
    ) -> Self {
        let RejectionStreak { problem, claims, .. } = rejections;
        let attempt = ResumeAttempt::Fetch(Fetch::resume(cx, 0));
        Self { message: problem.reason, claims, latest_expiry, attempt }
    }

    pub(super) fn reason(&self) -> UnauthenticatedReason {
        UnauthenticatedReason::Rejected { message: self.message.clone(), claims: self.claims.clone() }
    }

    pub(super) fn fetch(&self) -> Option<&Fetch> {
        match &self.attempt {
            ResumeAttempt::Fetch(fetch) => Some(fetch),
            ResumeAttempt::Presented { .. } => None,
        }
    }

    /// The token that is presented to the server.
    pub(super) fn credential(&self) -> Option<&Credential> {
        match &self.attempt {
            ResumeAttempt::Presented { credential, .. } => Some(credential),
            ResumeAttempt::Fetch(_) => None,
        }
    }

    /// The same session after `tries` failed attempts: the next one waits.
    pub(super) fn retry_later(self, cx: &Context<'_>, tries: u32) -> Self {
        Self { attempt: ResumeAttempt::Fetch(Fetch::resume(cx, tries)), ..self }
    }
}
