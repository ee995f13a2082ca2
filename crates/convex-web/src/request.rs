//! The futures of mutations and actions.

#[cfg(target_family = "wasm")]
use crate::driver::Backend;
#[cfg(not(target_family = "wasm"))]
use crate::server_stub::Backend;
use crate::sync::{ConvexError, EncodedValue, RequestId};
use std::{
    fmt,
    future::Future,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
    task::{Context, Poll, Waker},
};

/// How a mutation or action ended.
pub(crate) type Outcome = Result<EncodedValue, ConvexError>;

/// The outcome of a mutation or action that is already under way.
///
/// It always comes: dropping or closing the client settles it too. Dropping the future changes
/// nothing for the request, which runs all the same; what gives it up is [`cancel`](Self::cancel).
///
/// ```
/// use convex_web::{RequestFuture, sync::{ConvexError, NotSentReason}};
///
/// /// A dialog with a button that gives up.
/// struct Export {
///     request: RequestFuture,
/// }
///
/// impl Export {
///     fn give_up(&self) {
///         self.request.cancel();
///     }
///
///     async fn end(self) -> String {
///         match self.request.await {
///             Ok(archive) => archive.decode().unwrap_or_else(|error| error.to_string()),
///             Err(ConvexError::NotSent(NotSentReason::Cancelled)) => "Nothing was exported.".to_owned(),
///             Err(ConvexError::OutcomeUnknown) => "The export may go on at the server.".to_owned(),
///             Err(error) => error.to_string(),
///         }
///     }
/// }
/// ```
#[must_use = "the request runs without it, but only awaiting it tells how it ended"]
pub struct RequestFuture {
    slot: Arc<Mutex<Slot>>,
    request: RequestHandle,
}

/// Names a request that is under way, to give it up: what is left of a [`RequestFuture`] that
/// [tells somebody else](RequestFuture::on_outcome) of its outcome.
///
/// ```
/// use convex_web::{RequestFuture, RequestHandle};
/// use std::collections::HashMap;
///
/// /// A button to each upload that is under way.
/// #[derive(Default)]
/// struct Uploads(HashMap<String, RequestHandle>);
///
/// impl Uploads {
///     fn follow(&mut self, file: String, request: RequestFuture) {
///         let name = file.clone();
///         let handle = request.on_outcome(move |outcome| println!("{name}: {}", outcome.is_ok()));
///         self.0.insert(file, handle);
///     }
///
///     fn give_up(&mut self, file: &str) {
///         if let Some(request) = self.0.remove(file) {
///             request.cancel();
///         }
///     }
/// }
/// ```
#[derive(Clone)]
pub struct RequestHandle {
    client: Weak<Backend>,
    /// `None` where the core never heard of it.
    request: Option<RequestId>,
}

/// The side of a [`RequestFuture`] that knows the outcome.
pub(crate) struct Settle(Arc<Mutex<Slot>>);

/// What a [`RequestFuture`] waits for.
pub(crate) struct Pending {
    slot: Arc<Mutex<Slot>>,
    /// What it is called by in the core; `None` where the core never heard of it.
    request: Option<RequestId>,
}

/// A request that can still be settled, and what settles it.
pub(crate) fn request() -> (Settle, Pending) {
    let slot = Arc::new(Mutex::new(Slot::Waiting(Waiting::Nobody)));
    (Settle(Arc::clone(&slot)), Pending { slot, request: None })
}

#[cfg(target_family = "wasm")]
impl Pending {
    pub(crate) fn called(self, request: RequestId) -> Self {
        Self { request: Some(request), ..self }
    }
}

impl RequestFuture {
    pub(crate) fn new(client: Weak<Backend>, pending: Pending) -> Self {
        Self { slot: pending.slot, request: RequestHandle { client, request: pending.request } }
    }

    /// Gives the request up: it settles at once, where it has not yet.
    ///
    /// One that has not left ends with [`NotSent`](ConvexError::NotSent), and is never executed.
    /// One that has left may have been: it ends with
    /// [`OutcomeUnknown`](ConvexError::OutcomeUnknown), or with its value if it is already known to
    /// have succeeded. Its optimistic update goes with it.
    pub fn cancel(&self) {
        self.request.cancel();
    }

    /// Calls `tell` with the outcome, in the turn in which it comes, after the
    /// [`Update`](crate::Update) that shows it; at once where it has come. What is left is the way
    /// to give the request up.
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
        tell: impl FnOnce(Result<EncodedValue, ConvexError>) + Send + 'static,
    ) -> RequestHandle {
        if let Some((outcome, Waiting::Callback(tell))) = wait(&self.slot, Waiting::Callback(Box::new(tell)))
        {
            tell(outcome);
        }
        self.request
    }
}

