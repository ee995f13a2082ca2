//! All lists of a client, and the pages that queries belong to.

use super::{
    list::{ListChange, LoadMore, PageOutcome, PaginatedList},
    page::Envelope,
    result::PaginationResult,
    subscriptions::{ListQuery, PagePositions, PageSubscriptions},
};
use crate::{
    Arguments, AuthPolicy, FunctionPath, PaginatedHandle, QueryHandle,
    queries::{Queries, QueryResult},
};
use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    fmt, mem,
};

/// The optimistic result of a query: `None` without one, `Some(None)` if it shows as loading.
pub(crate) type LayeredResult<'l> = Option<Option<&'l QueryResult>>;

/// The operations of [`PaginatedLists`] that every client calls;
/// [`Pagination`](super::Pagination) documents them.
pub(super) trait ListOps: fmt::Debug + Send + Sync {
    fn lists(&self) -> &PaginatedLists;

    fn lists_mut(&mut self) -> &mut PaginatedLists;

    fn result(&self, list: PaginatedHandle) -> Option<PaginationResult>;

    fn take_changed(&mut self) -> Vec<PaginatedHandle>;

    fn start_over(&mut self, queries: &mut Queries);

    fn journals_refused(&mut self, queries: &mut Queries, refused: &[QueryHandle]);

    fn apply_results(&mut self, queries: &mut Queries, changed: &[QueryHandle]);

    fn apply_layers<'l>(
        &mut self,
        changed: &[QueryHandle],
        layered: &dyn Fn(QueryHandle) -> LayeredResult<'l>,
    );
}

#[derive(Debug)]
pub(super) struct PaginatedLists {
    next_handle: PaginatedHandle,
    last_id: u64,
    all: BTreeMap<PaginatedHandle, PaginatedList>,
    by_function: HashMap<FunctionPath, BTreeSet<PaginatedHandle>>,
    positions: PagePositions,
    /// The lists with a result that was not reported yet.
    changed: BTreeSet<PaginatedHandle>,
}

impl PaginatedLists {
    pub(super) fn new() -> Self {
        Self {
            next_handle: PaginatedHandle::new(0),
            last_id: 0,
            all: BTreeMap::new(),
            by_function: HashMap::new(),
            positions: PagePositions::new(),
            changed: BTreeSet::new(),
        }
    }

    // ---- getters ----

    pub(super) fn get(&self, list: PaginatedHandle) -> Option<&PaginatedList> {
        self.all.get(&list)
    }

    pub(super) fn of_function(
        &self,
        function: &FunctionPath,
    ) -> impl Iterator<Item = (PaginatedHandle, &PaginatedList)> {
        let lists = self.by_function.get(function).into_iter().flatten();
        lists.map(|list| (*list, &self.all[list]))
    }

    // ---- commands ----

    pub(super) fn subscribe(
        &mut self,
        queries: &mut Queries,
        function: &FunctionPath,
        args: &Arguments,
        auth: AuthPolicy,
        initial_num_items: u32,
    ) -> PaginatedHandle {
        let handle = self.next_handle;
        self.next_handle = handle.next();
        let query = ListQuery { function: function.clone(), args: args.clone(), auth };
        let list = PaginatedList::new(query, initial_num_items, &mut self.subscriptions(queries));
        self.all.insert(handle, list);
        self.by_function.entry(function.clone()).or_default().insert(handle);
        self.record_positions(handle);
        handle
    }

    pub(super) fn unsubscribe(&mut self, queries: &mut Queries, handle: PaginatedHandle) {
        let Some(list) = self.all.remove(&handle) else { return };
        list.unsubscribe(&mut self.subscriptions(queries));
        self.changed.remove(&handle);
        let function = &list.query.function;
        if let Some(lists) = self.by_function.get_mut(function) {
            lists.remove(&handle);
            if lists.is_empty() {
                self.by_function.remove(function);
            }
        }
    }

    /// Returns whether a page was added, or will be added once the first page is loaded.
    pub(super) fn load_more(
        &mut self,
        queries: &mut Queries,
        handle: PaginatedHandle,
        num_items: u32,
    ) -> bool {
        let Self { last_id, all, positions, .. } = self;
        let Some(list) = all.get_mut(&handle) else { return false };
        let effect = list.load_more(num_items, &mut PageSubscriptions { queries, positions, last_id });
        if effect == LoadMore::PageAdded {
            self.changed.insert(handle);
            self.record_positions(handle);
        }
        effect != LoadMore::Ignored
    }

