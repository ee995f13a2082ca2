//! Paginated lists: each a row of queries, one a page, that together show what the server holds
//! from its start on, without a gap and nothing twice.
//!
//! A page's end is pinned by its query's journal, so that it grows and shrinks with what is
//! inserted and deleted between its ends; the next page starts at the cursor where it ended. What
//! changes the row itself, a page that is split, an end that has to be pinned anew, an invalid
//! cursor, is done before anybody is told of the transition that calls for it.

mod list;
mod lists;
mod optimistic;
mod options;
mod page;

use crate::{
    Arguments, AuthPolicy, FunctionError, FunctionPath, PaginatedHandle, QueryHandle, optimistic::Layers,
    queries::Queries,
};
use list::List;
use lists::{Lists, Subscriptions};
use std::fmt;

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
    /// The pages that are there, in order: always the start of the list, without a gap and nothing
    /// twice.
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
    /// The page behind those that are shown failed. It is tried again whenever what it reads
    /// changes.
    Error(FunctionError),
}

/// All paginated lists, from the first on. What every client does with them goes by a vtable that
/// [`subscribe`](Self::subscribe) alone names: an app without lists does not carry their code.
#[derive(Debug, Default)]
pub(crate) struct Pagination(Option<Box<dyn ListOps>>);

/// What every client does with its lists.
trait ListOps: fmt::Debug + Send + Sync {
    fn lists(&self) -> &Lists;

    fn lists_mut(&mut self) -> &mut Lists;

    fn result(&self, list: PaginatedHandle) -> Option<PaginationResult>;

    /// The lists that show something else than when this was last called.
    fn take_changed(&mut self) -> Vec<PaginatedHandle>;

    /// Somebody else is asking: their lists begin where lists begin.
    fn start_over(&mut self, queries: &mut Queries);

    /// The server could not decode the journals of these queries: lists with one of them start
    /// over.
    fn journals_refused(&mut self, queries: &mut Queries, refused: &[QueryHandle]);

    /// The server's results of these queries changed: takes in those of pages, and does what
    /// follows from them.
    fn apply_results(&mut self, queries: &mut Queries, changed: &[QueryHandle]);

    /// These queries show something else now.
    fn apply_layers(&mut self, changed: &[QueryHandle], layers: &Layers);
}

impl Pagination {
    // ---- getters ----

    pub(crate) fn result(&self, list: PaginatedHandle) -> Option<PaginationResult> {
        self.0.as_ref()?.result(list)
    }

    pub(crate) fn take_changed(&mut self) -> Vec<PaginatedHandle> {
        self.0.as_mut().map_or_else(Vec::new, |lists| lists.take_changed())
    }

    fn list(&self, list: PaginatedHandle) -> Option<&List> {
        self.0.as_ref()?.lists().get(list)
    }

    fn of_function(&self, function: &FunctionPath) -> impl Iterator<Item = (PaginatedHandle, &List)> {
        self.0.iter().flat_map(|lists| lists.lists().of_function(function))
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
        let lists = self.0.get_or_insert_with(|| Box::new(Lists::new())).lists_mut();
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

    pub(crate) fn start_over(&mut self, queries: &mut Queries) {
        if let Some(lists) = &mut self.0 {
            lists.start_over(queries);
        }
    }

    // ---- inputs ----

    pub(crate) fn journals_refused(&mut self, queries: &mut Queries, refused: &[QueryHandle]) {
        if let Some(lists) = &mut self.0 {
            lists.journals_refused(queries, refused);
        }
    }

    pub(crate) fn apply_results(&mut self, queries: &mut Queries, changed: &[QueryHandle]) {
        if let Some(lists) = &mut self.0 {
            lists.apply_results(queries, changed);
        }
    }

    pub(crate) fn apply_layers(&mut self, changed: &[QueryHandle], layers: &Layers) {
        if let Some(lists) = &mut self.0 {
            lists.apply_layers(changed, layers);
        }
    }
}