impl RequestHandle {
    /// Gives the request up, as [`RequestFuture::cancel`] does.
    pub fn cancel(&self) {
        if let Some((client, request)) = self.client.upgrade().zip(self.request) {
            client.driver().cancel(request);
        }
    }
}

impl fmt::Debug for RequestHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("RequestHandle").field(&self.request).finish()
    }
}

enum Slot {
    Waiting(Waiting),
    Settled(Outcome),
    Taken,
}

enum Waiting {
    Nobody,
    Future(Waker),
    Callback(Box<dyn FnOnce(Outcome) + Send>),
}

impl Settle {
    pub(crate) fn settle(self, outcome: Outcome) {
        self.put(outcome);
    }

    fn put(&self, outcome: Outcome) {
        let mut slot = lock(&self.0);
        match std::mem::replace(&mut *slot, Slot::Taken) {
            Slot::Waiting(Waiting::Callback(tell)) => {
                drop(slot);
                tell(outcome);
            }
            Slot::Waiting(waiting) => {
                *slot = Slot::Settled(outcome);
                drop(slot);
                if let Waiting::Future(waker) = waiting {
                    waker.wake();
                }
            }
            settled => *slot = settled,
        }
    }
}

impl Drop for Settle {
    /// What goes away without an outcome leaves none behind, but nobody waits for ever.
    fn drop(&mut self) {
        self.put(Err(ConvexError::OutcomeUnknown));
    }
}

impl Future for RequestFuture {
    type Output = Result<EncodedValue, ConvexError>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match wait(&self.slot, Waiting::Future(cx.waker().clone())) {
            Some((outcome, _)) => Poll::Ready(outcome),
            None => Poll::Pending,
        }
    }
}

impl fmt::Debug for RequestFuture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match &*lock(&self.slot) {
            Slot::Waiting(_) => "RequestFuture(waiting)",
            Slot::Settled(_) => "RequestFuture(settled)",
            Slot::Taken => "RequestFuture(taken)",
        })
    }
}

/// Takes the outcome, and returns `waiting` beside it; without an outcome, leaves `waiting` in the
/// slot. Wakers and callbacks are made and dropped outside of the lock: app code may run then.
fn wait(slot: &Mutex<Slot>, waiting: Waiting) -> Option<(Outcome, Waiting)> {
    let mut guard = lock(slot);
    let before = std::mem::replace(&mut *guard, Slot::Taken);
    let unused = match before {
        Slot::Waiting(_) => {
            *guard = Slot::Waiting(waiting);
            None
        }
        _ => Some(waiting),
    };
    drop(guard);
    match before {
        Slot::Settled(outcome) => Some((outcome, unused?)),
        Slot::Waiting(_) => None,
        Slot::Taken => panic!("the outcome of a RequestFuture was taken before"),
    }
}

/// No user code runs under this lock, so a poisoned one is still whole.
fn lock(slot: &Mutex<Slot>) -> MutexGuard<'_, Slot> {
    slot.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::FutureExt;

    fn assert_send<T: Send>(_: &T) {}

    fn future() -> (Settle, RequestFuture) {
        let (settle, pending) = request();
        (settle, RequestFuture::new(Weak::new(), pending))
    }

    #[test]
    fn a_request_waits_for_its_outcome() {
        let (settle, mut future) = future();
        assert_send(&future);
        assert_eq!((&mut future).now_or_never(), None);
        settle.settle(Err(ConvexError::IdentityChanged));
        assert_eq!(future.now_or_never(), Some(Err(ConvexError::IdentityChanged)));
    }

    #[test]
    fn a_request_nobody_settles_does_not_wait_for_ever() {
        let (settle, future) = future();
        drop(settle);
        assert_eq!(future.now_or_never(), Some(Err(ConvexError::OutcomeUnknown)));
    }

    #[test]
    fn whoever_asked_to_be_told_is_told_once() {
        for settled_before in [true, false] {
            let (settle, future) = future();
            let (sender, receiver) = std::sync::mpsc::channel();
            let mut settle = Some(settle);
            let end = |settle: &mut Option<Settle>| {
                settle.take().into_iter().for_each(|settle| settle.settle(Err(ConvexError::IdentityChanged)));
            };
            if settled_before {
                end(&mut settle);
            }
            let _ = future.on_outcome(move |outcome| sender.send(outcome).expect("the test listens"));
            end(&mut settle);
            assert_eq!(receiver.iter().collect::<Vec<_>>(), [Err(ConvexError::IdentityChanged)]);
        }
    }

    #[test]
    fn a_dropped_future_is_no_obstacle() {
        let (settle, future) = future();
        drop(future);
        settle.settle(Err(ConvexError::IdentityChanged));
    }
}
