//! The requests in flight, and who receives their outcomes.

use super::Driver;
use crate::{
    outcome::{OutcomeSender, PendingRequest, RequestOutcome, outcome_channel},
    sync::{ConvexError, NotSentReason, RequestId},
};
use std::cell::RefCell;

/// The senders of outcomes, sorted by request: requests are added in the order of their ids.
#[derive(Default)]
pub(super) struct PendingOutcomes(RefCell<Vec<(RequestId, OutcomeSender)>>);

impl PendingOutcomes {
    pub(super) fn settle(&self, request: RequestId, outcome: RequestOutcome) {
        if let Some(sender) = self.take(request) {
            sender.send(outcome);
        }
    }

    fn add(&self, request: RequestId, sender: OutcomeSender) {
        self.0.borrow_mut().push((request, sender));
    }

    fn take(&self, request: RequestId) -> Option<OutcomeSender> {
        let mut senders = self.0.borrow_mut();
        let position = senders.binary_search_by_key(&request, |(id, _)| *id).ok()?;
        Some(senders.remove(position).1)
    }
}

impl Driver {
    /// Registers a request that a [step](Self::step) has started, then delivers. It is registered
    /// first, because its response may already be among the events.
    ///
    /// Without an id the core was [busy](Self::is_busy): the request fails.
    pub(super) fn register_request(&self, id: Option<RequestId>) -> PendingRequest {
        let Some(id) = id else {
            return PendingRequest::rejected(ConvexError::NotSent(NotSentReason::ClientBusy));
        };
        let (sender, outcome) = outcome_channel();
        self.requests.add(id, sender);
        self.deliver();
        PendingRequest { outcome, id: Some(id) }
    }
}
