//! What an optimistic update asked about: where nothing of it changes, the update would do again
//! what it did.

use crate::{Arguments, FunctionPath, QueryHandle, queries::Queries};
use std::collections::BTreeSet;

/// What an update has read or written.
#[derive(Debug, Default)]
pub(super) struct Dependencies {
    /// The queries there were.
    queries: BTreeSet<QueryHandle>,
    /// The calls they were asked for by, also where there was no query of one.
    calls: BTreeSet<Call>,
    /// The functions all of whose queries it asked for.
    functions: BTreeSet<FunctionPath>,
    /// The functions whose lists it asked for.
    lists: BTreeSet<FunctionPath>,
}

type Call = (FunctionPath, Arguments);

impl Dependencies {
    pub(super) fn query(&mut self, query: QueryHandle) {
        self.queries.insert(query);
    }

    pub(super) fn call(&mut self, function: &FunctionPath, args: &Arguments, queries: &[QueryHandle]) {
        self.calls.insert((function.clone(), args.clone()));
        self.queries.extend(queries);
    }

    pub(super) fn function(&mut self, function: &FunctionPath) {
        self.functions.insert(function.clone());
    }

    pub(super) fn lists(&mut self, function: &FunctionPath) {
        self.lists.insert(function.clone());
    }

    /// Whether this query is new to it, and one of those it asked for.
    pub(super) fn misses(&self, query: QueryHandle, call: &Call) -> bool {
        let is_asked_for = self.calls.contains(call) || self.functions.contains(&call.0);
        is_asked_for && !self.queries.contains(&query)
    }

    /// Whether something of it has changed.
    pub(super) fn is_touched(&self, changed: &Changed, queries: &Queries) -> bool {
        !self.calls.is_disjoint(&changed.calls)
            || !self.functions.is_disjoint(&changed.functions)
            || !self.lists.is_disjoint(&changed.functions)
            || self.queries.iter().any(|query| !queries.contains(*query))
    }
}

/// What has changed below a layer.
#[derive(Debug, Default)]
pub(super) struct Changed {
    calls: BTreeSet<Call>,
    functions: BTreeSet<FunctionPath>,
}

impl Changed {
    pub(super) fn of(changed: impl IntoIterator<Item = QueryHandle>, queries: &Queries) -> Self {
        let mut all = Self::default();
        changed.into_iter().for_each(|query| all.add(query, queries));
        all
    }

    pub(super) fn add(&mut self, query: QueryHandle, queries: &Queries) {
        let Some((function, args)) = queries.call(query) else { return };
        self.calls.insert((function.clone(), args.clone()));
        if !self.functions.contains(function) {
            self.functions.insert(function.clone());
        }
    }
}
