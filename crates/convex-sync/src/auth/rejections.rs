//! RejectionStreak of a user's tokens: how many came in a row, and when they end the session (auth
//! contract, rule 5).

use super::{Claims, TokenError};
use crate::{Time, context::Context};
use std::sync::Arc;

/// A session survives this many rejections in a row less one, whatever the server says.
const MIN_REJECTIONS: u32 = 3;

/// Beginnings of the server's texts which mean that no later token of this provider can be accepted
/// either: the deployment's configuration does not match the provider (protocol §9.6).
const PERMANENT: [&str; 3] =
    ["No auth provider found", "Could not parse JWT payload", "Missing issuer claim"];

/// The rejections since the server last accepted a token of this session.
#[derive(Debug)]
pub(super) struct RejectionStreak {
    pub(super) count: u32,
    first: Time,
    /// What the server said to the last one.
    pub(super) problem: TokenError,
    /// The claims of the last token that was rejected.
    pub(super) claims: Option<Claims>,
}

impl RejectionStreak {
    /// Counts one more rejection.
    pub(super) fn add(before: Option<Self>, now: Time, message: Arc<str>, claims: Option<Claims>) -> Self {
        let (count, first) = before.map_or((0, now), |before| (before.count, before.first));
        Self { count: count + 1, first, problem: TokenError::new(message), claims }
    }

    /// Whether the last of them ends the session. A key set that cannot be fetched for a moment, a
    /// cache that returns an old token a few times or a wrong server clock must not: those
    /// rejections stop within `rejection_patience`.
    pub(super) fn end_session(&self, cx: &Context<'_>) -> bool {
        let is_permanent = PERMANENT.iter().any(|beginning| self.problem.reason.starts_with(beginning));
        let is_overdue = self.first + cx.config.rejection_patience <= cx.now;
        self.count >= MIN_REJECTIONS && (is_permanent || is_overdue)
    }
}
