//! Following signals in the tick in which they change.

use leptos::{
    prelude::*,
    reactive::graph::{AnySource, AnySubscriber, ReactiveNode, Source, Subscriber, WithObserver},
};
use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
};

/// Runs a closure at once, and whenever something it read has changed: in the same tick, until this
/// is dropped.
///
/// It is what `ImmediateEffect` is, with two differences. Inside a `batch` it does not wait, since
/// what waits there and follows a memo is lost: `batch` looks at the memo twice, and finds it
/// unchanged the second time (reactive_graph 0.2). And it never runs inside itself: what changes
/// while it runs has it run once more afterwards.
///
/// The closure must bear to be run without need.
pub(crate) struct ImmediateEffect(Arc<Node>);

impl ImmediateEffect {
    pub(crate) fn new(run: impl Fn() + Send + Sync + 'static) -> Self {
        let node = Arc::new_cyclic(|this: &Weak<Node>| Node {
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

    /// One that goes with the current owner. On a server, which follows nothing, it does not even
    /// run once.
    pub(crate) fn scoped(run: impl Fn() + Send + Sync + 'static) {
        if crate::IN_BROWSER {
            let follower = Self::new(run);
            on_cleanup(move || drop(follower));
        }
    }

    /// Whether there is anything that would have it run again.
    pub(crate) fn follows_any(&self) -> bool {
        !self.0.sources().is_empty()
    }
}

impl fmt::Debug for ImmediateEffect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ImmediateEffect").field("progress", &*self.0.progress()).finish_non_exhaustive()
    }
}

struct Node {
    run: Box<dyn Fn() + Send + Sync>,
    /// Of what the closure makes, until it runs again.
    owner: Owner,
    this: AnySubscriber,
    sources: Mutex<Vec<AnySource>>,
    progress: Mutex<Progress>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Progress {
    Idle,
    Busy {
        /// Something changed meanwhile.
        stale: bool,
    },
}

impl Node {
    fn follow(&self, mut is_due: impl FnMut() -> bool) {
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

    /// Whether this is the one that is to run it.
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

impl Drop for Node {
    fn drop(&mut self) {
        self.forget_sources();
    }
}

impl ReactiveNode for Node {
    fn mark_dirty(&self) {
        self.follow(|| true);
    }

    fn mark_check(&self) {
        self.follow(|| self.any_source_changed());
    }

    fn mark_subscribers_check(&self) {}

    fn update_if_necessary(&self) -> bool {
        false
    }
}

impl Subscriber for Node {
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

    /// A follower that notes what it sees.
    fn follower<T: Send + 'static>(
        see: impl Fn() -> T + Send + Sync + 'static,
    ) -> (ImmediateEffect, Arc<Mutex<Vec<T>>>) {
        let seen = Arc::new(Mutex::new(Vec::new()));
        let follower = ImmediateEffect::new({
            let seen = Arc::clone(&seen);
            move || {
                let now = see();
                seen.lock().expect("not poisoned").push(now);
            }
        });
        (follower, seen)
    }

    fn taken<T>(seen: &Mutex<Vec<T>>) -> Vec<T> {
        std::mem::take(&mut *seen.lock().expect("not poisoned"))
    }

    #[test]
    fn it_runs_at_once_and_in_the_tick_of_each_change() {
        let signal = ArcRwSignal::new(1);
        let (follower, seen) = follower({
            let signal = signal.clone();
            move || signal.get()
        });
        signal.set(2);
        assert_eq!(taken(&seen), [1, 2]);
        drop(follower);
        signal.set(3);
        assert!(taken(&seen).is_empty());
    }

    #[test]
    fn it_follows_a_memo_in_a_batch_too_and_only_when_that_changes() {
        let signal = ArcRwSignal::new(1);
        let is_even = ArcMemo::new({
            let signal = signal.clone();
            move |_| signal.get() % 2 == 0
        });
        let (_follower, seen) = follower(move || is_even.get());
        batch(|| signal.set(2));
        signal.set(4);
        batch(|| signal.set(5));
        assert_eq!(taken(&seen), [false, true, false]);
    }

    #[test]
    fn what_changes_while_it_runs_has_it_run_once_more() {
        let signal = ArcRwSignal::new(1);
        let (_follower, seen) = follower({
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
    fn what_it_no_longer_reads_it_no_longer_follows() {
        let (which, left, right) = (ArcRwSignal::new(true), ArcRwSignal::new(1), ArcRwSignal::new(2));
        let (_follower, seen) = follower({
            let (which, left, right) = (which.clone(), left.clone(), right.clone());
            move || if which.get() { left.get() } else { right.get() }
        });
        which.set(false);
        left.set(3);
        right.set(4);
        assert_eq!(taken(&seen), [1, 2, 4]);
    }
}
