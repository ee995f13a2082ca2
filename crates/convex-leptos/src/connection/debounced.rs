//! The state of the connection as people are shown it: without what is over in the blink of an eye.

use crate::{ConnectionState, Time};
use futures_channel::oneshot;
use futures_util::future::{Either, select};
use gloo_timers::future::TimeoutFuture;
use leptos::prelude::*;
use std::{
    mem,
    sync::{Mutex, MutexGuard, PoisonError},
};
use wasm_bindgen_futures::spawn_local;

/// How long a state must last to be shown, in milliseconds.
const BLIP_MS: u32 = 200;

/// The state of the connection that is shown, and since when.
pub(crate) struct DebouncedConnection {
    state: ArcRwSignal<ConnectionState>,
    since: ArcRwSignal<Time>,
    /// The wait for a state to last. Dropping the sender ends it.
    wait: Mutex<Option<oneshot::Sender<()>>>,
}

/// Who is to be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Changed {
    state: bool,
    since: bool,
}

/// A state and since when there is it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Seen {
    pub(crate) state: ConnectionState,
    pub(crate) since: Time,
}

impl DebouncedConnection {
    pub(crate) fn new(now: Seen) -> Self {
        let Seen { state, since } = now;
        Self { state: ArcRwSignal::new(state), since: ArcRwSignal::new(since), wait: Mutex::new(None) }
    }

    pub(crate) fn state(&self) -> &ArcRwSignal<ConnectionState> {
        &self.state
    }

    pub(crate) fn since(&self) -> &ArcRwSignal<Time> {
        &self.since
    }

    /// Takes in the connection's state, without notifying. If it must last to be shown, `lasted` is
    /// called when it has, or another that is to be shown.
    pub(crate) fn write(&self, now: Seen, lasted: impl FnOnce() + 'static) -> Changed {
        if is_shown_at_once(&self.state.read_untracked(), &now.state) {
            self.show(now)
        } else {
            self.wait_and_then(lasted);
            Changed::default()
        }
    }

    /// Shows this, without notifying.
    pub(crate) fn show(&self, now: Seen) -> Changed {
        let ended = self.wait().take();
        drop(ended);
        // What was not seen to end is what it was since then.
        let is_another = !is_same_kind(&self.state.read_untracked(), &now.state);
        if is_another {
            *self.since.write_untracked() = now.since;
        }
        let is_other = *self.state.read_untracked() != now.state;
        if is_other {
            *self.state.write_untracked() = now.state;
        }
        Changed { state: is_other, since: is_another }
    }

    pub(crate) fn notify(&self, changed: Changed) {
        if changed.state {
            self.state.notify();
        }
        if changed.since {
            self.since.notify();
        }
    }

    /// The wait that is on counts: it began with the first state that was not shown.
    fn wait_and_then(&self, lasted: impl FnOnce() + 'static) {
        let mut wait = self.wait();
        if wait.is_some() {
            return;
        }
        let (sender, ended) = oneshot::channel();
        *wait = Some(sender);
        drop(wait);
        spawn_local(async move {
            if let Either::Left(..) = select(TimeoutFuture::new(BLIP_MS), ended).await {
                lasted();
            }
        });
    }

    fn wait(&self) -> MutexGuard<'_, Option<oneshot::Sender<()>>> {
        self.wait.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn is_shown_at_once(shown: &ConnectionState, now: &ConnectionState) -> bool {
    use ConnectionState::{Closed, Fatal, Idle, Live};
    // What is good news, or the last there will be; and what says more of what is shown already, or
    // shows anything at all.
    matches!(now, Live | Fatal { .. } | Closed) || is_same_kind(shown, now) || *shown == Idle
}

fn is_same_kind(one: &ConnectionState, other: &ConnectionState) -> bool {
    mem::discriminant(one) == mem::discriminant(other)
}

#[cfg(test)]
mod tests {
    use super::*;
    use ConnectionState::*;

    fn reconnecting(attempt: u32) -> ConnectionState {
        Reconnecting { attempt, next_attempt: None, reason: "InactiveServer".into() }
    }

    fn fatal() -> ConnectionState {
        Fatal { message: "gone".into() }
    }

    #[test]
    fn good_news_and_the_last_of_all_are_shown_at_once() {
        for shown in [Idle, Connecting, Syncing, HeldForAuth, reconnecting(1)] {
            for now in [Live, fatal(), Closed] {
                assert!(is_shown_at_once(&shown, &now), "{shown:?} to {now:?}");
            }
        }
    }

    #[test]
    fn what_may_be_over_at_once_must_last() {
        for shown in [Connecting, Live] {
            for now in [Syncing, HeldForAuth, reconnecting(1)] {
                assert!(!is_shown_at_once(&shown, &now), "{shown:?} to {now:?}");
            }
        }
    }

    #[test]
    fn more_of_what_is_shown_is_shown_at_once() {
        assert!(is_shown_at_once(&reconnecting(1), &reconnecting(2)));
        assert!(is_shown_at_once(&Idle, &Connecting));
    }

    #[test]
    fn what_was_not_seen_to_end_is_what_it_was_since_then() {
        let at = |seconds| Time::new(std::time::Duration::from_secs(seconds));
        let shown = DebouncedConnection::new(Seen { state: reconnecting(1), since: at(1) });
        let is_shown =
            |state, since| (shown.state.get_untracked(), shown.since.get_untracked()) == (state, at(since));
        let changed = shown.show(Seen { state: reconnecting(2), since: at(3) });
        assert!(is_shown(reconnecting(2), 1) && changed == Changed { state: true, since: false });
        let changed = shown.show(Seen { state: Live, since: at(4) });
        assert!(is_shown(Live, 4) && changed == Changed { state: true, since: true });
        let changed = shown.show(Seen { state: Live, since: at(5) });
        assert!(is_shown(Live, 4) && changed == Changed::default());
    }
}
