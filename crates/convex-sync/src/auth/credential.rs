//! A token in use, and when it must be replaced.

use super::fetch::Fetch;
use crate::{Claims, Time, Token, UnixMillis, clock, context::Context, digest::Digest};
use std::time::Duration;

/// The minimum time between a token fetch and the refresh that it leads to (docs/auth.md, rule 3).
const MIN_REFRESH_INTERVAL: Duration = Duration::from_secs(1);

/// A token that is in use: it has neither been rejected nor expired.
#[derive(Debug)]
pub(super) struct Credential {
    pub(super) token: Token,
    pub(super) claims: Option<Claims>,
    /// When it was first fetched.
    first_fetched_at: Time,
    /// When it was last fetched. The fetch of a replacement may have returned it again.
    last_fetched_at: Time,
    /// It was issued just now, but seems to have expired: the client's idea of the server's clock
    /// is wrong, and only the server knows when the token expires.
    disputes_clock: bool,
    /// The fetch of its replacement, if that has begun.
    pub(super) refresh: Option<Fetch>,
}

/// The user that a token identifies within one session: the digest of its `iss` and `sub`, as far as
/// they can be read. Two tokens with one session and subject belong to the same user (docs/auth.md
/// §1).
///
/// It is a digest because a page that a web server rendered contains no more (rule 15).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Subject(pub(super) u64);

impl Subject {
    /// The subject of a token with these claims; `None`: it is not a readable JWT.
    pub(super) fn of(claims: Option<&Claims>) -> Self {
        let names = claims.map(|claims| [claims.issuer.as_deref(), claims.subject.as_deref()]);
        let digest = names.unwrap_or_default().into_iter().fold(Digest::new(), |digest, name| match name {
            Some(name) => digest.text(name),
            None => digest.no_text(),
        });
        Self(digest.finish())
    }
}

impl Credential {
    pub(super) fn new(token: Token, now: Time) -> Self {
        let claims = Claims::read(token.expose());
        Self {
            token,
            claims,
            first_fetched_at: now,
            last_fetched_at: now,
            disputes_clock: false,
            refresh: None,
        }
    }

    /// The user that the token identifies.
    pub(super) fn subject(&self) -> Subject {
        Subject::of(self.claims.as_ref())
    }

    /// When it expires by the server's clock. `None` if that clock is unknown or disputed: then
    /// only the server knows.
    pub(super) fn expires_at(&self, cx: &Context<'_>) -> Option<Time> {
        if self.disputes_clock {
            return None;
        }
        cx.clock.when_server_says(self.exp()?)
    }

    pub(super) fn has_expired(&self, cx: &Context<'_>) -> bool {
        self.expires_at(cx).is_some_and(|expiry| expiry <= cx.now)
    }

    /// When the fetch of its replacement is due: as late as is safe or, if the token was fetched
    /// again, at half the lifetime that it had left then. `None` if it has no readable `exp`, or is
    /// in use although `exp` has passed: then it is replaced when the server rejects it.
    pub(super) fn refresh_at(&self, cx: &Context<'_>) -> Option<Time> {
        let expiry = self.expires_at(cx).or_else(|| self.estimated_expiry(cx))?;
        let remaining = expiry - self.last_fetched_at;
        if remaining.is_zero() {
            return None;
        }
        let leeway = if self.last_fetched_at > self.first_fetched_at {
            remaining / 2
        } else {
            cx.config.refresh_leeway.min(remaining / 3)
        };
        Some(self.last_fetched_at + (remaining - leeway).max(MIN_REFRESH_INTERVAL))
    }

    /// Uses the token although it seems to have expired, until the server reports its clock again.
    pub(super) fn dispute_clock(&mut self) {
        self.disputes_clock = true;
    }

    pub(super) fn disputes_clock(&self) -> bool {
        self.disputes_clock
    }

    /// The server has reported its clock.
    pub(super) fn trust_clock(&mut self) {
        self.disputes_clock = false;
    }

    /// The fetch of its replacement returned it again.
    pub(super) fn fetched_again(&mut self, now: Time) {
        self.last_fetched_at = now;
        self.refresh = None;
    }

    /// An estimate of its expiry while the server's clock is unknown. If the token has an `iat`,
    /// its whole lifetime counts from the fetch, since `iat` and `exp` are by one clock. Otherwise
    /// this machine's clock is used.
    fn estimated_expiry(&self, cx: &Context<'_>) -> Option<Time> {
        let issued_at = self.claims.as_ref()?.issued_at.map(|seconds| seconds.saturating_mul(1000));
        let from = issued_at.unwrap_or_else(|| cx.clock.wall(self.first_fetched_at).0);
        Some(self.first_fetched_at + clock::duration(self.exp()?.0.saturating_sub(from)))
    }

    /// Its `exp` claim.
    pub(super) fn exp(&self) -> Option<UnixMillis> {
        Some(UnixMillis(self.claims.as_ref()?.expires_at?.saturating_mul(1000)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn subjects_differ_if_issuer_or_subject_differ() {
        let subject = |issuer: Option<&str>, subject: Option<&str>| {
            let (issuer, subject) = (issuer.map(str::to_owned), subject.map(str::to_owned));
            Subject::of(Some(&Claims { issuer, subject, ..Claims::default() }))
        };
        let subjects = [
            subject(None, None),
            subject(Some(""), None),
            subject(None, Some("")),
            subject(None, Some("anna")),
            subject(Some("anna"), None),
            subject(Some("an"), Some("na")),
            subject(Some("anna"), Some("")),
            subject(Some("anna"), Some("anna")),
        ];
        for (index, one) in subjects.iter().enumerate() {
            assert_eq!(subjects.iter().position(|other| one == other), Some(index), "{subjects:?}");
        }
        assert_eq!(Subject::of(None), subject(None, None), "the session key alone identifies the user");
    }
}
