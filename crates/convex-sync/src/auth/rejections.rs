//! The rejections of a user's tokens: how many in a row, and when they end the session
//! (docs/auth.md, rule 5).

use super::{Claims, TokenError};
use crate::{Time, context::Context};
use std::sync::Arc;

/// Fewer rejections in a row than this never end a session.
const MIN_REJECTIONS: u32 = 3;

/// The beginnings of the server's messages that mean that no later token of this provider can be
/// accepted, because the deployment's configuration does not match the provider (docs/protocol.md
/// §9.6).
const PERMANENT: [&str; 3] =
    ["No auth provider found", "Could not parse JWT payload", "Missing issuer claim"];

/// The rejections in a row since the server last accepted a token of this session.
#[derive(Debug)]
pub(super) struct RejectionStreak {
    pub(super) count: u32,
    first: Time,
    /// The server's message for the last one.
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

    /// Whether the session ends. A key set that cannot be fetched for a moment, a cache that
    /// returns an old token a few times or a wrong server clock must not end it: such rejections
    /// stop within `rejection_patience`.
    pub(super) fn end_session(&self, cx: &Context<'_>) -> bool {
        let is_permanent = PERMANENT.iter().any(|beginning| self.problem.reason.starts_with(beginning));
        let is_overdue = self.first + cx.config.rejection_patience <= cx.now;
        self.count >= MIN_REJECTIONS && (is_permanent || is_overdue)
    }
}
