//! The futures of mutations and actions.

use crate::sync::{ConvexError, EncodedValue};
use std::{
    fmt,
    future::Future,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, Waker},
};

/// How a mutation or action ended.
pub(crate) type Outcome = Result<EncodedValue, ConvexError>;

/// The outcome of a mutation or action that is already under way.
///
/// It always comes: dropping or closing the client settles it too. Dropping the future changes nothing for the request, which runs all the same.
#[must_use = "the request runs without it, but only awaiting it tells how it ended"]
pub struct RequestFuture(Arc<Mutex<Slot>>);

/// The side of a [`RequestFuture`] that knows the outcome.
pub(crate) struct Settle(Arc<Mutex<Slot>>);

/// A future that can still be settled, and what settles it.
pub(crate) fn request() -> (Settle, RequestFuture) {
    let slot = Arc::new(Mutex::new(Slot::Waiting(None)));
    (Settle(Arc::clone(&slot)), RequestFuture(slot))
}

enum Slot {
    Waiting(Option<Waker>),
    Settled(Outcome),
    Taken,
}

impl Settle {
    pub(crate) fn settle(self, outcome: Outcome) {
        self.put(outcome);
    }

    fn put(&self, outcome: Outcome) {
        let waker = {
            let mut slot = lock(&self.0);
            let Slot::Waiting(waker) = &mut *slot else { return };
            let waker = waker.take();
            *slot = Slot::Settled(outcome);
            waker
        };
        if let Some(waker) = waker {
            waker.wake();
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
        let mut slot = lock(&self.0);
        match std::mem::replace(&mut *slot, Slot::Taken) {
            Slot::Settled(outcome) => Poll::Ready(outcome),
            Slot::Waiting(_) => {
                *slot = Slot::Waiting(Some(cx.waker().clone()));
                Poll::Pending
            }
            Slot::Taken => panic!("a RequestFuture was polled after it was ready"),
        }
    }
}

impl fmt::Debug for RequestFuture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match &*lock(&self.0) {
            Slot::Waiting(_) => "RequestFuture(waiting)",
            Slot::Settled(_) => "RequestFuture(settled)",
            Slot::Taken => "RequestFuture(taken)",
        })
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

    #[test]
    fn a_request_waits_for_its_outcome() {
        let (settle, mut future) = request();
        assert_send(&future);
        assert_eq!((&mut future).now_or_never(), None);
        settle.settle(Err(ConvexError::IdentityChanged));
        assert_eq!(future.now_or_never(), Some(Err(ConvexError::IdentityChanged)));
    }

    #[test]
    fn a_request_nobody_settles_does_not_wait_for_ever() {
        let (settle, future) = request();
        drop(settle);
        assert_eq!(future.now_or_never(), Some(Err(ConvexError::OutcomeUnknown)));
    }

    #[test]
    fn a_dropped_future_is_no_obstacle() {
        let (settle, future) = request();
        drop(future);
        settle.settle(Err(ConvexError::IdentityChanged));
    }
}
