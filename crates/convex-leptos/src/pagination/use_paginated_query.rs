//! The hooks for a paginated list.

use super::{
    PaginationOptions, PaginationStatus,
    subscription::{ListState, subscribe},
};
use crate::{
    ConvexClient, ConvexError, IntoQueryArgs, QueryOptions,
    query::{ReadArgs, follow_args, read_args},
    use_convex,
    watch::Target,
};
use convex_web::sync::{FunctionPath, PaginatedFunction, PathError, ReadAs};
use leptos::prelude::*;
use serde::de::DeserializeOwned;
use std::{fmt, sync::Arc};

#[doc = include_str!("use_paginated_query.md")]
#[track_caller]
pub fn use_paginated_query<F, T, M>(
    function: F,
    args: impl IntoQueryArgs<F::Args, M> + Send + Sync + 'static,
    options: PaginationOptions,
) -> UsePaginatedQuery<T>
where
    F: PaginatedFunction,
    F::Item: ReadAs<T>,
    T: DeserializeOwned + Clone + Send + Sync + 'static,
{
    use_convex().use_paginated_query(function, args, options)
}

/// [`use_paginated_query`] with an [`AuthPolicy`](crate::AuthPolicy), or with [`QueryOptions`].
///
/// ```
/// use convex_leptos::{
///     AuthPolicy, PaginatedQueryRef, PaginationOptions, QueryOptions, use_paginated_query_with,
/// };
///
/// const PRICES: PaginatedQueryRef<(), f64> = PaginatedQueryRef::new("prices:page");
///
/// # fn example() {
/// let options = PaginationOptions::default();
/// let prices = use_paginated_query_with(PRICES, (), options, AuthPolicy::Immediate);
///
/// let fresh = QueryOptions::default().keep_previous_data(false);
/// let prices = use_paginated_query_with(PRICES, (), options, fresh);
/// # }
/// ```
///
/// # Panics
///
/// Outside of a [`<ConvexProvider>`](crate::ConvexProvider).
#[track_caller]
pub fn use_paginated_query_with<F, T, M>(
    function: F,
    args: impl IntoQueryArgs<F::Args, M> + Send + Sync + 'static,
    options: PaginationOptions,
    query: impl Into<QueryOptions>,
) -> UsePaginatedQuery<T>
where
    F: PaginatedFunction,
    F::Item: ReadAs<T>,
    T: DeserializeOwned + Clone + Send + Sync + 'static,
{
    use_convex().use_paginated_query_with(function, args, options, query)
}

impl ConvexClient {
    /// [`use_paginated_query`] of this client.
    #[track_caller]
    pub fn use_paginated_query<F, T, M>(
        self,
        function: F,
        args: impl IntoQueryArgs<F::Args, M> + Send + Sync + 'static,
        options: PaginationOptions,
    ) -> UsePaginatedQuery<T>
    where
        F: PaginatedFunction,
        F::Item: ReadAs<T>,
        T: DeserializeOwned + Clone + Send + Sync + 'static,
    {
        self.use_paginated_query_with(function, args, options, QueryOptions::default())
    }

    /// [`use_paginated_query_with`] of this client.
    #[track_caller]
    pub fn use_paginated_query_with<F, T, M>(
        self,
        function: F,
        args: impl IntoQueryArgs<F::Args, M> + Send + Sync + 'static,
        options: PaginationOptions,
        query: impl Into<QueryOptions>,
    ) -> UsePaginatedQuery<T>
    where
        F: PaginatedFunction,
        F::Item: ReadAs<T>,
        T: DeserializeOwned + Clone + Send + Sync + 'static,
    {
        self.list_handle(FunctionPath::parse(function.path()), read_args(args), options, query.into())
    }

    /// Not generic over the function and the kind of arguments, so that it is compiled once for
    /// each item type.
    #[track_caller]
    fn list_handle<T>(
        self,
        function: Result<FunctionPath, PathError>,
        args: ReadArgs,
        options: PaginationOptions,
        query: QueryOptions,
    ) -> UsePaginatedQuery<T>
    where
        T: DeserializeOwned + Clone + Send + Sync + 'static,
    {
        let client = self.shared();
        let subscribe_options = query.resolve(&client);
        let state = Arc::new(ListState::new(Arc::clone(&client), query.keep_previous_data));
        match function {
            Ok(function) => {
                let (shared, state) = (Arc::clone(&client), Arc::clone(&state));
                follow_args(&client, args, move |args, read| {
                    state.watch().set_dependent(read.any);
                    state.set(|| subscribe(&shared, &function, args, subscribe_options, options));
                });
            }
            Err(error) => state.set(|| Target::Refused(ConvexError::Path(error))),
        }
        state.watch().block_response(query.on_server);
        on_cleanup({
            let state = Arc::clone(&state);
            move || state.close()
        });
        UsePaginatedQuery { state: StoredValue::new(state) }
    }
}

/// A live list, from [`use_paginated_query`]. `Copy`.
///
/// All getters are tracked. [`results`](Self::results) suspends the `<Suspense>` or `<Transition>`
/// around it while the first page loads; the others do not.
///
/// ```
/// use convex_leptos::UsePaginatedQuery;
/// use leptos::prelude::*;
///
/// #[component]
/// fn Count(messages: UsePaginatedQuery<String>) -> impl IntoView {
///     move || messages.results().len()
/// }
/// ```
pub struct UsePaginatedQuery<T> {
    state: StoredValue<Arc<ListState<T>>>,
}

impl<T: Clone + Send + Sync + 'static> UsePaginatedQuery<T> {
    /// The items of the loaded pages. Tracked.
    ///
    /// While the first page of new arguments loads, it returns the items of the old arguments,
    /// unless [`keep_previous_data`](QueryOptions::keep_previous_data) is off. Under a `<Suspense>`
    /// or `<Transition>` it suspends while the first page loads.
    pub fn results(&self) -> Vec<T> {
        let mut items = Vec::new();
        self.each(|item| items.push(item.clone()));
        items
    }

    pub(crate) fn each(&self, read: impl FnMut(&T)) {
        if let Some(state) = self.state.try_get_value() {
            state.each(read);
        }
    }

    /// The status of the list. Tracked; never suspends.
    pub fn status(&self) -> PaginationStatus {
        self.state.try_get_value().map_or(PaginationStatus::LoadingFirstPage, |state| state.status())
    }

    /// The cause, if the status is [`Error`](PaginationStatus::Error). Tracked; never suspends.
    pub fn error(&self) -> Option<ConvexError> {
        self.state.try_get_value()?.error()
    }

    /// Whether a page is loading. Tracked; never suspends.
    pub fn pending(&self) -> bool {
        matches!(self.status(), PaginationStatus::LoadingFirstPage | PaginationStatus::LoadingMore)
    }

    /// Loads `num_items` more items if the status is
    /// [`CanLoadMore`](PaginationStatus::CanLoadMore).
    ///
    /// While the status is [`LoadingFirstPage`](PaginationStatus::LoadingFirstPage), the first call
    /// is remembered: it takes effect when the first page has arrived and more items follow. This
    /// includes the time while the arguments skip the query, and while the items of the old
    /// arguments are shown: the call applies to the new ones. New arguments and an identity change
    /// discard it.
    ///
    /// With any other status the call does nothing. So it can be called each time the user reaches
    /// the end of the list.
    pub fn load_more(&self, num_items: u32) {
        if let Some(state) = self.state.try_get_value() {
            state.load_more(num_items);
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
