//! All lists: which query is a page of which.

use super::{
    ListOps, PaginationResult,
    list::{Answer, Call, List, More, Step},
    page::Envelope,
};
use crate::{
    Arguments, AuthPolicy, FunctionPath, PaginatedHandle, QueryHandle,
    optimistic::Layers,
    queries::{Queries, QueryResult},
};
use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    mem,
};

/// All paginated lists.
#[derive(Debug)]
pub(super) struct Lists {
    next_handle: PaginatedHandle,
    last_id: u64,
    all: BTreeMap<PaginatedHandle, List>,
    by_function: HashMap<FunctionPath, BTreeSet<PaginatedHandle>>,
    places: Places,
    /// The lists that show something else since somebody was last told.
    changed: BTreeSet<PaginatedHandle>,
}

/// Which page a query is, or is to be a part of.
type Places = HashMap<QueryHandle, (PaginatedHandle, usize)>;

impl Lists {
    pub(super) fn new() -> Self {
        Self {
            next_handle: PaginatedHandle::new(0),
            last_id: 0,
            all: BTreeMap::new(),
            by_function: HashMap::new(),
            places: Places::new(),
            changed: BTreeSet::new(),
        }
    }

    // ---- getters ----

    pub(super) fn get(&self, list: PaginatedHandle) -> Option<&List> {
        self.all.get(&list)
    }

    pub(super) fn of_function(
        &self,
        function: &FunctionPath,
    ) -> impl Iterator<Item = (PaginatedHandle, &List)> {
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
        let call = Call { function: function.clone(), args: args.clone(), auth };
        let list = List::new(call, initial_num_items, &mut self.subscriptions(queries));
        self.all.insert(handle, list);
        self.by_function.entry(function.clone()).or_default().insert(handle);
        self.place(handle);
        handle
    }

    pub(super) fn unsubscribe(&mut self, queries: &mut Queries, handle: PaginatedHandle) {
        let Some(list) = self.all.remove(&handle) else { return };
        list.unsubscribe(&mut self.subscriptions(queries));
        self.changed.remove(&handle);
        let function = &list.call.function;
        if let Some(lists) = self.by_function.get_mut(function) {
            lists.remove(&handle);
            if lists.is_empty() {
                self.by_function.remove(function);
            }
        }
    }

    pub(super) fn load_more(
        &mut self,
        queries: &mut Queries,
        handle: PaginatedHandle,
        num_items: u32,
    ) -> bool {
        let Self { last_id, all, places, .. } = self;
        let Some(list) = all.get_mut(&handle) else { return false };
        let more = list.load_more(num_items, &mut Subscriptions { queries, places, last_id });
        if more == More::Loads {
            self.changed.insert(handle);
            self.place(handle);
        }
        more != More::Nothing
    }

    fn list_mut(&mut self, handle: PaginatedHandle) -> &mut List {
        self.all.get_mut(&handle).expect("a place is in one of all lists")
    }

    fn subscriptions<'a>(&'a mut self, queries: &'a mut Queries) -> Subscriptions<'a> {
        Subscriptions { queries, places: &mut self.places, last_id: &mut self.last_id }
    }

    fn place(&mut self, handle: PaginatedHandle) {
        let places = self.all[&handle].queries().map(|(position, query)| (query, (handle, position)));
        self.places.extend(places);
    }
}

impl Lists {
    /// Adds the pages that lists of these queries were asked for before their first page was there.
    fn load_early(&mut self, queries: &mut Queries, changed: &[QueryHandle]) {
        for query in changed {
            let Some(&(handle, _)) = self.places.get(query) else { continue };
            let Self { last_id, all, places, .. } = self;
            let list = all.get_mut(&handle).expect("a place is in one of all lists");
            if list.load_early(&mut Subscriptions { queries, places, last_id }) {
                self.changed.insert(handle);
                self.place(handle);
            }
        }
    }
}

impl ListOps for Lists {
    fn lists(&self) -> &Lists {
        self
    }

    fn lists_mut(&mut self) -> &mut Lists {
        self
    }

    fn result(&self, list: PaginatedHandle) -> Option<PaginationResult> {
        self.all.get(&list).map(List::result)
    }

    fn take_changed(&mut self) -> Vec<PaginatedHandle> {
        mem::take(&mut self.changed).into_iter().collect()
    }

    fn start_over(&mut self, queries: &mut Queries) {
        let Self { last_id, all, places, .. } = self;
        for list in all.values_mut() {
            list.start_over(&mut Subscriptions { queries, places, last_id });
        }
        let handles: Vec<_> = self.all.keys().copied().collect();
        for handle in handles {
            self.changed.insert(handle);
            self.place(handle);
        }
    }

    fn journals_refused(&mut self, queries: &mut Queries, refused: &[QueryHandle]) {
        for query in refused {
            let Some(&(handle, position)) = self.places.get(query) else { continue };
            let Self { last_id, all, places, .. } = self;
            let list = all.get_mut(&handle).expect("a place is in one of all lists");
            let step = list.cursor_was_invalid(position, &mut Subscriptions { queries, places, last_id });
            if step == Step::Replaced {
                self.changed.insert(handle);
                self.place(handle);
            }
        }
    }

    fn apply_results(&mut self, queries: &mut Queries, changed: &[QueryHandle]) {
        let mut due = Vec::new();
        for &query in changed {
            let Some(&(handle, position)) = self.places.get(&query) else { continue };
            let answer = queries.result(query).map(parse);
            self.list_mut(handle).serve(position, query, answer);
            due.push(query);
        }
        while let Some(query) = due.pop() {
            let Some(&(handle, position)) = self.places.get(&query) else { continue };
            let Self { last_id, all, places, .. } = self;
            let list = all.get_mut(&handle).expect("a place is in one of all lists");
            let step = list.settle(position, &mut Subscriptions { queries, places, last_id });
            if step == Step::Nothing {
                continue;
            }
            self.place(handle);
            if step == Step::Replaced {
                self.changed.insert(handle);
                due.extend(self.all[&handle].pages.iter().skip(position).map(|page| page.query));
            }
        }
        self.load_early(queries, changed);
    }

    fn apply_layers(&mut self, changed: &[QueryHandle], layers: &Layers) {
        for &query in changed {
            let Some(&(handle, position)) = self.places.get(&query) else { continue };
            let layered = layers.result(query).map(|shown| shown.map(parse));
            if self.list_mut(handle).lay(position, query, layered) {
                self.changed.insert(handle);
            }
        }
    }
}

pub(super) fn parse(result: &QueryResult) -> Answer {
    result.as_ref().map_err(Clone::clone).and_then(Envelope::parse)
}

/// What a list needs to ask for pages.
#[derive(Debug)]
pub(super) struct Subscriptions<'a> {
    queries: &'a mut Queries,
    places: &'a mut Places,
    last_id: &'a mut u64,
}

impl Subscriptions<'_> {
    pub(super) fn subscribe(&mut self, call: &Call, args: &Arguments) -> QueryHandle {
        self.queries.subscribe(&call.function, args, call.auth)
    }

    pub(super) fn unsubscribe(&mut self, query: QueryHandle) {
        self.places.remove(&query);
        self.queries.unsubscribe_uncached(query);
    }

    /// An id that no list has had.
    pub(super) fn next_id(&mut self) -> u64 {
        *self.last_id += 1;
        *self.last_id
    }
}
