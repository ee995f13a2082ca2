//! What one `use_paginated_query` looks at: one list after another, as its arguments change.

use super::{
    PaginationOptions, PaginationStatus,
    lists::{List, Live},
};
use crate::{
    ConvexError,
    client::Shared,
    query::{Args, Waiting},
};
use convex_web::sync::{
    Arguments, AuthPolicy, FunctionPath, PaginatedHandle, PaginationResult, PaginationStatus as Received,
};
use leptos::prelude::*;
use serde::de::DeserializeOwned;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

/// The state of one `use_paginated_query`.
pub(super) struct Watch<T> {
    client: Arc<Shared>,
    target: ArcRwSignal<Target<T>>,
    keeps_previous: bool,
    /// The list of the arguments before. Its rows are shown until the current list has its first
    /// page, or until an identity change clears them. It stays subscribed, so that they are live.
    previous: Mutex<Option<Arc<Subscription<T>>>>,
    early: Mutex<Option<Early>>,
    waiting: Waiting,
}

/// A `load_more` that was called before there were arguments.
struct Early {
    num_items: u32,
    /// It is forgotten if the client has seen another number of them since.
    identity_changes: u64,
}

/// What is asked for.
pub(super) enum Target<T> {
    /// Nothing yet; on a server nothing ever.
    Pending,
    /// Nothing: the arguments say so.
    Skipped,
    /// Nothing: it cannot be asked for.
    Refused(ConvexError),
    /// A list.
    List(Arc<Subscription<T>>),
    /// Nothing any more: the component is gone.
    Gone,
}

/// A subscription to a list, taken back when it is dropped.
pub(super) struct Subscription<T> {
    client: Arc<Shared>,
    handle: PaginatedHandle,
    list: Arc<List<T>>,
}

impl<T: DeserializeOwned + Send + Sync + 'static> Subscription<T> {
    fn new(
        client: &Arc<Shared>,
        function: &FunctionPath,
        args: &Arguments,
        auth: AuthPolicy,
        PaginationOptions { initial_num_items }: PaginationOptions,
    ) -> Self {
        let handle = client.web().subscribe_paginated(function, args, auth, initial_num_items);
        let nothing = PaginationResult { pages: Vec::new(), status: Received::LoadingFirstPage };
        let list = Arc::new(List::new(client.web().paginated(handle).unwrap_or(nothing)));
        let live: Weak<List<T>> = Arc::downgrade(&list);
        client.lists().add(handle, live as Weak<dyn Live>);
        Self { client: Arc::clone(client), handle, list }
    }
}

impl<T> Drop for Subscription<T> {
    fn drop(&mut self) {
        self.client.lists().remove(self.handle);
        self.client.web().unsubscribe_paginated(self.handle);
    }
}

impl<T: 'static> Subscription<T> {
    /// Whether the first page has not arrived, or was cleared.
    fn is_loading(&self) -> bool {
        self.list.shown().read_untracked().status() == PaginationStatus::LoadingFirstPage
    }
}

