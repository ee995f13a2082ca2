//! The page queries of all lists.

use crate::{Arguments, AuthPolicy, FunctionPath, PaginatedHandle, QueryHandle, queries::Queries};
use std::collections::HashMap;

/// The paginated query of a list. All its pages have it in common.
#[derive(Debug)]
pub(super) struct ListQuery {
    pub(super) function: FunctionPath,
    /// Without `paginationOpts`.
    pub(super) args: Arguments,
    pub(super) auth: AuthPolicy,
}

/// The list and the position of the page that a query loads, or will replace.
pub(super) type PagePositions = HashMap<QueryHandle, (PaginatedHandle, usize)>;

/// Subscribes to and unsubscribes from page queries.
#[derive(Debug)]
pub(super) struct PageSubscriptions<'a> {
    pub(super) queries: &'a mut Queries,
    pub(super) positions: &'a mut PagePositions,
    pub(super) last_id: &'a mut u64,
}

impl PageSubscriptions<'_> {
    pub(super) fn subscribe(&mut self, list: &ListQuery, args: &Arguments) -> QueryHandle {
        self.queries.subscribe(&list.function, args, list.auth)
    }

    pub(super) fn unsubscribe(&mut self, query: QueryHandle) {
        self.positions.remove(&query);
        self.queries.unsubscribe_uncached(query);
    }

    /// An id that no list has had before.
    pub(super) fn next_id(&mut self) -> u64 {
        *self.last_id += 1;
        *self.last_id
    }
}
