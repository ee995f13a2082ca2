//! `use_query` and its kin.

use super::{
    IntoQueryArgs, QueryFunction, QueryOptions, QueryStatus,
    args::follow_args,
    watch::{Target, Watch, target},
};
use crate::{AuthPolicy, ConvexClient, ConvexError, derived::derived, use_convex};
use convex_web::sync::{FunctionPath, NotSentReason};
use leptos::{prelude::*, reactive::diagnostics::SpecialNonReactiveZone};
use serde::de::DeserializeOwned;
use std::{
    fmt,
    future::{Future, IntoFuture},
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

#[doc = include_str!("use_query.md")]
#[track_caller]
pub fn use_query<T>(function: impl QueryFunction<T>, args: impl IntoQueryArgs) -> UseQuery<T>
where
    T: DeserializeOwned + Clone + Send + Sync + 'static,
{
    use_convex().use_query(function, args)
}

/// [`use_query`] that says how it is to run and to be shown: by a [`AuthPolicy`], or by all of
/// [`QueryOptions`].
///
/// ```
/// use convex_leptos::{AuthPolicy, QueryOptions, use_query_with};
///
/// # fn example() {
/// let prices = use_query_with::<Vec<f64>>("prices:list", (), AuthPolicy::Immediate);
/// let offers = use_query_with::<Vec<f64>>("prices:offers", (), QueryOptions::default().keep_previous_data(false));
/// # }
/// ```
///
/// # Panics
///
/// Outside of a [`<ConvexProvider>`](crate::ConvexProvider).
#[track_caller]
pub fn use_query_with<T>(
    function: impl QueryFunction<T>,
    args: impl IntoQueryArgs,
    options: impl Into<QueryOptions>,
) -> UseQuery<T>
where
    T: DeserializeOwned + Clone + Send + Sync + 'static,
{
    use_convex().use_query_with(function, args, options)
}

/// [`use_query`] of something that makes no sense without a signed-in person: it waits for one and
/// never runs anonymously ([`AuthPolicy::Required`], the default inside an
/// [`<Authenticated>`](crate::Authenticated)).
///
/// # Panics
///
/// Outside of a [`<ConvexProvider>`](crate::ConvexProvider).
///
/// ```
/// use convex_leptos::use_authenticated_query;
/// use leptos::prelude::*;
///
/// /// In the page's header, which everybody sees: without a signed-in person it stays empty.
/// #[component]
/// fn Unread() -> impl IntoView {
///     let unread = use_authenticated_query::<u32>("messages:countUnread", ());
///     move || unread.data().filter(|count| *count > 0)
/// }
/// ```
#[track_caller]
pub fn use_authenticated_query<T>(function: impl QueryFunction<T>, args: impl IntoQueryArgs) -> UseQuery<T>
where
    T: DeserializeOwned + Clone + Send + Sync + 'static,
{
    use_convex().use_authenticated_query(function, args)
}

impl ConvexClient {
    /// [`use_query`] of this client.
    #[track_caller]
    pub fn use_query<T>(self, function: impl QueryFunction<T>, args: impl IntoQueryArgs) -> UseQuery<T>
    where
        T: DeserializeOwned + Clone + Send + Sync + 'static,
    {
        self.use_query_with(function, args, QueryOptions::default())
    }

    /// [`use_query_with`] of this client.
    #[track_caller]
    pub fn use_query_with<T>(
        self,
        function: impl QueryFunction<T>,
        args: impl IntoQueryArgs,
        options: impl Into<QueryOptions>,
    ) -> UseQuery<T>
    where
        T: DeserializeOwned + Clone + Send + Sync + 'static,
    {
        let client = self.shared();
        let options = options.into();
        let auth = options.resolve(&client);
        let watch = Arc::new(Watch::new(options.keep_previous_data));
        match FunctionPath::parse(function.path()) {
            Ok(function) => {
                let (shared, watch) = (Arc::clone(&client), Arc::clone(&watch));
                follow_args(&client, args, move |args| watch.aim(|| target(&shared, &function, args, auth)));
            }
            Err(error) => watch.aim(|| Target::Refused(ConvexError::Path(error))),
        }
        on_cleanup({
            let watch = Arc::clone(&watch);
            move || watch.leave()
        });
        UseQuery::new(&watch)
    }

    /// [`use_authenticated_query`] of this client.
    #[track_caller]
    pub fn use_authenticated_query<T>(
        self,
        function: impl QueryFunction<T>,
        args: impl IntoQueryArgs,
    ) -> UseQuery<T>
    where
        T: DeserializeOwned + Clone + Send + Sync + 'static,
    {
        self.use_query_with(function, args, AuthPolicy::Required)
    }
}

/// What [`use_query`] gives: the live result of a query. `Copy`.
///
/// Its methods are tracked: what reads it runs again when it changes.
///
/// A component can take one, to show what another has asked for:
///
/// ```
/// use convex_leptos::UseQuery;
/// use leptos::prelude::*;
///
/// #[component]
/// fn Rooms(rooms: UseQuery<Vec<String>>) -> impl IntoView {
///     view! {
///         <Show when=move || rooms.is_loading()>"Loading…"</Show>
///         <p role="alert">{move || rooms.error().map(|error| error.to_string())}</p>
///         <ul>
///             {move || rooms.data().unwrap_or_default().into_iter().map(|name| view! { <li>{name}</li> }).collect_view()}
///         </ul>
///     }
/// }
/// ```
pub struct UseQuery<T> {
    watch: StoredValue<Arc<Watch<T>>>,
}

impl<T: Send + Sync + 'static> UseQuery<T> {
    pub(super) fn new(watch: &Arc<Watch<T>>) -> Self {
        Self { watch: StoredValue::new(Arc::clone(watch)) }
    }

    pub(super) fn dispose(self) {
        self.watch.dispose();
    }
}

