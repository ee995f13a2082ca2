//! One-shot queries: each waits for the first result of a query that it subscribes to.

use crate::{AuthPolicy, QueryHandle, RequestId, Time, by_policy::ByPolicy};
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

/// All one-shot queries without an outcome.
///
/// The registry is created by the first [`add`](Self::add), and every client reaches it through a
/// vtable. So an app without one-shot queries does not contain their code.
#[derive(Debug, Default)]
pub(crate) struct OneShots(Option<Box<dyn OneShotOps>>);

/// The operations of [`PendingOneShots`] that every client calls.
trait OneShotOps: fmt::Debug + Send + Sync {
    fn add(&mut self, id: RequestId, one_shot: OneShot);

    /// When the next one-shot query times out.
    fn next_deadline(&self) -> Option<Time>;

    /// The one-shot queries that have passed their deadline.
    fn overdue(&self, now: Time) -> Vec<RequestId>;

    /// The one-shot queries with a policy for which `matches` is true.
    fn of_policy(&self, matches: fn(AuthPolicy) -> bool) -> Vec<RequestId>;

    /// The server of this connection has sent a result of `query`.
    fn note_result(&mut self, query: QueryHandle);

    /// The connection was lost. The one-shot queries wait for results of the next server.
    fn disconnected(&mut self);

    /// The one-shot queries of a policy that have a result.
    fn ready(&self, auth: AuthPolicy) -> Vec<RequestId>;

    fn query(&self, id: RequestId) -> Option<QueryHandle>;

    /// Removes a one-shot query that has its outcome.
    fn remove(&mut self, id: RequestId) -> Option<OneShot>;
}

#[derive(Debug, Default)]
struct PendingOneShots {
    all: BTreeMap<RequestId, Box<OneShot>>,
    by_query: BTreeSet<(QueryHandle, RequestId)>,
    /// The one-shot queries with a result of this connection's server, by policy. They wait until it
    /// is certain that the result belongs to the current identity.
    ready: ByPolicy<BTreeSet<RequestId>>,
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
        self.0.as_ref().map_or_else(Vec::new, |pending| pending.overdue(now))
    }

    pub(crate) fn of_policy(&self, matches: fn(AuthPolicy) -> bool) -> Vec<RequestId> {
        self.0.as_ref().map_or_else(Vec::new, |pending| pending.of_policy(matches))
    }

    pub(crate) fn note_result(&mut self, query: QueryHandle) {
        if let Some(pending) = &mut self.0 {
            pending.note_result(query);
        }
    }

    pub(crate) fn disconnected(&mut self) {
        if let Some(pending) = &mut self.0 {
            pending.disconnected();
        }
    }

    pub(crate) fn ready(&self, auth: AuthPolicy) -> Vec<RequestId> {
        self.0.as_ref().map_or_else(Vec::new, |pending| pending.ready(auth))
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

    fn of_policy(&self, matches: fn(AuthPolicy) -> bool) -> Vec<RequestId> {
        let matching = self.all.iter().filter(|(_, one_shot)| matches(one_shot.auth));
        matching.map(|(id, _)| *id).collect()
    }

    fn note_result(&mut self, query: QueryHandle) {
        let ids = self.by_query.range((query, RequestId::new(0))..).take_while(|(of, _)| *of == query);
        for (_, id) in ids {
            let auth = self.all[id].auth;
            self.ready[auth].insert(*id);
        }
    }

    fn disconnected(&mut self) {
        self.ready = Default::default();
    }

    fn ready(&self, auth: AuthPolicy) -> Vec<RequestId> {
        self.ready[auth].iter().copied().collect()
    }

    fn query(&self, id: RequestId) -> Option<QueryHandle> {
        self.all.get(&id).map(|one_shot| one_shot.query)
    }

    fn remove(&mut self, id: RequestId) -> Option<OneShot> {
        let one_shot = *self.all.remove(&id)?;
        self.by_query.remove(&(one_shot.query, id));
        self.ready[one_shot.auth].remove(&id);
        if let Some(deadline) = one_shot.deadline {
            self.deadlines.remove(&(deadline, id));
        }
        Some(one_shot)
    }
}
