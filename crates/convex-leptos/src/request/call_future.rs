//! The future of one call.

use super::calls::CallOutcome;
use crate::ConvexError;
use convex_web::{RequestFuture, RequestHandle};
use futures_channel::oneshot;
use serde::de::DeserializeOwned;
use std::{
    fmt,
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

/// Resolves to the result of a call of a mutation or action. The call is in flight whether or not
/// this is polled, and dropping this does not cancel it.
///
/// ```
/// use convex_leptos::{CallFuture, ConvexError};
///
/// async fn report(call: CallFuture<String>) -> String {
///     match call.await {
///         Ok(id) => format!("{id} was created"),
///         Err(ConvexError::OutcomeUnknown) => "It may have been created: please check.".to_owned(),
///         Err(error) => error.to_string(),
///     }
/// }
/// ```
#[must_use = "it does nothing unless awaited; call `dispatch` if the result is not needed"]
pub struct CallFuture<T> {
    outcome: oneshot::Receiver<CallOutcome<T>>,
    /// `None` if no request was made.
    request: Option<RequestHandle>,
}

impl<T: DeserializeOwned + Send + Sync + 'static> CallFuture<T> {
    /// Calls `on_end` with the outcome of the request, in the turn in which it arrives.
    pub(crate) fn new(
        request: Result<RequestFuture, ConvexError>,
        on_end: impl FnOnce(CallOutcome<T>) + Send + 'static,
    ) -> Self {
        let (sender, outcome) = oneshot::channel();
        let end = move |result: Result<T, ConvexError>| {
            let outcome = result.map(Arc::new);
            on_end(outcome.clone());
            // It fails if the future was dropped.
            let _ = sender.send(outcome);
        };
        let request = match request {
            Ok(request) => Some(request.on_outcome(move |outcome| {
                end(outcome.and_then(|value| value.decode().map_err(ConvexError::Result)));
            })),
            Err(error) => {
                end(Err(error));
                None
            }
        };
        Self { outcome, request }
    }
}

impl<T> CallFuture<T> {
    /// Cancels the call, which ends at once. A request that was not sent is never executed, and
    /// ends with [`NotSent`](ConvexError::NotSent). One that was sent may be executed, and ends
    /// with [`OutcomeUnknown`](ConvexError::OutcomeUnknown).
    ///
    /// ```no_run
    /// # use convex_leptos::{ActionRef, use_action};
    /// # const SUMMARIZE: ActionRef<(), String> = ActionRef::new("ai:summarize");
    /// # async fn example() {
    /// let summary = use_action(SUMMARIZE).call(());
    /// summary.cancel();
    /// assert!(summary.await.is_err());
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
        // The sender is dropped without an outcome only together with the client.
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
