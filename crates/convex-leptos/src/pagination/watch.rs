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
    Arguments, FunctionPath, PaginatedHandle, PaginationResult, PaginationStatus as Received, QueryAuth,
};
use leptos::prelude::*;
use serde::de::DeserializeOwned;
use std::sync::{Arc, Weak};

/// The state of one `use_paginated_query`.
pub(super) struct Watch<T> {
    target: ArcRwSignal<Target<T>>,
    waiting: Waiting,
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
        auth: QueryAuth,
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

impl<T: Send + Sync + 'static> Watch<T> {
    pub(super) fn new() -> Self {
        Self { target: ArcRwSignal::new(Target::Pending), waiting: Waiting::default() }
    }

    // ---- getters: all tracked ----

    pub(super) fn each(&self, tell: impl FnMut(&T)) {
        if let Target::List(current) = &*self.target.read() {
            current.list.shown().read().items().for_each(tell);
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

    pub(super) fn load_more(&self, num_items: u32) {
        let current = match &*self.target.read_untracked() {
            Target::List(current) => Arc::clone(current),
            Target::Pending | Target::Skipped | Target::Refused(_) | Target::Gone => return,
        };
        current.client.web().load_more(current.handle, num_items);
    }

    /// Looks at something else: written whole before anybody is told.
    pub(super) fn aim(&self, target: impl FnOnce() -> Target<T>) {
        let target = target();
        if matches!(*self.target.read_untracked(), Target::Gone) {
            return;
        }
        let old = std::mem::replace(&mut *self.target.write_untracked(), target);
        self.target.notify();
        drop(old);
    }

    /// Suspends what waits for the first page, or lets it go on.
    pub(super) fn settle(&self, is_pending: bool) {
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
    auth: QueryAuth,
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
