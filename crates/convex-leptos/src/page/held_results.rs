//! Results that stay as the page shows them until hydration ends.
//!
//! A part of the page that is hydrated later, such as a lazy route, must find the values that the
//! server rendered: Leptos does not compare texts, so another value would not be shown until it
//! changes again. So from the first hook that uses a result during hydration, live results wait. An
//! identity change does not wait: it removes the results.

use crate::query::EncodedResult;
use convex_web::{
    ConvexClient, Update,
    sync::{PaginatedHandle, PaginationResult, QueryHandle},
};
use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

#[derive(Default)]
pub(super) struct HeldResults(Mutex<Held>);

#[derive(Default)]
struct Held {
    queries: HashMap<QueryHandle, HeldResult>,
    /// Lists, with the queries of their first pages.
    lists: Vec<(PaginatedHandle, QueryHandle)>,
}

struct HeldResult {
    result: EncodedResult,
    /// The number of identity changes before.
    identity_changes: u64,
}

impl HeldResults {
    /// Holds the result of a query, and the list that it is the first page of. No effect while the
    /// query loads: app code may wait for its result before it creates the rest of the page.
    pub(super) fn hold(&self, web: &ConvexClient, query: QueryHandle, list: Option<PaginatedHandle>) {
        let result = self.result(web, query);
        if result.is_none() {
            return;
        }
        let mut held = self.lock();
        held.queries.insert(query, HeldResult { result, identity_changes: web.identity_changes() });
        held.lists.extend(list.map(|list| (list, query)));
    }

    /// The held result of a query, or else the current one.
    pub(super) fn result(&self, web: &ConvexClient, query: QueryHandle) -> EncodedResult {
        let current = web.result(query)?;
        Some(self.lock().result(web, query).unwrap_or(current))
    }

    /// The content of a list, unless it is held.
    pub(super) fn list(&self, web: &ConvexClient, list: PaginatedHandle) -> Option<PaginationResult> {
        let current = web.paginated(list)?;
        let held = self.lock();
        let first_page = held.lists.iter().find(|(other, _)| *other == list).map(|(_, query)| *query);
        let is_held = first_page.is_some_and(|query| held.result(web, query).is_some());
        (!is_held).then_some(current)
    }

    /// Ends the holding. Returns the queries and lists that may have changed meanwhile.
    pub(super) fn release(&self) -> Update {
        let Held { queries, lists } = std::mem::take(&mut *self.lock());
        let queries = queries.into_keys().collect();
        let paginated = lists.into_iter().map(|(list, _)| list).collect();
        Update { queries, paginated, ..Update::default() }
    }

    /// App code never runs under this lock.
    fn lock(&self) -> MutexGuard<'_, Held> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Held {
    /// The held result of a query, if the identity has not changed since.
    fn result(&self, web: &ConvexClient, query: QueryHandle) -> EncodedResult {
        let held = self.queries.get(&query)?;
        (held.identity_changes == web.identity_changes()).then(|| held.result.clone())?
    }
}