impl<T: Clone + Send + Sync + 'static> UseQuery<T> {
    /// The result, or `None` while there is none, like a `Resource`'s. While new arguments load it
    /// is still that of the old ones. Under a `<Suspense>` or `<Transition>` it suspends while
    /// loading, and an `Err` rendered inside an `<ErrorBoundary>` shows there, until the next `Ok`.
    pub fn get(&self) -> Option<Result<T, ConvexError>> {
        Some(self.read()?.map(Arc::unwrap_or_clone))
    }

    /// The value, if the result is one. Suspends like [`get`](Self::get).
    pub fn data(&self) -> Option<T> {
        self.read()?.ok().map(Arc::unwrap_or_clone)
    }

    /// Reads the value where it is, if the result is one: what `read` makes of it. Unlike
    /// [`data`](Self::data) it clones nothing. Suspends like [`get`](Self::get).
    ///
    /// ```
    /// use convex_leptos::use_query;
    /// use leptos::prelude::*;
    ///
    /// #[component]
    /// fn Latest() -> impl IntoView {
    ///     let messages = use_query::<Vec<String>>("messages:list", ());
    ///     move || messages.with(|messages| messages.last().cloned())
    /// }
    /// ```
    pub fn with<U>(&self, read: impl FnOnce(&T) -> U) -> Option<U> {
        self.read()?.ok().map(|value| read(&value))
    }

    /// The error, if the result is one. Suspends like [`get`](Self::get).
    pub fn error(&self) -> Option<ConvexError> {
        self.read()?.err()
    }

    /// A part of the value, or something made of it: a signal that changes only when that does,
    /// whatever else of the value changes. `None` while there is no value. Suspends like
    /// [`get`](Self::get), where it is read. The closure runs whenever the value has changed, and
    /// when the part is read.
    ///
    /// ```
    /// use convex_leptos::use_query;
    /// use leptos::prelude::*;
    ///
    /// #[component]
    /// fn Unread() -> impl IntoView {
    ///     let messages = use_query::<Vec<String>>("messages:list", ());
    ///     let count = messages.select(Vec::len);
    ///     // Runs again when a message comes or goes, not when one is edited.
    ///     move || count.get().map(|count| format!("{count} messages"))
    /// }
    /// ```
    pub fn select<U>(&self, part: impl Fn(&T) -> U + Send + Sync + 'static) -> Signal<Option<U>>
    where
        U: PartialEq + Clone + Send + Sync + 'static,
    {
        let query = *self;
        let value = derived(move || {
            let watch = query.watch.try_get_value()?;
            watch.shown()?.ok().map(|value| part(&value))
        });
        Signal::derive(move || {
            if let Some(watch) = query.watch.try_get_value() {
                watch.suspend_reader(untrack(|| watch.status()) == QueryStatus::Loading);
            }
            value.try_get().flatten()
        })
    }

    /// Where the query stands with the arguments it has now. Never suspends.
    pub fn status(&self) -> QueryStatus {
        self.watch.try_get_value().map_or(QueryStatus::Skipped, |watch| watch.status())
    }

    /// Whether there is no result yet for the arguments it has now. Never suspends.
    pub fn is_loading(&self) -> bool {
        self.status() == QueryStatus::Loading
    }

    fn read(&self) -> Option<Result<Arc<T>, ConvexError>> {
        let watch = self.watch.try_get_value()?;
        watch.suspend_reader(untrack(|| watch.status()) == QueryStatus::Loading);
        watch.shown()
    }
}

impl<T> Clone for UseQuery<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for UseQuery<T> {}

impl<T> fmt::Debug for UseQuery<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UseQuery").finish_non_exhaustive()
    }
}

impl<T: Clone + Send + Sync + 'static> IntoFuture for UseQuery<T> {
    type Output = Result<T, ConvexError>;
    type IntoFuture = QueryFuture<T>;

    fn into_future(self) -> QueryFuture<T> {
        QueryFuture { watch: self.watch.try_get_value() }
    }
}

/// Ready when a query has a result for the arguments it has then. It waits while the query is
/// skipped, and is [cancelled](NotSentReason::Cancelled) when the component that asked is gone.
///
/// ```
/// use convex_leptos::use_query;
/// use leptos::prelude::*;
///
/// #[component]
/// fn Title() -> impl IntoView {
///     let (room, topic) = (use_query::<String>("rooms:name", ()), use_query::<String>("rooms:topic", ()));
///     view! {
///         <Suspense fallback=|| "…">
///             {move || Suspend::new(async move {
///                 // Both are under way already.
///                 let (room, topic) = (room.await.ok()?, topic.await.ok()?);
///                 Some(view! { <h1>{room}": "{topic}</h1> })
///             })}
///         </Suspense>
///     }
/// }
/// ```
#[must_use = "futures do nothing unless polled"]
pub struct QueryFuture<T> {
    watch: Option<Arc<Watch<T>>>,
}

impl<T: Clone + Send + Sync + 'static> Future for QueryFuture<T> {
    type Output = Result<T, ConvexError>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        // Awaiting outside of a reactive scope is no mistake to warn of.
        let _quiet = SpecialNonReactiveZone::enter();
        let Some(watch) = &self.watch else {
            return Poll::Ready(Err(ConvexError::NotSent(NotSentReason::Cancelled)));
        };
        let settled = watch.settled();
        watch.suspend_reader(settled.is_none());
        match settled {
            Some(result) => Poll::Ready(result.map(Arc::unwrap_or_clone)),
            None => {
                watch.wake_later(cx.waker());
                Poll::Pending
            }
        }
    }
}

impl<T> fmt::Debug for QueryFuture<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("QueryFuture").finish_non_exhaustive()
    }
}
