//! The stack of optimistic layers, and when their updates run again.
//!
//! The idea: a layer remembers the results that its update wrote, and the inputs that it read. When
//! something changes, one pass goes up the stack from the oldest layer, with the set of function
//! calls with changed results below the current layer. A layer with a changed input runs its update
//! again, and every query for which it now writes another result joins the set. The other layers
//! keep their results. So an update runs again only if it might write something else.
//!
//! Invariant: `LayerStack::results` holds, for each query that some layer wrote,
//! the result of the topmost such layer. A query that is not in it shows the server's result.
//!
//! Termination: a pass visits each layer once, in the order of the mutations' calls. A layer reads
//! only the server's results and the layers below it, so that one pass is enough.
//!
//! Cost: per pass, one comparison of sets per layer, the updates that run again, and a
//! copy of the written results (reference-counted texts). Nothing depends on the number of
//! subscribed queries. A transition that changes nothing, or arrives without any layer, costs a
//! check.

use super::{
    dependencies::{ChangedCalls, Dependencies},
    error::OptimisticError,
    store::{LayeredResults, LocalStore},
};
use crate::{
    Arguments, FunctionPath, QueryHandle, RequestId,
    pagination::Pagination,
    queries::{Queries, QueryResult},
};
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt, mem,
};

pub(crate) type OptimisticUpdate =
    Box<dyn FnMut(&mut LocalStore<'_>) -> Result<(), OptimisticError> + Send + Sync>;

/// The layers of all pending mutations.
///
/// The stack is created by the first [`add`](Self::add), and every client reaches it through a
/// vtable. So an app without optimistic updates does not contain their code.
#[derive(Debug, Default)]
pub(crate) struct Layers(Option<Box<dyn LayerOps>>);

/// The operations of [`LayerStack`] that every client calls.
trait LayerOps: fmt::Debug + Send + Sync {
    /// The result that a layer shows for a query instead of the server's, if any.
    fn result(&self, query: QueryHandle) -> Option<Option<&QueryResult>>;

    /// Adds a layer on top. The layers below it do not change.
    fn add(
        &mut self,
        queries: &Queries,
        pagination: &Pagination,
        request: RequestId,
        update: OptimisticUpdate,
    ) -> LayerChanges;

    /// A query was subscribed. Updates that have it as an input run again.
    fn query_subscribed(
        &mut self,
        queries: &Queries,
        pagination: &Pagination,
        query: QueryHandle,
        call: (&FunctionPath, &Arguments),
    ) -> LayerChanges;

    /// The server's results of the queries `changed` changed, and the requests `settled` ended.
    fn advance(
        &mut self,
        queries: &Queries,
        pagination: &Pagination,
        changed: Vec<QueryHandle>,
        settled: &mut dyn Iterator<Item = RequestId>,
    ) -> LayerChanges;
}

#[derive(Debug, Default)]
struct LayerStack {
    /// In the order in which the mutations were called.
    layers: BTreeMap<RequestId, Layer>,
    results: LayeredResults,
}

/// The optimistic update of one mutation.
struct Layer {
    update: OptimisticUpdate,
    dependencies: Dependencies,
    written: LayeredResults,
}

/// The outcome of one change to the layers.
#[derive(Debug, Default)]
pub(crate) struct LayerChanges {
    /// The queries with a changed displayed result.
    pub(crate) changed: Vec<QueryHandle>,
    /// The updates that failed, and were removed.
    pub(crate) failed: Vec<(RequestId, OptimisticError)>,
}

impl Layers {
    pub(crate) fn result(&self, query: QueryHandle) -> Option<Option<&QueryResult>> {
        self.0.as_ref()?.result(query)
    }

    pub(crate) fn add(
        &mut self,
        queries: &Queries,
        pagination: &Pagination,
        request: RequestId,
        update: OptimisticUpdate,
    ) -> LayerChanges {
        let layers = self.0.get_or_insert_with(|| Box::new(LayerStack::default()));
        layers.add(queries, pagination, request, update)
    }

    pub(crate) fn query_subscribed(
        &mut self,
        queries: &Queries,
        pagination: &Pagination,
        query: QueryHandle,
        call: (&FunctionPath, &Arguments),
    ) -> LayerChanges {
        match &mut self.0 {
            Some(layers) => layers.query_subscribed(queries, pagination, query, call),
            None => LayerChanges::default(),
        }
    }

    pub(crate) fn advance(
        &mut self,
        queries: &Queries,
        pagination: &Pagination,
        changed: Vec<QueryHandle>,
        settled: &mut dyn Iterator<Item = RequestId>,
    ) -> LayerChanges {
        match &mut self.0 {
            Some(layers) => layers.advance(queries, pagination, changed, settled),
            None => LayerChanges { changed, failed: Vec::new() },
        }
    }
}

impl LayerOps for LayerStack {
    fn result(&self, query: QueryHandle) -> Option<Option<&QueryResult>> {
        self.results.get(&query).map(Option::as_ref)
    }

    fn add(
        &mut self,
        queries: &Queries,
        pagination: &Pagination,
        request: RequestId,
        update: OptimisticUpdate,
    ) -> LayerChanges {
        let mut layer =
            Layer { update, dependencies: Dependencies::default(), written: LayeredResults::new() };
        if let Err(error) = layer.run(queries, pagination, &self.results) {
            return LayerChanges { changed: Vec::new(), failed: vec![(request, error)] };
        }
        let mut changed = Vec::new();
        for (&query, written) in &layer.written {
            let before = self.result(query).unwrap_or_else(|| queries.result(query));
            if before != written.as_ref() {
                changed.push(query);
            }
            self.results.insert(query, written.clone());
        }
        self.layers.insert(request, layer);
        LayerChanges { changed, failed: Vec::new() }
    }

    fn query_subscribed(
        &mut self,
        queries: &Queries,
        pagination: &Pagination,
        query: QueryHandle,
        (function, args): (&FunctionPath, &Arguments),
    ) -> LayerChanges {
        if self.layers.is_empty() {
            return LayerChanges::default();
        }
        let call = (function.clone(), args.clone());
        if !self.layers.values().any(|layer| layer.dependencies.is_unseen_input(query, &call)) {
            return LayerChanges::default();
        }
        self.rerun_affected(queries, pagination, Vec::new(), ChangedCalls::of([query], queries))
    }

    fn advance(
        &mut self,
        queries: &Queries,
        pagination: &Pagination,
        changed: Vec<QueryHandle>,
        settled: &mut dyn Iterator<Item = RequestId>,
    ) -> LayerChanges {
        let removed: Vec<_> = settled.filter_map(|request| self.layers.remove(&request)).collect();
        let is_empty = self.layers.is_empty() && self.results.is_empty();
        if is_empty || removed.is_empty() && changed.is_empty() {
            return LayerChanges { changed, failed: Vec::new() };
        }
        let below = changed.iter().chain(removed.iter().flat_map(|layer| layer.written.keys())).copied();
        let below = ChangedCalls::of(below, queries);
        self.rerun_affected(queries, pagination, changed, below)
    }
}

impl LayerStack {
    /// Reruns the updates with an input in `below`, and removes those that fail. `changed` are the
    /// queries with a changed server result.
    fn rerun_affected(
        &mut self,
        queries: &Queries,
        pagination: &Pagination,
        changed: Vec<QueryHandle>,
        mut below: ChangedCalls,
    ) -> LayerChanges {
        let before = mem::take(&mut self.results);
        let mut failed = Vec::new();
        let results = &mut self.results;
        self.layers.retain(|&request, layer| {
            if layer.dependencies.is_affected_by(&below, queries) {
                let written = mem::take(&mut layer.written);
                let outcome = layer.run(queries, pagination, results);
                differences(&written, &layer.written).for_each(|query| below.add(query, queries));
                if let Err(error) = outcome {
                    failed.push((request, error));
                    return false;
                }
            }
            results.extend(layer.written.iter().map(|(query, result)| (*query, result.clone())));
            true
        });
        LayerChanges { changed: self.changed_since(&before, queries, changed), failed }
    }

    /// The queries with another displayed result than in `before`. `changed` are the queries with a
    /// changed server result.
    fn changed_since(
        &self,
        before: &LayeredResults,
        queries: &Queries,
        changed: Vec<QueryHandle>,
    ) -> Vec<QueryHandle> {
        let changed: BTreeSet<_> = changed.into_iter().collect();
        let layered: BTreeSet<_> = before.keys().chain(self.results.keys()).copied().collect();
        let is_changed = |query: &QueryHandle| {
            let current = self.result(*query).unwrap_or_else(|| queries.result(*query));
            match before.get(query) {
                Some(previous) => current != previous.as_ref(),
                None => changed.contains(query) || current != queries.result(*query),
            }
        };
        let layered_changes = layered.iter().copied().filter(|query| queries.contains(*query));
        let mut all: Vec<_> = layered_changes.filter(is_changed).collect();
        all.extend(changed.difference(&layered));
        all
    }
}

impl Layer {
    /// Runs the update on the results of the layers below. If it fails, nothing is written.
    fn run(
        &mut self,
        queries: &Queries,
        pagination: &Pagination,
        below: &LayeredResults,
    ) -> Result<(), OptimisticError> {
        let (written, dependencies) = Default::default();
        let mut store = LocalStore { queries, pagination, below, written, dependencies };
        let outcome = (self.update)(&mut store);
        self.dependencies = store.dependencies.into_inner();
        self.written = if outcome.is_ok() { store.written } else { LayeredResults::new() };
        outcome
    }
}

/// The queries that have different results in `one` and `other`.
fn differences<'a>(one: &'a LayeredResults, other: &'a LayeredResults) -> impl Iterator<Item = QueryHandle> {
    let differs = |(query, result): (&QueryHandle, _), other: &LayeredResults| {
        (other.get(query) != Some(result)).then_some(*query)
    };
    let in_one = one.iter().filter_map(move |entry| differs(entry, other));
    in_one.chain(other.keys().filter(|query| !one.contains_key(query)).copied())
}

impl fmt::Debug for Layer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { dependencies, written, .. } = self;
        f.debug_struct("Layer")
            .field("dependencies", dependencies)
            .field("written", written)
            .finish_non_exhaustive()
    }
}
