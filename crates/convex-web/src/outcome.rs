//! A one-shot channel for the outcome of a request.

use crate::sync::{ConvexError, EncodedValue, RequestId};
use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, Waker},
};

/// The outcome of a mutation, an action or a one-shot query.
pub(crate) type RequestOutcome = Result<EncodedValue, ConvexError>;

/// Sends the outcome of a request. Dropping it unused sends
/// [`OutcomeUnknown`](ConvexError::OutcomeUnknown), so that no receiver waits forever.
pub(crate) struct OutcomeSender(Arc<Mutex<OutcomeSlot>>);

/// Receives the outcome of a request, once.
pub(crate) struct OutcomeReceiver(Arc<Mutex<OutcomeSlot>>);

/// A request that was passed to the backend.
pub(crate) struct PendingRequest {
    pub(crate) outcome: OutcomeReceiver,
    /// Its id in the core; `None` if the core did not accept it.
    pub(crate) id: Option<RequestId>,
}

pub(crate) fn outcome_channel() -> (OutcomeSender, OutcomeReceiver) {
    let slot = Arc::new(Mutex::new(OutcomeSlot::Pending(Waiter::None)));
    (OutcomeSender(Arc::clone(&slot)), OutcomeReceiver(slot))
}

enum OutcomeSlot {
    Pending(Waiter),
    Settled(RequestOutcome),
    Taken,
}

/// The receiver of a notification when the outcome arrives.
enum Waiter {
    None,
    Future(Waker),
    Callback(Box<dyn FnOnce(RequestOutcome) + Send>),
}

impl PendingRequest {
    /// A request that failed before it reached the core.
    pub(crate) fn rejected(error: ConvexError) -> Self {
        let (sender, outcome) = outcome_channel();
        sender.send(Err(error));
        Self { outcome, id: None }
    }
}

impl OutcomeSender {
    pub(crate) fn send(self, outcome: RequestOutcome) {
        self.settle(outcome);
    }

    fn settle(&self, outcome: RequestOutcome) {
        let mut slot = lock(&self.0);
        match std::mem::replace(&mut *slot, OutcomeSlot::Taken) {
            OutcomeSlot::Pending(Waiter::Callback(callback)) => {
                drop(slot);
                callback(outcome);
            }
            OutcomeSlot::Pending(waiter) => {
                *slot = OutcomeSlot::Settled(outcome);
                drop(slot);
                if let Waiter::Future(waker) = waiter {
                    waker.wake();
                }
            }
            settled => *slot = settled,
        }
    }
}

impl Drop for OutcomeSender {
    fn drop(&mut self) {
        self.settle(Err(ConvexError::OutcomeUnknown));
    }
}

impl OutcomeReceiver {
    pub(crate) fn poll(&self, cx: &Context<'_>) -> Poll<RequestOutcome> {
        match self.take_or_wait(Waiter::Future(cx.waker().clone())) {
            Some((outcome, _)) => Poll::Ready(outcome),
            None => Poll::Pending,
        }
    }

    /// Calls `callback` with the outcome: now if the request has settled, else when it does.
    pub(crate) fn on_outcome(&self, callback: Box<dyn FnOnce(RequestOutcome) + Send>) {
        if let Some((outcome, Waiter::Callback(callback))) = self.take_or_wait(Waiter::Callback(callback)) {
            callback(outcome);
        }
    }

    /// `pending`, `settled` or `taken`, for debug output.
    pub(crate) fn state(&self) -> &'static str {
        match &*lock(&self.0) {
            OutcomeSlot::Pending(_) => "pending",
            OutcomeSlot::Settled(_) => "settled",
            OutcomeSlot::Taken => "taken",
        }
    }

    /// Takes the outcome and returns it with the unused `waiter`. If the request is pending, stores
    /// `waiter` and returns `None`.
    ///
    /// Wakers and callbacks are created and dropped outside the lock, because both can run app
    /// code.
    fn take_or_wait(&self, waiter: Waiter) -> Option<(RequestOutcome, Waiter)> {
        let mut slot = lock(&self.0);
        let before = std::mem::replace(&mut *slot, OutcomeSlot::Taken);
        let unused = match before {
            OutcomeSlot::Pending(_) => {
                *slot = OutcomeSlot::Pending(waiter);
                None
            }
            _ => Some(waiter),
        };
        drop(slot);
        match before {
            OutcomeSlot::Settled(outcome) => Some((outcome, unused?)),
            OutcomeSlot::Pending(_) => None,
            OutcomeSlot::Taken => panic!("a RequestFuture was polled after it returned its outcome"),
        }
    }
}

/// No app code runs under this lock, so the content of a poisoned one is still valid.
fn lock(slot: &Mutex<OutcomeSlot>) -> MutexGuard<'_, OutcomeSlot> {
    slot.lock().unwrap_or_else(PoisonError::into_inner)
}
