//! The subscription to a list, and the getters of its state.

use super::{
    PaginationOptions, PaginationStatus,
    lists::{DecodedList, LiveList},
};
use crate::{
    ConvexError,
    client::Shared,
    page::PageQuery,
    query::{DecidedArgs, SubscribeOptions},
    watch::{Subscription, Target, Watch},
};
use convex_web::sync::{
    Arguments, FunctionPath, PaginatedHandle, PaginationResult, PaginationStatus as ReceivedStatus,
    QueryHandle,
};
use leptos::prelude::*;
use serde::de::DeserializeOwned;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

/// The state of one `use_paginated_query`.
pub(super) struct ListState<T> {
    client: Arc<Shared>,
    watch: Arc<Watch<ListSubscription<T>>>,
    early: Mutex<Option<EarlyLoadMore>>,
}

/// A `load_more` that was called before there were arguments.
struct EarlyLoadMore {
    num_items: u32,
    /// The number of identity changes at the call. Another one discards it.
    identity_changes: u64,
}

/// A subscription to a list, with its items as `T`.
pub(super) struct ListSubscription<T> {
    client: Arc<Shared>,
    handle: PaginatedHandle,
    list: Arc<DecodedList<T>>,
    page: PageQuery,
}

impl<T: DeserializeOwned + Clone + Send + Sync + 'static> ListSubscription<T> {
    fn new(
        client: &Arc<Shared>,
        function: &FunctionPath,
        args: &Arguments,
        SubscribeOptions { auth, on_server }: SubscribeOptions,
        PaginationOptions { initial_num_items }: PaginationOptions,
    ) -> Self {
        let handle = client.web().subscribe_paginated(function, args, auth, initial_num_items);
        let empty = PaginationResult { pages: Vec::new(), status: ReceivedStatus::LoadingFirstPage };
        let first_page = client.web().first_page(handle).unwrap_or(QueryHandle::NONE);
        let page = client.page().add_query(client, first_page, Some(handle), on_server);
        let list = Arc::new(DecodedList::new(empty));
        let live: Weak<DecodedList<T>> = Arc::downgrade(&list);
        client.lists().add(handle, live as Weak<dyn LiveList>);
        // Afterwards: on a server, the page may arrive on another thread meanwhile.
        if let Some(received) = client.web().paginated(handle) {
            list.write(received);
        }
        Self { client: Arc::clone(client), handle, list, page }
    }
}

impl<T: Send + Sync + 'static> Subscription for ListSubscription<T> {
    fn is_loading(&self) -> bool {
        self.list.content().read().status() == PaginationStatus::LoadingFirstPage
    }

    fn is_left_to_browser(&self) -> bool {
        self.page.is_left_to_browser()
    }
}

impl<T> Drop for ListSubscription<T> {
    fn drop(&mut self) {
        self.client.lists().remove(self.handle);
        self.client.web().unsubscribe_paginated(self.handle);
    }
}

impl<T: Send + Sync + 'static> ListState<T> {
    pub(super) fn new(client: Arc<Shared>, keep_previous: bool) -> Self {
        let watch = Arc::new(Watch::new(client.page(), keep_previous));
        Self { client, watch, early: Mutex::default() }
    }

    pub(super) fn watch(&self) -> &Arc<Watch<ListSubscription<T>>> {
        &self.watch
    }

    // ---- getters: all tracked ----

    /// Calls `read` with the items of the current list; while its first page loads, with those of
    /// the previous list. Suspends the `<Suspense>` around the reader.
    pub(super) fn each(&self, read: impl FnMut(&T)) {
        self.watch.suspend_reader();
        let pages = if self.watch.is_hidden() { Vec::new() } else { self.pages() };
        pages.iter().flat_map(|page| page.iter()).for_each(read);
    }

    fn pages(&self) -> Vec<Arc<Vec<T>>> {
        let Target::Active(current) = &*self.watch.target().read() else { return Vec::new() };
        let content = current.list.content().read();
        let previous = match content.status() {
            PaginationStatus::LoadingFirstPage => self.watch.previous(),
            _ => None,
        };
        match previous {
            Some(previous) => previous.list.content().read().items(),
            None => content.items(),
        }
    }

    pub(super) fn status(&self) -> PaginationStatus {
        self.watch.note_reader();
        if self.watch.is_hidden() {
            return PaginationStatus::LoadingFirstPage;
        }
        match &*self.watch.target().read() {
            Target::Active(current) => current.list.content().read().status(),
            Target::Refused(_) => PaginationStatus::Error,
            Target::Pending | Target::Skipped | Target::Closed => PaginationStatus::LoadingFirstPage,
        }
    }

    pub(super) fn error(&self) -> Option<ConvexError> {
        self.watch.note_reader();
        if self.watch.is_hidden() {
            return None;
        }
        match &*self.watch.target().read() {
            Target::Active(current) => current.list.content().read().error().cloned(),
            Target::Refused(error) => Some(error.clone()),
            Target::Pending | Target::Skipped | Target::Closed => None,
        }
    }

    // ---- commands ----

    /// Inside an optimistic update or a filter, the client cannot be used: then it is done right
    /// after that.
    pub(super) fn load_more(self: &Arc<Self>, num_items: u32) {
        let state = Arc::clone(self);
        self.client.web().when_idle(move || untrack(|| state.load_more_now(num_items)));
    }

    fn load_more_now(&self, num_items: u32) {
        let current = match &*self.watch.target().read_untracked() {
            Target::Active(current) => Arc::clone(current),
            Target::Pending | Target::Skipped => return self.remember(num_items),
            Target::Refused(_) | Target::Closed => return,
        };
        self.client.web().load_more(current.handle, num_items);
    }

    /// Remembers the first `load_more` that is called before there are arguments.
    fn remember(&self, num_items: u32) {
        let identity_changes = self.client.web().identity_changes();
        let mut early = self.early();
        if early.as_ref().is_none_or(|early| early.identity_changes != identity_changes) {
            *early = Some(EarlyLoadMore { num_items, identity_changes });
        }
    }

    /// Replaces the list, passes the remembered `load_more` on to it, and notifies readers.
    pub(super) fn set(&self, target: impl FnOnce() -> Target<ListSubscription<T>>) {
        self.watch.set(|| {
            let target = target();
            if !self.watch.is_closed() {
                self.apply_early(&target);
            }
            target
        });
    }

    fn apply_early(&self, target: &Target<ListSubscription<T>>) {
        let early = self.early().take();
        if let (Target::Active(list), Some(EarlyLoadMore { num_items, identity_changes })) = (target, early)
            && identity_changes == self.client.web().identity_changes()
        {
            self.client.web().load_more(list.handle, num_items);
        }
    }

    /// Unsubscribes, once and for all.
    pub(super) fn close(&self) {
        self.watch.close();
    }

    fn early(&self) -> MutexGuard<'_, Option<EarlyLoadMore>> {
        self.early.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Subscribes to a list with these arguments.
pub(super) fn subscribe<T>(
    client: &Arc<Shared>,
    function: &FunctionPath,
    args: DecidedArgs,
    subscribe_options: SubscribeOptions,
    options: PaginationOptions,
) -> Target<ListSubscription<T>>
where
    T: DeserializeOwned + Clone + Send + Sync + 'static,
{
    Target::subscribe(args, |args| ListSubscription::new(client, function, args, subscribe_options, options))
}
