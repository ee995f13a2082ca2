//! Paginated lists: each a row of queries, one a page, that together show what the server holds from its start on, without a gap and
//! nothing twice.
//!
//! A page's end is pinned by its query's journal, so that it grows and shrinks with what is inserted and deleted between its ends; the
//! next page starts at the cursor where it ended. What changes the row itself, a page that is split, an end that has to be pinned
//! anew, an invalid cursor, is done before anybody is told of the transition that calls for it.

mod list;
mod optimistic;
mod options;
mod page;

use crate::{
    Arguments, FunctionError, FunctionPath, PaginatedHandle, QueryAuth, QueryHandle,
    optimistic::Layers,
    queries::{Queries, QueryResult},
};
use list::{Answer, Call, List, Step};
use page::Envelope;
use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    mem,
};

pub use optimistic::SortOrder;
pub use page::Page;

/// What a paginated list shows.
///
/// ```
/// use convex_sync::{DecodeError, PaginationResult};
///
/// fn messages(shown: &PaginationResult) -> Result<Vec<String>, DecodeError> {
///     let pages: Result<Vec<_>, _> = shown.pages.iter().map(|page| page.decode::<String>()).collect();
///     Ok(pages?.concat())
/// }
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct PaginationResult {
    /// The pages that are there, in order: always the start of the list, without a gap and nothing twice.
    pub pages: Vec<Page>,
    /// Whether there is more.
    pub status: PaginationStatus,
}

/// Whether a paginated list has more than it shows.
///
/// ```
/// use convex_sync::PaginationStatus;
///
/// fn below_the_list(status: &PaginationStatus) -> String {
///     match status {
///         PaginationStatus::LoadingFirstPage | PaginationStatus::LoadingMore => "loading…".to_owned(),
///         PaginationStatus::CanLoadMore => "more".to_owned(),
///         PaginationStatus::Exhausted => String::new(),
///         PaginationStatus::Error(error) => error.to_string(),
///     }
/// }
/// ```
#[derive(Debug, Clone, PartialEq)]
pub enum PaginationStatus {
    /// Nothing is there yet.
    LoadingFirstPage,
    /// There may be more: [`load_more`](crate::SyncClient::load_more) brings it.
    CanLoadMore,
    /// More is on its way.
    LoadingMore,
    /// That is all there is.
    Exhausted,
    /// The page behind those that are shown failed. It is tried again whenever what it reads changes.
    Error(FunctionError),
}

/// All paginated lists.
#[derive(Debug)]
pub(crate) struct Pagination {
    next_handle: PaginatedHandle,
    last_id: u64,
    lists: BTreeMap<PaginatedHandle, List>,
    by_function: HashMap<FunctionPath, BTreeSet<PaginatedHandle>>,
    places: Places,
    /// The lists that show something else since somebody was last told.
    changed: BTreeSet<PaginatedHandle>,
}

/// Which page a query is, or is to be a part of.
type Places = HashMap<QueryHandle, (PaginatedHandle, usize)>;

impl Pagination {
    pub(crate) fn new() -> Self {
        Self {
            next_handle: PaginatedHandle::new(0),
            last_id: 0,
            lists: BTreeMap::new(),
            by_function: HashMap::new(),
            places: Places::new(),
            changed: BTreeSet::new(),
        }
    }

    // ---- getters ----

    pub(crate) fn result(&self, list: PaginatedHandle) -> Option<PaginationResult> {
        self.lists.get(&list).map(List::result)
    }

    /// The lists that show something else than when this was last called.
    pub(crate) fn take_changed(&mut self) -> Vec<PaginatedHandle> {
        mem::take(&mut self.changed).into_iter().collect()
    }

    fn of_function(&self, function: &FunctionPath) -> impl Iterator<Item = (PaginatedHandle, &List)> {
        let lists = self.by_function.get(function).into_iter().flatten();
        lists.map(|list| (*list, &self.lists[list]))
    }

    // ---- commands ----

