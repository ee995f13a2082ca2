//! The query set: what is subscribed, what of it the server of this connection knows, and the
//! results.

mod cache;
mod journal;
mod suspended;

pub(crate) use journal::is_undecodable;
pub use suspended::SuspendedResults;

use crate::{
    Arguments, AuthPolicy, EncodedValue, FunctionError, FunctionPath, QueryHandle, SuspensionId, Time,
    by_policy::ByPolicy,
    id_map::IdMap,
    sorted_set::SortedSet,
    wire::{QueryModification, StateModification},
};
use std::{collections::BTreeMap, sync::Arc};
use suspended::Suspensions;

/// The result of a query as the server sent it.
pub(crate) type QueryResult = Result<EncodedValue, FunctionError>;

/// All subscribed queries.
#[derive(Debug)]
pub(crate) struct Queries {
    next_handle: QueryHandle,
    next_wire: u32,
    all: IdMap<QueryHandle, Box<Query>>,
    by_key: BTreeMap<Arc<QueryKey>, QueryHandle>,
    /// The queries with a wire id. What the server says of any other id is late, and ignored.
    by_wire: IdMap<u32, QueryHandle>,
    /// The queries the server of this connection is still to be told of, by policy: so that those
    /// held back cost nothing.
    to_add: ByPolicy<SortedSet<QueryHandle>>,
    /// The wire ids the server of this connection is to forget.
    to_remove: Vec<u32>,
    /// The queries that lost their last subscriber since the last flush; one may have come back
    /// since.
    unused: Vec<QueryHandle>,
    /// The queries that stay without a subscriber, and until when.
    kept: SortedSet<(Time, QueryHandle)>,
    suspensions: Suspensions,
    /// The queries suspended since the last flush; they may have been resumed since.
    to_suspend: Vec<QueryHandle>,
}

/// Two queries with one key are one query. Those of one function are next to each other.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct QueryKey {
    function: FunctionPath,
    args: Arguments,
    auth: AuthPolicy,
}

#[derive(Debug)]
struct Query {
    key: Arc<QueryKey>,
    subscribers: usize,
    placement: Placement,
    /// What pins its pages, as the server last sent it; `None` before any result (protocol §5).
    journal: Option<Option<Arc<str>>>,
    result: Option<QueryResult>,
    /// Whether the server of this connection has sent a result.
    answered: bool,
    kept_until: Option<Time>,
    suspended_by: Vec<(SuspensionId, SuspendedResults)>,
}

/// What the server knows of a query. Wire ids are never used twice.
#[derive(Debug, Clone, Copy)]
enum Placement {
    /// It never had a wire id, or lost it with the person it ran as.
    Unplaced,
    /// It was known on an earlier connection by this id.
    Known(u32),
    /// The server of this connection knows it by this id.
    Added(u32),
}

/// What a transition brought.
#[derive(Debug, Default)]
pub(crate) struct Applied {
    pub(crate) changed: Vec<QueryHandle>,
    /// The queries that results came of, changed or not.
    pub(crate) answered: Vec<QueryHandle>,
    /// The queries whose journal the server could not decode. They are added again without it.
    pub(crate) journal_refused: Vec<QueryHandle>,
    pub(crate) logs: Vec<(FunctionPath, Vec<String>)>,
}

impl Queries {
    pub(crate) fn new() -> Self {
        Self {
            next_handle: QueryHandle::new(0),
            next_wire: 0,
            all: IdMap::new(),
            by_key: BTreeMap::new(),
            by_wire: IdMap::new(),
            to_add: Default::default(),
            to_remove: Vec::new(),
            unused: Vec::new(),
            kept: Default::default(),
            suspensions: Suspensions::new(),
            to_suspend: Vec::new(),
        }
    }

    // ---- getters ----

    pub(crate) fn result(&self, query: QueryHandle) -> Option<&QueryResult> {
        self.all.get(query)?.shown()
    }

    /// The result, where it is one of this connection's server, and kept up to date.
    pub(crate) fn current_result(&self, query: QueryHandle) -> Option<&QueryResult> {
        let query = self.all.get(query)?;
        query.result.as_ref().filter(|_| query.answered && query.suspended_by.is_empty())
    }

    /// Whether a server was told of it.
    pub(crate) fn was_sent(&self, query: QueryHandle) -> bool {
        self.all.get(query).is_some_and(|query| !matches!(query.placement, Placement::Unplaced))
    }

    pub(crate) fn contains(&self, query: QueryHandle) -> bool {
        self.all.contains(query)
    }

