//! Token fetches: one at a time, with a timeout, retried with backoff (docs/auth.md, rule 4).

use crate::{FetchId, Time, TokenError, context::Context};
use std::time::Duration;

/// The minimum time between two forced fetches that the client starts by itself.
const MIN_INTERVAL: Duration = Duration::from_secs(1);

/// The minimum delay before a retry, below which no configuration can go: without one, a failing
/// provider would keep the CPU busy.
const MIN_RETRY: Duration = Duration::from_millis(100);

/// The maximum delay of the fetch after a rejection, before jitter (docs/auth.md, rule 5).
const MAX_AFTER_REJECTION: Duration = Duration::from_secs(8);

/// The first and the maximum delay of the attempts to resume a rejected session (docs/auth.md,
/// rule 5).
const FIRST_RESUME: Duration = Duration::from_secs(30);
const MAX_RESUME: Duration = Duration::from_secs(600);

/// A token fetch: in flight, or waiting for its time. Retries replace it, until one succeeds or the
/// session ends.
#[derive(Debug, Clone)]
pub(super) struct Fetch {
    /// A cached token must not be returned.
    force: bool,
    /// The number of failed fetches before it.
    tries: u32,
    /// Why the last one failed.
    problem: Option<TokenError>,
    stage: FetchStage,
}

#[derive(Debug, Clone, Copy)]
enum FetchStage {
    /// It is in flight, and times out at `until`.
    InFlight { id: FetchId, until: Time },
    /// It starts at `until`.
    Waiting { until: Time },
}

impl Fetch {
    pub(super) fn is_forced(&self) -> bool {
        self.force
    }

    /// Why the fetch before it failed.
    pub(super) fn problem(&self) -> Option<&TokenError> {
        self.problem.as_ref()
    }

    /// The id of the fetch, if it is in flight.
    pub(super) fn in_flight(&self) -> Option<FetchId> {
        match self.stage {
            FetchStage::InFlight { id, .. } => Some(id),
            FetchStage::Waiting { .. } => None,
        }
    }

    /// When it times out, if it is in flight.
    pub(super) fn times_out_at(&self) -> Option<Time> {
        match self.stage {
            FetchStage::InFlight { until, .. } => Some(until),
            FetchStage::Waiting { .. } => None,
        }
    }

    /// When it starts, if it waits.
    pub(super) fn starts_at(&self) -> Option<Time> {
        match self.stage {
            FetchStage::Waiting { until } => Some(until),
            FetchStage::InFlight { .. } => None,
        }
    }

    /// It returned no token: the next one waits, with backoff.
    pub(super) fn failed(&mut self, cx: &mut Context<'_>, problem: TokenError) {
        let until = cx.now + backoff(cx, self.tries, cx.config.fetch_retry_max);
        *self = Self {
            tries: self.tries + 1,
            problem: Some(problem),
            stage: FetchStage::Waiting { until },
            ..*self
        };
    }

    /// It timed out.
    pub(super) fn timed_out(&mut self, cx: &mut Context<'_>) {
        let timeout = cx.config.fetch_timeout;
        let (seconds, millis) = (timeout.as_secs(), timeout.subsec_millis());
        // Not as a float: the code that prints floats is ten kilobytes, and nothing else may need
        // it.
        let within = if millis == 0 { format!("{seconds} s") } else { format!("{seconds}.{millis:03} s") };
        self.failed(cx, TokenError::new(format!("the provider did not answer within {within}")));
    }

    /// A forced fetch after the second rejection in a row (`tries` is 0) or a later one.
    pub(super) fn after_rejection(cx: &mut Context<'_>, tries: u32) -> Self {
        let until = cx.now + backoff(cx, tries, MAX_AFTER_REJECTION);
        Self { force: true, tries: tries + 1, problem: None, stage: FetchStage::Waiting { until } }
    }

    /// A forced fetch to resume a rejected session, after `tries` failed attempts.
    pub(super) fn resume(cx: &Context<'_>, tries: u32) -> Self {
        let pause = FIRST_RESUME.saturating_mul(2_u32.saturating_pow(tries)).min(MAX_RESUME);
        Self { force: true, tries, problem: None, stage: FetchStage::Waiting { until: cx.now + pause } }
    }

    /// The number of failed fetches before it.
    pub(super) fn tries(&self) -> u32 {
        self.tries
    }

    /// The same fetch without the last error, which a rejection has superseded.
    pub(super) fn without_problem(self) -> Self {
        Self { problem: None, ..self }
    }
}

fn backoff(cx: &mut Context<'_>, tries: u32, max: Duration) -> Duration {
    let initial = cx.config.fetch_retry_initial.max(MIN_RETRY);
    cx.random.backoff(initial, tries, max.max(MIN_RETRY))
}

/// Starts fetches, and gives them ids.
#[derive(Debug)]
pub(super) struct Fetches {
    next: FetchId,
    /// When the last forced fetch started.
    last_forced: Option<Time>,
}

impl Default for Fetches {
    fn default() -> Self {
        Self { next: FetchId::new(0), last_forced: None }
    }
}

impl Fetches {
    /// Starts a first fetch now.
    pub(super) fn begin(&mut self, cx: &Context<'_>, force: bool) -> Fetch {
        self.start(cx, Fetch { force, tries: 0, problem: None, stage: FetchStage::Waiting { until: cx.now } })
    }

    /// Starts a forced fetch now, instead of the current one.
    pub(super) fn restart(&mut self, cx: &Context<'_>, current: Option<&Fetch>) -> Fetch {
        let problem = current.and_then(|current| current.problem.clone());
        self.start(cx, Fetch { force: true, tries: 0, problem, stage: FetchStage::Waiting { until: cx.now } })
    }

    /// Ensures that a forced fetch is in flight or scheduled, because the token in use is lost or
    /// soon will be. A forced fetch in flight continues. Otherwise a new one starts at once, but at
    /// least [`MIN_INTERVAL`] after the last forced one.
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

    /// Starts a waiting fetch.
    pub(super) fn retry(&mut self, cx: &Context<'_>, fetch: &mut Fetch) {
        if fetch.in_flight().is_none() {
            *fetch = self.start(cx, fetch.clone());
        }
    }

    /// Starts a waiting fetch and resets its backoff, since a wake makes success more likely.
    pub(super) fn retry_with_reset(&mut self, cx: &Context<'_>, fetch: &mut Fetch) {
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
