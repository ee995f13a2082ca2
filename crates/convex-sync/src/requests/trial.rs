//! Trials: finding the mutations that make the server close connections (docs/auth.md, rule 14;
//! §4, line 51).
//!
//! A mutation is resent on every connection until it is answered. If the server fails on a
//! mutation, or cannot parse it, and closes each connection, it would be resent without end, and no
//! request after it would run.
//!
//! The idea: each mutation counts the consecutive connections that were lost while it was
//! unanswered. After [`SUSPECT_AFTER`] of them it is a suspect and gets a *trial*: it is sent
//! alone, on a connection without queries and other requests, after the server has answered an
//! empty `ModifyQuerySet`. If the server closes that connection with an error, only the mutation
//! can be the reason, and it ends.
//!
//! A connection that breaks without an error may have been broken by the network. So the trial is
//! repeated, and the trials start over if a connection breaks before the mutation was sent on it.
//!
//! Termination: each repetition adds to the count of the mutation, and at [`ConnectionEnd::limit`]
//! the mutation ends.
//!
//! Cost: a mutation that is not at fault is answered in its trial, and loses two round trips. Other
//! requests wait for the trial at most as long as an answer may take, so that a slow mutation does
//! not block them.

use super::{AuthPolicy, RequestId, RequestStatus, Requests};
use crate::connection::backoff::is_overload;

/// How a connection ended, as evidence against the mutations that were unanswered on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ConnectionEnd {
    /// The client closed it, or the server asks to retry later. No evidence.
    Neutral,
    /// It broke, or was closed without an error. Evidence against mutations that were sent after
    /// the last answer.
    Broken,
    /// The server closed it with an error. Evidence against all unanswered mutations.
    Failed,
}

impl ConnectionEnd {
    /// Classifies a close frame. Without one, the code is 1006.
    pub(crate) fn of_close(code: u16, reason: &str) -> Self {
        match code {
            _ if is_overload(reason) => Self::Neutral,
            // Protocol error, unsupported or inconsistent data, policy, message too big, extension
            // missing, internal error.
            1002 | 1003 | 1007..=1011 => Self::Failed,
            // Going away, restarting, try again later, bad gateway, and the codes of Convex's
            // gateway.
            1001 | 1012..=1014 | 4000.. => Self::Neutral,
            _ => Self::Broken,
        }
    }

    /// The count of lost connections at which a mutation ends, if the last one ended like this. If
    /// one frame in ten breaks its connection, five trials in a row and nothing between them break
    /// by chance once in about 40,000 times.
    fn limit(self) -> u8 {
        if self == Self::Failed { 3 } else { SUSPECT_AFTER + 5 }
    }
}

/// The count of lost connections at which a mutation is sent in a trial.
const SUSPECT_AFTER: u8 = 2;

impl Requests {
    fn is_suspect(&self, id: RequestId) -> bool {
        self.all.get(id).is_some_and(|request| request.lost_connections >= SUSPECT_AFTER)
    }

    /// Whether a trial is running, or the next request to send needs one. Nothing else may be sent
    /// then.
    pub(crate) fn is_on_trial(&self, may_send: impl Fn(AuthPolicy) -> bool) -> bool {
        self.trial.is_some() || self.next_to_send(may_send).is_some_and(|id| self.is_suspect(id))
    }

    /// Whether a request may be sent now; if it is a suspect, its trial begins. A suspect waits for
    /// a connection that `is_proven`, and for the answers to the mutations before it.
    pub(super) fn begin_trial_if_suspect(&mut self, id: RequestId, is_proven: bool) -> bool {
        if !self.is_suspect(id) {
            return true;
        }
        let [unanswered_mutations, _] = self.unanswered;
        let may_begin = is_proven && unanswered_mutations == 0;
        if may_begin {
            self.trial = Some(id);
        }
        may_begin
    }

    /// Whether a request was sent in a trial and is not answered yet.
    pub(crate) fn has_trial(&self) -> bool {
        self.trial.is_some()
    }

    /// Ends the trial, so that other requests no longer wait for it.
    pub(crate) fn end_trial(&mut self) {
        self.trial = None;
    }

    /// Counts an answer of the server, to anything.
    pub(crate) fn server_answered(&mut self) {
        self.answers += 1;
    }

    /// Counts a lost connection for the mutations that it is evidence against. Returns the
    /// mutations that end: those that have reached the limit, and those that succeeded in their
    /// trial on a connection that was lost before it showed their writes.
    pub(crate) fn count_lost_connection(&mut self, end: ConnectionEnd) -> Vec<RequestId> {
        let (answers, trial) = (self.answers, self.trial.take());
        let mut ended = Vec::new();
        for (id, request) in self.all.iter_mut() {
            let is_evidence = match (end, &request.status) {
                (ConnectionEnd::Neutral, _) | (ConnectionEnd::Failed, RequestStatus::Unsent { .. }) => {
                    continue;
                }
                (ConnectionEnd::Broken, RequestStatus::Unsent { .. }) => {
                    request.lost_connections = request.lost_connections.min(SUSPECT_AFTER);
                    continue;
                }
                (ConnectionEnd::Broken, RequestStatus::Sent { answers: before, .. }) => {
                    *before == answers || trial == Some(id)
                }
                (ConnectionEnd::Failed, RequestStatus::Sent { .. }) => true,
                (_, RequestStatus::Succeeded { .. }) if request.lost_connections >= SUSPECT_AFTER => {
                    ended.push(id);
                    continue;
                }
                (_, RequestStatus::Succeeded { .. }) => false,
            };
            request.lost_connections = if is_evidence { request.lost_connections + 1 } else { 0 };
            if request.lost_connections >= end.limit() {
                ended.push(id);
            }
        }
        ended
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn close_codes_are_classified_as_evidence() {
        for (code, reason, end) in [
            (1009, "", ConnectionEnd::Failed),
            (1011, "InternalServerError", ConnectionEnd::Failed),
            (1011, "CommitterFullError", ConnectionEnd::Neutral),
            (1013, "OptimisticConcurrencyControlFailure", ConnectionEnd::Neutral),
            (1001, "", ConnectionEnd::Neutral),
            (1012, "", ConnectionEnd::Neutral),
            (4040, "", ConnectionEnd::Neutral),
            (1006, "", ConnectionEnd::Broken),
            (1005, "", ConnectionEnd::Broken),
            (1000, "ClientDisconnected", ConnectionEnd::Broken),
        ] {
            assert_eq!(ConnectionEnd::of_close(code, reason), end, "{code} {reason}");
        }
    }
}
