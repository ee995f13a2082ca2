//! Paginated lists: one query per page, joined without gaps or duplicates.
//!
//! The journal of a page's query pins the end of the page. So the page grows and shrinks with the
//! items that are inserted and deleted between its ends, and the next page starts at the cursor
//! where it ended. Some results change the pages themselves: a page must be split, its end must be
//! pinned again, or a cursor became invalid. [`list`] handles them before the transition is
//! reported.

mod list;
mod lists;
mod options;
mod page;
mod resets;
mod result;
mod subscriptions;

pub use self::{
    page::Page,
    result::{PaginationResult, PaginationStatus},
};

use self::lists::{LayeredResult, ListOps, PaginatedLists};
use crate::{
    Arguments, AuthPolicy, FunctionPath, PaginatedHandle, QueryHandle,
    queries::{Queries, QueryResult},
};

/// All paginated lists of a client.
///
/// The registry is created by the first [`subscribe`](Self::subscribe), and every client reaches it
/// through a vtable. So an app without paginated lists does not contain their code.
#[derive(Debug, Default)]
pub(crate) struct Pagination(Option<Box<dyn ListOps>>);

impl Pagination {
    // ---- getters ----

    pub(crate) fn result(&self, list: PaginatedHandle) -> Option<PaginationResult> {
        self.0.as_ref()?.result(list)
    }

    /// The query of a list's first page.
    pub(crate) fn first_page(&self, list: PaginatedHandle) -> Option<QueryHandle> {
        Some(self.0.as_ref()?.lists().get(list)?.pages.first()?.query)
    }

    /// The lists that have changed since the last call.
    pub(crate) fn take_changed(&mut self) -> Vec<PaginatedHandle> {
        self.0.as_mut().map_or_else(Vec::new, |lists| lists.take_changed())
    }

    /// The lists of a function with matching arguments.
    pub(crate) fn lists_with(
        &self,
        function: &FunctionPath,
        matches: &dyn Fn(&Arguments) -> bool,
    ) -> Vec<PaginatedHandle> {
        let lists = self.0.iter().flat_map(|lists| lists.lists().of_function(function));
        lists.filter(|(_, list)| matches(&list.query.args)).map(|(handle, _)| handle).collect()
    }

    /// The loaded pages of a list with their queries, and its status, if the queries had these
    /// results.
    pub(crate) fn loaded_pages<'r>(
        &self,
        list: PaginatedHandle,
        result: &dyn Fn(QueryHandle) -> Option<&'r QueryResult>,
    ) -> (Vec<(QueryHandle, Page)>, PaginationStatus) {
        let list = self.0.as_ref().and_then(|lists| lists.lists().get(list));
        let Some(list) = list else { return (Vec::new(), PaginationStatus::LoadingFirstPage) };
        let (pages, status) = list.loaded_pages(|page| result(page.query).map(lists::parse));
        (pages.into_iter().map(|(query, envelope)| (query, envelope.page)).collect(), status)
    }

    // ---- commands ----

    pub(crate) fn subscribe(
        &mut self,
        queries: &mut Queries,
        function: &FunctionPath,
        args: &Arguments,
        auth: AuthPolicy,
        initial_num_items: u32,
    ) -> PaginatedHandle {
        let lists = self.0.get_or_insert_with(|| Box::new(PaginatedLists::new())).lists_mut();
        lists.subscribe(queries, function, args, auth, initial_num_items)
    }

    pub(crate) fn unsubscribe(&mut self, queries: &mut Queries, list: PaginatedHandle) {
        if let Some(lists) = &mut self.0 {
            lists.lists_mut().unsubscribe(queries, list);
        }
    }

    pub(crate) fn load_more(&mut self, queries: &mut Queries, list: PaginatedHandle, num_items: u32) -> bool {
        self.0.as_mut().is_some_and(|lists| lists.lists_mut().load_more(queries, list, num_items))
    }

    /// Restarts all lists with their first page, after an identity change.
    pub(crate) fn start_over(&mut self, queries: &mut Queries) {
        if let Some(lists) = &mut self.0 {
            lists.start_over(queries);
        }
    }

    // ---- inputs ----

    /// The server could not decode the journals of these queries. Restarts the lists that they
    /// belong to.
    pub(crate) fn journals_refused(&mut self, queries: &mut Queries, refused: &[QueryHandle]) {
        if let Some(lists) = &mut self.0 {
            lists.journals_refused(queries, refused);
        }
    }

    /// Takes the server's results of the queries `changed`, and subscribes to and unsubscribes from
    /// pages accordingly.
    pub(crate) fn apply_results(&mut self, queries: &mut Queries, changed: &[QueryHandle]) {
        if let Some(lists) = &mut self.0 {
            lists.apply_results(queries, changed);
        }
    }

    /// Takes the optimistic results of the queries `changed`.
    pub(crate) fn apply_layers<'l>(
        &mut self,
        changed: &[QueryHandle],
        layered: &dyn Fn(QueryHandle) -> LayeredResult<'l>,
    ) {
        if let Some(lists) = &mut self.0 {
            lists.apply_layers(changed, layered);
        }
    }
}
