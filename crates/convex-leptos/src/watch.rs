//! The subscriptions of a hook: one after another, as its arguments change.

use crate::{
    ConvexError, FOLLOWS_SIGNALS, IN_BROWSER, OnServer, args_reader, immediate_effect::ImmediateEffect,
    page::Page, query::DecidedArgs, waiters::Waiters,
};
use convex_web::sync::Arguments;
use futures_util::task::Waker;
use leptos::prelude::*;
use std::{
    sync::{
        Arc, Mutex, MutexGuard, OnceLock, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    task::Poll,
};

/// A live query or list. Dropping it unsubscribes.
pub(crate) trait Subscription: Send + Sync + 'static {
    /// Whether there is no result, or no first page, yet. Tracked.
    fn is_loading(&self) -> bool;

    /// Whether the server that renders the page will have no result. Tracked.
    fn is_left_to_browser(&self) -> bool;
}

/// Whether there is data for the current arguments.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Progress {
    /// There is none yet, but there will be.
    Loading,
    /// On a server: there is none and will be none, but there will be in the browser.
    LeftToBrowser,
    /// There is data or an error, or there will never be any.
    Settled,
}

/// The state of one `use_query`, of one entry of `use_queries`, or of one `use_paginated_query`.
///
/// # Algorithm
///
/// New arguments replace the *target*. While a new subscription loads, the *previous* one stays
/// subscribed, so that its data is live and an identity change clears it; readers show it until the
/// current subscription has data. Waiting `<Suspense>` boundaries and futures are *waiters*.
///
/// It maintains: there is a previous subscription only while the target is a subscription that
/// loads, and waiters are suspended exactly while the target loads. Both can become false when the
/// current subscription gets or loses its data. So the first time that a previous subscription or a
/// waiter is added, an effect is created that reads whether the target loads, and settles both.
/// Most hooks never need it: without a waiter, the effect would only be a cost.
///
/// A change is written completely before readers are notified, and replaced subscriptions are
/// dropped after that: dropping unsubscribes, which can notify again. The cost of a step does not
/// depend on the size of the data.
///
/// On a server, the data arrives on another thread. So after a waiter was added, the progress is
/// read once more: the effect may have run just before.
pub(crate) struct Watch<S> {
    page: Page,
    target: ArcRwSignal<Target<S>>,
    /// The arguments read other queries.
    is_dependent: AtomicBool,
    keep_previous: bool,
    previous: Mutex<Option<Arc<S>>>,
    waiters: Waiters,
    has_effect: AtomicBool,
    effect: OnceLock<ImmediateEffect>,
}

/// The subscription of a hook, or the reason why there is none.
pub(crate) enum Target<S> {
    /// Nothing yet: the arguments were not read, or they depend on a query that loads.
    Pending,
    /// Nothing: the arguments skip it.
    Skipped,
    /// Nothing: the function or the arguments are invalid.
    Refused(ConvexError),
    /// A query or list.
    Active(Arc<S>),
    /// Nothing: the component is disposed.
    Closed,
}

impl<S> Target<S> {
    /// Subscribes with these arguments, unless they are undecided, skip or are invalid.
    pub(crate) fn subscribe(args: DecidedArgs, subscribe: impl FnOnce(&Arguments) -> S) -> Self {
        match args {
            None => Self::Pending,
            Some(Ok(Some(args))) => Self::Active(Arc::new(subscribe(&args))),
            Some(Ok(None)) => Self::Skipped,
            Some(Err(error)) => Self::Refused(ConvexError::Arguments(error)),
        }
    }
}

/// The target and the previous subscription that a change replaced. Drop it after readers were
/// notified.
pub(crate) struct Replaced<S> {
    _target: Target<S>,
    _previous: Option<Arc<S>>,
}

impl<S: Subscription> Watch<S> {
    pub(crate) fn new(page: &Page, keep_previous: bool) -> Self {
        Self {
            page: page.clone(),
            target: ArcRwSignal::new(Target::Pending),
            is_dependent: AtomicBool::new(false),
            keep_previous,
            previous: Mutex::new(None),
            waiters: Waiters::default(),
            has_effect: AtomicBool::new(false),
            effect: OnceLock::new(),
        }
    }

    // ---- getters ----

    pub(crate) fn target(&self) -> &ArcRwSignal<Target<S>> {
        &self.target
    }

    pub(crate) fn previous(&self) -> Option<Arc<S>> {
        self.lock_previous().clone()
    }

    /// Tracked.
    pub(crate) fn progress(&self) -> Progress {
        match &*self.target.read() {
            Target::Pending => Progress::Loading,
            Target::Active(current) if !current.is_loading() => Progress::Settled,
            Target::Active(current) if current.is_left_to_browser() => Progress::LeftToBrowser,
            Target::Active(_) => Progress::Loading,
            Target::Skipped | Target::Refused(_) | Target::Closed => Progress::Settled,
        }
    }

    /// Whether the reader must see that this loads, because the other side of the page does
    /// ([`page`](crate::page)). Tracked.
    pub(crate) fn is_hidden(&self) -> bool {
        let can_differ = self.is_dependent.load(Ordering::Relaxed)
            || matches!(&*self.target.read_untracked(), Target::Active(_) | Target::Pending);
        can_differ && !args_reader::is_reading() && self.page.hides_results()
    }

