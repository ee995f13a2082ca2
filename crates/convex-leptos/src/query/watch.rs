//! What one `use_query` looks at: one query after another, as its arguments change.

use super::{
    args::Args,
    cache::{Shown, Slot},
    status::QueryStatus,
    suspense::Waiting,
};
use crate::{ConvexError, IN_BROWSER, client::Shared, immediate_effect::ImmediateEffect};
use convex_web::sync::{Arguments, AuthPolicy, FunctionPath, QueryHandle};
use futures_util::task::Waker;
use leptos::prelude::*;
use serde::de::DeserializeOwned;
use std::sync::{
    Arc, Mutex, MutexGuard, OnceLock, PoisonError,
    atomic::{AtomicBool, Ordering},
};

/// The state of one `use_query`.
pub(crate) struct Watch<T> {
    target: ArcRwSignal<Target<T>>,
    keeps_previous: bool,
    /// What is shown until the current query has its first result. It stays subscribed, so that
    /// what is shown is live, and is gone when its person is.
    previous: Mutex<Option<Arc<Subscription<T>>>>,
    waiting: Waiting,
    is_followed: AtomicBool,
    /// Does what is due when the current query gets a result, or loses it. There once something may
    /// be due: for most queries it never is.
    follower: OnceLock<ImmediateEffect>,
}

/// What is asked.
pub(crate) enum Target<T> {
    /// Nothing yet; on a server nothing ever.
    Pending,
    /// Nothing: the arguments say so.
    Skipped,
    /// Nothing: it cannot be asked.
    Refused(ConvexError),
    /// A query.
    Query(Arc<Subscription<T>>),
    /// Nothing any more: the component is gone.
    Gone,
}

/// What is looked at no longer. Dropping it takes back its subscriptions, which tells the client,
/// which may tell us.
pub(crate) struct LeftBehind<T> {
    _old: Target<T>,
    _unwanted: Option<Arc<Subscription<T>>>,
}

/// A subscription to a query, taken back when it is dropped.
pub(crate) struct Subscription<T> {
    client: Arc<Shared>,
    query: QueryHandle,
    slot: Arc<Slot<T>>,
}

impl<T: DeserializeOwned + Send + Sync + 'static> Subscription<T> {
    pub(crate) fn new(
        client: &Arc<Shared>,
        function: &FunctionPath,
        args: &Arguments,
        auth: AuthPolicy,
    ) -> Self {
        let query = client.web().subscribe(function, args, auth);
        let slot = client.cache().slot(query, || client.web().result(query));
        Self { client: Arc::clone(client), query, slot }
    }
}

impl<T> Drop for Subscription<T> {
    fn drop(&mut self) {
        self.client.web().unsubscribe(self.query);
    }
}

