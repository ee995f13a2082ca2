//! Mutations and actions, from their call to their outcome (protocol §6).

mod in_flight;
mod options;
mod trial;

pub use in_flight::InFlight;
pub use options::RequestOptions;
pub(crate) use trial::ConnectionEnd;

use crate::{
    Arguments, AuthPolicy, ConvexError, EncodedValue, FunctionError, FunctionPath, NotSentReason, RequestId,
    Time,
    by_policy::ByPolicy,
    id_map::IdMap,
    sorted_set::SortedSet,
    wire::{ClientFrame, Timestamp},
};

/// What became of a request.
pub(crate) type SettledRequest = (RequestId, Result<EncodedValue, ConvexError>);

/// How far the results on this connection have come.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct ResultProgress {
    /// What they were computed from.
    pub(crate) ts: Timestamp,
    /// Whether all queries asked for at its beginning are answered.
    pub(crate) first_answers: bool,
}

/// All mutations and actions that have no outcome yet.
#[derive(Debug)]
pub(crate) struct Requests {
    next: RequestId,
    all: IdMap<RequestId, Box<Request>>,
    /// How many of them there are, by kind.
    counts: [usize; 2],
    /// The ones to be sent on this connection, in the order they were called, by policy.
    unsent: ByPolicy<SortedSet<RequestId>>,
    /// Mutations that succeeded and wait for the transition that shows their writes, by its time.
    gated: SortedSet<(Timestamp, RequestId)>,
    /// As `gated`, of mutations an earlier connection sent: this one's queries must have been
    /// answered, too, for until then they show what the earlier one told.
    carried: SortedSet<(Timestamp, RequestId)>,
    /// How many were sent again after a reconnect and are not answered yet.
    resent: usize,
    /// How many the server of this connection has and has not answered, by kind.
    under_way: [usize; 2],
    /// When the ones that may not take for ever time out.
    deadlines: SortedSet<(Time, RequestId)>,
    /// How often the servers have answered something.
    answers: u64,
    /// The mutation that was sent in a [trial].
    trial: Option<RequestId>,
}

/// How many mutations, and how many actions, may be under way. The server closes the connection at
/// a thousand (protocol §6); what was given up here may still keep it busy.
const MAX_UNDER_WAY: usize = 500;

#[derive(Debug)]
struct Request {
    called: Time,
    kind: RequestKind,
    function: FunctionPath,
    args: Arguments,
    auth: AuthPolicy,
    deadline: Option<Time>,
    /// Whether somebody else has become the one whose name it would now be sent in: it must not
    /// leave (again).
    stale: bool,
    /// How many connections in a row were closed under it.
    closed_under: u8,
    status: Status,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RequestKind {
    Mutation,
    Action,
}

#[derive(Debug)]
enum Status {
    Unsent {
        before: bool,
    },
    /// `answers`: how often the servers had answered something by then.
    Sent {
        again: bool,
        answers: u64,
    },
    Succeeded {
        value: EncodedValue,
    },
}

impl Requests {
    pub(crate) fn new() -> Self {
        Self {
            next: RequestId::new(0),
            all: IdMap::new(),
            counts: [0; 2],
            unsent: Default::default(),
            gated: Default::default(),
            carried: Default::default(),
            resent: 0,
            under_way: [0; 2],
            deadlines: Default::default(),
            answers: 0,
            trial: None,
        }
    }

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
        let status = Status::Unsent { before: false };
        self.counts[kind as usize] += 1;
        let request =
            Request { called, kind, function, args, auth, deadline, stale: false, closed_under: 0, status };
        self.all.insert(id, Box::new(request));
        self.unsent[auth].insert(id);
        if let Some(deadline) = deadline {
            self.deadlines.insert((deadline, id));
        }
        id
    }

    /// Whether a request has no outcome yet.
    pub(crate) fn contains(&self, id: RequestId) -> bool {
        self.all.contains(id)
    }

    /// What has no outcome yet.
    pub(crate) fn in_flight(&self) -> InFlight {
        let [mutations, actions] = self.counts;
        // They are numbered as they are called.
        let oldest = self.all.iter().next().map(|(_, request)| request.called);
        InFlight { mutations, actions, oldest }
    }

    /// When the next one times out.
    pub(crate) fn next_deadline(&self) -> Option<Time> {
        self.deadlines.first().map(|(deadline, _)| deadline)
    }

    /// The function a request runs.
    pub(crate) fn function(&self, id: RequestId) -> Option<&FunctionPath> {
        self.all.get(id).map(|request| &request.function)
    }

    /// Whether a request waits that `may_leave` holds back.
    pub(crate) fn is_any_held(&self, may_leave: impl Fn(AuthPolicy) -> bool) -> bool {
        self.unsent.is_any_held(may_leave)
    }

    /// Whether everything that was sent again after a reconnect is answered.
    pub(crate) fn is_caught_up(&self) -> bool {
        self.resent == 0
    }

