//! The states that are shown, fetches and exits (rules 2 to 5, 9 and 10).

use std::time::Duration;

use convex_sync::{AuthState, ConnectionState, FetchId, Time, TokenError, UnauthenticatedReason};

use super::{Violation, pace::Pace, wire::Wire};
use crate::simulation::{epochs::Asking, world::World};

/// How many rejections in a row end a session (rule 5) …
const REJECTIONS: usize = 3;

/// … and how long after the first of them, unless the server says that no later token can be
/// accepted.
const PATIENCE: Duration = Duration::from_secs(20);

/// How many refusals a session may see after that. One should end it, but the server may speak of a
/// token that has been replaced.
const LATE_REFUSALS: usize = 3;

/// Refusals further apart than this are not certain to be in a row.
const INTERRUPTED: Duration = Duration::from_secs(30);

const ENDS: &str = "a session ends by the provider, the app, or the server for good";
const REFRESHING: &str = "only who was authenticated is refreshing";
const FETCHES: &str = "one fetch at a time, and only for somebody";
const SAME: &str = "the same token is not a failure";
const ROTATES: &str = "rotation is invisible";

#[derive(Default)]
pub(super) struct States {
    last: Option<(AuthState, Option<TokenError>)>,
    /// When that was, by who was asking.
    epoch: u64,
    fetch: Option<FetchId>,
    fetches: Pace,
    /// Whether the provider answered a fetch by saying that nobody is signed in.
    is_refused: bool,
    /// Whether the provider answered a fetch with a token that it had given before and that is
    /// still good.
    is_given_again: bool,
    /// How often the provider gave a rejected token again: it counts as rejected once more.
    given_again: usize,
    /// How many rejections there had been when the server last accepted a token, or a session last
    /// ended by them.
    rejections_before: usize,
    /// When the first rejection after that came, at the earliest.
    first_rejection: Option<Time>,
    refused: Refused,
}

/// The refusals in a row, as far as they are certain to be.
#[derive(Default)]
struct Refused {
    /// Who was asking, how often the app had started authentication anew, and how often the server
    /// had accepted a token.
    row: (u64, usize, usize),
    /// When the first and the last came.
    times: Option<(Time, Time)>,
    /// How many came when the session should have ended.
    late: usize,
}

impl States {
    pub(super) fn fetches(&mut self, world: &World, fetch: FetchId) -> Result<(), Violation> {
        if let Some(other) = self.fetch.replace(fetch) {
            return Violation::of(FETCHES, format!("fetch {fetch} begins beside fetch {other}"));
        }
        if world.epochs.asking() != Asking::Person && !world.is_resumable {
            return Violation::of(FETCHES, format!("one begins, and {:?} is asking", world.epochs.asking()));
        }
        // A second lies between two that were not put off.
        if !self.fetches.may_go_on(world, 8, Duration::from_secs(4)) {
            return Violation::of(FETCHES, "ever faster");
        }
        Ok(())
    }

    pub(super) fn is_fetching(&self) -> bool {
        self.fetch.is_some()
    }

    pub(super) fn fetch_is_over(&mut self, fetch: FetchId) {
        self.fetch = self.fetch.filter(|other| *other != fetch);
    }

    /// The provider answers, and may be heard.
    pub(super) fn answers(&mut self, world: &mut World, wire: &Wire, fetch: FetchId) {
        let is_heard = self.fetch == Some(fetch);
        self.is_refused = is_heard && world.provider.refuses(fetch);
        if self.is_refused {
            world.is_resumable = false;
        }
        if is_heard {
            world.provider.arrived(fetch);
        }
        let again = world.provider.gave_again(fetch);
        self.is_given_again =
            is_heard && again.as_ref().is_some_and(|token| !Wire::is_near_expiry(world, token));
        self.given_again += usize::from(again.is_some_and(|token| wire.may_be_rejected(&token)));
        self.fetch_is_over(fetch);
    }

    /// Where the provider says that nobody is signed in, nobody is.
    pub(super) fn heeds_the_provider(&mut self, world: &World) -> Result<(), Violation> {
        self.is_given_again = false;
        if std::mem::take(&mut self.is_refused) && world.epochs.asking() == Asking::Person {
            return Violation::of(ENDS, "the provider said that nobody is signed in, and somebody is");
        }
        Ok(())
    }

