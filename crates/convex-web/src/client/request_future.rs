//! The futures and handles of requests.

use crate::{
    backend::Backend,
    outcome::{OutcomeReceiver, PendingRequest},
    sync::{ConvexError, EncodedValue, RequestId},
};
use std::{
    fmt,
    future::Future,
    pin::Pin,
    sync::Weak,
    task::{Context, Poll},
};

/// The outcome of a mutation, an action or a one-shot query that was already started.
///
/// Every request settles, also when the client is closed or dropped. Dropping the future does not
/// cancel the request; [`cancel`](Self::cancel) does.
///
/// ```
/// use convex_web::{RequestFuture, sync::{ConvexError, NotSentReason}};
///
/// /// A dialog with a cancel button.
/// struct Export {
///     request: RequestFuture,
/// }
///
/// impl Export {
///     fn cancel(&self) {
///         self.request.cancel();
///     }
///
///     async fn finish(self) -> String {
///         match self.request.await {
///             Ok(archive) => archive.decode().unwrap_or_else(|error| error.to_string()),
///             Err(ConvexError::NotSent(NotSentReason::Cancelled)) => "Nothing was exported.".to_owned(),
///             Err(ConvexError::OutcomeUnknown) => "The export may continue on the server.".to_owned(),
///             Err(error) => error.to_string(),
///         }
///     }
/// }
/// ```
#[must_use = "the request runs anyway, but its outcome is lost unless the future is awaited"]
pub struct RequestFuture {
    outcome: OutcomeReceiver,
    request: RequestHandle,
}

/// Cancels a request after its future was given a [callback](RequestFuture::on_outcome).
///
/// Dropping the handle does not cancel the request.
///
/// ```
/// use convex_web::{RequestFuture, RequestHandle};
/// use std::collections::HashMap;
///
/// /// Uploads in flight, each with a cancel button.
/// #[derive(Default)]
/// struct Uploads(HashMap<String, RequestHandle>);
///
/// impl Uploads {
///     fn add(&mut self, file: String, request: RequestFuture) {
///         let name = file.clone();
///         let handle = request.on_outcome(move |outcome| println!("{name}: {}", outcome.is_ok()));
///         self.0.insert(file, handle);
///     }
///
///     fn cancel(&mut self, file: &str) {
///         if let Some(request) = self.0.remove(file) {
///             request.cancel();
///         }
///     }
/// }
/// ```
#[derive(Clone)]
pub struct RequestHandle {
    client: Weak<Backend>,
    /// `None` if the core did not accept the request.
    id: Option<RequestId>,
}

impl RequestFuture {
    pub(super) fn new(client: Weak<Backend>, PendingRequest { outcome, id }: PendingRequest) -> Self {
        Self { outcome, request: RequestHandle { client, id } }
    }

    /// Cancels the request. It settles at once, unless it has already settled.
    ///
    /// A request that was not sent ends with [`NotSent`](ConvexError::NotSent) and never runs. A
    /// request that was sent may have run: it ends with
    /// [`OutcomeUnknown`](ConvexError::OutcomeUnknown), or with its value if the server has already
    /// reported success. Its optimistic update is removed.
    pub fn cancel(&self) {
        self.request.cancel();
    }

    /// Calls `callback` with the outcome, instead of awaiting the future.
    ///
    /// The callback runs right after the listeners got the [`Update`](crate::Update) that contains
    /// the request's writes, or at once if the request has already settled. The returned handle can
    /// still cancel the request.
    ///
    /// ```
    /// use convex_web::{RequestFuture, RequestHandle};
    ///
    /// fn report(request: RequestFuture) -> RequestHandle {
    ///     request.on_outcome(|outcome| match outcome {
    ///         Ok(value) => println!("it returned {}", value.as_json()),
    ///         Err(error) => println!("{error}"),
    ///     })
    /// }
    /// ```
    pub fn on_outcome(
        self,
        callback: impl FnOnce(Result<EncodedValue, ConvexError>) + Send + 'static,
    ) -> RequestHandle {
        self.outcome.on_outcome(Box::new(callback));
        self.request
    }
}

impl RequestHandle {
    /// Cancels the request, as [`RequestFuture::cancel`] does.
    pub fn cancel(&self) {
        if let Some((client, request)) = self.client.upgrade().zip(self.id) {
            client.command(move |core, _| core.cancel(request));
        }
    }
}

impl Future for RequestFuture {
    type Output = Result<EncodedValue, ConvexError>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.outcome.poll(cx)
    }
}

impl fmt::Debug for RequestFuture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RequestFuture({})", self.outcome.state())
    }
}

impl fmt::Debug for RequestHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("RequestHandle").field(&self.id).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outcome::{OutcomeSender, outcome_channel};
    use futures_util::FutureExt;

    fn assert_send<T: Send>(_: &T) {}

    fn pending_request() -> (OutcomeSender, RequestFuture) {
        let (sender, outcome) = outcome_channel();
        (sender, RequestFuture::new(Weak::new(), PendingRequest { outcome, id: None }))
    }

    #[test]
    fn future_is_pending_until_the_request_settles() {
        let (sender, mut future) = pending_request();
        assert_send(&future);
        assert_eq!((&mut future).now_or_never(), None);
        sender.send(Err(ConvexError::IdentityChanged));
        assert_eq!(future.now_or_never(), Some(Err(ConvexError::IdentityChanged)));
    }

    #[test]
    fn dropping_the_sender_settles_with_outcome_unknown() {
        let (sender, future) = pending_request();
        drop(sender);
        assert_eq!(future.now_or_never(), Some(Err(ConvexError::OutcomeUnknown)));
    }

    #[test]
    fn callback_is_called_once_before_or_after_settling() {
        for settled_before in [true, false] {
            let (sender, future) = pending_request();
            let (calls, called) = std::sync::mpsc::channel();
            let mut sender = Some(sender);
            let settle = |sender: &mut Option<OutcomeSender>| {
                sender.take().into_iter().for_each(|sender| sender.send(Err(ConvexError::IdentityChanged)));
            };
            if settled_before {
                settle(&mut sender);
            }
            let _ = future.on_outcome(move |outcome| calls.send(outcome).expect("the test receives"));
            settle(&mut sender);
            assert_eq!(called.iter().collect::<Vec<_>>(), [Err(ConvexError::IdentityChanged)]);
        }
    }

    #[test]
    fn a_request_can_settle_after_its_future_was_dropped() {
        let (sender, future) = pending_request();
        drop(future);
        sender.send(Err(ConvexError::IdentityChanged));
    }
}
