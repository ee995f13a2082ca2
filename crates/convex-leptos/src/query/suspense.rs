//! What of the page waits while a query loads.

use futures_util::task::Waker;
use leptos::{
    prelude::*,
    reactive::{
        computed::suspense::{LocalResourceNotifier, SuspenseContext, TaskHandle},
        graph::Observer,
    },
};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The `<Suspense>`s, `<Transition>`s and futures that wait for one query.
#[derive(Clone, Default)]
pub(crate) struct Waiting(Arc<Mutex<Waiters>>);

#[derive(Default)]
struct Waiters {
    boundaries: Vec<Boundary>,
    futures: Vec<Waker>,
}

/// A `<Suspense>` or `<Transition>` in which the query is read. It is suspended as long as the task
/// is there.
struct Boundary {
    context: SuspenseContext,
    readers: usize,
    task: Option<TaskHandle>,
}

impl Waiting {
    /// Called on each read: the `<Suspense>` around it waits if the query loads, now and whenever
    /// it loads again, until what read it runs again or goes. Whether there is one.
    pub(crate) fn read(&self, is_loading: bool) -> bool {
        // On a server, where no result will come, the boundary renders its fallback and leaves the
        // rest to the browser.
        if let Some(mut notifier) = use_context::<LocalResourceNotifier>() {
            notifier.notify();
            false
        } else if Observer::get().is_some()
            && let Some(context) = use_context::<SuspenseContext>()
        {
            self.enter(context, is_loading);
            true
        } else {
            false
        }
    }

    /// Suspends the boundaries, or lets them and the futures go on.
    pub(crate) fn settle(&self, is_loading: bool) {
        if is_loading {
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

    /// Wakes a future when there is something to see.
    pub(crate) fn wake_later(&self, waker: &Waker) {
        // Cloned first: that may run app code.
        let waker = waker.clone();
        let mut waiters = self.lock();
        if !waiters.futures.iter().any(|known| known.will_wake(&waker)) {
            waiters.futures.push(waker);
        }
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
                    waiters.boundaries.push(Boundary { context: context.clone(), readers: 1, task: None });
                    is_loading
                }
            }
        };
        on_cleanup({
            let (waiting, context) = (self.clone(), context.clone());
            move || waiting.leave(&context)
        });
        if is_new_task {
            self.suspend(context);
        }
    }

    fn leave(&self, context: &SuspenseContext) {
        let gone = {
            let mut waiters = self.lock();
            let found = waiters.boundaries.iter().position(|b| b.context.tasks == context.tasks);
            found.and_then(|at| {
                waiters.boundaries[at].readers -= 1;
                (waiters.boundaries[at].readers == 0).then(|| waiters.boundaries.swap_remove(at))
            })
        };
        drop(gone);
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

    /// Taking or dropping a task notifies, and runs what others wrote: neither happens under this
    /// lock.
    fn lock(&self) -> MutexGuard<'_, Waiters> {
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
        fn new(waiting: &Waiting, is_loading: bool) -> Self {
            let again = ArcRwSignal::new(());
            let memo = ArcMemo::new({
                let (waiting, again) = (waiting.clone(), again.clone());
                move |_| {
                    again.track();
                    waiting.read(is_loading);
                    waiting.read(is_loading);
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
    fn a_boundary_waits_once_however_often_it_is_read_in() {
        let (waiting, (owner, context)) = (Waiting::default(), boundary());
        let readers = owner.with(|| [(); 2].map(|()| Reader::new(&waiting, true)));
        readers[0].run_again();
        assert_eq!((tasks(&context), waiting.lock().boundaries.len()), (1, 1));
        waiting.settle(false);
        assert_eq!(tasks(&context), 0);
        waiting.settle(true);
        assert_eq!(tasks(&context), 1, "it waits again, without having been read again");
    }

    #[test]
    fn a_boundary_in_which_nobody_reads_any_more_is_let_go() {
        let (waiting, (owner, context)) = (Waiting::default(), boundary());
        let reader = owner.with(|| Reader::new(&waiting, true));
        owner.cleanup();
        drop(reader);
        assert_eq!((tasks(&context), waiting.lock().boundaries.len()), (0, 0));
    }

    #[test]
    fn who_does_not_follow_what_it_reads_suspends_nothing() {
        let (waiting, (owner, context)) = (Waiting::default(), boundary());
        owner.with(|| waiting.read(true));
        assert_eq!(tasks(&context), 0);
    }

    #[test]
    fn on_a_server_the_boundary_is_told_not_to_wait() {
        let (waiting, (owner, context)) = (Waiting::default(), boundary());
        let (sender, mut receiver) = futures_channel::oneshot::channel();
        owner.with(|| provide_context(LocalResourceNotifier::from(sender)));
        let _reader = owner.with(|| Reader::new(&waiting, true));
        assert_eq!(receiver.try_recv(), Ok(Some(())));
        assert_eq!(tasks(&context), 0);
    }
}
