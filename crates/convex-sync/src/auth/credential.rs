//! A token in use, and how long it is good for.

use crate::{Claims, Time, Token, context::Context, timer::Timer};
use std::time::Duration;

/// The least time between a token fetch and the refresh it schedules (auth contract, rule 3).
const MIN_REFRESH_INTERVAL: Duration = Duration::from_secs(1);

/// A token that neither was rejected nor has run out.
#[derive(Debug)]
pub(crate) struct Credential {
    pub(crate) token: Token,
    pub(crate) claims: Option<Claims>,
    fetched_at: Time,
    /// It was issued just now and yet seems to have run out: the clock is off, and the server is the judge.
    disputes_clock: bool,
}

/// Whom a token speaks for within one session, as far as it can be read. Two tokens of one session and subject are one
/// person's (auth contract §1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Subject {
    issuer: Option<String>,
    subject: Option<String>,
}

impl Credential {
    pub(crate) fn new(token: Token, now: Time) -> Self {
        let claims = Claims::read(token.expose());
        Self { token, claims, fetched_at: now, disputes_clock: false }
    }

    /// Whom the token speaks for.
    pub(crate) fn subject(&self) -> Subject {
        let claims = self.claims.as_ref();
        Subject {
            issuer: claims.and_then(|claims| claims.issuer.clone()),
            subject: claims.and_then(|claims| claims.subject.clone()),
        }
    }

    /// Whether it has run out by the server's clock. While that is unknown the server is the judge.
    pub(crate) fn has_expired(&self, cx: &Context<'_>) -> bool {
        self.server_expiry(cx).is_some_and(|expiry| expiry <= cx.now)
    }

    /// Trusts the token more than what is known of the server's clock, until the server tells it anew.
    pub(crate) fn dispute_clock(&mut self) {
        self.disputes_clock = true;
    }

    /// The server has told its clock.
    pub(crate) fn trust_clock(&mut self) {
        self.disputes_clock = false;
    }

    /// The same token came again: it counts as fetched now.
    pub(crate) fn fetched_again(&mut self, now: Time) {
        self.fetched_at = now;
    }

    /// Arms the timers of its refresh, as late as is safe, and of its end. Without a readable `exp` there are none: the
    /// server's rejection is the sign to refresh.
    pub(crate) fn schedule(&self, cx: &mut Context<'_>) {
        self.schedule_refresh(cx, |config_leeway, remaining| remaining - config_leeway.min(remaining / 3));
    }

    /// As [`schedule`](Self::schedule) for a refresh that brought the same token: asks again at half its remaining life.
    pub(crate) fn schedule_at_half_life(&self, cx: &mut Context<'_>) {
        self.schedule_refresh(cx, |_, remaining| remaining / 2);
    }

    fn schedule_refresh(&self, cx: &mut Context<'_>, delay: impl Fn(Duration, Duration) -> Duration) {
        cx.timers.clear(Timer::Refresh);
        cx.timers.clear(Timer::Expiry);
        let Some(expiry) = self.server_expiry(cx).or_else(|| self.estimated_expiry(cx)) else { return };
        let refresh = cx.now + delay(cx.config.refresh_leeway, expiry - cx.now);
        cx.timers.set(Timer::Refresh, refresh.max(self.fetched_at + MIN_REFRESH_INTERVAL));
        if let Some(expiry) = self.server_expiry(cx) {
            cx.timers.set(Timer::Expiry, expiry);
        }
    }

    /// When it runs out by the server's clock.
    fn server_expiry(&self, cx: &Context<'_>) -> Option<Time> {
        let server = cx.clock.server(cx.now).filter(|_| !self.disputes_clock)?;
        Some(cx.now + positive_millis(self.expires_at_millis()?.saturating_sub(server.0)))
    }

    /// When it runs out as far as can be told before the server has told its clock: from its whole life where that is
    /// known, since both ends of it are by one clock, or by this machine's clock.
    fn estimated_expiry(&self, cx: &Context<'_>) -> Option<Time> {
        let expires_at = self.expires_at_millis()?;
        let issued_at = self.claims.as_ref()?.issued_at.map(|seconds| seconds.saturating_mul(1000));
        let from = issued_at.unwrap_or_else(|| cx.clock.wall(self.fetched_at).0);
        Some(self.fetched_at + positive_millis(expires_at.saturating_sub(from)))
    }

    fn expires_at_millis(&self) -> Option<i64> {
        Some(self.claims.as_ref()?.expires_at?.saturating_mul(1000))
    }
}

fn positive_millis(millis: i64) -> Duration {
    Duration::from_millis(u64::try_from(millis).unwrap_or(0))
}
