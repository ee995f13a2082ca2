//! Live queries and paginated lists.

use super::{ConvexClient, Suspension};
use crate::sync::{
    Arguments, AuthPolicy, EncodedValue, FunctionError, FunctionPath, PaginatedHandle, PaginationResult,
    QueryHandle, SuspendedResults,
};
use std::{sync::Arc, time::Duration};

/// # Queries
impl ConvexClient {
    /// Subscribes to a query until [`unsubscribe`](Self::unsubscribe) is called as often as this.
    ///
    /// Subscriptions with the same function, arguments and policy share one query.
    pub fn subscribe(&self, function: &FunctionPath, args: &Arguments, auth: AuthPolicy) -> QueryHandle {
        self.0.call(|core, _| core.subscribe(function, args, auth)).unwrap_or(QueryHandle::NONE)
    }

    /// Ends one [subscription](Self::subscribe).
    ///
    /// ```
    /// use convex_web::{ConvexClient, sync::QueryHandle};
    ///
    /// /// A subscription that ends when it is dropped.
    /// struct Subscription {
    ///     client: ConvexClient,
    ///     query: QueryHandle,
    /// }
    ///
    /// impl Drop for Subscription {
    ///     fn drop(&mut self) {
    ///         self.client.unsubscribe(self.query);
    ///     }
    /// }
    /// ```
    pub fn unsubscribe(&self, query: QueryHandle) {
        self.0.command(move |core, _| core.unsubscribe(query));
    }

    /// The current result of a query, with pending optimistic updates. `None` while it loads, and
    /// after an identity change until it has run again.
    pub fn result(&self, query: QueryHandle) -> Option<Result<EncodedValue, FunctionError>> {
        self.0.read(|core| core.result(query).cloned())?
    }

    /// Subscribes to a paginated query: to its first page, of `initial_num_items`, and to each page
    /// that [`load_more`](Self::load_more) adds. Lists are not shared.
    ///
    /// ```
    /// use convex_web::{ConvexClient, sync::{ConvexError, PaginatedHandle}};
    ///
    /// /// A list of messages on the page.
    /// struct History {
    ///     client: ConvexClient,
    ///     list: PaginatedHandle,
    /// }
    ///
    /// impl History {
    ///     /// Called again for every `Update` whose `paginated` contains the list.
    ///     fn messages(&self) -> Result<Vec<String>, ConvexError> {
    ///         let pages = self.client.paginated(self.list).map(|result| result.pages).unwrap_or_default();
    ///         let messages: Result<Vec<Vec<String>>, _> = pages.iter().map(|page| page.decode()).collect();
    ///         Ok(messages?.concat())
    ///     }
    ///
    ///     fn scrolled_to_the_end(&self) {
    ///         // Does nothing while another page loads, or at the end of the list.
    ///         self.client.load_more(self.list, 20);
    ///     }
    /// }
    ///
    /// impl Drop for History {
    ///     fn drop(&mut self) {
    ///         self.client.unsubscribe_paginated(self.list);
    ///     }
    /// }
    /// ```
    pub fn subscribe_paginated(
        &self,
        function: &FunctionPath,
        args: &Arguments,
        auth: AuthPolicy,
        initial_num_items: u32,
    ) -> PaginatedHandle {
        self.0
            .call(|core, _| core.subscribe_paginated(function, args, auth, initial_num_items))
            .unwrap_or(PaginatedHandle::NONE)
    }

    /// Loads another page of `num_items`, if the list can load more. Returns whether a page was or
    /// will be added.
    ///
    /// While the first page loads, the first call is remembered and takes effect when that page has
    /// arrived.
    pub fn load_more(&self, list: PaginatedHandle, num_items: u32) -> bool {
        self.0.call(|core, _| core.load_more(list, num_items)).unwrap_or(false)
    }

    /// Ends the subscription to a [list](Self::subscribe_paginated).
    pub fn unsubscribe_paginated(&self, list: PaginatedHandle) {
        self.0.command(move |core, _| core.unsubscribe_paginated(list));
    }

    /// The current pages of a list and its status; `None` after it was unsubscribed.
    pub fn paginated(&self, list: PaginatedHandle) -> Option<PaginationResult> {
        self.0.read(|core| core.paginated(list))?
    }

    /// Keeps a query subscribed for a while without a subscriber. A later
    /// [`subscribe`](Self::subscribe) finds its result loaded or in flight.
    ///
    /// Five seconds are suitable for the page behind a link that the pointer hovers over.
    ///
    /// ```
    /// # use convex_web::{ConvexClient, sync::{Arguments, ConvexError, FunctionPath, AuthPolicy}};
    /// # use std::time::Duration;
    /// # let client = ConvexClient::builder("https://happy-animal-123.convex.cloud").build();
    /// let list = FunctionPath::parse("messages:list")?;
    /// let args = Arguments::encode(&())?.expect("`()` is `{}`, not a skip");
    /// client.prewarm(&list, &args, AuthPolicy::Settled, Duration::from_secs(5));
    /// # Ok::<(), ConvexError>(())
    /// ```
    pub fn prewarm(&self, function: &FunctionPath, args: &Arguments, auth: AuthPolicy, duration: Duration) {
        let (function, args) = (function.clone(), args.clone());
        self.0.command(move |core, now| core.prewarm(now, &function, &args, auth, duration));
    }

    /// Unsubscribes all queries at the server until the returned [`Suspension`] is dropped, in one
    /// message each way.
    ///
    /// Subscribers stay subscribed; `results` says whether they keep the last results. New queries
    /// wait, too. The connection is [`Live`](crate::sync::ConnectionState::Live) meanwhile.
    ///
    /// ```
    /// # use convex_web::{ConvexClient, sync::SuspendedResults};
    /// # let client = ConvexClient::builder("https://happy-animal-123.convex.cloud").build();
    /// let suspension = client.suspend(SuspendedResults::Keep);
    /// // Results stay visible and do not change.
    /// drop(suspension);
    /// // All queries run again.
    /// ```
    pub fn suspend(&self, results: SuspendedResults) -> Suspension {
        self.cancel_queries(results, |_, _| true)
    }

    /// As [`suspend`](Self::suspend), for the queries that match `filter`. A query that matches
    /// several suspensions runs again when the last of them is dropped.
    ///
    /// `filter` must always return the same for the same query, and should not [use the
    /// client](Self#inside-an-optimistic-update).
    ///
    /// ```
    /// # use convex_web::{ConvexClient, sync::SuspendedResults};
    /// # let client = ConvexClient::builder("https://happy-animal-123.convex.cloud").build();
    /// let chat = client.cancel_queries(SuspendedResults::Clear, |function, _| function.as_str().starts_with("messages:"));
    /// # drop(chat);
    /// ```
    pub fn cancel_queries(
        &self,
        results: SuspendedResults,
        filter: impl Fn(&FunctionPath, &Arguments) -> bool + Send + Sync + 'static,
    ) -> Suspension {
        Suspension::new(Arc::downgrade(&self.0), self.0.suspend(results, filter))
    }
}
