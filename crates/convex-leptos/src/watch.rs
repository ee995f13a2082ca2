//! The subscriptions of a hook: one after another, as its arguments change.

use crate::{
    ConvexError, IN_BROWSER, immediate_effect::ImmediateEffect, query::EncodedArgs, waiters::Waiters,
};
use convex_web::sync::Arguments;
use futures_util::task::Waker;
use leptos::prelude::*;
use std::sync::{
    Arc, Mutex, MutexGuard, OnceLock, PoisonError,
    atomic::{AtomicBool, Ordering},
};

/// A live query or list. Dropping it unsubscribes.
pub(crate) trait Subscription: Send + Sync + 'static {
    /// Whether there is no result, or no first page, yet. Tracked.
    fn is_loading(&self) -> bool;
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
pub(crate) struct Watch<S> {
    target: ArcRwSignal<Target<S>>,
    keep_previous: bool,
    previous: Mutex<Option<Arc<S>>>,
    waiters: Waiters,
    has_effect: AtomicBool,
    effect: OnceLock<ImmediateEffect>,
}

/// The subscription of a hook, or the reason why there is none.
pub(crate) enum Target<S> {
    /// Nothing, since the arguments were not read yet. On a server this is the only state.
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
    /// Subscribes with these arguments, unless they skip or are invalid.
    pub(crate) fn subscribe(args: EncodedArgs, subscribe: impl FnOnce(&Arguments) -> S) -> Self {
        match args {
            Ok(Some(args)) => Self::Active(Arc::new(subscribe(&args))),
            Ok(None) => Self::Skipped,
            Err(error) => Self::Refused(ConvexError::Arguments(error)),
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
    pub(crate) fn new(keep_previous: bool) -> Self {
        Self {
            target: ArcRwSignal::new(Target::Pending),
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

    /// Whether there is no data for the current arguments yet, but will be. Tracked.
    pub(crate) fn is_loading(&self) -> bool {
        match &*self.target.read() {
            Target::Pending => true,
            Target::Active(current) => current.is_loading(),
            Target::Skipped | Target::Refused(_) | Target::Closed => false,
        }
    }

    pub(crate) fn is_closed(&self) -> bool {
        matches!(*self.target.read_untracked(), Target::Closed)
    }

    // ---- waiters ----

    /// Suspends the `<Suspense>` around the reader, if there is one: now if `is_waiting`, and
    /// whenever this loads.
    pub(crate) fn suspend_reader(self: &Arc<Self>, is_waiting: bool) {
        if self.waiters.read(is_waiting) {
            self.ensure_effect();
        }
    }

    /// Wakes a future when loading ends.
    pub(crate) fn wake_later(self: &Arc<Self>, waker: &Waker) {
        self.waiters.wake_later(waker);
        self.ensure_effect();
    }

    // ---- commands ----

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
        self.waiters.settle(false);
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
        if !IN_BROWSER || self.has_effect.swap(true, Ordering::Relaxed) {
            return;
        }
        let watch = Arc::downgrade(self);
        let effect = ImmediateEffect::new(move || {
            if let Some(watch) = watch.upgrade() {
                let is_loading = watch.is_loading();
                untrack(|| watch.settle(is_loading));
            }
        });
        assert!(self.effect.set(effect).is_ok(), "`has_effect` guards it");
    }

    /// Drops the previous subscription once the current one is shown, and suspends or releases
    /// waiters.
    fn settle(&self, is_loading: bool) {
        let unused = self.lock_previous().take_if(|previous| !is_loading || previous.is_loading());
        drop(unused);
        self.waiters.settle(is_loading);
    }

    /// Not held while a subscription is dropped: that notifies the client, which may call back.
    fn lock_previous(&self) -> MutexGuard<'_, Option<Arc<S>>> {
        self.previous.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
