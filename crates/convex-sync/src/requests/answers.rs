//! The server's answers to requests, and the transitions that show the writes of mutations.

use super::{RequestKind, RequestStatus, Requests, ResultProgress, SettledRequest};
use crate::{ConvexError, EncodedValue, FunctionError, RequestId, wire::Timestamp};

impl Requests {
    /// The server answered a mutation. A success settles it once its writes are visible.
    pub(crate) fn mutation_answered(
        &mut self,
        id: RequestId,
        answer: Result<EncodedValue, FunctionError>,
        ts: Option<Timestamp>,
        progress: ResultProgress,
    ) -> Option<SettledRequest> {
        self.server_answered();
        let is_resend = self.find_sent(id, RequestKind::Mutation)?;
        match (answer, ts) {
            (Ok(value), Some(ts)) if ts > progress.ts || is_resend && !progress.first_answers => {
                self.count_answer(id, RequestKind::Mutation, is_resend);
                self.all.get_mut(id)?.status = RequestStatus::Succeeded { value };
                let waiting = if is_resend { &mut self.carried_over } else { &mut self.awaiting_transition };
                waiting.insert((ts, id));
                None
            }
            (answer, _) => Some(self.settle(id, answer.map_err(ConvexError::from))),
        }
    }

    /// The server answered an action.
    pub(crate) fn action_answered(
        &mut self,
        id: RequestId,
        answer: Result<EncodedValue, FunctionError>,
    ) -> Option<SettledRequest> {
        self.server_answered();
        self.find_sent(id, RequestKind::Action)?;
        Some(self.settle(id, answer.map_err(ConvexError::from)))
    }

    /// Finds the request that an answer belongs to, and returns whether it is a resend. A second
    /// answer finds none (docs/auth.md §4, line 41).
    fn find_sent(&self, id: RequestId, kind: RequestKind) -> Option<bool> {
        match self.all.get(id).filter(|request| request.kind == kind)?.status {
            RequestStatus::Sent { is_resend, .. } => Some(is_resend),
            _ => None,
        }
    }

    /// Updates the counters for a request that is no longer unanswered.
    pub(super) fn count_answer(&mut self, id: RequestId, kind: RequestKind, is_resend: bool) {
        self.trial = self.trial.filter(|trial| *trial != id);
        self.unanswered[kind as usize] -= 1;
        self.unanswered_resends -= usize::from(is_resend);
    }

    /// Settles the mutations with writes that the results on this connection include.
    pub(crate) fn settle_visible(&mut self, progress: ResultProgress) -> Vec<SettledRequest> {
        if progress.first_answers {
            let reached = self.carried_over.take_while(|(ts, _)| ts <= progress.ts);
            reached.into_iter().for_each(|waiting| self.awaiting_transition.insert(waiting));
        }
        let visible = self.awaiting_transition.take_while(|(ts, _)| ts <= progress.ts);
        visible.into_iter().filter_map(|(_, id)| self.settle_succeeded(id)).collect()
    }

    /// Settles a mutation that succeeded; `None` if it has settled already.
    fn settle_succeeded(&mut self, id: RequestId) -> Option<SettledRequest> {
        let RequestStatus::Succeeded { value } = &self.all.get(id)?.status else { return None };
        let value = value.clone();
        Some(self.settle(id, Ok(value)))
    }

    /// Timestamps of earlier servers do not apply to the next server. Mutations that succeeded
    /// before settle with the first answers of the next connection, which include their writes.
    pub(crate) fn forget_timestamps(&mut self) {
        for (_, id) in self.carried_over.take() {
            self.carried_over.insert((Timestamp::default(), id));
        }
    }
}