impl<T: Send + Sync + 'static> Watch<T> {
    pub(crate) fn new(keeps_previous: bool) -> Self {
        Self {
            target: ArcRwSignal::new(Target::Pending),
            keeps_previous,
            previous: Mutex::new(None),
            waiting: Waiting::default(),
            is_followed: AtomicBool::new(false),
            follower: OnceLock::new(),
        }
    }

    // ---- getters: all tracked ----

    /// The current result, or while it loads the one of the arguments before.
    pub(crate) fn shown(&self) -> Shown<T> {
        match &*self.target.read() {
            Target::Pending | Target::Skipped | Target::Gone => None,
            Target::Refused(error) => Some(Err(error.clone())),
            Target::Query(current) => current.slot.shown().get().or_else(|| {
                let previous = self.previous().clone();
                previous?.slot.shown().get()
            }),
        }
    }

    /// The current result, as a future waits for it.
    pub(crate) fn settled(&self) -> Shown<T> {
        match &*self.target.read() {
            Target::Pending | Target::Skipped => None,
            Target::Gone => Some(Err(ConvexError::NotSent(convex_web::sync::NotSentReason::Cancelled))),
            Target::Refused(error) => Some(Err(error.clone())),
            Target::Query(current) => current.slot.shown().get(),
        }
    }

    pub(crate) fn status(&self) -> QueryStatus {
        match &*self.target.read() {
            Target::Pending => QueryStatus::Loading,
            Target::Skipped | Target::Gone => QueryStatus::Skipped,
            Target::Refused(_) => QueryStatus::Error,
            Target::Query(current) => match &*current.slot.shown().read() {
                None => QueryStatus::Loading,
                Some(Ok(_)) => QueryStatus::Ready,
                Some(Err(_)) => QueryStatus::Error,
            },
        }
    }

    /// Has the `<Suspense>` around the reader wait, if there is one and the query loads.
    pub(crate) fn suspend_reader(self: &Arc<Self>, is_loading: bool) {
        if self.waiting.read(is_loading) {
            self.follow();
        }
    }

    /// Wakes a future when there is something to see.
    pub(crate) fn wake_later(self: &Arc<Self>, waker: &Waker) {
        self.waiting.wake_later(waker);
        self.follow();
    }

    // ---- commands ----

    /// Looks at something else: written whole before anybody is told.
    pub(crate) fn aim(self: &Arc<Self>, target: impl FnOnce() -> Target<T>) {
        let left_behind = self.aim_silently(target);
        self.tell();
        drop(left_behind);
    }

    /// As [`aim`](Self::aim), for a caller who [tells](Self::tell) everybody later, and drops then
    /// what is returned.
    pub(crate) fn aim_silently(&self, target: impl FnOnce() -> Target<T>) -> Option<LeftBehind<T>> {
        let target = target();
        if matches!(*self.target.read_untracked(), Target::Gone) {
            return None;
        }
        let old = std::mem::replace(&mut *self.target.write_untracked(), target);
        let unwanted = self.keep(&old);
        Some(LeftBehind { _old: old, _unwanted: unwanted })
    }

    pub(crate) fn tell(self: &Arc<Self>) {
        self.target.notify();
        let keeps_any = self.previous().is_some();
        if keeps_any {
            self.follow();
        }
    }

    /// Keeps what was shown until there is something else to show. Returns what is kept no longer.
    fn keep(&self, old: &Target<T>) -> Option<Arc<Subscription<T>>> {
        let mut previous = self.previous();
        match (&*self.target.read_untracked(), old) {
            (Target::Query(_), Target::Query(old))
                if self.keeps_previous && old.slot.shown().with_untracked(Option::is_some) =>
            {
                previous.replace(Arc::clone(old))
            }
            (Target::Query(_), _) => None,
            _ => previous.take(),
        }
    }

    fn follow(self: &Arc<Self>) {
        if !IN_BROWSER || self.is_followed.swap(true, Ordering::Relaxed) {
            return;
        }
        let watch = Arc::downgrade(self);
        let follower = ImmediateEffect::new(move || {
            if let Some(watch) = watch.upgrade() {
                let is_loading = watch.status() == QueryStatus::Loading;
                untrack(|| watch.settle(is_loading));
            }
        });
        assert!(self.follower.set(follower).is_ok(), "only one is made");
    }

    /// Does what is due when the current query has got a result, or lost it.
    fn settle(&self, is_loading: bool) {
        if !is_loading {
            let previous = self.previous().take();
            drop(previous);
        }
        self.waiting.settle(is_loading);
    }

    /// Looks at nothing any more.
    pub(crate) fn leave(self: &Arc<Self>) {
        self.aim(|| Target::Gone);
        self.waiting.settle(false);
    }

    /// Never held while a subscription is dropped: that tells the client, which may tell us.
    fn previous(&self) -> MutexGuard<'_, Option<Arc<Subscription<T>>>> {
        self.previous.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What is to be asked with these arguments.
pub(crate) fn target<T>(
    client: &Arc<Shared>,
    function: &FunctionPath,
    args: Args,
    auth: AuthPolicy,
) -> Target<T>
where
    T: DeserializeOwned + Send + Sync + 'static,
{
    match args {
        Ok(Some(args)) => Target::Query(Arc::new(Subscription::new(client, function, &args, auth))),
        Ok(None) => Target::Skipped,
        Err(error) => Target::Refused(ConvexError::Arguments(error)),
    }
}
