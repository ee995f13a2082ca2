//! The waiters in the browser. A boundary shows its fallback whenever the query loads.

use crate::watch::Progress;
use futures_util::task::Waker;
use leptos::{
    prelude::*,
    reactive::{
        computed::suspense::{SuspenseContext, TaskHandle},
        graph::Observer,
    },
};
use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::Poll,
};

/// The `<Suspense>` and `<Transition>` boundaries and the futures that wait for one query or list.
#[derive(Clone, Default)]
pub(crate) struct Waiters(Arc<Mutex<WaiterState>>);

#[derive(Default)]
struct WaiterState {
    boundaries: Vec<SuspenseBoundary>,
    futures: Vec<Waker>,
}

/// A `<Suspense>` or `<Transition>` in which the query is read. It is suspended while there is a
/// task.
struct SuspenseBoundary {
    context: SuspenseContext,
    readers: usize,
    task: Option<TaskHandle>,
}

impl Waiters {
    /// Called on each read: registers the `<Suspense>` around the reader until the reader runs
    /// again or is disposed. It is suspended whenever the query loads meanwhile. Returns whether
    /// there is one.
    pub(crate) fn read(&self, progress: Progress) -> bool {
        if Observer::get().is_some()
            && let Some(context) = use_context::<SuspenseContext>()
        {
            self.enter(context, progress == Progress::Loading);
            true
        } else {
            false
        }
    }

    /// Suspends the boundaries while loading; otherwise releases them and wakes the futures.
    pub(crate) fn settle(&self, progress: Progress) {
        if progress == Progress::Loading {
            let suspend: Vec<_> = {
                let waiters = self.lock();
                let idle = waiters.boundaries.iter().filter(|boundary| boundary.task.is_none());
                idle.map(|boundary| boundary.context.clone()).collect()
            };
            suspend.into_iter().for_each(|context| self.suspend(context));
        } else {
            let (tasks, futures) = {
                let mut waiters = self.lock();
                let tasks: Vec<_> = waiters.boundaries.iter_mut().filter_map(|b| b.task.take()).collect();
                (tasks, std::mem::take(&mut waiters.futures))
            };
            drop(tasks);
            futures.into_iter().for_each(Waker::wake);
        }
    }

    /// Wakes a future at the next [`settle`](Self::settle) that does not load.
    pub(crate) fn wake_later(&self, waker: &Waker) {
        // Cloned before the lock is taken: cloning may run app code.
        let waker = waker.clone();
        let mut waiters = self.lock();
        if !waiters.futures.iter().any(|known| known.will_wake(&waker)) {
            waiters.futures.push(waker);
        }
    }

    /// Only the response of a server waits.
    pub(crate) fn poll_read(&self, _waker: &Waker) -> Poll<()> {
        Poll::Ready(())
    }

    fn enter(&self, context: SuspenseContext, is_loading: bool) {
        let is_new_task = {
            let mut waiters = self.lock();
            let boundary = waiters.boundaries.iter_mut().find(|b| b.context.tasks == context.tasks);
            match boundary {
                Some(boundary) => {
                    boundary.readers += 1;
                    is_loading && boundary.task.is_none()
                }
                None => {
                    waiters.boundaries.push(SuspenseBoundary {
                        context: context.clone(),
                        readers: 1,
                        task: None,
                    });
                    is_loading
                }
            }
        };
        on_cleanup({
            let (waiters, context) = (self.clone(), context.clone());
            move || waiters.remove_reader(&context)
        });
        if is_new_task {
            self.suspend(context);
        }
    }

    fn remove_reader(&self, context: &SuspenseContext) {
        let removed = {
            let mut waiters = self.lock();
            let found = waiters.boundaries.iter().position(|b| b.context.tasks == context.tasks);
            found.and_then(|at| {
                waiters.boundaries[at].readers -= 1;
                (waiters.boundaries[at].readers == 0).then(|| waiters.boundaries.swap_remove(at))
            })
        };
        drop(removed);
    }

    fn suspend(&self, context: SuspenseContext) {
        let mut task = Some(context.task_id());
        {
            let mut waiters = self.lock();
            if let Some(boundary) = waiters.boundaries.iter_mut().find(|b| b.context.tasks == context.tasks)
                && boundary.task.is_none()
            {
                boundary.task = task.take();
            }
        }
        drop(task);
    }

    /// Not held while a task is created or dropped: that notifies, which runs app code.
    fn lock(&self) -> MutexGuard<'_, WaiterState> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use leptos::reactive::computed::ArcMemo;

    struct Reader {
        memo: ArcMemo<()>,
        again: ArcRwSignal<()>,
    }

    impl Reader {
        fn new(waiters: &Waiters) -> Self {
            let again = ArcRwSignal::new(());
            let memo = ArcMemo::new({
                let (waiters, again) = (waiters.clone(), again.clone());
                move |_| {
                    again.track();
                    waiters.read(Progress::Loading);
                    waiters.read(Progress::Loading);
                }
            });
            memo.get_untracked();
            Self { memo, again }
        }

        fn run_again(&self) {
            self.again.notify();
            self.memo.get_untracked();
        }
    }

    fn boundary() -> (Owner, SuspenseContext) {
        let owner = Owner::new();
        let context = SuspenseContext { tasks: ArcRwSignal::default() };
        owner.with(|| provide_context(context.clone()));
        (owner, context)
    }

    fn tasks(context: &SuspenseContext) -> usize {
        context.tasks.with_untracked(|tasks| tasks.len())
    }

    #[test]
    fn a_boundary_has_one_task_for_all_its_readers() {
        let (waiters, (owner, context)) = (Waiters::default(), boundary());
        let readers = owner.with(|| [(); 2].map(|()| Reader::new(&waiters)));
        readers[0].run_again();
        assert_eq!((tasks(&context), waiters.lock().boundaries.len()), (1, 1));
        waiters.settle(Progress::Settled);
        assert_eq!(tasks(&context), 0);
        waiters.settle(Progress::Loading);
        assert_eq!(tasks(&context), 1, "it is suspended again without another read");
    }

    #[test]
    fn a_boundary_without_readers_is_released() {
        let (waiters, (owner, context)) = (Waiters::default(), boundary());
        let reader = owner.with(|| Reader::new(&waiters));
        owner.cleanup();
        drop(reader);
        assert_eq!((tasks(&context), waiters.lock().boundaries.len()), (0, 0));
    }

    #[test]
    fn an_untracked_read_suspends_nothing() {
        let (waiters, (owner, context)) = (Waiters::default(), boundary());
        owner.with(|| waiters.read(Progress::Loading));
        assert_eq!(tasks(&context), 0);
    }
}
