//! The displayed state of the connection: short-lived states are left out.

use crate::ConnectionState;
use convex_web::sync::Time;
use futures_channel::oneshot;
use futures_util::future::{Either, select};
use gloo_timers::future::TimeoutFuture;
use leptos::prelude::*;
use std::{
    mem,
    sync::{Mutex, MutexGuard, PoisonError},
};
use wasm_bindgen_futures::spawn_local;

/// How long a state must last to be displayed, in milliseconds.
const MIN_DURATION_MS: u32 = 200;

/// The displayed state of the connection and when it was entered.
pub(crate) struct DebouncedConnection {
    state: ArcRwSignal<ConnectionState>,
    since: ArcRwSignal<Time>,
    /// Cancels the timer of a state that is not displayed yet, when it is dropped.
    timer: Mutex<Option<oneshot::Sender<()>>>,
}

/// The signals that a new snapshot changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct SnapshotChange {
    state: bool,
    since: bool,
}

/// A connection state and when it was entered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ConnectionSnapshot {
    pub(crate) state: ConnectionState,
    pub(crate) since: Time,
}

impl DebouncedConnection {
    pub(crate) fn new(now: ConnectionSnapshot) -> Self {
        let ConnectionSnapshot { state, since } = now;
        Self { state: ArcRwSignal::new(state), since: ArcRwSignal::new(since), timer: Mutex::new(None) }
    }

    pub(crate) fn state(&self) -> &ArcRwSignal<ConnectionState> {
        &self.state
    }

    pub(crate) fn since(&self) -> &ArcRwSignal<Time> {
        &self.since
    }

    /// Displays this state if that is due at once; otherwise starts the timer, unless it runs
    /// already, which calls `on_timeout`. Does not notify.
    pub(crate) fn write(
        &self,
        now: ConnectionSnapshot,
        on_timeout: impl FnOnce() + 'static,
    ) -> SnapshotChange {
        if is_displayed_at_once(&self.state.read_untracked(), &now.state) {
            self.display(now)
        } else {
            self.start_timer(on_timeout);
            SnapshotChange::default()
        }
    }

    /// Displays this state, without notifying.
    pub(crate) fn display(&self, now: ConnectionSnapshot) -> SnapshotChange {
        let cancelled = self.timer().take();
        drop(cancelled);
        // `since` moves only when the kind of the displayed state changes.
        let is_other_kind = !is_same_kind(&self.state.read_untracked(), &now.state);
        if is_other_kind {
            *self.since.write_untracked() = now.since;
        }
        let is_other_state = *self.state.read_untracked() != now.state;
        if is_other_state {
            *self.state.write_untracked() = now.state;
        }
        SnapshotChange { state: is_other_state, since: is_other_kind }
    }

    pub(crate) fn notify(&self, changed: SnapshotChange) {
        if changed.state {
            self.state.notify();
        }
        if changed.since {
            self.since.notify();
        }
    }

    /// A timer that runs already is kept: it was started by the first state that is not displayed.
    fn start_timer(&self, on_timeout: impl FnOnce() + 'static) {
        let mut timer = self.timer();
        if timer.is_some() {
            return;
        }
        let (sender, cancelled) = oneshot::channel();
        *timer = Some(sender);
        drop(timer);
        spawn_local(async move {
            if let Either::Left(..) = select(TimeoutFuture::new(MIN_DURATION_MS), cancelled).await {
                on_timeout();
            }
        });
    }

    fn timer(&self) -> MutexGuard<'_, Option<oneshot::Sender<()>>> {
        self.timer.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn is_displayed_at_once(displayed: &ConnectionState, now: &ConnectionState) -> bool {
    use ConnectionState::{Closed, Fatal, Idle, Live};
    // A healthy or a terminal state, more details of the displayed state, and the first state.
    matches!(now, Live | Fatal { .. } | Closed) || is_same_kind(displayed, now) || *displayed == Idle
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
    fn live_and_terminal_states_are_displayed_at_once() {
        for shown in [Idle, Connecting, Syncing, HeldForAuth, reconnecting(1)] {
            for now in [Live, fatal(), Closed] {
                assert!(is_displayed_at_once(&shown, &now), "{shown:?} to {now:?}");
            }
        }
    }

    #[test]
    fn transient_states_wait_for_the_timer() {
        for shown in [Connecting, Live] {
            for now in [Syncing, HeldForAuth, reconnecting(1)] {
                assert!(!is_displayed_at_once(&shown, &now), "{shown:?} to {now:?}");
            }
        }
    }

    #[test]
    fn details_of_the_displayed_state_are_updated_at_once() {
        assert!(is_displayed_at_once(&reconnecting(1), &reconnecting(2)));
        assert!(is_displayed_at_once(&Idle, &Connecting));
    }

    #[test]
    fn since_moves_only_with_the_kind_of_state() {
        let at = |seconds| Time::new(std::time::Duration::from_secs(seconds));
        let displayed = DebouncedConnection::new(ConnectionSnapshot { state: reconnecting(1), since: at(1) });
        let is_displayed = |state, since| {
            (displayed.state.get_untracked(), displayed.since.get_untracked()) == (state, at(since))
        };
        let changed = displayed.display(ConnectionSnapshot { state: reconnecting(2), since: at(3) });
        assert!(is_displayed(reconnecting(2), 1) && changed == SnapshotChange { state: true, since: false });
        let changed = displayed.display(ConnectionSnapshot { state: Live, since: at(4) });
        assert!(is_displayed(Live, 4) && changed == SnapshotChange { state: true, since: true });
        let changed = displayed.display(ConnectionSnapshot { state: Live, since: at(5) });
        assert!(is_displayed(Live, 4) && changed == SnapshotChange::default());
    }
}
