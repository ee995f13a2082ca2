//! Suspensions: queries that are removed from the server for a while and keep their subscribers.
//!
//! A suspension applies to all queries that its filter matches, including later ones. A query runs
//! again once no suspension applies to it. Suspending takes effect with the next message, so that a
//! suspension that is resumed before it sends nothing.

use super::{Placement, Queries, SubscribedQuery};
use crate::{Arguments, FunctionPath, QueryHandle, SuspensionId};
use std::fmt;

/// Whether suspended queries keep their results.
///
/// ```
/// use convex_sync::*;
///
/// let session = SessionId::from_random_bytes([7; 16]);
/// let mut client = SyncClient::new(Config::default(), session, 42, UnixMillis(1_700_000_000_000));
///
/// // No query runs; the results stay on screen.
/// let suspension = client.suspend(SuspendedResults::Keep, |_, _| true);
/// client.resume(suspension);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum SuspendedResults {
    /// The last results stay readable, and become stale.
    #[default]
    Keep,
    /// The queries show as loading until they have run again.
    Clear,
}

/// Selects the queries of a suspension.
type QueryFilter = Box<dyn Fn(&FunctionPath, &Arguments) -> bool + Send + Sync>;

/// All current suspensions.
#[derive(Debug)]
pub(super) struct Suspensions {
    next: SuspensionId,
    all: Vec<(SuspensionId, SuspensionRule)>,
}

struct SuspensionRule {
    results: SuspendedResults,
    filter: QueryFilter,
}

impl Suspensions {
    pub(super) fn new() -> Self {
        Self { next: SuspensionId::new(0), all: Vec::new() }
    }

    /// The suspensions that apply to a new query.
    pub(super) fn matching(
        &self,
        function: &FunctionPath,
        args: &Arguments,
    ) -> Vec<(SuspensionId, SuspendedResults)> {
        let matching = self.all.iter().filter(|(_, suspension)| (suspension.filter)(function, args));
        matching.map(|(id, suspension)| (*id, suspension.results)).collect()
    }
}

impl Queries {
    /// Suspends all queries that `filter` matches, including later ones. Also returns the queries
    /// with a cleared result.
    pub(crate) fn suspend(
        &mut self,
        results: SuspendedResults,
        filter: impl Fn(&FunctionPath, &Arguments) -> bool + Send + Sync + 'static,
    ) -> (SuspensionId, Vec<QueryHandle>) {
        let id = self.suspensions.next;
        self.suspensions.next = id.next();
        let mut changed = Vec::new();
        for (handle, query) in self.all.iter_mut() {
            if !filter(&query.key.function, &query.key.args) {
                continue;
            }
            let had_result = query.displayed_result().is_some();
            query.suspended_by.push((id, results));
            if had_result && query.displayed_result().is_none() {
                changed.push(handle);
            }
            self.to_add[query.key.auth].remove(handle);
            self.to_suspend.push(handle);
        }
        self.suspensions.all.push((id, SuspensionRule { results, filter: Box::new(filter) }));
        (id, changed)
    }

    /// Ends a suspension. Its queries run again unless another suspension applies to them. Returns
    /// the queries that show a result again: their suspension was not sent yet.
    pub(crate) fn resume(&mut self, id: SuspensionId) -> Vec<QueryHandle> {
        self.suspensions.all.retain(|(other, _)| *other != id);
        let mut changed = Vec::new();
        for (handle, query) in self.all.iter_mut() {
            let had_result = query.displayed_result().is_some();
            let Some(at) = query.suspended_by.iter().position(|(by, _)| *by == id) else { continue };
            query.suspended_by.remove(at);
            if !had_result && query.displayed_result().is_some() {
                changed.push(handle);
            }
            if query.suspended_by.is_empty() && !matches!(query.placement, Placement::Added(_)) {
                self.to_add[query.key.auth].insert(handle);
            }
        }
        changed
    }

    /// Removes the queries from the server that were suspended since the last message and are not
    /// resumed.
    pub(crate) fn withdraw_suspended(&mut self) {
        for handle in std::mem::take(&mut self.to_suspend) {
            let Some(query) = self.all.get_mut(handle) else { continue };
            if query.is_cleared() {
                query.result = None;
            }
            if !query.suspended_by.is_empty() {
                self.withdraw(handle);
            }
        }
    }
}

impl SubscribedQuery {
    pub(super) fn is_cleared(&self) -> bool {
        self.suspended_by.iter().any(|(_, results)| *results == SuspendedResults::Clear)
    }
}

impl fmt::Debug for SuspensionRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SuspensionRule").field("results", &self.results).finish_non_exhaustive()
    }
}