    fn list_mut(&mut self, handle: PaginatedHandle) -> &mut PaginatedList {
        self.all.get_mut(&handle).expect("positions refer to existing lists")
    }

    fn subscriptions<'a>(&'a mut self, queries: &'a mut Queries) -> PageSubscriptions<'a> {
        PageSubscriptions { queries, positions: &mut self.positions, last_id: &mut self.last_id }
    }

    fn record_positions(&mut self, handle: PaginatedHandle) {
        let positions = self.all[&handle].queries().map(|(position, query)| (query, (handle, position)));
        self.positions.extend(positions);
    }

    /// Adds the pages that `load_more` requested before the first page of these queries' lists was
    /// loaded.
    fn load_deferred(&mut self, queries: &mut Queries, changed: &[QueryHandle]) {
        for query in changed {
            let Some(&(handle, _)) = self.positions.get(query) else { continue };
            let Self { last_id, all, positions, .. } = self;
            let list = all.get_mut(&handle).expect("positions refer to existing lists");
            if list.load_deferred(&mut PageSubscriptions { queries, positions, last_id }) {
                self.changed.insert(handle);
                self.record_positions(handle);
            }
        }
    }
}

impl ListOps for PaginatedLists {
    fn lists(&self) -> &PaginatedLists {
        self
    }

    fn lists_mut(&mut self) -> &mut PaginatedLists {
        self
    }

    fn result(&self, list: PaginatedHandle) -> Option<PaginationResult> {
        self.all.get(&list).map(PaginatedList::result)
    }

    fn take_changed(&mut self) -> Vec<PaginatedHandle> {
        mem::take(&mut self.changed).into_iter().collect()
    }

    fn start_over(&mut self, queries: &mut Queries) {
        let Self { last_id, all, positions, .. } = self;
        for list in all.values_mut() {
            list.start_over(&mut PageSubscriptions { queries, positions, last_id });
        }
        let handles: Vec<_> = self.all.keys().copied().collect();
        for handle in handles {
            self.changed.insert(handle);
            self.record_positions(handle);
        }
    }

    fn journals_refused(&mut self, queries: &mut Queries, refused: &[QueryHandle]) {
        for query in refused {
            let Some(&(handle, position)) = self.positions.get(query) else { continue };
            let Self { last_id, all, positions, .. } = self;
            let list = all.get_mut(&handle).expect("positions refer to existing lists");
            let change = list
                .reset_after_invalid_cursor(position, &mut PageSubscriptions { queries, positions, last_id });
            if change == ListChange::Replaced {
                self.changed.insert(handle);
                self.record_positions(handle);
            }
        }
    }

    /// Stores all results first, then settles their pages one by one. A page that takes the place
    /// of another is settled in turn, because its end may not meet the start of the next page. This
    /// ends, because the new pages have no replacements yet (see [`list`](super::list)).
    fn apply_results(&mut self, queries: &mut Queries, changed: &[QueryHandle]) {
        let mut to_settle = Vec::new();
        for &query in changed {
            let Some(&(handle, position)) = self.positions.get(&query) else { continue };
            let outcome = queries.result(query).map(parse);
            self.list_mut(handle).set_server_outcome(position, query, outcome);
            to_settle.push(query);
        }
        while let Some(query) = to_settle.pop() {
            let Some(&(handle, position)) = self.positions.get(&query) else { continue };
            let Self { last_id, all, positions, .. } = self;
            let list = all.get_mut(&handle).expect("positions refer to existing lists");
            let change = list.settle(position, &mut PageSubscriptions { queries, positions, last_id });
            if change == ListChange::None {
                continue;
            }
            self.record_positions(handle);
            if change == ListChange::Replaced {
                self.changed.insert(handle);
                to_settle.extend(self.all[&handle].pages.iter().skip(position).map(|page| page.query));
            }
        }
        self.load_deferred(queries, changed);
    }

    fn apply_layers<'l>(
        &mut self,
        changed: &[QueryHandle],
        layered: &dyn Fn(QueryHandle) -> LayeredResult<'l>,
    ) {
        for &query in changed {
            let Some(&(handle, position)) = self.positions.get(&query) else { continue };
            let outcome = layered(query).map(|result| result.map(parse));
            if self.list_mut(handle).set_layered_outcome(position, query, outcome) {
                self.changed.insert(handle);
            }
        }
    }
}

pub(super) fn parse(result: &QueryResult) -> PageOutcome {
    result.as_ref().map_err(Clone::clone).and_then(Envelope::parse)
}
