//! Awaiting the result of a live query.

use super::subscription::QueryWatch;
use crate::ConvexError;
#[cfg(feature = "ssr")]
use crate::watch::Progress;
use convex_web::sync::NotSentReason;
use leptos::reactive::diagnostics::SpecialNonReactiveZone;
use std::{
    fmt,
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

/// Resolves to the result of a query for its current arguments, from `query.await`.
///
/// It waits while the query is skipped. It resolves to
/// [`NotSentReason::Cancelled`] when the component that called the hook is disposed.
///
/// ```
/// use convex_leptos::{QueryRef, use_query};
/// use leptos::prelude::*;
///
/// const NAME: QueryRef<(), String> = QueryRef::new("rooms:name");
/// const TOPIC: QueryRef<(), String> = QueryRef::new("rooms:topic");
///
/// #[component]
/// fn Title() -> impl IntoView {
///     let (name, topic) = (use_query(NAME, ()), use_query(TOPIC, ()));
///     view! {
///         <Suspense fallback=|| "…">
///             {move || Suspend::new(async move {
///                 // Both queries are subscribed already, so they load at the same time.
///                 let (name, topic) = (name.await.ok()?, topic.await.ok()?);
///                 Some(view! { <h1>{name}": "{topic}</h1> })
///             })}
///         </Suspense>
///     }
/// }
/// ```
#[must_use = "futures do nothing unless polled"]
pub struct QueryFuture<T> {
    watch: Option<Arc<QueryWatch<T>>>,
}

impl<T: Send + Sync + 'static> QueryFuture<T> {
    pub(super) fn new(watch: Option<Arc<QueryWatch<T>>>) -> Self {
        Self { watch }
    }
}

impl<T: Clone + Send + Sync + 'static> Future for QueryFuture<T> {
    type Output = Result<T, ConvexError>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        // Leptos would warn about a read outside of a reactive scope, but awaiting is no mistake.
        let _quiet = SpecialNonReactiveZone::enter();
        let Some(watch) = &self.watch else {
            return Poll::Ready(Err(ConvexError::NotSent(NotSentReason::Cancelled)));
        };
        #[cfg(not(feature = "ssr"))]
        watch.suspend_reader();
        if let Some(result) = watch.settled() {
            return Poll::Ready(result.map(Arc::unwrap_or_clone));
        }
        // A server does not wait for what only the browser can decide.
        #[cfg(feature = "ssr")]
        if watch.progress() != Progress::Loading && !watch.leave_reader_to_browser() {
            return Poll::Ready(Err(ConvexError::NotSent(NotSentReason::ClientClosed)));
        }
        watch.wake_later(cx.waker());
        Poll::Pending
    }
}

impl<T> fmt::Debug for QueryFuture<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("QueryFuture").finish_non_exhaustive()
    }
}
