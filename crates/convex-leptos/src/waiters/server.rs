//! The waiters on a server. They wait once, and then for nothing more.

use crate::watch::Progress;
use futures_util::task::Waker;
use leptos::{
    prelude::*,
    reactive::computed::suspense::{LocalResourceNotifier, SuspenseContext, TaskHandle},
};
use std::{
    mem,
    sync::{Mutex, MutexGuard, PoisonError},
    task::Poll,
};

/// The `<Suspense>` and `<Transition>` boundaries and the futures that wait for one query or list.
#[derive(Default)]
pub(crate) struct Waiters(Mutex<WaiterState>);

#[derive(Default)]
struct WaiterState {
    boundaries: Vec<SuspendedBoundary>,
    futures: Vec<Waker>,
    /// The boundaries that were released and have not read the data yet. They do it on another
    /// thread.
    released: Vec<SuspenseContext>,
    /// Wakes a response that waits for them.
    response: Option<Waker>,
}

/// A boundary that waits until this is dropped, or until its notifier tells it to render its
/// fallback.
///
/// The notified boundary must still have its task: Leptos awaits whichever comes first, the notifier
/// or the end of all tasks, and decides by chance if both have come.
struct SuspendedBoundary {
    _task: TaskHandle,
    context: SuspenseContext,
    notifier: Option<LocalResourceNotifier>,
}

impl Waiters {
    /// Called on each read: has the boundary around the reader wait, or leave its content to the
    /// browser. Returns whether the query still loads.
    pub(crate) fn read(&self, progress: Progress) -> bool {
        let is_loading = progress == Progress::Loading;
        let notifier = use_context::<LocalResourceNotifier>();
        if (is_loading || progress == Progress::LeftToBrowser && notifier.is_some())
            && let Some(context) = use_context::<SuspenseContext>()
        {
            let mut boundary = SuspendedBoundary { _task: context.task_id(), context, notifier };
            if !is_loading {
                boundary.leave_to_browser();
            }
            self.lock().boundaries.push(boundary);
        } else if progress == Progress::Settled
            && let Some(context) = use_context::<SuspenseContext>()
        {
            self.note_read(&context);
        }
        is_loading
    }

    /// Whether all boundaries that waited have read the data. If not, `waker` is woken then.
    pub(crate) fn poll_read(&self, waker: &Waker) -> Poll<()> {
        let waker = waker.clone();
        let mut waiters = self.lock();
        if waiters.released.is_empty() {
            return Poll::Ready(());
        }
        waiters.response = Some(waker);
        Poll::Pending
    }

    fn note_read(&self, context: &SuspenseContext) {
        let response = {
            let mut waiters = self.lock();
            waiters.released.retain(|released| released.tasks != context.tasks);
            let is_last = waiters.released.is_empty();
            waiters.response.take_if(|_| is_last)
        };
        response.into_iter().for_each(Waker::wake);
    }

    /// Releases the boundaries, or leaves them to the browser, and wakes the futures, unless the
    /// query still loads.
    pub(crate) fn settle(&self, progress: Progress) {
        let (boundaries, futures) = {
            let mut guard = self.lock();
            let waiters = &mut *guard;
            let boundaries = match progress {
                Progress::Loading => return,
                Progress::Settled => {
                    let contexts = waiters.boundaries.iter().map(|boundary| boundary.context.clone());
                    waiters.released.extend(contexts);
                    mem::take(&mut waiters.boundaries)
                }
                Progress::LeftToBrowser => {
                    waiters.boundaries.iter_mut().for_each(SuspendedBoundary::leave_to_browser);
                    Vec::new()
                }
            };
            (boundaries, mem::take(&mut waiters.futures))
        };
        drop(boundaries);
        futures.into_iter().for_each(Waker::wake);
    }

    /// Wakes a future at the next [`settle`](Self::settle) that does not load.
    pub(crate) fn wake_later(&self, waker: &Waker) {
        let waker = waker.clone();
        self.lock().futures.push(waker);
    }

    /// Not held while a task is created or dropped: that notifies, which runs app code.
    fn lock(&self) -> MutexGuard<'_, WaiterState> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl SuspendedBoundary {
    fn leave_to_browser(&mut self) {
        if let Some(mut notifier) = self.notifier.take() {
            notifier.notify();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn boundary() -> (Owner, SuspenseContext, futures_channel::oneshot::Receiver<()>) {
        let owner = Owner::new();
        let context = SuspenseContext { tasks: ArcRwSignal::default() };
        let (sender, left_to_browser) = futures_channel::oneshot::channel();
        owner.with(|| {
            provide_context(context.clone());
            provide_context(LocalResourceNotifier::from(sender));
        });
        (owner, context, left_to_browser)
    }

    fn tasks(context: &SuspenseContext) -> usize {
        context.tasks.with_untracked(|tasks| tasks.len())
    }

    #[test]
    fn a_boundary_waits_until_the_query_settles() {
        let (waiters, (owner, context, mut left_to_browser)) = (Waiters::default(), boundary());
        assert!(owner.with(|| waiters.read(Progress::Loading)));
        waiters.settle(Progress::Loading);
        assert_eq!(tasks(&context), 1);
        waiters.settle(Progress::Settled);
        assert_eq!((tasks(&context), left_to_browser.try_recv()), (0, Ok(None)));
    }

    #[test]
    fn a_boundary_that_is_left_to_the_browser_keeps_its_task() {
        let (waiters, (owner, context, mut left_to_browser)) = (Waiters::default(), boundary());
        owner.with(|| waiters.read(Progress::Loading));
        waiters.settle(Progress::LeftToBrowser);
        assert_eq!((tasks(&context), left_to_browser.try_recv()), (1, Ok(Some(()))));
    }

    #[test]
    fn a_later_reader_of_such_a_query_is_left_to_the_browser() {
        let (waiters, (owner, context, mut left_to_browser)) = (Waiters::default(), boundary());
        assert!(!owner.with(|| waiters.read(Progress::LeftToBrowser)));
        assert_eq!((tasks(&context), left_to_browser.try_recv()), (1, Ok(Some(()))));
    }

    #[test]
    fn a_response_waits_until_all_boundaries_have_read_the_data() {
        let waiters = Waiters::default();
        let boundaries = [boundary(), boundary()];
        let read = |progress| boundaries.each_ref().map(|(owner, ..)| owner.with(|| waiters.read(progress)));
        read(Progress::Loading);
        read(Progress::Loading);
        assert!(waiters.poll_read(Waker::noop()).is_ready(), "they wait for the data, not the response");
        waiters.settle(Progress::Settled);
        assert!(waiters.poll_read(Waker::noop()).is_pending());
        boundaries[0].0.with(|| waiters.read(Progress::Settled));
        assert!(waiters.poll_read(Waker::noop()).is_pending());
        boundaries[1].0.with(|| waiters.read(Progress::Settled));
        assert!(waiters.poll_read(Waker::noop()).is_ready());
    }

    #[test]
    fn a_settled_query_suspends_nothing() {
        let (waiters, (owner, context, mut left_to_browser)) = (Waiters::default(), boundary());
        assert!(!owner.with(|| waiters.read(Progress::Settled)));
        assert_eq!((tasks(&context), left_to_browser.try_recv()), (0, Ok(None)));
    }
}
