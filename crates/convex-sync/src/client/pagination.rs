//! Paginated lists.

use super::SyncClient;
use crate::{Arguments, AuthPolicy, Event, FunctionPath, PaginatedHandle, PaginationResult};

impl SyncClient {
    /// A list's items and status, with pending optimistic updates; `None` after it was
    /// unsubscribed.
    ///
    /// ```
    /// use convex_sync::{PaginatedHandle, PaginationStatus, SyncClient};
    ///
    /// fn is_exhausted(client: &SyncClient, list: PaginatedHandle) -> bool {
    ///     client.paginated(list).is_some_and(|list| list.status == PaginationStatus::Exhausted)
    /// }
    /// ```
    pub fn paginated(&self, list: PaginatedHandle) -> Option<PaginationResult> {
        self.pagination.result(list)
    }

    /// How often results were cleared because the user's identity ended. An app that has data for a
    /// list before it subscribes must discard it if this number changed.
    ///
    /// ```
    /// # use convex_sync::*;
    /// # let client = SyncClient::new(Config::default(), SessionId::from_random_bytes([7; 16]), 42, UnixMillis(0));
    /// assert_eq!(client.identity_changes(), 0);
    /// ```
    pub fn identity_changes(&self) -> u64 {
        self.identity_changes
    }

    /// Subscribes to a paginated list. It starts with one page of `initial_num_items`;
    /// [`load_more`](Self::load_more) adds pages. All of them are kept up to date until
    /// [`unsubscribe_paginated`](Self::unsubscribe_paginated).
    ///
    /// `function` takes `paginationOpts` in addition to `args`, and returns the result of
    /// `paginate`. Every subscription has its own list, even with equal function and arguments.
    /// [`Event::Transition`] reports when [its items or status](Self::paginated) change.
    ///
    /// ```
    /// use convex_sync::*;
    ///
    /// let session = SessionId::from_random_bytes([7; 16]);
    /// let mut client = SyncClient::new(Config::default(), session, 42, UnixMillis(1_700_000_000_000));
    /// let page = FunctionPath::parse("messages:page")?;
    /// let args = Arguments::encode(&())?.expect("`()` is `{}`, not a skip");
    ///
    /// let list = client.subscribe_paginated(&page, &args, AuthPolicy::Settled, 20);
    /// let shown = client.paginated(list).expect("it is subscribed to");
    /// assert_eq!(shown.status, PaginationStatus::LoadingFirstPage);
    /// assert!(client.load_more(list, 20), "it is done when the first page is there");
    /// client.unsubscribe_paginated(list);
    /// # Ok::<(), ConvexError>(())
    /// ```
    pub fn subscribe_paginated(
        &mut self,
        function: &FunctionPath,
        args: &Arguments,
        auth: AuthPolicy,
        initial_num_items: u32,
    ) -> PaginatedHandle {
        self.pagination.subscribe(&mut self.queries, function, args, auth, initial_num_items)
    }

    /// Adds a page of `num_items` to a list, if it [can load
    /// more](crate::PaginationStatus::CanLoadMore). The list is reported as changed at once: it is
    /// [loading more](crate::PaginationStatus::LoadingMore).
    ///
    /// While the [first page loads](crate::PaginationStatus::LoadingFirstPage), the first call is
    /// remembered, and runs when the first page has loaded and is not the last. An identity change
    /// discards it. While a later page loads, after the last page, or after a page failed, the call
    /// does nothing.
    ///
    /// Returns whether the page was added or will be.
    ///
    /// ```
    /// use convex_sync::{PaginatedHandle, SyncClient};
    ///
    /// /// Call it when the reader reaches the end.
    /// fn reached_the_end(client: &mut SyncClient, list: PaginatedHandle) {
    ///     client.load_more(list, 20);
    /// }
    /// ```
    pub fn load_more(&mut self, list: PaginatedHandle, num_items: u32) -> bool {
        let loads = self.pagination.load_more(&mut self.queries, list, num_items);
        let paginated = self.pagination.take_changed();
        if !paginated.is_empty() {
            self.events.push_back(Event::Transition { changed: Vec::new(), paginated });
        }
        loads
    }

    /// Ends a [`subscribe_paginated`](Self::subscribe_paginated), and unsubscribes all pages.
    ///
    /// ```
    /// # use convex_sync::*;
    /// # let mut client = SyncClient::new(Config::default(), SessionId::from_random_bytes([7; 16]), 42, UnixMillis(0));
    /// # let page = FunctionPath::parse("messages:page")?;
    /// # let args = Arguments::encode(&())?.expect("not a skip");
    /// let list = client.subscribe_paginated(&page, &args, AuthPolicy::Settled, 20);
    /// client.unsubscribe_paginated(list);
    /// assert_eq!(client.paginated(list), None);
    /// # Ok::<(), ConvexError>(())
    /// ```
    pub fn unsubscribe_paginated(&mut self, list: PaginatedHandle) {
        self.pagination.unsubscribe(&mut self.queries, list);
    }
}