    /// The unsent request that was called first, of those whose policy lets them leave.
    fn next_to_leave(&self, may_leave: impl Fn(AuthPolicy) -> bool) -> Option<RequestId> {
        let policies = AuthPolicy::ALL.into_iter().filter(|auth| may_leave(*auth));
        policies.filter_map(|auth| self.unsent[auth].first()).min()
    }

    /// The next request whose policy lets it leave, unless too many are under way or one is in a
    /// [trial]; it counts as sent. `is_proven`: the server has answered everything that it was sent
    /// on this connection.
    pub(crate) fn transmit(
        &mut self,
        may_leave: impl Fn(AuthPolicy) -> bool,
        is_proven: bool,
    ) -> Option<ClientFrame<'_>> {
        let id = self.next_to_leave(may_leave).filter(|_| self.trial.is_none())?;
        if !self.may_begin(id, is_proven) {
            return None;
        }
        let request = self.all.get_mut(id).expect("an unsent request is one of all");
        let under_way = &mut self.under_way[request.kind as usize];
        if *under_way >= MAX_UNDER_WAY {
            return None;
        }
        *under_way += 1;
        self.unsent[request.auth].remove(id);
        let again = matches!(request.status, Status::Unsent { before: true });
        self.resent += usize::from(again);
        request.status = Status::Sent { again, answers: self.answers };
        let (request_id, function, args) = (id.wire(), &request.function, &request.args);
        Some(match request.kind {
            RequestKind::Mutation => ClientFrame::Mutation { request: request_id, function, args },
            RequestKind::Action => ClientFrame::Action { request: request_id, function, args },
        })
    }

    /// The answer to a mutation. A success waits until its writes are `seen`.
    pub(crate) fn mutation_answered(
        &mut self,
        id: RequestId,
        answer: Result<EncodedValue, FunctionError>,
        ts: Option<Timestamp>,
        seen: ResultProgress,
    ) -> Option<SettledRequest> {
        self.server_answered();
        let again = self.answered(id, RequestKind::Mutation)?;
        match (answer, ts) {
            (Ok(value), Some(ts)) if ts > seen.ts || again && !seen.first_answers => {
                self.arrived(id, RequestKind::Mutation, again);
                self.all.get_mut(id)?.status = Status::Succeeded { value };
                if again { &mut self.carried } else { &mut self.gated }.insert((ts, id));
                None
            }
            (answer, _) => Some(self.settle(id, answer.map_err(ConvexError::from))),
        }
    }

    /// The answer to an action.
    pub(crate) fn action_answered(
        &mut self,
        id: RequestId,
        answer: Result<EncodedValue, FunctionError>,
    ) -> Option<SettledRequest> {
        self.server_answered();
        self.answered(id, RequestKind::Action)?;
        Some(self.settle(id, answer.map_err(ConvexError::from)))
    }

    /// Whether the request an answer belongs to was sent again. A second answer to one that was
    /// finds none (auth contract §4, line 41).
    fn answered(&self, id: RequestId, kind: RequestKind) -> Option<bool> {
        match self.all.get(id).filter(|request| request.kind == kind)?.status {
            Status::Sent { again, .. } => Some(again),
            _ => None,
        }
    }

    /// One is not under way any more.
    fn arrived(&mut self, id: RequestId, kind: RequestKind, again: bool) {
        self.trial = self.trial.filter(|trial| *trial != id);
        self.under_way[kind as usize] -= 1;
        self.resent -= usize::from(again);
    }

    /// The mutations whose writes are `seen`.
    pub(crate) fn settle_visible(&mut self, progress: ResultProgress) -> Vec<SettledRequest> {
        if progress.first_answers {
            let reached = self.carried.take_while(|(ts, _)| ts <= progress.ts);
            reached.into_iter().for_each(|gate| self.gated.insert(gate));
        }
        let reached = self.gated.take_while(|(ts, _)| ts <= progress.ts);
        reached.into_iter().filter_map(|(_, id)| self.settle_succeeded(id)).collect()
    }

    /// Whether a mutation that succeeded on this connection waits for the transition that shows its
    /// writes.
    pub(crate) fn awaits_transition(&self) -> bool {
        self.gated.iter().any(|(_, id)| self.all.contains(id))
    }

    /// The outcome of a mutation at its gate; a gate of one that was given up opens for nobody.
    fn settle_succeeded(&mut self, id: RequestId) -> Option<SettledRequest> {
        let Status::Succeeded { value } = &self.all.get(id)?.status else { return None };
        let value = value.clone();
        Some(self.settle(id, Ok(value)))
    }

    /// The connection is gone: sent mutations are to be sent again, sent actions fail now.
    pub(crate) fn disconnected(&mut self) -> Vec<SettledRequest> {
        self.gated.take().into_iter().for_each(|gate| self.carried.insert(gate));
        let mut lost = Vec::new();
        for (id, request) in self.all.iter_mut() {
            if !matches!(request.status, Status::Sent { .. }) {
                continue;
            }
            if request.kind == RequestKind::Action || request.stale {
                lost.push(id);
            } else {
                request.status = Status::Unsent { before: true };
                self.unsent[request.auth].insert(id);
            }
        }
        let outcomes = lost.into_iter().map(|id| self.settle(id, Err(ConvexError::OutcomeUnknown))).collect();
        self.resent = 0;
        self.under_way = [0; 2];
        outcomes
    }

    /// The moments of mutations that succeeded are none of this server's: the first answers of the
    /// next connection show their writes.
    pub(crate) fn forget_timestamps(&mut self) {
        for (_, id) in self.carried.take() {
            self.carried.insert((Timestamp::default(), id));
        }
    }

    /// A person is no longer the one who is asking: nothing of theirs may be sent or answered from
    /// now on.
    pub(crate) fn user_replaced(&mut self) -> Vec<SettledRequest> {
        self.settle_all(&|request| match request.status {
            // It may have been executed by the connection before, so it is not certain that it was
            // not.
            Status::Unsent { before: true } | Status::Sent { .. } => ConvexError::OutcomeUnknown,
            Status::Unsent { before: false } | Status::Succeeded { .. } => ConvexError::IdentityChanged,
        })
    }

    /// Somebody signed in where nobody was: what nobody asked for must not leave in their name.
    pub(crate) fn anonymous_replaced(&mut self) -> Vec<SettledRequest> {
        let mut failed = Vec::new();
        for (id, request) in self.all.iter_mut() {
            match request.status {
                _ if request.auth == AuthPolicy::Immediate => {}
                Status::Unsent { before: false } => failed.push((id, ConvexError::IdentityChanged)),
                Status::Unsent { before: true } => failed.push((id, ConvexError::OutcomeUnknown)),
                Status::Sent { .. } | Status::Succeeded { .. } => request.stale = true,
            }
        }
        failed.into_iter().map(|(id, error)| self.settle(id, Err(error))).collect()
    }

    /// It is settled that nobody is signed in: what needs somebody cannot run.
    pub(crate) fn fail_required(&mut self) -> Vec<SettledRequest> {
        let ids = self.unsent[AuthPolicy::Required].take();
        let error = ConvexError::NotSent(NotSentReason::Unauthenticated);
        ids.into_iter().map(|id| self.settle(id, Err(error.clone()))).collect()
    }

    /// The client is closed.
    pub(crate) fn closed(&mut self) -> Vec<SettledRequest> {
        self.settle_all(&|request| match request.status {
            Status::Unsent { before: false } => ConvexError::NotSent(NotSentReason::ClientClosed),
            _ => ConvexError::OutcomeUnknown,
        })
    }

    /// The client has stopped with an error.
    pub(crate) fn failed(&mut self, error: &ConvexError) -> Vec<SettledRequest> {
        self.settle_all(&|_| error.clone())
    }

    /// The caller gives up on a request.
    pub(crate) fn cancel(&mut self, id: RequestId) -> Option<SettledRequest> {
        self.give_up(id, NotSentReason::Cancelled)
    }

    /// The requests that have taken too long.
    pub(crate) fn time_out(&mut self, now: Time) -> Vec<SettledRequest> {
        let mut outcomes = Vec::new();
        for (_, id) in self.deadlines.take_while(|(deadline, _)| deadline <= now) {
            outcomes.extend(self.give_up(id, NotSentReason::TimedOut));
        }
        outcomes
    }

    fn give_up(&mut self, id: RequestId, reason: NotSentReason) -> Option<SettledRequest> {
        let outcome = match &self.all.get(id)?.status {
            Status::Unsent { before: false } => Err(ConvexError::NotSent(reason)),
            Status::Unsent { before: true } | Status::Sent { .. } => Err(ConvexError::OutcomeUnknown),
            Status::Succeeded { value } => Ok(value.clone()),
        };
        Some(self.settle(id, outcome))
    }

    /// Settles everything, by `error` but for mutations already known to have succeeded.
    fn settle_all(&mut self, error: &dyn Fn(&Request) -> ConvexError) -> Vec<SettledRequest> {
        let mut all = std::mem::replace(self, Self { next: self.next, ..Self::new() }).all;
        let outcome = |(id, request): (RequestId, Box<Request>)| match request.status {
            Status::Succeeded { value } => (id, Ok(value)),
            _ => {
                let error = error(&request);
                (id, Err(error))
            }
        };
        all.take().map(outcome).collect()
    }

    fn settle(&mut self, id: RequestId, outcome: Result<EncodedValue, ConvexError>) -> SettledRequest {
        // A gate of a request that is gone settles nothing: looking for it would cost more than
        // leaving it.
        if let Some(request) = self.all.remove(id) {
            self.counts[request.kind as usize] -= 1;
            self.unsent[request.auth].remove(id);
            if let Status::Sent { again, .. } = request.status {
                self.arrived(id, request.kind, again);
            }
            if let Some(deadline) = request.deadline {
                self.deadlines.remove((deadline, id));
            }
        }
        (id, outcome)
    }
}
