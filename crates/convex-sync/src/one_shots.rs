//! Queries that are asked once: each waits for the first result of a query it subscribes to.

use crate::{QueryAuth, QueryHandle, RequestId, Time, by_policy::ByPolicy};
use std::collections::{BTreeMap, BTreeSet};

/// All one-shot queries that have no outcome yet.
#[derive(Debug, Default)]
pub(crate) struct OneShots {
    all: BTreeMap<RequestId, Box<OneShot>>,
    by_query: BTreeSet<(QueryHandle, RequestId)>,
    /// Those whose query has a result of this connection's server, by policy: they wait for it to be certain that it was given to who is asking.
    answered: ByPolicy<BTreeSet<RequestId>>,
    deadlines: BTreeSet<(Time, RequestId)>,
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct OneShot {
    pub(crate) query: QueryHandle,
    pub(crate) auth: QueryAuth,
    pub(crate) deadline: Option<Time>,
}

impl OneShots {
    pub(crate) fn add(&mut self, id: RequestId, one_shot: OneShot) {
        self.by_query.insert((one_shot.query, id));
        self.deadlines.extend(one_shot.deadline.map(|deadline| (deadline, id)));
        self.all.insert(id, Box::new(one_shot));
    }

    /// When the next one times out.
    pub(crate) fn next_deadline(&self) -> Option<Time> {
        self.deadlines.first().map(|(deadline, _)| *deadline)
    }

    /// Those that have taken too long.
    pub(crate) fn overdue(&self, now: Time) -> Vec<RequestId> {
        self.deadlines.iter().take_while(|(deadline, _)| *deadline <= now).map(|(_, id)| *id).collect()
    }

    /// Those of policies that `is_meant`.
    pub(crate) fn of_policy(&self, is_meant: impl Fn(QueryAuth) -> bool) -> Vec<RequestId> {
        let meant = self.all.iter().filter(|(_, one_shot)| is_meant(one_shot.auth));
        meant.map(|(id, _)| *id).collect()
    }

    /// A result of this query came.
    pub(crate) fn answered(&mut self, query: QueryHandle) {
        let ids = self.by_query.range((query, RequestId::new(0))..).take_while(|(of, _)| *of == query);
        for (_, id) in ids {
            let auth = self.all[id].auth;
            self.answered[auth].insert(*id);
        }
    }

    /// The results there are, are not of the next server.
    pub(crate) fn disconnected(&mut self) {
        self.answered = Default::default();
    }

    /// Those of a policy whose query has a result.
    pub(crate) fn answered_of(&self, auth: QueryAuth) -> Vec<RequestId> {
        self.answered[auth].iter().copied().collect()
    }

    pub(crate) fn query(&self, id: RequestId) -> Option<QueryHandle> {
        self.all.get(&id).map(|one_shot| one_shot.query)
    }

    /// One has its outcome.
    pub(crate) fn remove(&mut self, id: RequestId) -> Option<OneShot> {
        let one_shot = *self.all.remove(&id)?;
        self.by_query.remove(&(one_shot.query, id));
        self.answered[one_shot.auth].remove(&id);
        if let Some(deadline) = one_shot.deadline {
            self.deadlines.remove(&(deadline, id));
        }
        Some(one_shot)
    }
}
