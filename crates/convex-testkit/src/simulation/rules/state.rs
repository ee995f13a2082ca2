//! Auth states, token fetches and exits (rules 2 to 5, 9 and 10).

use std::time::Duration;

use convex_sync::{AuthState, ConnectionState, FetchId, Time, TokenError, UnauthenticatedReason};

use super::{Violation, repeat_limit::RepeatLimit, wire::WireRules};
use crate::simulation::{epochs::WantedIdentity, world::World};

/// How many rejections in a row end a session (rule 5) …
const REJECTIONS: usize = 3;

/// … and how long after the first of them, unless the server says that no later token can be
/// accepted.
const PATIENCE: Duration = Duration::from_secs(20);

/// How many rejections a session may survive after that. One should end it, but the server may
/// reject a token that has been replaced.
const LATE_REJECTIONS: usize = 3;

/// Rejections further apart than this are not certain to be in a row.
const INTERRUPTED: Duration = Duration::from_secs(30);

const ENDS: &str = "a session ends only by the provider, by the app, or by permanent rejection";
const REFRESHING: &str = "only an authenticated client is refreshing";
const FETCHES: &str = "one fetch at a time, and only for a user";
const SAME_TOKEN: &str = "receiving the same token again is not a failure";
const ROTATION: &str = "a token refresh is invisible";

#[derive(Default)]
pub(super) struct StateRules {
    last: Option<(AuthState, Option<TokenError>)>,
    /// The epoch of `last`.
    epoch: u64,
    fetch: Option<FetchId>,
    fetches: RepeatLimit,
    /// Whether the provider answered the current fetch with "signed out".
    has_replied_signed_out: bool,
    /// Whether the provider answered the current fetch with an earlier token that is still valid.
    has_repeated_valid_token: bool,
    /// How often the provider returned a rejected token again. Each counts as a rejection.
    pub(super) repeated_rejected: usize,
    /// How many rejections there were when the server last accepted a token, or when a session last
    /// ended.
    rejections_before: usize,
    /// The earliest time of the first rejection after that.
    first_rejection: Option<Time>,
    streak: RejectionStreak,
}

/// The rejections that are certainly in a row.
#[derive(Default)]
struct RejectionStreak {
    /// What ends a streak when it changes: the epoch, how often the app called `reauthenticate`,
    /// and how often the server accepted a token.
    key: (u64, usize, usize),
    /// The times of the first and the last rejection.
    times: Option<(Time, Time)>,
    /// How many came after the session should have ended.
    late: usize,
}

impl StateRules {
    pub(super) fn fetch_started(&mut self, world: &World, fetch: FetchId) -> Result<(), Violation> {
        if let Some(other) = self.fetch.replace(fetch) {
            return Violation::of(FETCHES, format!("fetch {fetch} starts beside fetch {other}"));
        }
        let identity = world.epochs.identity();
        if identity != WantedIdentity::User && !world.is_resumable {
            return Violation::of(FETCHES, format!("one starts, and the wanted identity is {identity:?}"));
        }
        // Fetches that are not delayed by backoff are at least a second apart.
        if !self.fetches.allow(world, 8, Duration::from_secs(4)) {
            return Violation::of(FETCHES, "eight within four seconds");
        }
        Ok(())
    }

    pub(super) fn is_fetching(&self) -> bool {
        self.fetch.is_some()
    }

    pub(super) fn fetch_ended(&mut self, fetch: FetchId) {
        self.fetch = self.fetch.filter(|other| *other != fetch);
    }

    /// The provider answers a fetch, which may have been dropped.
    pub(super) fn fetch_answered(&mut self, world: &mut World, wire: &WireRules, fetch: FetchId) {
        let is_current = self.fetch == Some(fetch);
        self.has_replied_signed_out = is_current && world.token_provider.replied_signed_out(fetch);
        if self.has_replied_signed_out {
            world.replied_signed_out();
        }
        if is_current {
            world.token_provider.mark_received(fetch);
            world.received_token(fetch);
        }
        let repeated = world.token_provider.repeated_token(fetch);
        self.has_repeated_valid_token =
            is_current && repeated.as_ref().is_some_and(|token| !WireRules::is_near_expiry(world, token));
        self.repeated_rejected += usize::from(repeated.is_some_and(|token| wire.may_be_rejected(&token)));
        self.fetch_ended(fetch);
    }

    /// Once the provider has reported signed out, no user is signed in.
    pub(super) fn check_signed_out_replies(&mut self, world: &World) -> Result<(), Violation> {
        self.has_repeated_valid_token = false;
        let has_replied = std::mem::take(&mut self.has_replied_signed_out);
        if has_replied && world.epochs.identity() == WantedIdentity::User {
            return Violation::of(ENDS, "the provider reported signed out, and a user is signed in");
        }
        Ok(())
    }