    /// The client says that its state changed.
    pub(super) fn auth(
        &mut self,
        world: &mut World,
        wire: &Wire,
        auth: &AuthState,
        problem: Option<&TokenError>,
    ) -> Result<(), Violation> {
        let told = (auth.clone(), problem.cloned());
        let before = self.last.replace(told.clone());
        let is_same_person = std::mem::replace(&mut self.epoch, world.epochs.now()) == world.epochs.now()
            && !world.is_past(world.epochs.now());
        if before.as_ref() == Some(&told) {
            return Violation::of("a state is told when it changes", format!("{auth:?}, again"));
        }
        if world.is_over() {
            return Ok(());
        }
        let before = before.map(|(auth, _)| auth);
        let was_signed_in = matches!(before, Some(AuthState::Authenticated { .. }));
        let was_settled = before == Some(AuthState::Authenticated { refreshing: false });
        match auth {
            AuthState::Unauthenticated { reason } => self.ended(world, wire, reason),
            AuthState::Authenticated { refreshing } => {
                if !refreshing {
                    self.rejections_end(wire);
                }
                if world.is_resumable {
                    world.is_resumed();
                }
                if world.epochs.asking() != Asking::Person {
                    return Violation::of(
                        ENDS,
                        format!("{:?} is asking, and is signed in", world.epochs.asking()),
                    );
                }
                if *refreshing && was_settled && self.is_given_again && self.rejections(wire) == 0 {
                    return Violation::of(SAME, "the token in use came again, and a replacement is fetched");
                }
                if *refreshing && !was_signed_in {
                    return Violation::of(REFRESHING, "nobody was");
                }
                Ok(())
            }
            AuthState::Loading { .. } if world.epochs.asking() == Asking::Nobody => {
                Violation::of(ENDS, "nobody is asking, and somebody is waited for")
            }
            AuthState::Loading { .. } if was_signed_in && is_same_person => {
                Violation::of(ROTATES, "who was signed in is waited for")
            }
            AuthState::Loading { .. } => Ok(()),
        }
    }

    /// Nobody is signed in any more: there must be a reason.
    fn ended(
        &mut self,
        world: &mut World,
        wire: &Wire,
        reason: &UnauthenticatedReason,
    ) -> Result<(), Violation> {
        if world.epochs.asking() == Asking::Nobody {
            return Ok(());
        }
        let is_due = match reason {
            UnauthenticatedReason::SignedOut => world.provider.refused_in(world.epochs.now()),
            // The provider's word, with the server's reason for it.
            UnauthenticatedReason::Rejected { .. } if self.is_refused => self.rejections(wire) > 0,
            UnauthenticatedReason::Rejected { .. } => self.is_rejected(world, wire),
            UnauthenticatedReason::NoProvider
            | UnauthenticatedReason::SignedOutByApp
            | UnauthenticatedReason::ClientStopped { .. } => false,
        };
        if !is_due {
            return Violation::of(ENDS, format!("{reason}"));
        }
        world.epochs.begin(Asking::Nobody);
        if matches!(reason, UnauthenticatedReason::Rejected { .. }) && !self.is_refused {
            world.becomes_resumable();
        }
        self.rejections_end(wire);
        Ok(())
    }

    /// Takes note of when rejections begin.
    pub(super) fn count_rejections(&mut self, world: &World, wire: &Wire) {
        if self.rejections(wire) > 0 {
            self.first_rejection.get_or_insert(world.pair.client_now());
        }
    }

    /// The server rejects a token. A session that it keeps rejecting ends.
    pub(super) fn refused(&mut self, world: &World, wire: &Wire) -> Result<(), Violation> {
        let (now, row) =
            (world.pair.client_now(), (world.epochs.now(), world.reauthentications, wire.accepted));
        let is_interrupted = self.refused.times.is_some_and(|(_, last)| last + INTERRUPTED < now);
        if self.refused.row != row || is_interrupted {
            self.refused = Refused { row, ..Refused::default() };
        }
        let (first, last) = self.refused.times.get_or_insert((now, now));
        *last = now;
        self.refused.late += usize::from(*first + PATIENCE < now);
        if self.refused.late > LATE_REFUSALS && world.epochs.asking() == Asking::Person {
            return Violation::of(ENDS, "the server rejects every token, and the session does not end");
        }
        Ok(())
    }

    fn rejections(&self, wire: &Wire) -> usize {
        wire.refusals + self.given_again - self.rejections_before
    }

    fn rejections_end(&mut self, wire: &Wire) {
        self.rejections_before = wire.refusals + self.given_again;
        self.first_rejection = None;
    }

    /// Whether the rejections since the last confirmation may end the session.
    fn is_rejected(&self, world: &World, wire: &Wire) -> bool {
        let now = world.pair.client_now();
        let is_overdue = self.first_rejection.is_some_and(|first| first + PATIENCE <= now);
        self.rejections(wire) >= REJECTIONS && (is_overdue || wire.is_refused_for_good)
    }
}

/// Whatever the client waits for, it does not wait for ever.
pub(super) fn has_an_exit(world: &World) -> Result<(), Violation> {
    let waits = world.pair.client.poll_timeout().is_some();
    match world.connection() {
        ConnectionState::Closed | ConnectionState::Fatal { .. } => Ok(()),
        _ if waits => Ok(()),
        state => Violation::of("every state has an exit", format!("{state:?} waits for nothing")),
    }
}
