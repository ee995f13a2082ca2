//! Effects that run in the tick in which a signal changes.

use leptos::{
    prelude::*,
    reactive::graph::{AnySource, AnySubscriber, ReactiveNode, Source, Subscriber, WithObserver},
};
use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
};

/// Runs a closure now, and again in the same tick in which a signal that it read changes, until
/// this is dropped.
///
/// It differs from Leptos's `ImmediateEffect` in two ways. It does not wait for the end of a
/// `batch`: there, an effect that depends on a memo would be lost, because `batch` checks the memo
/// twice and finds it unchanged the second time (reactive_graph 0.2). And it never runs inside
/// itself: a change during a run causes one more run afterwards.
///
/// The closure can run without a change, so it must be idempotent.
pub(crate) struct ImmediateEffect(Arc<EffectNode>);

impl ImmediateEffect {
    pub(crate) fn new(run: impl Fn() + Send + Sync + 'static) -> Self {
        let node = Arc::new_cyclic(|this: &Weak<EffectNode>| EffectNode {
            run: Box::new(run),
            owner: Owner::new(),
            this: AnySubscriber(
                this.as_ptr() as usize,
                Weak::clone(this) as Weak<dyn Subscriber + Send + Sync>,
            ),
            sources: Mutex::default(),
            progress: Mutex::new(Progress::Idle),
        });
        node.mark_dirty();
        Self(node)
    }

    /// An effect that lives as long as the current owner.
    pub(crate) fn scoped(run: impl Fn() + Send + Sync + 'static) {
        let effect = Self::new(run);
        on_cleanup(move || drop(effect));
    }

    /// Whether the last run read any signal. If not, it never runs again.
    pub(crate) fn has_sources(&self) -> bool {
        !self.0.sources().is_empty()
    }
}

impl fmt::Debug for ImmediateEffect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ImmediateEffect").field("progress", &*self.0.progress()).finish_non_exhaustive()
    }
}

struct EffectNode {
    run: Box<dyn Fn() + Send + Sync>,
    /// Owns what the closure creates, until it runs again.
    owner: Owner,
    this: AnySubscriber,
    sources: Mutex<Vec<AnySource>>,
    progress: Mutex<Progress>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Progress {
    Idle,
    Busy {
        /// Whether a signal changed during the run.
        stale: bool,
    },
}

impl EffectNode {
    /// Runs the closure while `is_due` says so or a signal changed during the run. It ends when a
    /// run changes nothing that it reads.
    fn run_while(&self, mut is_due: impl FnMut() -> bool) {
        if !self.begin() {
            return;
        }
        let mut due = is_due();
        loop {
            if due {
                self.forget_sources();
                self.owner.with_cleanup(|| self.this.with_observer(&self.run));
            }
            due = self.is_stale_or_done();
            if !due {
                return;
            }
        }
    }

    /// Whether the caller is to run the closure; `false` inside a run, which is marked stale.
    fn begin(&self) -> bool {
        let mut progress = self.progress();
        let is_idle = *progress == Progress::Idle;
        *progress = Progress::Busy { stale: !is_idle };
        is_idle
    }

    fn is_stale_or_done(&self) -> bool {
        let mut progress = self.progress();
        let stale = *progress == Progress::Busy { stale: true };
        *progress = if stale { Progress::Busy { stale: false } } else { Progress::Idle };
        stale
    }

    fn any_source_changed(&self) -> bool {
        let sources = self.sources().clone();
        self.this.with_observer(|| sources.into_iter().any(|source| source.update_if_necessary()))
    }

    fn forget_sources(&self) {
        let sources = std::mem::take(&mut *self.sources());
        sources.into_iter().for_each(|source| source.remove_subscriber(&self.this));
    }

    fn sources(&self) -> MutexGuard<'_, Vec<AnySource>> {
        self.sources.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn progress(&self) -> MutexGuard<'_, Progress> {
        self.progress.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for EffectNode {
    fn drop(&mut self) {
        self.forget_sources();
    }
}

impl ReactiveNode for EffectNode {
    fn mark_dirty(&self) {
        self.run_while(|| true);
    }

    fn mark_check(&self) {
        self.run_while(|| self.any_source_changed());
    }

    fn mark_subscribers_check(&self) {}

    fn update_if_necessary(&self) -> bool {
        false
    }
}

impl Subscriber for EffectNode {
    fn add_source(&self, source: AnySource) {
        self.sources().push(source);
    }

    fn clear_sources(&self, _: &AnySubscriber) {
        self.forget_sources();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use leptos::reactive::{computed::ArcMemo, effect::batch};

    /// An effect that records what it reads.
    fn recorder<T: Send + 'static>(
        see: impl Fn() -> T + Send + Sync + 'static,
    ) -> (ImmediateEffect, Arc<Mutex<Vec<T>>>) {
        let seen = Arc::new(Mutex::new(Vec::new()));
        let effect = ImmediateEffect::new({
            let seen = Arc::clone(&seen);
            move || {
                let now = see();
                seen.lock().expect("not poisoned").push(now);
            }
        });
        (effect, seen)
    }

    fn taken<T>(seen: &Mutex<Vec<T>>) -> Vec<T> {
        std::mem::take(&mut *seen.lock().expect("not poisoned"))
    }

    #[test]
    fn it_runs_now_and_in_the_tick_of_each_change() {
        let signal = ArcRwSignal::new(1);
        let (effect, seen) = recorder({
            let signal = signal.clone();
            move || signal.get()
        });
        signal.set(2);
        assert_eq!(taken(&seen), [1, 2]);
        drop(effect);
        signal.set(3);
        assert!(taken(&seen).is_empty());
    }

    #[test]
    fn inside_a_batch_it_runs_once_per_change_of_a_memo() {
        let signal = ArcRwSignal::new(1);
        let is_even = ArcMemo::new({
            let signal = signal.clone();
            move |_| signal.get() % 2 == 0
        });
        let (_effect, seen) = recorder(move || is_even.get());
        batch(|| signal.set(2));
        signal.set(4);
        batch(|| signal.set(5));
        assert_eq!(taken(&seen), [false, true, false]);
    }

    #[test]
    fn a_change_during_a_run_causes_one_more_run() {
        let signal = ArcRwSignal::new(1);
        let (_effect, seen) = recorder({
            let signal = signal.clone();
            move || {
                let now = signal.get();
                if now < 4 {
                    signal.set(now + 1);
                }
                now
            }
        });
        assert_eq!(taken(&seen), [1, 2, 3, 4]);
    }

    #[test]
    fn signals_that_are_no_longer_read_cause_no_run() {
        let (which, left, right) = (ArcRwSignal::new(true), ArcRwSignal::new(1), ArcRwSignal::new(2));
        let (_effect, seen) = recorder({
            let (which, left, right) = (which.clone(), left.clone(), right.clone());
            move || if which.get() { left.get() } else { right.get() }
        });
        which.set(false);
        left.set(3);
        right.set(4);
        assert_eq!(taken(&seen), [1, 2, 4]);
    }
}