    pub(crate) fn is_closed(&self) -> bool {
        matches!(*self.target.read_untracked(), Target::Closed)
    }

    // ---- waiters ----

    /// Suspends the `<Suspense>` around the reader, if there is one: now if this loads, and
    /// whenever it does. Arguments do not wait: they are undecided.
    pub(crate) fn suspend_reader(self: &Arc<Self>) {
        if !self.note_reader() && self.waiters.read(untrack(|| self.progress())) {
            self.ensure_effect();
            self.recheck();
        }
    }

    /// Records that arguments read this. Returns whether the reader is arguments.
    pub(crate) fn note_reader(&self) -> bool {
        args_reader::note(|| untrack(|| self.progress()) == Progress::Loading)
    }

    /// With [`OnServer::Blocking`], the response of a server starts when this has loaded, and the
    /// boundaries around its readers have read it: a `<Title>` is found there, or a status code.
    pub(crate) fn block_response(self: &Arc<Self>, on_server: OnServer) {
        let watch = Arc::clone(self);
        self.page.block_response(on_server, move |cx| {
            if untrack(|| watch.progress()) == Progress::Loading {
                watch.wake_later(cx.waker());
                return Poll::Pending;
            }
            watch.waiters.poll_read(cx.waker())
        });
    }

    /// Leaves the reader's `<Suspense>` to the browser, on a server. Returns `false` if the reader
    /// has none.
    #[cfg(feature = "ssr")]
    pub(crate) fn leave_reader_to_browser(&self) -> bool {
        use leptos::reactive::computed::suspense::LocalResourceNotifier;
        let notifier = use_context::<LocalResourceNotifier>();
        notifier.map(|mut notifier| notifier.notify()).is_some()
    }

    /// Wakes a future when loading ends.
    pub(crate) fn wake_later(self: &Arc<Self>, waker: &Waker) {
        self.waiters.wake_later(waker);
        self.ensure_effect();
        self.recheck();
    }

    fn recheck(&self) {
        if !IN_BROWSER {
            untrack(|| self.settle(self.progress()));
        }
    }

    // ---- commands ----

    /// The arguments read other queries, or do not.
    pub(crate) fn set_dependent(&self, is_dependent: bool) {
        self.is_dependent.store(is_dependent, Ordering::Relaxed);
    }

    /// Replaces the target and notifies readers.
    pub(crate) fn set(self: &Arc<Self>, target: impl FnOnce() -> Target<S>) {
        let replaced = self.set_silently(target);
        self.notify();
        drop(replaced);
    }

    /// As [`set`](Self::set), for a caller that calls [`notify`](Self::notify) afterwards, and
    /// drops the returned value after that. `None` if this is closed.
    pub(crate) fn set_silently(&self, target: impl FnOnce() -> Target<S>) -> Option<Replaced<S>> {
        let target = target();
        if self.is_closed() {
            return None;
        }
        let old = std::mem::replace(&mut *self.target.write_untracked(), target);
        let previous = self.replace_previous(&old);
        Some(Replaced { _target: old, _previous: previous })
    }

    pub(crate) fn notify(self: &Arc<Self>) {
        self.target.notify();
        if self.previous().is_some() {
            self.ensure_effect();
        }
    }

    /// Unsubscribes, once and for all.
    pub(crate) fn close(self: &Arc<Self>) {
        self.set(|| Target::Closed);
        self.waiters.settle(Progress::Settled);
    }

    /// Keeps the old target's subscription if it has data to show. Returns the subscription that
    /// has become unused.
    fn replace_previous(&self, old: &Target<S>) -> Option<Arc<S>> {
        let has_data = |old: &Arc<S>| untrack(|| !old.is_loading());
        let mut previous = self.lock_previous();
        match (&*self.target.read_untracked(), old) {
            (Target::Active(_), Target::Active(old)) if self.keep_previous && has_data(old) => {
                previous.replace(Arc::clone(old))
            }
            (Target::Active(_), _) => None,
            _ => previous.take(),
        }
    }

    fn ensure_effect(self: &Arc<Self>) {
        if !FOLLOWS_SIGNALS || self.has_effect.swap(true, Ordering::Relaxed) {
            return;
        }
        let watch = Arc::downgrade(self);
        let effect = ImmediateEffect::new(move || {
            if let Some(watch) = watch.upgrade() {
                let progress = watch.progress();
                untrack(|| watch.settle(progress));
            }
        });
        assert!(self.effect.set(effect).is_ok(), "`has_effect` guards it");
    }

    /// Drops the previous subscription once the current one is shown, and suspends or releases
    /// waiters.
    fn settle(&self, progress: Progress) {
        let is_settled = progress == Progress::Settled;
        let unused = self.lock_previous().take_if(|previous| is_settled || previous.is_loading());
        drop(unused);
        self.waiters.settle(progress);
    }

    /// Not held while a subscription is dropped: that notifies the client, which may call back.
    fn lock_previous(&self) -> MutexGuard<'_, Option<Arc<S>>> {
        self.previous.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
