//! Mutations under which connections are closed (auth contract, rule 14; §4, line 51).
//!
//! A mutation is resent on every connection until it is answered. One that closes each of them,
//! because the server fails on it or cannot read it, would be resent without end, and no request
//! behind it would run. So each mutation counts the connections in a row that were closed under it.
//! After the second one it is a suspect and gets a trial: it is sent behind the answer to an empty
//! `ModifyQuerySet`, on a connection without queries and without other requests. If the server
//! closes that one with an error, nothing else can be the reason, and the mutation ends. A
//! connection that only breaks may have been broken by the network, so the trial is repeated, and
//! the count starts over if one breaks without it. An innocent mutation is answered and costs two
//! round trips. A trial lasts as long as an answer may take, so that a slow mutation does not hold
//! back the others.

use super::{AuthPolicy, RequestId, Requests, Status};
use crate::connection::backoff::is_overload;

/// How a connection ended, as far as it says something about mutations that were sent on it and not
/// answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ConnectionEnd {
    /// The client left it, or the server asks to try again later: nothing.
    Neutral,
    /// It broke, or was closed without an error. It speaks against those after which nothing was
    /// answered any more.
    Broken,
    /// The server closed it with an error. It speaks against all of them.
    Failed,
}

impl ConnectionEnd {
    /// What a close frame says; 1006 where there was none.
    pub(crate) fn of_close(code: u16, reason: &str) -> Self {
        match code {
            _ if is_overload(reason) => Self::Neutral,
            // Protocol error, unsupported or inconsistent data, policy, message too big, extension
            // missing, internal error.
            1002 | 1003 | 1007..=1011 => Self::Failed,
            // Going away, restarting, try again later, bad gateway, and the codes of the service's
            // edge.
            1001 | 1012..=1014 | 4000.. => Self::Neutral,
            _ => Self::Broken,
        }
    }
}

/// After so many closed connections in a row a mutation is sent in a trial.
const SUSPECT: u8 = 2;

impl ConnectionEnd {
    /// After so many closed connections in a row, the last one like this, a mutation ends. A
    /// network that breaks under one frame in ten breaks five trials in a row, and nothing in
    /// between, once in 40,000 times.
    fn limit(self) -> u8 {
        if self == Self::Failed { 3 } else { SUSPECT + 5 }
    }
}

impl Requests {
    /// Whether the request that leaves next, or left last, is in a trial: nothing may leave beside
    /// it.
    pub(crate) fn is_on_trial(&self, may_leave: impl Fn(AuthPolicy) -> bool) -> bool {
        let is_suspect = |id| self.all.get(id).is_some_and(|request| request.closed_under >= SUSPECT);
        self.trial.is_some() || self.next_to_leave(may_leave).is_some_and(is_suspect)
    }

    /// Whether a request may leave now. A suspect waits for a connection that `is_proven`, and for
    /// the mutations before it.
    pub(super) fn may_begin(&mut self, id: RequestId, is_proven: bool) -> bool {
        let is_suspect = self.all.get(id).is_some_and(|request| request.closed_under >= SUSPECT);
        let [mutations, _] = self.under_way;
        let may_begin = !is_suspect || is_proven && mutations == 0;
        if is_suspect && may_begin {
            self.trial = Some(id);
        }
        may_begin
    }

    /// Whether a request was sent in a trial and is not answered.
    pub(crate) fn has_trial(&self) -> bool {
        self.trial.is_some()
    }

    /// The time of the trial is over: other requests need not wait any longer.
    pub(crate) fn end_trial(&mut self) {
        self.trial = None;
    }

    /// The server answered something.
    pub(crate) fn server_answered(&mut self) {
        self.answers += 1;
    }

    /// Counts a connection that was closed under its mutations, and returns those that end with it:
    /// the ones given up, and the ones that passed their trial and whose writes this connection did
    /// not live to show.
    pub(crate) fn count_lost_connection(&mut self, ending: ConnectionEnd) -> Vec<RequestId> {
        let (answers, trial) = (self.answers, self.trial.take());
        let mut ended = Vec::new();
        for (id, request) in self.all.iter_mut() {
            let is_suspicious = match (ending, &request.status) {
                (ConnectionEnd::Neutral, _) | (ConnectionEnd::Failed, Status::Unsent { .. }) => continue,
                (ConnectionEnd::Broken, Status::Unsent { .. }) => {
                    request.closed_under = request.closed_under.min(SUSPECT);
                    continue;
                }
                (ConnectionEnd::Broken, Status::Sent { answers: before, .. }) => {
                    *before == answers || trial == Some(id)
                }
                (ConnectionEnd::Failed, Status::Sent { .. }) => true,
                (_, Status::Succeeded { .. }) if request.closed_under >= SUSPECT => {
                    ended.push(id);
                    continue;
                }
                (_, Status::Succeeded { .. }) => false,
            };
            request.closed_under = if is_suspicious { request.closed_under + 1 } else { 0 };
            if request.closed_under >= ending.limit() {
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
    fn close_codes_say_whose_fault_it_was() {
        for (code, reason, ending) in [
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
            assert_eq!(ConnectionEnd::of_close(code, reason), ending, "{code} {reason}");
        }
    }
}
