//! The layers, one over the other.

use super::{
    LocalStore, OptimisticError,
    dependencies::{Changed, Dependencies},
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

/// What queries show instead of the server's results; `None`: that they load.
pub(super) type Shown = BTreeMap<QueryHandle, Option<QueryResult>>;

pub(crate) type OptimisticUpdate =
    Box<dyn FnMut(&mut LocalStore<'_>) -> Result<(), OptimisticError> + Send + Sync>;

/// The layers of all mutations under way, from the first on. What every client does with them goes
/// by a vtable that [`add`](Self::add) alone names: an app without optimistic updates does not
/// carry their code.
#[derive(Debug, Default)]
pub(crate) struct Layers(Option<Box<dyn Lay>>);

/// What a client does with its layers.
trait Lay: fmt::Debug + Send + Sync {
    /// What a query shows instead of the server's result, if anything.
    fn result(&self, query: QueryHandle) -> Option<Option<&QueryResult>>;

    /// Lays one more on top: nothing below it changes.
    fn add(
        &mut self,
        queries: &Queries,
        pagination: &Pagination,
        request: RequestId,
        update: OptimisticUpdate,
    ) -> LayerChanges;

    /// A query was subscribed: an update may have something to show for it.
    fn query_subscribed(
        &mut self,
        queries: &Queries,
        pagination: &Pagination,
        query: QueryHandle,
        call: (&FunctionPath, &Arguments),
    ) -> LayerChanges;

    /// The server's results of `changed` changed, and the requests `settled` ended.
    fn advance(
        &mut self,
        queries: &Queries,
        pagination: &Pagination,
        changed: Vec<QueryHandle>,
        settled: &mut dyn Iterator<Item = RequestId>,
    ) -> LayerChanges;
}

/// The layers, and what they show.
#[derive(Debug, Default)]
struct Stack {
    all: BTreeMap<RequestId, Layer>,
    shown: Shown,
}

struct Layer {
    update: OptimisticUpdate,
    asked: Dependencies,
    written: Shown,
}

/// What became of the layers in one step.
#[derive(Debug, Default)]
pub(crate) struct LayerChanges {
    /// The queries that show something else now.
    pub(crate) changed: Vec<QueryHandle>,
    /// The layers that failed, and are gone.
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
        let layers = self.0.get_or_insert_with(|| Box::new(Stack::default()));
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

impl Lay for Stack {
    fn result(&self, query: QueryHandle) -> Option<Option<&QueryResult>> {
        self.shown.get(&query).map(Option::as_ref)
    }

    fn add(
        &mut self,
        queries: &Queries,
        pagination: &Pagination,
        request: RequestId,
        update: OptimisticUpdate,
    ) -> LayerChanges {
        let mut layer = Layer { update, asked: Dependencies::default(), written: Shown::new() };
        if let Err(error) = layer.lay(queries, pagination, &self.shown) {
            return LayerChanges { changed: Vec::new(), failed: vec![(request, error)] };
        }
        let mut changed = Vec::new();
        for (&query, written) in &layer.written {
            let before = self.result(query).unwrap_or_else(|| queries.result(query));
            if before != written.as_ref() {
                changed.push(query);
            }
            self.shown.insert(query, written.clone());
        }
        self.all.insert(request, layer);
        LayerChanges { changed, failed: Vec::new() }
    }

    fn query_subscribed(
        &mut self,
        queries: &Queries,
        pagination: &Pagination,
        query: QueryHandle,
        (function, args): (&FunctionPath, &Arguments),
    ) -> LayerChanges {
        if self.all.is_empty() {
            return LayerChanges::default();
        }
        let call = (function.clone(), args.clone());
        if !self.all.values().any(|layer| layer.asked.misses(query, &call)) {
            return LayerChanges::default();
        }
        self.relay(queries, pagination, Vec::new(), Changed::of([query], queries))
    }

    fn advance(
        &mut self,
        queries: &Queries,
        pagination: &Pagination,
        changed: Vec<QueryHandle>,
        settled: &mut dyn Iterator<Item = RequestId>,
    ) -> LayerChanges {
        let gone: Vec<_> = settled.filter_map(|request| self.all.remove(&request)).collect();
        let untouched = self.all.is_empty() && self.shown.is_empty();
        if untouched || gone.is_empty() && changed.is_empty() {
            return LayerChanges { changed, failed: Vec::new() };
        }
        let below = changed.iter().chain(gone.iter().flat_map(|layer| layer.written.keys())).copied();
        let below = Changed::of(below, queries);
        self.relay(queries, pagination, changed, below)
    }
}

impl Stack {
    /// Lays again what something has changed below. An update that fails leaves nothing behind.
    fn relay(
        &mut self,
        queries: &Queries,
        pagination: &Pagination,
        changed: Vec<QueryHandle>,
        mut below: Changed,
    ) -> LayerChanges {
        let before = mem::take(&mut self.shown);
        let mut failed = Vec::new();
        let shown = &mut self.shown;
        self.all.retain(|&request, layer| {
            if layer.asked.is_touched(&below, queries) {
                let written = mem::take(&mut layer.written);
                let outcome = layer.lay(queries, pagination, shown);
                differences(&written, &layer.written).for_each(|query| below.add(query, queries));
                if let Err(error) = outcome {
                    failed.push((request, error));
                    return false;
                }
            }
            shown.extend(layer.written.iter().map(|(query, result)| (*query, result.clone())));
            true
        });
        LayerChanges { changed: self.changed_since(&before, queries, changed), failed }
    }

    /// The queries that show something else than `before`, where the server's results of `changed`
    /// have changed meanwhile.
    fn changed_since(
        &self,
        before: &Shown,
        queries: &Queries,
        changed: Vec<QueryHandle>,
    ) -> Vec<QueryHandle> {
        let changed: BTreeSet<_> = changed.into_iter().collect();
        let layered: BTreeSet<_> = before.keys().chain(self.shown.keys()).copied().collect();
        let is_changed = |query: &QueryHandle| {
            let now = self.result(*query).unwrap_or_else(|| queries.result(*query));
            match before.get(query) {
                Some(then) => now != then.as_ref(),
                None => changed.contains(query) || now != queries.result(*query),
            }
        };
        let layered_changes = layered.iter().copied().filter(|query| queries.contains(*query));
        let mut all: Vec<_> = layered_changes.filter(is_changed).collect();
        all.extend(changed.difference(&layered));
        all
    }
}

impl Layer {
    /// Runs the update over what lies below. One that fails has written nothing.
    fn lay(
        &mut self,
        queries: &Queries,
        pagination: &Pagination,
        below: &Shown,
    ) -> Result<(), OptimisticError> {
        let (written, asked) = Default::default();
        let mut store = LocalStore { queries, pagination, below, written, asked };
        let outcome = (self.update)(&mut store);
        self.asked = store.asked.into_inner();
        self.written = if outcome.is_ok() { store.written } else { Shown::new() };
        outcome
    }
}

/// The queries of which one says something else than the other.
fn differences<'a>(one: &'a Shown, other: &'a Shown) -> impl Iterator<Item = QueryHandle> {
    let differs = |(query, result): (&QueryHandle, _), other: &Shown| {
        (other.get(query) != Some(result)).then_some(*query)
    };
    let in_one = one.iter().filter_map(move |entry| differs(entry, other));
    in_one.chain(other.keys().filter(|query| !one.contains_key(query)).copied())
}

impl fmt::Debug for Layer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { asked, written, .. } = self;
        f.debug_struct("Layer").field("asked", asked).field("written", written).finish_non_exhaustive()
    }
}
