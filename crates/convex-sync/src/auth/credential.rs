//! A token in use, and how long it is good for.

use super::Fetch;
use crate::{Claims, Time, Token, UnixMillis, clock, context::Context};
use std::time::Duration;

/// The least time between a token fetch and the refresh it leads to (auth contract, rule 3).
const MIN_REFRESH_INTERVAL: Duration = Duration::from_secs(1);

/// A token that neither was rejected nor has run out.
#[derive(Debug)]
pub(super) struct Credential {
    pub(super) token: Token,
    pub(super) claims: Option<Claims>,
    /// When it came first.
    since: Time,
    /// When it came last. A fetch that was to replace it may have brought it again.
    fetched_at: Time,
    /// It was issued just now and yet seems to have run out: the clock is off, and the server is
    /// the judge.
    disputes_clock: bool,
    /// The fetch of its replacement, once that has begun.
    pub(super) refresh: Option<Fetch>,
}

/// Whom a token speaks for within one session, as far as it can be read. Two tokens of one session
/// and subject are one user's (auth contract §1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Subject {
    issuer: Option<String>,
    subject: Option<String>,
}

impl Credential {
    pub(super) fn new(token: Token, now: Time) -> Self {
        let claims = Claims::read(token.expose());
        Self { token, claims, since: now, fetched_at: now, disputes_clock: false, refresh: None }
    }

    /// Whom the token speaks for.
    pub(super) fn subject(&self) -> Subject {
        let claims = self.claims.as_ref();
        Subject {
            issuer: claims.and_then(|claims| claims.issuer.clone()),
            subject: claims.and_then(|claims| claims.subject.clone()),
        }
    }

    /// When it runs out by the server's clock. While that is unknown, or in dispute, the server is
    /// the judge.
    pub(super) fn expires_at(&self, cx: &Context<'_>) -> Option<Time> {
        if self.disputes_clock {
            return None;
        }
        cx.clock.when_server_says(self.expiry()?)
    }

    pub(super) fn has_expired(&self, cx: &Context<'_>) -> bool {
        self.expires_at(cx).is_some_and(|expiry| expiry <= cx.now)
    }

    /// When its replacement is to be fetched: as late as is safe, or at half the life it had left
    /// when it came again. Where no `exp` can be read, or it has passed and yet the token is in
    /// use, never: the server's word is the sign.
    pub(super) fn refresh_at(&self, cx: &Context<'_>) -> Option<Time> {
        let expiry = self.expires_at(cx).or_else(|| self.estimated_expiry(cx))?;
        let remaining = expiry - self.fetched_at;
        if remaining.is_zero() {
            return None;
        }
        let leeway = if self.fetched_at > self.since {
            remaining / 2
        } else {
            cx.config.refresh_leeway.min(remaining / 3)
        };
        Some(self.fetched_at + (remaining - leeway).max(MIN_REFRESH_INTERVAL))
    }

    /// Trusts the token more than what is known of the server's clock, until the server tells it
    /// anew.
    pub(super) fn dispute_clock(&mut self) {
        self.disputes_clock = true;
    }

    pub(super) fn disputes_clock(&self) -> bool {
        self.disputes_clock
    }

    /// The server has told its clock.
    pub(super) fn trust_clock(&mut self) {
        self.disputes_clock = false;
    }

    /// The fetch that was to replace it brought it again.
    pub(super) fn fetched_again(&mut self, now: Time) {
        self.fetched_at = now;
        self.refresh = None;
    }

    /// When it runs out as far as can be told before the server has told its clock: from its whole
    /// life where that is known, since both ends of it are by one clock, or by this machine's
    /// clock.
    fn estimated_expiry(&self, cx: &Context<'_>) -> Option<Time> {
        let issued_at = self.claims.as_ref()?.issued_at.map(|seconds| seconds.saturating_mul(1000));
        let from = issued_at.unwrap_or_else(|| cx.clock.wall(self.since).0);
        Some(self.since + clock::duration(self.expiry()?.0.saturating_sub(from)))
    }

    /// When it runs out, as it says itself.
    pub(super) fn expiry(&self) -> Option<UnixMillis> {
        Some(UnixMillis(self.claims.as_ref()?.expires_at?.saturating_mul(1000)))
    }
}
