//! Queries that are asked once: each waits for the first result of a query it subscribes to.

use crate::{AuthPolicy, QueryHandle, RequestId, Time, by_policy::ByPolicy};
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

/// All one-shot queries that have no outcome yet, from the first on. What every client does with
/// them goes by a vtable that [`add`](Self::add) alone names: an app without them does not carry
/// their code.
#[derive(Debug, Default)]
pub(crate) struct OneShots(Option<Box<dyn OneShotOps>>);

/// What a client does with its one-shot queries.
trait OneShotOps: fmt::Debug + Send + Sync {
    fn add(&mut self, id: RequestId, one_shot: OneShot);

    /// When the next one times out.
    fn next_deadline(&self) -> Option<Time>;

    /// Those that have taken too long.
    fn overdue(&self, now: Time) -> Vec<RequestId>;

    /// Those of policies that `is_meant`.
    fn of_policy(&self, is_meant: fn(AuthPolicy) -> bool) -> Vec<RequestId>;

    /// A result of this query came.
    fn note_result(&mut self, query: QueryHandle);

    /// The results there are, are not of the next server.
    fn disconnected(&mut self);

    /// Those of a policy whose query has a result.
    fn ready(&self, auth: AuthPolicy) -> Vec<RequestId>;

    fn query(&self, id: RequestId) -> Option<QueryHandle>;

    /// One has its outcome.
    fn remove(&mut self, id: RequestId) -> Option<OneShot>;
}

/// Those that wait.
#[derive(Debug, Default)]
struct PendingOneShots {
    all: BTreeMap<RequestId, Box<OneShot>>,
    by_query: BTreeSet<(QueryHandle, RequestId)>,
    /// Those whose query has a result of this connection's server, by policy: they wait for it to
    /// be certain that it was given to who is asking.
    answered: ByPolicy<BTreeSet<RequestId>>,
    deadlines: BTreeSet<(Time, RequestId)>,
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct OneShot {
    pub(crate) query: QueryHandle,
    pub(crate) auth: AuthPolicy,
    pub(crate) deadline: Option<Time>,
}

impl OneShots {
    pub(crate) fn add(&mut self, id: RequestId, one_shot: OneShot) {
        self.0.get_or_insert_with(|| Box::new(PendingOneShots::default())).add(id, one_shot);
    }

    pub(crate) fn next_deadline(&self) -> Option<Time> {
        self.0.as_ref()?.next_deadline()
    }

    pub(crate) fn overdue(&self, now: Time) -> Vec<RequestId> {
        self.0.as_ref().map_or_else(Vec::new, |waiting| waiting.overdue(now))
    }

    pub(crate) fn of_policy(&self, is_meant: fn(AuthPolicy) -> bool) -> Vec<RequestId> {
        self.0.as_ref().map_or_else(Vec::new, |waiting| waiting.of_policy(is_meant))
    }

    pub(crate) fn note_result(&mut self, query: QueryHandle) {
        if let Some(waiting) = &mut self.0 {
            waiting.note_result(query);
        }
    }

    pub(crate) fn disconnected(&mut self) {
        if let Some(waiting) = &mut self.0 {
            waiting.disconnected();
        }
    }

    pub(crate) fn ready(&self, auth: AuthPolicy) -> Vec<RequestId> {
        self.0.as_ref().map_or_else(Vec::new, |waiting| waiting.ready(auth))
    }

    pub(crate) fn query(&self, id: RequestId) -> Option<QueryHandle> {
        self.0.as_ref()?.query(id)
    }

    pub(crate) fn remove(&mut self, id: RequestId) -> Option<OneShot> {
        self.0.as_mut()?.remove(id)
    }
}

impl OneShotOps for PendingOneShots {
    fn add(&mut self, id: RequestId, one_shot: OneShot) {
        self.by_query.insert((one_shot.query, id));
        self.deadlines.extend(one_shot.deadline.map(|deadline| (deadline, id)));
        self.all.insert(id, Box::new(one_shot));
    }

    fn next_deadline(&self) -> Option<Time> {
        self.deadlines.first().map(|(deadline, _)| *deadline)
    }

    fn overdue(&self, now: Time) -> Vec<RequestId> {
        self.deadlines.iter().take_while(|(deadline, _)| *deadline <= now).map(|(_, id)| *id).collect()
    }

    fn of_policy(&self, is_meant: fn(AuthPolicy) -> bool) -> Vec<RequestId> {
        let meant = self.all.iter().filter(|(_, one_shot)| is_meant(one_shot.auth));
        meant.map(|(id, _)| *id).collect()
    }

    fn note_result(&mut self, query: QueryHandle) {
        let ids = self.by_query.range((query, RequestId::new(0))..).take_while(|(of, _)| *of == query);
        for (_, id) in ids {
            let auth = self.all[id].auth;
            self.answered[auth].insert(*id);
        }
    }

    fn disconnected(&mut self) {
        self.answered = Default::default();
    }

    fn ready(&self, auth: AuthPolicy) -> Vec<RequestId> {
        self.answered[auth].iter().copied().collect()
    }

    fn query(&self, id: RequestId) -> Option<QueryHandle> {
        self.all.get(&id).map(|one_shot| one_shot.query)
    }

    fn remove(&mut self, id: RequestId) -> Option<OneShot> {
        let one_shot = *self.all.remove(&id)?;
        self.by_query.remove(&(one_shot.query, id));
        self.answered[one_shot.auth].remove(&id);
        if let Some(deadline) = one_shot.deadline {
            self.deadlines.remove(&(deadline, id));
        }
        Some(one_shot)
    }
}