impl<T: Send + Sync + 'static> Watch<T> {
    pub(super) fn new(client: Arc<Shared>, keeps_previous: bool) -> Self {
        Self {
            client,
            target: ArcRwSignal::new(Target::Pending),
            keeps_previous,
            previous: Mutex::default(),
            early: Mutex::default(),
            waiting: Waiting::default(),
        }
    }

    // ---- getters: all tracked ----

    /// The rows of the current list, or those of the list before while the first page loads.
    pub(super) fn each(&self, tell: impl FnMut(&T)) {
        self.pages().iter().flat_map(|page| page.iter()).for_each(tell);
    }

    fn pages(&self) -> Vec<Arc<Vec<T>>> {
        let Target::List(current) = &*self.target.read() else { return Vec::new() };
        let shown = current.list.shown().read();
        let previous = match shown.status() {
            PaginationStatus::LoadingFirstPage => lock(&self.previous).clone(),
            _ => None,
        };
        match previous {
            Some(previous) => previous.list.shown().read().items(),
            None => shown.items(),
        }
    }

    pub(super) fn status(&self) -> PaginationStatus {
        match &*self.target.read() {
            Target::List(current) => current.list.shown().read().status(),
            Target::Refused(_) => PaginationStatus::Error,
            Target::Pending | Target::Skipped | Target::Gone => PaginationStatus::LoadingFirstPage,
        }
    }

    pub(super) fn error(&self) -> Option<ConvexError> {
        match &*self.target.read() {
            Target::List(current) => current.list.shown().read().error().cloned(),
            Target::Refused(error) => Some(error.clone()),
            Target::Pending | Target::Skipped | Target::Gone => None,
        }
    }

    /// Whether there is nothing to show yet, but will be.
    pub(super) fn is_pending(&self) -> bool {
        match &*self.target.read() {
            Target::Pending => true,
            Target::List(current) => {
                current.list.shown().read().status() == PaginationStatus::LoadingFirstPage
            }
            Target::Skipped | Target::Refused(_) | Target::Gone => false,
        }
    }

    pub(super) fn waiting(&self) -> &Waiting {
        &self.waiting
    }

    // ---- commands ----

    /// Inside an optimistic update or a filter the client cannot answer: then it is done right
    /// afterwards.
    pub(super) fn load_more(self: &Arc<Self>, num_items: u32) {
        let watch = Arc::clone(self);
        self.client.web().when_idle(move || untrack(|| watch.load_more_now(num_items)));
    }

    fn load_more_now(&self, num_items: u32) {
        let current = match &*self.target.read_untracked() {
            Target::List(current) => Arc::clone(current),
            Target::Pending | Target::Skipped => return self.remember(num_items),
            Target::Refused(_) | Target::Gone => return,
        };
        self.client.web().load_more(current.handle, num_items);
    }

    /// Remembers the first `load_more` that is called before there are arguments.
    fn remember(&self, num_items: u32) {
        let identity_changes = self.client.web().identity_changes();
        let mut early = lock(&self.early);
        if early.as_ref().is_none_or(|early| early.identity_changes != identity_changes) {
            *early = Some(Early { num_items, identity_changes });
        }
    }

    /// Looks at something else: written whole before anybody is told.
    pub(super) fn aim(&self, target: impl FnOnce() -> Target<T>) {
        let target = target();
        if matches!(*self.target.read_untracked(), Target::Gone) {
            return;
        }
        let early = lock(&self.early).take();
        if let (Target::List(list), Some(Early { num_items, identity_changes })) = (&target, early)
            && identity_changes == self.client.web().identity_changes()
        {
            self.client.web().load_more(list.handle, num_items);
        }
        let old = std::mem::replace(&mut *self.target.write_untracked(), target);
        let unwanted = self.keep(&old);
        self.target.notify();
        drop((old, unwanted));
    }

    /// Keeps the list that was shown until there is something else to show. Returns what is kept no
    /// longer.
    fn keep(&self, old: &Target<T>) -> Option<Arc<Subscription<T>>> {
        let mut previous = lock(&self.previous);
        match (&*self.target.read_untracked(), old) {
            (Target::List(_), Target::List(old)) if self.keeps_previous && !old.is_loading() => {
                previous.replace(Arc::clone(old))
            }
            (Target::List(_), _) => None,
            _ => previous.take(),
        }
    }

    /// Suspends what waits for the first page, or lets it go on. The list before is dropped once it
    /// has no more use.
    pub(super) fn settle(&self, is_pending: bool) {
        let unwanted = {
            let mut previous = lock(&self.previous);
            previous.take_if(|previous| !is_pending || previous.is_loading())
        };
        drop(unwanted);
        self.waiting.settle(is_pending);
    }

    /// Looks at nothing any more.
    pub(super) fn leave(&self) {
        self.aim(|| Target::Gone);
        self.waiting.settle(false);
    }
}

/// What is to be asked for with these arguments.
pub(super) fn target<T>(
    client: &Arc<Shared>,
    function: &FunctionPath,
    args: Args,
    auth: AuthPolicy,
    options: PaginationOptions,
) -> Target<T>
where
    T: DeserializeOwned + Send + Sync + 'static,
{
    match args {
        Ok(Some(args)) => Target::List(Arc::new(Subscription::new(client, function, &args, auth, options))),
        Ok(None) => Target::Skipped,
        Err(error) => Target::Refused(ConvexError::Arguments(error)),
    }
}

/// Not held while a subscription is dropped: that notifies the client, which may call back.
fn lock<V>(mutex: &Mutex<V>) -> MutexGuard<'_, V> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
