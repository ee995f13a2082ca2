//! Mutations and actions, from the call to the outcome (docs/protocol.md §6; docs/auth.md, rule
//! 14).
//!
//! The idea: a request passes through the states of [`RequestStatus`]. It is sent once its policy
//! allows that, in the order of the calls. An action settles with its answer. A mutation that
//! succeeded waits for the transition that shows its writes, so that its caller and its optimistic
//! update never see older results. When the connection is lost, sent mutations are sent again on
//! the next one, where the server recognizes their ids, and sent actions fail, because they must
//! not run twice.
//!
//! Invariants:
//!
//! - A request is in `all` until it settles, and settles exactly once.
//! - `unsent` holds exactly the requests with the status `Unsent`, by policy, so that the ones held
//!   back cost nothing.
//! - `unanswered` and `unanswered_resends` count the requests with the status `Sent`.
//! - A mutation that succeeded is in `awaiting_transition` or `carried_over`. Both may also contain
//!   mutations that have settled since; those are skipped, which is cheaper than removing them.
//!
//! Cost: sending, answering and settling a request take a few binary searches in sorted vectors.
//! Only lost connections and identity changes visit all of them.

mod answers;
mod endings;
mod in_flight;
mod options;
mod trial;

pub use in_flight::InFlight;
pub use options::RequestOptions;
pub(crate) use trial::ConnectionEnd;

use crate::{
    Arguments, AuthPolicy, ConvexError, EncodedValue, FunctionPath, RequestId, Time,
    by_policy::ByPolicy,
    id_map::IdMap,
    sorted_set::SortedSet,
    wire::{ClientFrame, Timestamp},
};

/// A request that ended, and its outcome.
pub(crate) type SettledRequest = (RequestId, Result<EncodedValue, ConvexError>);

/// The progress of the results on this connection.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct ResultProgress {
    /// The timestamp of the last transition.
    pub(crate) ts: Timestamp,
    /// Whether all queries that were sent after opening have results.
    pub(crate) first_answers: bool,
}

/// All mutations and actions without an outcome.
#[derive(Debug)]
pub(crate) struct Requests {
    next: RequestId,
    all: IdMap<RequestId, Box<RequestRecord>>,
    /// The number of pending requests, by kind.
    counts: [usize; 2],
    /// The requests to send on this connection, in the order of the calls, by policy.
    unsent: ByPolicy<SortedSet<RequestId>>,
    /// The mutations that succeeded, by the timestamp of the transition that shows their writes.
    awaiting_transition: SortedSet<(Timestamp, RequestId)>,
    /// The same, for mutations that were first sent on an earlier connection. They also wait for
    /// the first answers of this connection, because until then the queries show the results of
    /// the earlier one.
    carried_over: SortedSet<(Timestamp, RequestId)>,
    /// The number of mutations that were sent again on this connection and are not answered yet.
    unanswered_resends: usize,
    /// The number of requests that were sent on this connection and are not answered yet, by kind.
    unanswered: [usize; 2],
    /// The deadlines of the requests with a timeout.
    deadlines: SortedSet<(Time, RequestId)>,
    /// The number of answers that the client has received from servers.
    answers: u64,
    /// The mutation that was sent in a [trial].
    trial: Option<RequestId>,
}

/// The limit of unanswered mutations, and of unanswered actions. The server closes the connection
/// at 1,000 (docs/protocol.md §6), and cancelled requests may still be running there.
const MAX_UNANSWERED: usize = 500;

/// A mutation or action without an outcome.
#[derive(Debug)]
struct RequestRecord {
    called: Time,
    kind: RequestKind,
    function: FunctionPath,
    args: Arguments,
    auth: AuthPolicy,
    deadline: Option<Time>,
    /// Whether the identity has changed since the call. If so, the request must not be sent
    /// (again).
    stale: bool,
    /// The number of consecutive connections that were lost while the request waited for its
    /// answer.
    lost_connections: u8,
    status: RequestStatus,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RequestKind {
    Mutation,
    Action,
}

#[derive(Debug)]
enum RequestStatus {
    /// Not sent on this connection.
    Unsent {
        /// Whether the request was sent on an earlier connection.
        sent_before: bool,
    },
    /// Sent on this connection, and not answered yet.
    Sent {
        /// Whether the request was sent on an earlier connection, too.
        is_resend: bool,
        /// The number of answers that the client had received before.
        answers: u64,
    },
    /// A mutation that succeeded and waits for the transition that shows its writes.
    Succeeded { value: EncodedValue },
}

impl Requests {
    pub(crate) fn new() -> Self {
        Self {
            next: RequestId::new(0),
            all: IdMap::new(),
            counts: [0; 2],
            unsent: Default::default(),
            awaiting_transition: Default::default(),
            carried_over: Default::default(),
            unanswered_resends: 0,
            unanswered: [0; 2],
            deadlines: Default::default(),
            answers: 0,
            trial: None,
        }
    }

