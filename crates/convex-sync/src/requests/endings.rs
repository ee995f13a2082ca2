//! The events that end requests without an answer.
//!
//! A request that was never sent ends as not sent. A request that was sent may have run, so its
//! outcome is unknown. A mutation that is known to have succeeded ends with its value.

use super::{RequestKind, RequestRecord, RequestStatus, Requests, SettledRequest};
use crate::{AuthPolicy, ConvexError, EncodedValue, NotSentReason, RequestId, Time};

impl Requests {
    /// The connection was lost: sent mutations will be sent again, sent actions fail.
    pub(crate) fn disconnected(&mut self) -> Vec<SettledRequest> {
        let waiting = self.awaiting_transition.take();
        waiting.into_iter().for_each(|waiting| self.carried_over.insert(waiting));
        let mut lost = Vec::new();
        for (id, request) in self.all.iter_mut() {
            if !matches!(request.status, RequestStatus::Sent { .. }) {
                continue;
            }
            if request.kind == RequestKind::Action || request.stale {
                lost.push(id);
            } else {
                request.status = RequestStatus::Unsent { sent_before: true };
                self.unsent[request.auth].insert(id);
            }
        }
        let settled = lost.into_iter().map(|id| self.settle(id, Err(ConvexError::OutcomeUnknown))).collect();
        self.unanswered_resends = 0;
        self.unanswered = [0; 2];
        settled
    }

    /// The user changed or signed out: none of the user's requests may be sent or answered any
    /// longer.
    pub(crate) fn user_replaced(&mut self) -> Vec<SettledRequest> {
        self.settle_all(&|request| match request.status {
            // It may have run on an earlier connection.
            RequestStatus::Unsent { sent_before: true } | RequestStatus::Sent { .. } => {
                ConvexError::OutcomeUnknown
            }
            RequestStatus::Unsent { sent_before: false } | RequestStatus::Succeeded { .. } => {
                ConvexError::IdentityChanged
            }
        })
    }

    /// A user signed in; the client was anonymous. Anonymous requests must not be sent as that
    /// user.
    pub(crate) fn anonymous_replaced(&mut self) -> Vec<SettledRequest> {
        let mut failed = Vec::new();
        for (id, request) in self.all.iter_mut() {
            match request.status {
                _ if request.auth == AuthPolicy::Immediate => {}
                RequestStatus::Unsent { sent_before: false } => {
                    failed.push((id, ConvexError::IdentityChanged));
                }
                RequestStatus::Unsent { sent_before: true } => failed.push((id, ConvexError::OutcomeUnknown)),
                RequestStatus::Sent { .. } | RequestStatus::Succeeded { .. } => request.stale = true,
            }
        }
        failed.into_iter().map(|(id, error)| self.settle(id, Err(error))).collect()
    }

    /// Auth has settled without a user: requests that require one fail.
    pub(crate) fn fail_required(&mut self) -> Vec<SettledRequest> {
        let ids = self.unsent[AuthPolicy::Required].take();
        let error = ConvexError::NotSent(NotSentReason::Unauthenticated);
        ids.into_iter().map(|id| self.settle(id, Err(error.clone()))).collect()
    }

    /// The client was closed.
    pub(crate) fn closed(&mut self) -> Vec<SettledRequest> {
        self.settle_all(&|request| match request.status {
            RequestStatus::Unsent { sent_before: false } => ConvexError::NotSent(NotSentReason::ClientClosed),
            _ => ConvexError::OutcomeUnknown,
        })
    }

    /// The client stopped because of a fatal error.
    pub(crate) fn failed(&mut self, error: &ConvexError) -> Vec<SettledRequest> {
        self.settle_all(&|_| error.clone())
    }

    /// The caller cancelled a request.
    pub(crate) fn cancel(&mut self, id: RequestId) -> Option<SettledRequest> {
        self.abandon(id, NotSentReason::Cancelled)
    }

    /// Ends the requests that have passed their deadline.
    pub(crate) fn time_out(&mut self, now: Time) -> Vec<SettledRequest> {
        let mut settled = Vec::new();
        for (_, id) in self.deadlines.take_while(|(deadline, _)| deadline <= now) {
            settled.extend(self.abandon(id, NotSentReason::TimedOut));
        }
        settled
    }

    fn abandon(&mut self, id: RequestId, reason: NotSentReason) -> Option<SettledRequest> {
        let outcome = match &self.all.get(id)?.status {
            RequestStatus::Unsent { sent_before: false } => Err(ConvexError::NotSent(reason)),
            RequestStatus::Unsent { sent_before: true } | RequestStatus::Sent { .. } => {
                Err(ConvexError::OutcomeUnknown)
            }
            RequestStatus::Succeeded { value } => Ok(value.clone()),
        };
        Some(self.settle(id, outcome))
    }

    /// Settles all requests with `error`, except mutations that are known to have succeeded.
    fn settle_all(&mut self, error: &dyn Fn(&RequestRecord) -> ConvexError) -> Vec<SettledRequest> {
        let mut all = std::mem::replace(self, Self { next: self.next, ..Self::new() }).all;
        let outcome = |(id, request): (RequestId, Box<RequestRecord>)| match request.status {
            RequestStatus::Succeeded { value } => (id, Ok(value)),
            _ => {
                let error = error(&request);
                (id, Err(error))
            }
        };
        all.take().map(outcome).collect()
    }

    pub(super) fn settle(
        &mut self,
        id: RequestId,
        outcome: Result<EncodedValue, ConvexError>,
    ) -> SettledRequest {
        if let Some(request) = self.all.remove(id) {
            self.counts[request.kind as usize] -= 1;
            self.unsent[request.auth].remove(id);
            if let RequestStatus::Sent { is_resend, .. } = request.status {
                self.count_answer(id, request.kind, is_resend);
            }
            if let Some(deadline) = request.deadline {
                self.deadlines.remove((deadline, id));
            }
        }
        (id, outcome)
    }
}