    /// The client reported a change of its auth state.
    pub(super) fn auth_changed(
        &mut self,
        world: &mut World,
        wire: &WireRules,
        auth: &AuthState,
        problem: Option<&TokenError>,
    ) -> Result<(), Violation> {
        let reported = (auth.clone(), problem.cloned());
        let before = self.last.replace(reported.clone());
        let is_same_user = std::mem::replace(&mut self.epoch, world.epochs.current())
            == world.epochs.current()
            && !world.has_identity_changed(world.epochs.current());
        if before.as_ref() == Some(&reported) {
            return Violation::of("a state is reported when it changes", format!("{auth:?}, again"));
        }
        if world.is_stopped() {
            return Ok(());
        }
        let before = before.map(|(auth, _)| auth);
        let was_signed_in = matches!(before, Some(AuthState::Authenticated { .. }));
        let was_settled = before == Some(AuthState::Authenticated { refreshing: false });
        match auth {
            AuthState::Unauthenticated { reason } => self.session_ended(world, wire, reason),
            AuthState::Authenticated { refreshing } => {
                if !refreshing {
                    self.rejections_end(wire);
                }
                if world.is_resumable {
                    world.session_resumed();
                }
                let identity = world.epochs.identity();
                if identity != WantedIdentity::User {
                    let how = format!("the wanted identity is {identity:?}, and the client is signed in");
                    return Violation::of(ENDS, how);
                }
                let is_same_token = self.has_repeated_valid_token && self.rejections(wire) == 0;
                if *refreshing && was_settled && is_same_token {
                    return Violation::of(SAME_TOKEN, "a replacement is fetched");
                }
                if *refreshing && !was_signed_in {
                    return Violation::of(REFRESHING, "the client was not");
                }
                Ok(())
            }
            AuthState::Loading { .. } if world.epochs.identity() == WantedIdentity::Anonymous => {
                Violation::of(ENDS, "no user is wanted, and the state is loading")
            }
            AuthState::Loading { .. } if was_signed_in && is_same_user => {
                Violation::of(ROTATION, "the state of a signed-in user is loading again")
            }
            AuthState::Loading { .. } => Ok(()),
        }
    }

    /// The user is no longer signed in: there must be a reason.
    fn session_ended(
        &mut self,
        world: &mut World,
        wire: &WireRules,
        reason: &UnauthenticatedReason,
    ) -> Result<(), Violation> {
        if world.epochs.identity() == WantedIdentity::Anonymous {
            return Ok(());
        }
        let has_reason = match reason {
            // The answer may belong to the session that succeeds the one of the page.
            UnauthenticatedReason::SignedOut => {
                self.has_replied_signed_out
                    || world.token_provider.replied_signed_out_in(world.epochs.current())
            }
            // The provider reported signed out after a rejection. The reason has its message.
            UnauthenticatedReason::Rejected { .. } if self.has_replied_signed_out => {
                self.rejections(wire) > 0
            }
            UnauthenticatedReason::Rejected { .. } => self.is_rejected(world, wire),
            UnauthenticatedReason::NoProvider
            | UnauthenticatedReason::SignedOutByApp
            | UnauthenticatedReason::ClientStopped { .. } => false,
        };
        if !has_reason {
            return Violation::of(ENDS, format!("{reason}"));
        }
        world.begin_epoch(WantedIdentity::Anonymous);
        if matches!(reason, UnauthenticatedReason::Rejected { .. }) && !self.has_replied_signed_out {
            world.session_rejected();
        }
        self.rejections_end(wire);
        Ok(())
    }

    /// Records when the rejections begin.
    pub(super) fn count_rejections(&mut self, world: &World, wire: &WireRules) {
        if self.rejections(wire) > 0 {
            self.first_rejection.get_or_insert(world.pair.client_now());
        }
    }

    /// The server rejects a token. If it rejects all of them, the session must end.
    pub(super) fn token_rejected(&mut self, world: &World, wire: &WireRules) -> Result<(), Violation> {
        let now = world.pair.client_now();
        let key = (world.epochs.current(), world.reauthentications, wire.confirmations);
        let is_interrupted = self.streak.times.is_some_and(|(_, last)| last + INTERRUPTED < now);
        if self.streak.key != key || is_interrupted {
            self.streak = RejectionStreak { key, ..RejectionStreak::default() };
        }
        let (first, last) = self.streak.times.get_or_insert((now, now));
        *last = now;
        self.streak.late += usize::from(*first + PATIENCE < now);
        if self.streak.late > LATE_REJECTIONS && world.epochs.identity() == WantedIdentity::User {
            return Violation::of(ENDS, "the server rejects every token, and the session does not end");
        }
        Ok(())
    }

    fn rejections(&self, wire: &WireRules) -> usize {
        wire.auth_errors + self.repeated_rejected - self.rejections_before
    }

    fn rejections_end(&mut self, wire: &WireRules) {
        self.rejections_before = wire.auth_errors + self.repeated_rejected;
        self.first_rejection = None;
    }

    /// Whether the rejections since the last confirmation may end the session.
    fn is_rejected(&self, world: &World, wire: &WireRules) -> bool {
        let now = world.pair.client_now();
        let is_overdue = self.first_rejection.is_some_and(|first| first + PATIENCE <= now);
        self.rejections(wire) >= REJECTIONS && (is_overdue || wire.is_permanently_rejected)
    }
}

/// Checks that a client that has not stopped waits for a timer.
pub(super) fn check_exits(world: &World) -> Result<(), Violation> {
    let has_timer = world.pair.client.poll_timeout().is_some();
    match world.connection() {
        ConnectionState::Closed | ConnectionState::Fatal { .. } => Ok(()),
        _ if has_timer => Ok(()),
        state => Violation::of("every state has an exit", format!("{state:?} has no timer")),
    }
}