    /// What a query asks.
    pub(crate) fn call(&self, query: QueryHandle) -> Option<(&FunctionPath, &Arguments)> {
        let key = &self.all.get(query)?.key;
        Some((&key.function, &key.args))
    }

    /// The queries of one function with one set of arguments: one a policy.
    pub(crate) fn with_call(
        &self,
        function: &FunctionPath,
        args: &Arguments,
    ) -> impl Iterator<Item = QueryHandle> + use<'_> {
        let (function, args) = (function.clone(), args.clone());
        AuthPolicy::ALL.into_iter().filter_map(move |auth| {
            let key = QueryKey { function: function.clone(), args: args.clone(), auth };
            self.by_key.get(&key).copied()
        })
    }

    /// The queries of one function, with their arguments.
    pub(crate) fn of_function(
        &self,
        function: &FunctionPath,
    ) -> impl Iterator<Item = (QueryHandle, &Arguments)> {
        // The text of no object comes behind that of the empty one.
        let args = Arguments::encode(&()).ok().flatten().expect("`()` is `{}`");
        let last = QueryKey { function: function.clone(), args, auth: AuthPolicy::Immediate };
        let up_to_last = self.by_key.range(..=last).rev();
        up_to_last
            .take_while(move |(key, _)| key.function == *function)
            .map(|(key, query)| (*query, &key.args))
    }

    /// Whether the server of this connection is to be told something that `may_run` holds back.
    pub(crate) fn is_any_held(&self, may_run: impl Fn(AuthPolicy) -> bool) -> bool {
        self.to_add.is_any_held(may_run)
    }

    pub(crate) fn is_any_to_remove(&self) -> bool {
        !self.to_remove.is_empty()
    }

    // ---- commands ----

    pub(crate) fn subscribe(
        &mut self,
        function: &FunctionPath,
        args: &Arguments,
        auth: AuthPolicy,
    ) -> QueryHandle {
        let key = QueryKey { function: function.clone(), args: args.clone(), auth };
        if let Some(&handle) = self.by_key.get(&key) {
            self.all.get_mut(handle).expect("a key names one of all queries").subscribers += 1;
            return handle;
        }
        let handle = self.next_handle;
        self.next_handle = handle.next();
        let key = Arc::new(key);
        self.by_key.insert(key.clone(), handle);
        let suspended_by = self.suspensions.of(function, args);
        if suspended_by.is_empty() {
            self.to_add[auth].insert(handle);
        }
        let query = Query {
            key,
            subscribers: 1,
            placement: Placement::Unplaced,
            journal: None,
            result: None,
            answered: false,
            kept_until: None,
            suspended_by,
        };
        self.all.insert(handle, Box::new(query));
        handle
    }

    pub(crate) fn unsubscribe(&mut self, handle: QueryHandle) {
        let Some(query) = self.all.get_mut(handle) else { return };
        query.subscribers = query.subscribers.saturating_sub(1);
        if query.subscribers == 0 {
            self.unused.push(handle);
        }
    }

    fn drop(&mut self, handle: QueryHandle) {
        self.withdraw(handle);
        let Some(query) = self.all.remove(handle) else { return };
        self.by_key.remove(&query.key);
        self.to_add[query.key.auth].remove(handle);
    }

    /// The server is to forget a query, and what it still sends of it is ignored. Journal and
    /// result stay.
    fn withdraw(&mut self, handle: QueryHandle) {
        let Some(query) = self.all.get_mut(handle) else { return };
        query.answered = false;
        match std::mem::replace(&mut query.placement, Placement::Unplaced) {
            Placement::Unplaced => {}
            Placement::Known(id) => {
                self.by_wire.remove(id);
            }
            Placement::Added(id) => {
                self.by_wire.remove(id);
                self.to_remove.push(id);
            }
        }
    }

    /// The connection is gone: the next server is to be told of everything. Results stay.
    pub(crate) fn disconnected(&mut self) {
        self.to_remove.clear();
        for (handle, query) in self.all.iter_mut() {
            query.answered = false;
            if let Placement::Added(id) = query.placement {
                query.placement = Placement::Known(id);
                if query.suspended_by.is_empty() {
                    self.to_add[query.key.auth].insert(handle);
                }
            }
        }
    }

    /// The person the results belong to is no longer the one who is asking: the results go, and
    /// every query gets a new wire id, so that nothing the server still sends of the old one can
    /// find its way (auth contract, rule 8). What nobody subscribes to is gone. Returns the queries
    /// whose result went.
    pub(crate) fn clear_results(&mut self) -> Vec<QueryHandle> {
        self.clear_cache();
        self.by_wire.clear();
        let mut changed = Vec::new();
        for (handle, query) in self.all.iter_mut() {
            if let Placement::Added(id) = query.placement {
                self.to_remove.push(id);
            }
            query.placement = Placement::Unplaced;
            query.answered = false;
            query.journal = None;
            if query.suspended_by.is_empty() {
                self.to_add[query.key.auth].insert(handle);
            }
            if query.shown().is_some() {
                changed.push(handle);
            }
            query.result = None;
        }
        changed
    }

    // ---- outputs ----

    /// The removals the server is to be told of; they count as told.
    pub(crate) fn transmit_removals(&mut self) -> Vec<QueryModification<'_>> {
        self.to_remove.drain(..).map(|query| QueryModification::Remove { query }).collect()
    }

    /// The changes the server is to be told of, of queries that may run, as far as they fit into
    /// one message; they count as told.
    pub(crate) fn transmit(&mut self, may_run: impl Fn(AuthPolicy) -> bool) -> Vec<QueryModification<'_>> {
        let added = self.place_added(may_run);
        let mut modifications: Vec<_> =
            self.to_remove.drain(..).map(|query| QueryModification::Remove { query }).collect();
        modifications.extend(added.into_iter().map(|(handle, id)| {
            let query = self.all.get(handle).expect("what was placed is one of all queries");
            let journal = query.journal.as_ref().map(Option::as_deref);
            QueryModification::Add {
                query: id,
                function: &query.key.function,
                args: &query.key.args,
                journal,
            }
        }));
        modifications
    }

    fn place_added(&mut self, may_run: impl Fn(AuthPolicy) -> bool) -> Vec<(QueryHandle, u32)> {
        let mut handles = SortedSet::default();
        for auth in AuthPolicy::ALL.into_iter().filter(|auth| may_run(*auth)) {
            self.to_add[auth].take().into_iter().for_each(|handle| handles.insert(handle));
        }
        let mut room = MAX_MESSAGE;
        let place = |handle| {
            let query = self.all.get_mut(handle)?;
            let size = query.size();
            // The first one always fits: a query alone is as small as it gets.
            if size > room && room < MAX_MESSAGE {
                self.to_add[query.key.auth].insert(handle);
                return None;
            }
            room = room.saturating_sub(size);
            let id = match query.placement {
                Placement::Unplaced => {
                    let id = self.next_wire;
                    self.next_wire += 1;
                    self.by_wire.insert(id, handle);
                    id
                }
                Placement::Known(id) | Placement::Added(id) => id,
            };
            query.placement = Placement::Added(id);
            Some((handle, id))
        };
        handles.take().into_iter().filter_map(place).collect()
    }

    // ---- inputs ----

    /// Applies the changes of one transition, all of them before anybody is told.
    pub(crate) fn apply(&mut self, modifications: Vec<StateModification>) -> Applied {
        let mut applied = Applied::default();
        for modification in modifications {
            // A removal confirms what was asked for; nothing waits for it.
            let StateModification::Result { query: id, outcome, log_lines, journal } = modification else {
                continue;
            };
            let Some(&handle) = self.by_wire.get(id) else { continue };
            let query = self.all.get_mut(handle).expect("a wire id names one of all queries");
            if !query.suspended_by.is_empty() {
                // Where it is resumed before the server was told, that has to tell it again.
                self.withdraw(handle);
                continue;
            }
            if query.is_journal_refused(&outcome) {
                applied.journal_refused.push(handle);
                self.add_without_journal(handle);
                continue;
            }
            query.answered = true;
            applied.answered.push(handle);
            query.journal = Some(journal);
            if !log_lines.is_empty() {
                applied.logs.push((query.key.function.clone(), log_lines));
            }
            if query.result.as_ref() != Some(&outcome) {
                query.result = Some(outcome);
                applied.changed.push(handle);
            }
        }
        applied
    }
}

/// About how long a message with several queries may be. The server takes 16 MiB in one WebSocket
/// frame, and a browser may send any message as one (protocol §16).
const MAX_MESSAGE: usize = 8 << 20;

impl Query {
    /// About how much of a message it takes.
    fn size(&self) -> usize {
        let QueryKey { function, args, .. } = &*self.key;
        let journal = self.journal.as_ref().and_then(Option::as_ref).map_or(0, |journal| journal.len());
        100 + function.as_str().len() + args.as_json().len() + journal
    }

    /// The result, unless it is cleared by a suspension.
    fn shown(&self) -> Option<&QueryResult> {
        self.result.as_ref().filter(|_| !self.is_cleared())
    }
}
