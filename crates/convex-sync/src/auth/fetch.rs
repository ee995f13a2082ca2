//! Token fetches: one at a time, bounded, repeated with backoff (auth contract, rule 4).

use crate::{Event, FetchId, context::Context, timer::Timer};
use std::time::Duration;

const INITIAL_BACKOFF: Duration = Duration::from_secs(1);
const MAX_BACKOFF: Duration = Duration::from_secs(30);

/// The fetch of one person's token.
#[derive(Debug)]
pub(crate) enum Fetch {
    /// None is needed now.
    Idle,
    /// One is under way.
    InFlight(FetchId, Attempt),
    /// The next begins when [`Timer::FetchRetry`] fires.
    Waiting(Attempt),
}

/// One of a row of fetches.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Attempt {
    /// A cached token will not do.
    pub(crate) force: bool,
    /// How many have failed before it.
    pub(crate) tries: u32,
}

/// Hands out the ids of fetches.
#[derive(Debug)]
pub(crate) struct FetchIds(FetchId);

impl Default for FetchIds {
    fn default() -> Self {
        Self(FetchId::new(0))
    }
}

impl FetchIds {
    fn next(&mut self) -> FetchId {
        let id = self.0;
        self.0 = id.next();
        id
    }
}

impl Fetch {
    /// Begins a fetch, unless one that is as good is under way.
    pub(crate) fn begin(&mut self, cx: &mut Context<'_>, ids: &mut FetchIds, force: bool) {
        match *self {
            Self::InFlight(_, attempt) if attempt.force || !force => {}
            Self::Waiting(attempt) => {
                self.start(cx, ids, Attempt { force: force || attempt.force, ..attempt })
            }
            Self::InFlight(..) | Self::Idle => self.start(cx, ids, Attempt { force, tries: 0 }),
        }
    }

    /// Begins the fetch whose turn has come.
    pub(crate) fn retry(&mut self, cx: &mut Context<'_>, ids: &mut FetchIds) {
        if let Self::Waiting(attempt) = *self {
            self.start(cx, ids, attempt);
        }
    }

    /// Begins a fetch that was waiting for its turn, at once and with its patience new: the world has changed.
    pub(crate) fn retry_now(&mut self, cx: &mut Context<'_>, ids: &mut FetchIds) {
        if let Self::Waiting(attempt) = *self {
            self.start(cx, ids, Attempt { tries: 0, ..attempt });
        }
    }

    /// Waits before the next fetch, longer with every failure.
    pub(crate) fn back_off(&mut self, cx: &mut Context<'_>, failed: Attempt) {
        self.stop(cx);
        let delay = cx.random.backoff(INITIAL_BACKOFF, failed.tries, MAX_BACKOFF);
        cx.timers.set(Timer::FetchRetry, cx.now + delay);
        *self = Self::Waiting(Attempt { tries: failed.tries + 1, ..failed });
    }

    /// The fetch under way failed.
    pub(crate) fn failed(&mut self, cx: &mut Context<'_>) {
        if let Some(attempt) = self.finish(cx) {
            self.back_off(cx, attempt);
        }
    }

    /// The fetch under way took too long.
    pub(crate) fn timed_out(&mut self, cx: &mut Context<'_>) {
        if let Self::InFlight(_, attempt) = *self {
            self.back_off(cx, attempt);
        }
    }

    /// Whether an answer to the fetch `id` is awaited.
    pub(crate) fn awaits(&self, id: FetchId) -> bool {
        matches!(self, Self::InFlight(current, _) if *current == id)
    }

    /// Ends it: nothing is fetched, and nothing will be.
    pub(crate) fn stop(&mut self, cx: &mut Context<'_>) {
        if let Self::InFlight(id, _) = *self {
            cx.events.push_back(Event::DropFetch { fetch: id });
        }
        let _ = self.finish(cx);
    }

    /// The fetch under way was answered.
    pub(crate) fn finish(&mut self, cx: &mut Context<'_>) -> Option<Attempt> {
        cx.timers.clear(Timer::FetchTimeout);
        cx.timers.clear(Timer::FetchRetry);
        match std::mem::replace(self, Self::Idle) {
            Self::InFlight(_, attempt) => Some(attempt),
            Self::Waiting(_) | Self::Idle => None,
        }
    }

    fn start(&mut self, cx: &mut Context<'_>, ids: &mut FetchIds, attempt: Attempt) {
        self.stop(cx);
        let id = ids.next();
        cx.events.push_back(Event::FetchToken { fetch: id, force: attempt.force });
        cx.timers.set(Timer::FetchTimeout, cx.now + cx.config.fetch_timeout);
        *self = Self::InFlight(id, attempt);
    }
}