    pub(crate) fn subscribe(
        &mut self,
        queries: &mut Queries,
        function: &FunctionPath,
        args: &Arguments,
        auth: QueryAuth,
        initial_num_items: u32,
    ) -> PaginatedHandle {
        let handle = self.next_handle;
        self.next_handle = handle.next();
        let call = Call { function: function.clone(), args: args.clone(), auth };
        let list = List::new(call, initial_num_items, &mut self.subscriptions(queries));
        self.lists.insert(handle, list);
        self.by_function.entry(function.clone()).or_default().insert(handle);
        self.place(handle);
        handle
    }

    pub(crate) fn unsubscribe(&mut self, queries: &mut Queries, handle: PaginatedHandle) {
        let Some(list) = self.lists.remove(&handle) else { return };
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

    pub(crate) fn load_more(
        &mut self,
        queries: &mut Queries,
        handle: PaginatedHandle,
        num_items: u32,
    ) -> bool {
        let Self { last_id, lists, places, .. } = self;
        let Some(list) = lists.get_mut(&handle) else { return false };
        let takes = list.load_more(num_items, &mut Subscriptions { queries, places, last_id });
        if takes {
            self.changed.insert(handle);
            self.place(handle);
        }
        takes
    }

    /// Somebody else is asking: their lists begin where lists begin.
    pub(crate) fn start_over(&mut self, queries: &mut Queries) {
        let Self { last_id, lists, places, .. } = self;
        for list in lists.values_mut() {
            list.start_over(&mut Subscriptions { queries, places, last_id });
        }
        let handles: Vec<_> = self.lists.keys().copied().collect();
        for handle in handles {
            self.changed.insert(handle);
            self.place(handle);
        }
    }

    // ---- inputs ----

    /// The server's results of these queries changed: takes in those of pages, and does what follows from them.
    pub(crate) fn follow(&mut self, queries: &mut Queries, changed: &[QueryHandle]) {
        let mut due = Vec::new();
        for &query in changed {
            let Some(&(handle, position)) = self.places.get(&query) else { continue };
            let answer = queries.result(query).map(parse);
            self.list_mut(handle).serve(position, query, answer);
            due.push(query);
        }
        while let Some(query) = due.pop() {
            let Some(&(handle, position)) = self.places.get(&query) else { continue };
            let Self { last_id, lists, places, .. } = self;
            let list = lists.get_mut(&handle).expect("a place is in one of all lists");
            let step = list.settle(position, &mut Subscriptions { queries, places, last_id });
            if step == Step::Nothing {
                continue;
            }
            self.place(handle);
            if step == Step::Replaced {
                self.changed.insert(handle);
                due.extend(self.lists[&handle].pages.iter().skip(position).map(|page| page.query));
            }
        }
    }

    /// These queries show something else now.
    pub(crate) fn show(&mut self, changed: &[QueryHandle], layers: &Layers) {
        for &query in changed {
            let Some(&(handle, position)) = self.places.get(&query) else { continue };
            let layered = layers.shown(query).map(|shown| shown.map(parse));
            if self.list_mut(handle).lay(position, query, layered) {
                self.changed.insert(handle);
            }
        }
    }

    fn list_mut(&mut self, handle: PaginatedHandle) -> &mut List {
        self.lists.get_mut(&handle).expect("a place is in one of all lists")
    }

    fn subscriptions<'a>(&'a mut self, queries: &'a mut Queries) -> Subscriptions<'a> {
        Subscriptions { queries, places: &mut self.places, last_id: &mut self.last_id }
    }

    fn place(&mut self, handle: PaginatedHandle) {
        let places = self.lists[&handle].queries().map(|(position, query)| (query, (handle, position)));
        self.places.extend(places);
    }
}

fn parse(result: &QueryResult) -> Answer {
    result.as_ref().map_err(Clone::clone).and_then(Envelope::parse)
}

/// What a list needs to ask for pages.
#[derive(Debug)]
struct Subscriptions<'a> {
    queries: &'a mut Queries,
    places: &'a mut Places,
    last_id: &'a mut u64,
}

impl Subscriptions<'_> {
    fn subscribe(&mut self, call: &Call, args: &Arguments) -> QueryHandle {
        self.queries.subscribe(&call.function, args, call.auth)
    }

    fn unsubscribe(&mut self, query: QueryHandle) {
        self.places.remove(&query);
        self.queries.forsake(query);
    }

    /// An id that no list has had.
    fn next_id(&mut self) -> u64 {
        *self.last_id += 1;
        *self.last_id
    }
}
