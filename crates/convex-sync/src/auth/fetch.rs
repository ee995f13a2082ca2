//! Token fetches: one at a time, bounded, repeated with backoff (auth contract, rule 4).

use crate::{FetchId, Time, TokenError, context::Context};
use std::time::Duration;

/// The least time between two forced fetches that follow from each other, whatever makes them
/// necessary.
const MIN_INTERVAL: Duration = Duration::from_secs(1);

/// The shortest pending before a retry that can be configured: none at all would never let go of the
/// processor.
const MIN_RETRY: Duration = Duration::from_millis(100);

/// The longest pending before the fetch that follows a rejection, without jitter (auth contract, rule
/// 5).
const MAX_AFTER_REJECTION: Duration = Duration::from_secs(8);

/// The waits before the attempts to resume a rejected session: the first, and what doubling ends at
/// (auth contract, rule 5).
const FIRST_RESUME: Duration = Duration::from_secs(30);
const MAX_RESUME: Duration = Duration::from_secs(600);

/// One of a row of fetches, which ends with a token or with whom it was for.
#[derive(Debug, Clone)]
pub(super) struct Fetch {
    /// A cached token will not do.
    force: bool,
    /// How many have failed before it.
    tries: u32,
    /// Why the last one failed.
    problem: Option<TokenError>,
    stage: FetchStage,
}

#[derive(Debug, Clone, Copy)]
enum FetchStage {
    /// It is under way, and counts as failed if it still is by `until`.
    InFlight { id: FetchId, until: Time },
    /// It begins at `until`.
    Waiting { until: Time },
}

impl Fetch {
    pub(super) fn is_forced(&self) -> bool {
        self.force
    }

    /// Why there is no token yet.
    pub(super) fn problem(&self) -> Option<&TokenError> {
        self.problem.as_ref()
    }

    /// The fetch that is under way.
    pub(super) fn in_flight(&self) -> Option<FetchId> {
        match self.stage {
            FetchStage::InFlight { id, .. } => Some(id),
            FetchStage::Waiting { .. } => None,
        }
    }

    /// When it counts as failed.
    pub(super) fn fails_at(&self) -> Option<Time> {
        match self.stage {
            FetchStage::InFlight { until, .. } => Some(until),
            FetchStage::Waiting { .. } => None,
        }
    }

    /// When it begins.
    pub(super) fn begins_at(&self) -> Option<Time> {
        match self.stage {
            FetchStage::Waiting { until } => Some(until),
            FetchStage::InFlight { .. } => None,
        }
    }

    /// It brought no token: the next begins later, and ever later.
    pub(super) fn failed(&mut self, cx: &mut Context<'_>, problem: TokenError) {
        let until = cx.now + backoff(cx, self.tries, cx.config.fetch_retry_max);
        *self = Self {
            tries: self.tries + 1,
            problem: Some(problem),
            stage: FetchStage::Waiting { until },
            ..*self
        };
    }

    /// It took too long.
    pub(super) fn timed_out(&mut self, cx: &mut Context<'_>) {
        let timeout = cx.config.fetch_timeout;
        let (seconds, millis) = (timeout.as_secs(), timeout.subsec_millis());
        // Not as a float: what prints those is ten kilobytes that nothing else may need.
        let within = if millis == 0 { format!("{seconds} s") } else { format!("{seconds}.{millis:03} s") };
        self.failed(cx, TokenError::new(format!("the provider gave no answer within {within}")));
    }

    /// A forced fetch after the second rejection in a row (`tries` is 0) or a later one.
    pub(super) fn after_rejection(cx: &mut Context<'_>, tries: u32) -> Self {
        let until = cx.now + backoff(cx, tries, MAX_AFTER_REJECTION);
        Self { force: true, tries: tries + 1, problem: None, stage: FetchStage::Waiting { until } }
    }

    /// A forced fetch to resume a session that the server has rejected, after so many attempts have
    /// failed.
    pub(super) fn resume(cx: &Context<'_>, tries: u32) -> Self {
        let pause = FIRST_RESUME.saturating_mul(2_u32.saturating_pow(tries)).min(MAX_RESUME);
        Self { force: true, tries, problem: None, stage: FetchStage::Waiting { until: cx.now + pause } }
    }

    /// How many fetches have failed before it.
    pub(super) fn tries(&self) -> u32 {
        self.tries
    }

    /// The same fetch, for a reason that makes the last failure old news.
    pub(super) fn without_problem(self) -> Self {
        Self { problem: None, ..self }
    }
}

fn backoff(cx: &mut Context<'_>, tries: u32, max: Duration) -> Duration {
    let initial = cx.config.fetch_retry_initial.max(MIN_RETRY);
    cx.random.backoff(initial, tries, max.max(MIN_RETRY))
}

/// Begins fetches.
#[derive(Debug)]
pub(super) struct Fetches {
    next: FetchId,
    /// When the last forced one began.
    last_forced: Option<Time>,
}

impl Default for Fetches {
    fn default() -> Self {
        Self { next: FetchId::new(0), last_forced: None }
    }
}

impl Fetches {
    /// Begins a row of fetches, now.
    pub(super) fn begin(&mut self, cx: &Context<'_>, force: bool) -> Fetch {
        self.start(cx, Fetch { force, tries: 0, problem: None, stage: FetchStage::Waiting { until: cx.now } })
    }

    /// Begins a forced one anew, now, whatever is under way.
    pub(super) fn restart(&mut self, cx: &Context<'_>, current: Option<&Fetch>) -> Fetch {
        let problem = current.and_then(|current| current.problem.clone());
        self.start(cx, Fetch { force: true, tries: 0, problem, stage: FetchStage::Waiting { until: cx.now } })
    }

    /// Sees to a forced fetch because the token in use is lost or soon will be: at once, unless the
    /// last was only just now or there is one under way already.
    pub(super) fn ensure_forced(&mut self, cx: &Context<'_>, current: Option<&Fetch>) -> Fetch {
        match current {
            Some(current) if current.force && current.in_flight().is_some() => return current.clone(),
            _ => {}
        }
        let earliest = self.last_forced.map_or(cx.now, |last| last + MIN_INTERVAL);
        let tries = current.map_or(0, |current| current.tries);
        let problem = current.and_then(|current| current.problem.clone());
        let fetch = Fetch { force: true, tries, problem, stage: FetchStage::Waiting { until: earliest } };
        if earliest <= cx.now { self.start(cx, fetch) } else { fetch }
    }

    /// Begins a fetch that was waiting for its turn.
    pub(super) fn retry(&mut self, cx: &Context<'_>, fetch: &mut Fetch) {
        if fetch.in_flight().is_none() {
            *fetch = self.start(cx, fetch.clone());
        }
    }

    /// Begins a fetch that was waiting for its turn, and with its patience new: the world has
    /// changed.
    pub(super) fn retry_afresh(&mut self, cx: &Context<'_>, fetch: &mut Fetch) {
        if fetch.in_flight().is_none() {
            *fetch = self.start(cx, Fetch { tries: 0, ..fetch.clone() });
        }
    }

    fn start(&mut self, cx: &Context<'_>, fetch: Fetch) -> Fetch {
        let id = self.next;
        self.next = id.next();
        if fetch.force {
            self.last_forced = Some(cx.now);
        }
        Fetch { stage: FetchStage::InFlight { id, until: cx.now + cx.config.fetch_timeout }, ..fetch }
    }
}