    // ---- commands ----

    pub(crate) fn next_id(&mut self) -> RequestId {
        let id = self.next;
        self.next = id.next();
        id
    }

    pub(crate) fn add(
        &mut self,
        called: Time,
        kind: RequestKind,
        function: FunctionPath,
        args: Arguments,
        RequestOptions { auth, timeout }: RequestOptions,
    ) -> RequestId {
        let id = self.next_id();
        let deadline = timeout.map(|timeout| called + timeout);
        self.counts[kind as usize] += 1;
        let request = RequestRecord {
            called,
            kind,
            function,
            args,
            auth,
            deadline,
            stale: false,
            lost_connections: 0,
            status: RequestStatus::Unsent { sent_before: false },
        };
        self.all.insert(id, Box::new(request));
        self.unsent[auth].insert(id);
        if let Some(deadline) = deadline {
            self.deadlines.insert((deadline, id));
        }
        id
    }

    // ---- getters ----

    /// Whether a request has no outcome yet.
    pub(crate) fn contains(&self, id: RequestId) -> bool {
        self.all.contains(id)
    }

    /// The requests without an outcome.
    pub(crate) fn in_flight(&self) -> InFlight {
        let [mutations, actions] = self.counts;
        // Ids are assigned in the order of the calls.
        let oldest = self.all.iter().next().map(|(_, request)| request.called);
        InFlight { mutations, actions, oldest }
    }

    /// When the next request times out.
    pub(crate) fn next_deadline(&self) -> Option<Time> {
        self.deadlines.first().map(|(deadline, _)| deadline)
    }

    /// The function that a request calls.
    pub(crate) fn function(&self, id: RequestId) -> Option<&FunctionPath> {
        self.all.get(id).map(|request| &request.function)
    }

    /// Whether `may_send` holds back a request.
    pub(crate) fn is_any_held(&self, may_send: impl Fn(AuthPolicy) -> bool) -> bool {
        self.unsent.is_any_held(may_send)
    }

    /// Whether everything that was sent again after a reconnect is answered.
    pub(crate) fn is_caught_up(&self) -> bool {
        self.unanswered_resends == 0
    }

    /// Whether a mutation that succeeded waits for nothing but the transition that shows its
    /// writes.
    pub(crate) fn awaits_transition(&self) -> bool {
        self.awaiting_transition.iter().any(|(_, id)| self.all.contains(id))
    }

    // ---- outputs ----

    /// The first unsent request in the order of the calls, of those with a policy that `may_send`.
    fn next_to_send(&self, may_send: impl Fn(AuthPolicy) -> bool) -> Option<RequestId> {
        let policies = AuthPolicy::ALL.into_iter().filter(|auth| may_send(*auth));
        policies.filter_map(|auth| self.unsent[auth].first()).min()
    }

    /// The next request to send, of those with a policy that `may_send`; it counts as sent. `None`
    /// also if too many requests are unanswered, or one is in a [trial]. `is_proven`: the server
    /// has answered everything that was sent on this connection.
    pub(crate) fn transmit(
        &mut self,
        may_send: impl Fn(AuthPolicy) -> bool,
        is_proven: bool,
    ) -> Option<ClientFrame<'_>> {
        let id = self.next_to_send(may_send).filter(|_| self.trial.is_none())?;
        if !self.begin_trial_if_suspect(id, is_proven) {
            return None;
        }
        let request = self.all.get_mut(id).expect("unsent requests are pending");
        let unanswered = &mut self.unanswered[request.kind as usize];
        if *unanswered >= MAX_UNANSWERED {
            return None;
        }
        *unanswered += 1;
        self.unsent[request.auth].remove(id);
        let is_resend = matches!(request.status, RequestStatus::Unsent { sent_before: true });
        self.unanswered_resends += usize::from(is_resend);
        request.status = RequestStatus::Sent { is_resend, answers: self.answers };
        let (request_id, function, args) = (id.wire(), &request.function, &request.args);
        Some(match request.kind {
            RequestKind::Mutation => ClientFrame::Mutation { request: request_id, function, args },
            RequestKind::Action => ClientFrame::Action { request: request_id, function, args },
        })
    }
}
