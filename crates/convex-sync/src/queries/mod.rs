//! The query set: the subscribed queries, their state on the server of this connection, and their
//! results.
//!
//! Equal queries share one [`SubscribedQuery`]. The server knows a query by a *wire id*, which is
//! assigned when the query is first sent. After an identity change, every query gets a new wire id,
//! so that late results of the old identity match no query (docs/auth.md, rule 8). Wire ids are
//! never reused.
//!
//! The idea: commands do not send anything. They record the difference between the subscribed
//! queries and the server's query set, in `to_add` and `to_remove`, and
//! [`transmit`](Queries::transmit) turns the difference into one message per turn of the event
//! loop. So a subscription that is removed in the same turn, or a suspension that is resumed in it,
//! sends nothing.
//!
//! Invariants, except for the queries in `unused` and `to_suspend`, which the next turn handles:
//!
//! - A query is in `to_add` if and only if it is not suspended and the server does not know it.
//! - `by_wire` holds exactly the queries with a wire id, and `to_remove` the ids that the server
//!   still knows and that have no query.
//! - Every query without a subscriber is in `cache` until it expires.
//!
//! Cost: a transition costs time per modification in it, and a message per query in it. Only lost
//! connections, identity changes and suspensions visit all queries.

mod cache;
mod journal;
mod modifications;
mod results;
mod suspended_queries;
mod suspensions;

pub(crate) use journal::is_undecodable;
pub use suspensions::SuspendedResults;

use crate::{
    Arguments, AuthPolicy, EncodedValue, FunctionError, FunctionPath, QueryHandle, SuspensionId, Time,
    by_policy::ByPolicy, id_map::IdMap, sorted_set::SortedSet,
};
use std::{collections::BTreeMap, sync::Arc};
use suspensions::Suspensions;

/// The result of a query as the server sent it.
pub(crate) type QueryResult = Result<EncodedValue, FunctionError>;

/// All subscribed and cached queries.
#[derive(Debug)]
pub(crate) struct Queries {
    next_handle: QueryHandle,
    next_wire: u32,
    all: IdMap<QueryHandle, Box<SubscribedQuery>>,
    by_key: BTreeMap<Arc<QueryKey>, QueryHandle>,
    /// The queries with a wire id. Results for any other id are late, and ignored.
    by_wire: IdMap<u32, QueryHandle>,
    /// The queries that the server of this connection does not know yet, by policy, so that the
    /// ones held back cost nothing.
    to_add: ByPolicy<SortedSet<QueryHandle>>,
    /// The wire ids that the server of this connection must remove.
    to_remove: Vec<u32>,
    /// The queries that lost their last subscriber since the last turn. They may have a new one.
    unused: Vec<QueryHandle>,
    /// The cached queries, by the time at which they expire.
    cache: SortedSet<(Time, QueryHandle)>,
    suspensions: Suspensions,
    /// The queries that were suspended since the last turn. They may be resumed again.
    to_suspend: Vec<QueryHandle>,
}

/// Identifies a query. The order keeps the queries of one function together.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct QueryKey {
    function: FunctionPath,
    args: Arguments,
    auth: AuthPolicy,
}

/// One query, however many subscribers it has.
#[derive(Debug)]
struct SubscribedQuery {
    key: Arc<QueryKey>,
    subscribers: usize,
    placement: Placement,
    /// The journal that the server sent last, which pins the pages of a paginated query; `None`
    /// before the first result (docs/protocol.md §5).
    journal: Option<Option<Arc<str>>>,
    result: Option<QueryResult>,
    /// Whether the server of this connection has sent a result.
    answered: bool,
    cached_until: Option<Time>,
    suspended_by: Vec<(SuspensionId, SuspendedResults)>,
}

/// Whether a server knows a query, and by which wire id.
#[derive(Debug, Clone, Copy)]
enum Placement {
    /// The query has no wire id: it was never sent, or was removed since.
    Unplaced,
    /// The server of an earlier connection knew it by this id.
    Known(u32),
    /// The server of this connection knows it by this id.
    Added(u32),
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
            cache: Default::default(),
            suspensions: Suspensions::new(),
            to_suspend: Vec::new(),
        }
    }

    // ---- getters ----

    pub(crate) fn result(&self, query: QueryHandle) -> Option<&QueryResult> {
        self.all.get(query)?.displayed_result()
    }

    /// The result, if the server of this connection has sent it and keeps it up to date.
    pub(crate) fn current_result(&self, query: QueryHandle) -> Option<&QueryResult> {
        let query = self.all.get(query)?;
        query.result.as_ref().filter(|_| query.answered && query.suspended_by.is_empty())
    }

    /// Whether the query was sent to a server.
    pub(crate) fn was_sent(&self, query: QueryHandle) -> bool {
        self.all.get(query).is_some_and(|query| !matches!(query.placement, Placement::Unplaced))
    }

    pub(crate) fn contains(&self, query: QueryHandle) -> bool {
        self.all.contains(query)
    }

    /// The function that a query calls, and its arguments.
    pub(crate) fn call(&self, query: QueryHandle) -> Option<(&FunctionPath, &Arguments)> {
        let (function, args, _) = self.call_with_policy(query)?;
        Some((function, args))
    }

    pub(crate) fn call_with_policy(
        &self,
        query: QueryHandle,
    ) -> Option<(&FunctionPath, &Arguments, AuthPolicy)> {
        let key = &self.all.get(query)?.key;
        Some((&key.function, &key.args, key.auth))
    }

    /// The queries of one function with the same arguments: at most one per policy.
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
        // `{}` is the last key of a function: in the order of texts, `}` comes after `"`.
        let args = Arguments::encode(&()).ok().flatten().expect("`()` is `{}`");
        let last = QueryKey { function: function.clone(), args, auth: AuthPolicy::Immediate };
        let up_to_last = self.by_key.range(..=last).rev();
        up_to_last
            .take_while(move |(key, _)| key.function == *function)
            .map(|(key, query)| (*query, &key.args))
    }

    /// Whether `may_run` holds back a query that the server does not know yet.
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
            self.all.get_mut(handle).expect("keys refer to existing queries").subscribers += 1;
            return handle;
        }
        let handle = self.next_handle;
        self.next_handle = handle.next();
        let key = Arc::new(key);
        self.by_key.insert(key.clone(), handle);
        let suspended_by = self.suspensions.matching(function, args);
        if suspended_by.is_empty() {
            self.to_add[auth].insert(handle);
        }
        let query = SubscribedQuery {
            key,
            subscribers: 1,
            placement: Placement::Unplaced,
            journal: None,
            result: None,
            answered: false,
            cached_until: None,
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

    /// Removes a query from the server, and ignores late results of it. Its journal and last result
    /// are kept.
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

    /// The connection was lost: the next server has to add every query again. Results are kept.
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

    /// The identity changed (docs/auth.md, rule 8): clears all results, drops the cached
    /// queries, and gives every query a new wire id. Returns the queries with a cleared result.
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
            if query.displayed_result().is_some() {
                changed.push(handle);
            }
            query.result = None;
        }
        changed
    }
}

impl SubscribedQuery {
    /// The result, unless a suspension clears it.
    fn displayed_result(&self) -> Option<&QueryResult> {
        self.result.as_ref().filter(|_| !self.is_cleared())
    }
}
