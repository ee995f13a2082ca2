//! Paginated lists.

use super::SyncClient;
use crate::{Arguments, AuthPolicy, Event, FunctionPath, PaginatedHandle, PaginationResult};

impl SyncClient {
    /// What a list shows, with the optimistic updates under way; `None` once it was unsubscribed.
    ///
    /// ```
    /// use convex_sync::{PaginatedHandle, PaginationStatus, SyncClient};
    ///
    /// fn is_whole(client: &SyncClient, list: PaginatedHandle) -> bool {
    ///     client.paginated(list).is_some_and(|shown| shown.status == PaginationStatus::Exhausted)
    /// }
    /// ```
    pub fn paginated(&self, list: PaginatedHandle) -> Option<PaginationResult> {
        self.pagination.result(list)
    }

    /// How often results were cleared because the signed-in user changed or went (auth contract,
    /// rule 8). What an app keeps for a list that it has not subscribed to yet is out of date if
    /// this number changed.
    ///
    /// ```
    /// # use convex_sync::*;
    /// # let client = SyncClient::new(Config::default(), SessionId::from_random_bytes([7; 16]), 42, UnixMillis(0));
    /// assert_eq!(client.identity_changes(), 0);
    /// ```
    pub fn identity_changes(&self) -> u64 {
        self.identity_changes
    }

    /// Keeps the first page of a list up to date, `initial_num_items` long at first, until it is
    /// [unsubscribed](Self::unsubscribe_paginated), and every page that
    /// [`load_more`](Self::load_more) adds.
    ///
    /// `function` takes `paginationOpts` besides `args`, and returns what `paginate` does. Every
    /// list is one of its own, also where another has the same function and arguments.
    /// [`Event::Transition`] tells when it [shows](Self::paginated) something else.
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
    /// remembered, and done when the first page is there and more follows it. An identity change
    /// forgets it. While a later page loads, or if there is no more, or if a page failed, the call
    /// does nothing.
    ///
    /// Returns whether the page was added or will be.
    ///
    /// ```
    /// use convex_sync::{PaginatedHandle, SyncClient};
    ///
    /// /// What to do when the reader gets to the end.
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

    /// Takes back a [`subscribe_paginated`](Self::subscribe_paginated), with all pages.
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
