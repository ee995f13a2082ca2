//! `use_paginated_query`.

use super::{
    PaginationOptions, PaginationStatus,
    watch::{Target, Watch, target},
};
use crate::{
    ConvexClient, ConvexError, IntoQueryArgs, QueryFunction, QueryOptions, immediate_effect::ImmediateEffect,
    query::follow_args, use_convex,
};
use convex_web::sync::FunctionPath;
use leptos::prelude::*;
use serde::de::DeserializeOwned;
use std::{fmt, sync::Arc};

#[doc = include_str!("use_paginated_query.md")]
#[track_caller]
pub fn use_paginated_query<T>(
    function: impl QueryFunction<T>,
    args: impl IntoQueryArgs,
    options: PaginationOptions,
) -> UsePaginatedQuery<T>
where
    T: DeserializeOwned + Clone + Send + Sync + 'static,
{
    use_convex().use_paginated_query(function, args, options)
}

/// [`use_paginated_query`] with options: its [`AuthPolicy`](crate::AuthPolicy), and whether it
/// [keeps the rows](QueryOptions::keep_previous_data) of its old arguments while new ones load.
///
/// ```
/// use convex_leptos::{PaginationOptions, AuthPolicy, QueryOptions, use_paginated_query_with};
///
/// # fn example() {
/// let options = PaginationOptions { initial_num_items: 20 };
/// let prices = use_paginated_query_with::<f64>("prices:page", (), options, AuthPolicy::Immediate);
///
/// let fresh = QueryOptions::default().keep_previous_data(false);
/// let orders = use_paginated_query_with::<f64>("orders:page", (), options, fresh);
/// # }
/// ```
///
/// # Panics
///
/// Outside of a [`<ConvexProvider>`](crate::ConvexProvider).
#[track_caller]
pub fn use_paginated_query_with<T>(
    function: impl QueryFunction<T>,
    args: impl IntoQueryArgs,
    options: PaginationOptions,
    query: impl Into<QueryOptions>,
) -> UsePaginatedQuery<T>
where
    T: DeserializeOwned + Clone + Send + Sync + 'static,
{
    use_convex().use_paginated_query_with(function, args, options, query)
}

impl ConvexClient {
    /// [`use_paginated_query`] of this client.
    #[track_caller]
    pub fn use_paginated_query<T>(
        self,
        function: impl QueryFunction<T>,
        args: impl IntoQueryArgs,
        options: PaginationOptions,
    ) -> UsePaginatedQuery<T>
    where
        T: DeserializeOwned + Clone + Send + Sync + 'static,
    {
        self.use_paginated_query_with(function, args, options, QueryOptions::default())
    }

    /// [`use_paginated_query_with`] of this client.
    #[track_caller]
    pub fn use_paginated_query_with<T>(
        self,
        function: impl QueryFunction<T>,
        args: impl IntoQueryArgs,
        options: PaginationOptions,
        query: impl Into<QueryOptions>,
    ) -> UsePaginatedQuery<T>
    where
        T: DeserializeOwned + Clone + Send + Sync + 'static,
    {
        let client = self.shared();
        let query = query.into();
        let auth = query.resolve(&client);
        let watch = Arc::new(Watch::new(Arc::clone(&client), query.keep_previous_data));
        match FunctionPath::parse(function.path()) {
            Ok(function) => {
                let (shared, watch) = (Arc::clone(&client), Arc::clone(&watch));
                follow_args(&client, args, move |args| {
                    watch.aim(|| target(&shared, &function, args, auth, options))
                });
            }
            Err(error) => watch.aim(|| Target::Refused(ConvexError::Path(error))),
        }
        follow_result(&watch);
        on_cleanup({
            let watch = Arc::clone(&watch);
            move || watch.leave()
        });
        UsePaginatedQuery { watch: StoredValue::new(watch) }
    }
}

/// Suspends whoever waits for the first page, whenever there is none.
fn follow_result<T: Send + Sync + 'static>(watch: &Arc<Watch<T>>) {
    let watch = Arc::clone(watch);
    ImmediateEffect::scoped(move || {
        let is_pending = watch.is_pending();
        untrack(|| watch.settle(is_pending));
    });
}

/// What [`use_paginated_query`] gives: a live list. `Copy`.
///
/// Its methods are tracked, but for [`load_more`](Self::load_more): what reads it runs again when
/// it changes.
///
/// ```
/// use convex_leptos::{PaginationOptions, UsePaginatedQuery, use_paginated_query};
/// use leptos::prelude::*;
///
/// # fn example() {
/// let options = PaginationOptions { initial_num_items: 20 };
/// let messages: UsePaginatedQuery<String> = use_paginated_query("messages:page", (), options);
/// let count = move || messages.results().len();
/// # let _ = count;
/// # }
/// ```
pub struct UsePaginatedQuery<T> {
    watch: StoredValue<Arc<Watch<T>>>,
}

impl<T: Clone + Send + Sync + 'static> UsePaginatedQuery<T> {
    /// The items of the loaded pages. While the first page of new arguments loads, they are still
    /// those of the old arguments, unless [`keep_previous_data`](QueryOptions::keep_previous_data)
    /// is off. Under a `<Suspense>` or `<Transition>` it suspends while the first page loads.
    pub fn results(&self) -> Vec<T> {
        let mut items = Vec::new();
        self.each(|item| items.push(item.clone()));
        items
    }

    pub(crate) fn each(&self, tell: impl FnMut(&T)) {
        if let Some(watch) = self.watch.try_get_value() {
            watch.waiting().read(watch.is_pending());
            watch.each(tell);
        }
    }

    /// Whether there is more. Never suspends.
    pub fn status(&self) -> PaginationStatus {
        self.watch.try_get_value().map_or(PaginationStatus::LoadingFirstPage, |watch| watch.status())
    }

    /// Why the status is [`Error`](PaginationStatus::Error). Never suspends.
    pub fn error(&self) -> Option<ConvexError> {
        self.watch.try_get_value()?.error()
    }

    /// Whether a page is on its way. Never suspends.
    pub fn is_loading(&self) -> bool {
        matches!(self.status(), PaginationStatus::LoadingFirstPage | PaginationStatus::LoadingMore)
    }

    /// Loads a page of `num_items` more if the status is
    /// [`CanLoadMore`](PaginationStatus::CanLoadMore).
    ///
    /// While the status is [`LoadingFirstPage`](PaginationStatus::LoadingFirstPage), the first call
    /// is remembered, and done when the first page is there and more follows it. This includes the
    /// time while the arguments skip the query, and while the rows of the old arguments are still
    /// shown: the page belongs to the new ones. New arguments and an identity change forget it.
    ///
    /// With any other status the call does nothing. So it may be called as often as the user
    /// reaches the end of the list.
    pub fn load_more(&self, num_items: u32) {
        if let Some(watch) = self.watch.try_get_value() {
            watch.load_more(num_items);
        }
    }
}

impl<T> Clone for UsePaginatedQuery<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for UsePaginatedQuery<T> {}

impl<T> fmt::Debug for UsePaginatedQuery<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UsePaginatedQuery").finish_non_exhaustive()
    }
}
