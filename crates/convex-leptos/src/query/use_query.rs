//! The hooks for one query.

use super::{
    IntoQueryArgs, QueryOptions, UseQuery,
    args::{ReadArgs, follow_args, read_args},
    subscription::subscribe,
};
use crate::{
    AuthPolicy, ConvexClient, ConvexError, use_convex,
    watch::{Target, Watch},
};
use convex_web::sync::{FunctionPath, PathError, QueryFunction, ReadAs};
use leptos::prelude::*;
use serde::de::DeserializeOwned;
use std::sync::Arc;

#[doc = include_str!("use_query.md")]
#[track_caller]
pub fn use_query<F, T, M>(
    function: F,
    args: impl IntoQueryArgs<F::Args, M> + Send + Sync + 'static,
) -> UseQuery<T>
where
    F: QueryFunction,
    F::Returns: ReadAs<T>,
    T: DeserializeOwned + Clone + Send + Sync + 'static,
{
    use_convex().use_query(function, args)
}

/// [`use_query`] with a [`AuthPolicy`], or with [`QueryOptions`].
///
/// ```
/// use convex_leptos::{AuthPolicy, QueryOptions, QueryRef, use_query_with};
///
/// const PRICES: QueryRef<(), Vec<f64>> = QueryRef::new("prices:list");
///
/// # fn example() {
/// let prices = use_query_with(PRICES, (), AuthPolicy::Immediate);
/// let fresh = use_query_with(PRICES, (), QueryOptions::default().keep_previous_data(false));
/// # }
/// ```
///
/// # Panics
///
/// Outside of a [`<ConvexProvider>`](crate::ConvexProvider).
#[track_caller]
pub fn use_query_with<F, T, M>(
    function: F,
    args: impl IntoQueryArgs<F::Args, M> + Send + Sync + 'static,
    options: impl Into<QueryOptions>,
) -> UseQuery<T>
where
    F: QueryFunction,
    F::Returns: ReadAs<T>,
    T: DeserializeOwned + Clone + Send + Sync + 'static,
{
    use_convex().use_query_with(function, args, options)
}

/// [`use_query`] that requires a signed-in user: the query waits for one and never runs
/// anonymously.
///
/// Its policy is [`AuthPolicy::Required`], which is also the default inside an
/// [`<Authenticated>`](crate::Authenticated).
///
/// ```
/// use convex_leptos::{QueryRef, use_authenticated_query};
/// use leptos::prelude::*;
///
/// const UNREAD: QueryRef<(), u32> = QueryRef::new("messages:countUnread");
///
/// /// In the header of all pages. It stays empty while no user is signed in.
/// #[component]
/// fn Unread() -> impl IntoView {
///     let unread = use_authenticated_query(UNREAD, ());
///     move || unread.value().filter(|count| *count > 0)
/// }
/// ```
///
/// # Panics
///
/// Outside of a [`<ConvexProvider>`](crate::ConvexProvider).
#[track_caller]
pub fn use_authenticated_query<F, T, M>(
    function: F,
    args: impl IntoQueryArgs<F::Args, M> + Send + Sync + 'static,
) -> UseQuery<T>
where
    F: QueryFunction,
    F::Returns: ReadAs<T>,
    T: DeserializeOwned + Clone + Send + Sync + 'static,
{
    use_convex().use_authenticated_query(function, args)
}

impl ConvexClient {
    /// [`use_query`] of this client.
    #[track_caller]
    pub fn use_query<F, T, M>(
        self,
        function: F,
        args: impl IntoQueryArgs<F::Args, M> + Send + Sync + 'static,
    ) -> UseQuery<T>
    where
        F: QueryFunction,
        F::Returns: ReadAs<T>,
        T: DeserializeOwned + Clone + Send + Sync + 'static,
    {
        self.use_query_with(function, args, QueryOptions::default())
    }

    /// [`use_query_with`] of this client.
    #[track_caller]
    pub fn use_query_with<F, T, M>(
        self,
        function: F,
        args: impl IntoQueryArgs<F::Args, M> + Send + Sync + 'static,
        options: impl Into<QueryOptions>,
    ) -> UseQuery<T>
    where
        F: QueryFunction,
        F::Returns: ReadAs<T>,
        T: DeserializeOwned + Clone + Send + Sync + 'static,
    {
        self.query_handle(FunctionPath::parse(function.path()), read_args(args), options.into())
    }

    /// [`use_authenticated_query`] of this client.
    #[track_caller]
    pub fn use_authenticated_query<F, T, M>(
        self,
        function: F,
        args: impl IntoQueryArgs<F::Args, M> + Send + Sync + 'static,
    ) -> UseQuery<T>
    where
        F: QueryFunction,
        F::Returns: ReadAs<T>,
        T: DeserializeOwned + Clone + Send + Sync + 'static,
    {
        self.use_query_with(function, args, AuthPolicy::Required)
    }

    /// Not generic over the function and the kind of arguments, so that it is compiled once for
    /// each result type.
    #[track_caller]
    pub(crate) fn query_handle<T>(
        self,
        function: Result<FunctionPath, PathError>,
        args: ReadArgs,
        options: QueryOptions,
    ) -> UseQuery<T>
    where
        T: DeserializeOwned + Clone + Send + Sync + 'static,
    {
        let client = self.shared();
        let subscribe_options = options.resolve(&client);
        let watch = Arc::new(Watch::new(client.page(), options.keep_previous_data));
        match function {
            Ok(function) => {
                let (shared, watch) = (Arc::clone(&client), Arc::clone(&watch));
                follow_args(&client, args, move |args, read| {
                    watch.set_dependent(read.any);
                    watch.set(|| subscribe(&shared, &function, args, subscribe_options));
                });
            }
            Err(error) => watch.set(|| Target::Refused(ConvexError::Path(error))),
        }
        watch.block_response(options.on_server);
        on_cleanup({
            let watch = Arc::clone(&watch);
            move || watch.close()
        });
        UseQuery::new(&watch)
    }
}
