//! The inputs of optimistic updates. While they do not change, an update would do the
//! same again, so it does not have to run.

use crate::{Arguments, FunctionPath, QueryHandle, queries::Queries};
use std::collections::BTreeSet;

/// The inputs of one update: everything that it read or wrote.
#[derive(Debug, Default)]
pub(super) struct Dependencies {
    /// The queries that existed when the update ran.
    queries: BTreeSet<QueryHandle>,
    /// The function calls that the update named, including those without a subscribed query.
    calls: BTreeSet<FunctionCall>,
    /// The functions of which the update read all queries.
    functions: BTreeSet<FunctionPath>,
    /// The functions of which the update read paginated lists.
    lists: BTreeSet<FunctionPath>,
}

type FunctionCall = (FunctionPath, Arguments);

impl Dependencies {
    pub(super) fn add_query(&mut self, query: QueryHandle) {
        self.queries.insert(query);
    }

    pub(super) fn add_call(&mut self, function: &FunctionPath, args: &Arguments, queries: &[QueryHandle]) {
        self.calls.insert((function.clone(), args.clone()));
        self.queries.extend(queries);
    }

    pub(super) fn add_function(&mut self, function: &FunctionPath) {
        self.functions.insert(function.clone());
    }

    pub(super) fn add_lists(&mut self, function: &FunctionPath) {
        self.lists.insert(function.clone());
    }

    /// Whether `query`, which was just subscribed, is an input that the update has not seen yet.
    pub(super) fn is_unseen_input(&self, query: QueryHandle, call: &FunctionCall) -> bool {
        let is_input = self.calls.contains(call) || self.functions.contains(&call.0);
        is_input && !self.queries.contains(&query)
    }

    /// Whether an input changed, or one of the queries was dropped.
    pub(super) fn is_affected_by(&self, changes: &ChangedCalls, queries: &Queries) -> bool {
        !self.calls.is_disjoint(&changes.calls)
            || !self.functions.is_disjoint(&changes.functions)
            || !self.lists.is_disjoint(&changes.functions)
            || self.queries.iter().any(|query| !queries.contains(*query))
    }
}

/// The function calls with changed results below a layer.
#[derive(Debug, Default)]
pub(super) struct ChangedCalls {
    calls: BTreeSet<FunctionCall>,
    functions: BTreeSet<FunctionPath>,
}

impl ChangedCalls {
    pub(super) fn of(changed: impl IntoIterator<Item = QueryHandle>, queries: &Queries) -> Self {
        let mut calls = Self::default();
        changed.into_iter().for_each(|query| calls.add(query, queries));
        calls
    }

    pub(super) fn add(&mut self, query: QueryHandle, queries: &Queries) {
        let Some((function, args)) = queries.call(query) else { return };
        self.calls.insert((function.clone(), args.clone()));
        if !self.functions.contains(function) {
            self.functions.insert(function.clone());
        }
    }
}
