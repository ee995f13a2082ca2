//! The session that the client goes by.

use super::{PageIdentity, Session};
use crate::digest::digest;

/// The session that the client goes by.
#[derive(Debug)]
pub(super) enum KnownSession {
    /// The provider's last report. `Loading` after a definite report is ignored.
    Reported(Session),
    /// The page was rendered as this identity, and no provider has reported a session since.
    Presumed(PageIdentity),
}

impl KnownSession {
    /// Whether the provider's report is this session.
    pub(super) fn is(&self, reported: &Session) -> bool {
        match self {
            Self::Reported(session) => session == reported,
            Self::Presumed(identity) => identity.has_session(reported),
        }
    }

    /// Whether the provider has reported a user or a sign-out.
    pub(super) fn is_definite(&self) -> bool {
        matches!(self, Self::Reported(Session::SignedOut | Session::SignedIn { .. }))
    }

    /// The digest of the session key; `None` if no user is signed in.
    pub(super) fn key_digest(&self) -> Option<u64> {
        match self {
            Self::Reported(Session::SignedIn { key }) => Some(digest(key)),
            Self::Presumed(PageIdentity::User { session, .. }) => Some(*session),
            Self::Reported(Session::Loading | Session::SignedOut)
            | Self::Presumed(PageIdentity::Anonymous) => None,
        }
    }
}
