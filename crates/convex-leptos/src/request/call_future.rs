//! How one call ends.

use super::calls::Outcome;
use crate::ConvexError;
use convex_web::RequestHandle;
use futures_channel::oneshot;
use std::{
    fmt,
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

/// How a call of a mutation or action ends. It is under way with or without this.
///
/// ```
/// use convex_leptos::{CallFuture, ConvexError};
///
/// async fn report(call: CallFuture<String>) -> String {
///     match call.await {
///         Ok(id) => format!("{id} was made"),
///         Err(ConvexError::OutcomeUnknown) => "It may have been made: please look.".to_owned(),
///         Err(error) => error.to_string(),
///     }
/// }
/// ```
#[must_use = "only awaiting it tells how the call ended; use `dispatch` where nobody asks"]
pub struct CallFuture<T> {
    pub(super) outcome: oneshot::Receiver<Outcome<T>>,
    /// `None` where the request was never made.
    pub(super) request: Option<RequestHandle>,
}

impl<T> CallFuture<T> {
    /// Gives the call up: it ends at once. A request that has not left is never executed, and ends
    /// with [`NotSent`](ConvexError::NotSent); one that has may have been, and ends with
    /// [`OutcomeUnknown`](ConvexError::OutcomeUnknown). Dropping the future gives nothing up.
    ///
    /// ```no_run
    /// # use convex_leptos::use_action;
    /// # async fn example() {
    /// let summarize = use_action::<String>("ai:summarize").call(());
    /// summarize.cancel();
    /// assert!(summarize.await.is_err());
    /// # }
    /// ```
    pub fn cancel(&self) {
        if let Some(request) = &self.request {
            request.cancel();
        }
    }
}

impl<T: Clone> Future for CallFuture<T> {
    type Output = Result<T, ConvexError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        // Whoever would have told the outcome is gone without one.
        let outcome =
            ready!(Pin::new(&mut self.outcome).poll(cx)).unwrap_or(Err(ConvexError::OutcomeUnknown));
        Poll::Ready(outcome.map(Arc::unwrap_or_clone))
    }
}

impl<T> fmt::Debug for CallFuture<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("CallFuture").field(&self.request).finish()
    }
}
