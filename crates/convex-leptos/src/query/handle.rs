//! The handle of one query.

use super::{QueryFuture, QueryStatus, subscription::QueryWatch};
use crate::{ConvexError, derived::derived};
use leptos::prelude::*;
use serde::de::DeserializeOwned;
use std::{fmt, future::IntoFuture, sync::Arc};

/// The live result of a query, from [`use_query`](crate::use_query). `Copy`.
///
/// All getters are tracked. [`get`](Self::get), [`with`](Self::with), [`map`](Self::map) and
/// [`and_then`](Self::and_then) read the result as those of Leptos's `Resource` do;
/// [`value`](Self::value) and [`error`](Self::error) read its two cases, as those of a
/// [mutation](crate::UseMutation). All of them suspend the `<Suspense>` or `<Transition>` around
/// them while the query loads. [`status`](Self::status) and [`pending`](Self::pending) do not.
///
/// A component can take a query as a prop:
///
/// ```
/// use convex_leptos::UseQuery;
/// use leptos::prelude::*;
///
/// #[component]
/// fn Rooms(rooms: UseQuery<Vec<String>>) -> impl IntoView {
///     view! {
///         <Show when=move || rooms.pending()>"Loading…"</Show>
///         <p role="alert">{move || rooms.error().map(|error| error.to_string())}</p>
///         <ul>{move || rooms.value().unwrap_or_default().into_iter().map(|room| view! { <li>{room}</li> }).collect_view()}</ul>
///     }
/// }
/// ```
pub struct UseQuery<T> {
    watch: StoredValue<Arc<QueryWatch<T>>>,
}

impl<T: Send + Sync + 'static> UseQuery<T> {
    #[track_caller]
    pub(super) fn new(watch: &Arc<QueryWatch<T>>) -> Self {
        Self { watch: StoredValue::new(Arc::clone(watch)) }
    }

    pub(super) fn dispose(self) {
        self.watch.dispose();
    }
}

impl<T: DeserializeOwned + Clone + Send + Sync + 'static> UseQuery<Vec<T>> {
    /// From now on, decodes only the items that have changed.
    pub(crate) fn reuse_items(&self) {
        if let Some(watch) = self.watch.try_get_value() {
            watch.reuse_items();
        }
    }
}

impl<T: Clone + Send + Sync + 'static> UseQuery<T> {
    /// The result, or `None` before the first one. Tracked.
    ///
    /// While new arguments load, it is the result of the old arguments, unless
    /// [`keep_previous_data`](crate::QueryOptions::keep_previous_data) is off. Under a `<Suspense>`
    /// or `<Transition>` it suspends while the query loads. An `Err` that is rendered inside an
    /// `<ErrorBoundary>` is shown there until the next `Ok`.
    pub fn get(&self) -> Option<Result<T, ConvexError>> {
        Some(self.read()?.map(Arc::unwrap_or_clone))
    }

    /// Calls `read` with the result that [`get`](Self::get) returns, without cloning it. Tracked;
    /// suspends as `get` does.
    ///
    /// ```
    /// use convex_leptos::UseQuery;
    ///
    /// fn title(messages: UseQuery<Vec<String>>) -> String {
    ///     messages.with(|messages| match messages {
    ///         None => "Loading…".to_owned(),
    ///         Some(Ok(messages)) => format!("{} messages", messages.len()),
    ///         Some(Err(error)) => error.to_string(),
    ///     })
    /// }
    /// ```
    pub fn with<U>(&self, read: impl FnOnce(Option<Result<&T, &ConvexError>>) -> U) -> U {
        let result = self.read();
        read(result.as_ref().map(|result| result.as_ref().map(|value| &**value)))
    }

    /// [`with`](Self::with) if there is a result. Tracked; suspends as [`get`](Self::get) does.
    ///
    /// ```
    /// use convex_leptos::UseQuery;
    ///
    /// fn is_failed(messages: UseQuery<Vec<String>>) -> Option<bool> {
    ///     messages.map(|messages| messages.is_err())
    /// }
    /// ```
    pub fn map<U>(&self, read: impl FnOnce(Result<&T, &ConvexError>) -> U) -> Option<U> {
        self.with(|result| result.map(read))
    }

    /// The result with `read` applied to its value, which is not cloned. Tracked; suspends as
    /// [`get`](Self::get) does.
    ///
    /// ```
    /// use convex_leptos::{QueryRef, use_query};
    /// use leptos::prelude::*;
    ///
    /// const LIST: QueryRef<(), Vec<String>> = QueryRef::new("messages:list");
    ///
    /// #[component]
    /// fn Latest() -> impl IntoView {
    ///     let messages = use_query(LIST, ());
    ///     move || messages.and_then(|messages| messages.last().cloned())
    /// }
    /// ```
    pub fn and_then<U>(&self, read: impl FnOnce(&T) -> U) -> Option<Result<U, ConvexError>> {
        Some(self.read()?.map(|value| read(&value)))
    }

    /// The value, if the result is one. Tracked; suspends as [`get`](Self::get) does.
    pub fn value(&self) -> Option<T> {
        self.read()?.ok().map(Arc::unwrap_or_clone)
    }

    /// The error, if the result is one. Tracked; suspends as [`get`](Self::get) does.
    pub fn error(&self) -> Option<ConvexError> {
        self.read()?.err()
    }

    /// A signal of a part of the value, or of something computed from it. It changes only when that
    /// part changes, and is `None` while there is no value.
    ///
    /// Reading the signal suspends as [`get`](Self::get) does. `part` is called whenever the value
    /// has changed, and when the signal is read.
    ///
    /// ```
    /// use convex_leptos::{QueryRef, use_query};
    /// use leptos::prelude::*;
    ///
    /// const LIST: QueryRef<(), Vec<String>> = QueryRef::new("messages:list");
    ///
    /// #[component]
    /// fn Unread() -> impl IntoView {
    ///     let messages = use_query(LIST, ());
    ///     let count = messages.select(Vec::len);
    ///     // Runs again when a message is added or removed, not when one is edited.
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
            watch.result()?.ok().map(|value| part(&value))
        });
        Signal::derive(move || {
            let is_hidden = query.watch.try_get_value().is_some_and(|watch| {
                watch.suspend_reader();
                watch.is_hidden()
            });
            if is_hidden { None } else { value.try_get().flatten() }
        })
    }

    /// The status of the query with its current arguments. Tracked; never suspends.
    pub fn status(&self) -> QueryStatus {
        self.watch.try_get_value().map_or(QueryStatus::Skipped, |watch| watch.displayed_status())
    }

    /// Whether the result for the current arguments is still to arrive. Tracked; never suspends.
    pub fn pending(&self) -> bool {
        self.status() == QueryStatus::Loading
    }

    fn read(&self) -> Option<Result<Arc<T>, ConvexError>> {
        self.watch.try_get_value()?.displayed_result()
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
        QueryFuture::new(self.watch.try_get_value())
    }
}
