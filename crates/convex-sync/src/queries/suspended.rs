//! Queries that are taken away from the server for a while, with their subscribers none the wiser.

use super::{Placement, Queries, Query};
use crate::{Arguments, FunctionPath, QueryHandle, SuspensionId};
use std::fmt;

/// What becomes of the results of suspended queries.
///
/// ```
/// use convex_sync::*;
///
/// let session = SessionId::from_random_bytes([7; 16]);
/// let mut client = SyncClient::new(Config::default(), session, 42, UnixMillis(1_700_000_000_000));
///
/// // Nothing runs any more; what is shown stays as it is.
/// let suspension = client.suspend(SuspendedResults::Keep, |_, _| true);
/// client.resume(suspension);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum SuspendedResults {
    /// They stay readable as they were, getting old.
    #[default]
    Keep,
    /// They go: the queries show that they load, until they have run again.
    Clear,
}

/// Which queries a suspension is about.
type QueryFilter = Box<dyn Fn(&FunctionPath, &Arguments) -> bool + Send + Sync>;

/// All suspensions there are.
#[derive(Debug)]
pub(super) struct Suspensions {
    next: SuspensionId,
    all: Vec<(SuspensionId, Suspension)>,
}

struct Suspension {
    results: SuspendedResults,
    filter: QueryFilter,
}

impl Suspensions {
    pub(super) fn new() -> Self {
        Self { next: SuspensionId::new(0), all: Vec::new() }
    }

    /// The ones a query is about to be born into.
    pub(super) fn of(
        &self,
        function: &FunctionPath,
        args: &Arguments,
    ) -> Vec<(SuspensionId, SuspendedResults)> {
        let matching = self.all.iter().filter(|(_, suspension)| (suspension.filter)(function, args));
        matching.map(|(id, suspension)| (*id, suspension.results)).collect()
    }
}

impl Queries {
    /// Suspends what `filter` matches, now and from now on. Returns the queries whose result went,
    /// too.
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
            let was_shown = query.shown().is_some();
            query.suspended_by.push((id, results));
            if was_shown && query.shown().is_none() {
                changed.push(handle);
            }
            self.to_add[query.key.auth].remove(handle);
            self.to_suspend.push(handle);
        }
        self.suspensions.all.push((id, Suspension { results, filter: Box::new(filter) }));
        (id, changed)
    }

    /// Takes a suspension back: what no other is about runs again. Returns the queries whose result
    /// is back, too: the server was not yet told of them.
    pub(crate) fn resume(&mut self, id: SuspensionId) -> Vec<QueryHandle> {
        self.suspensions.all.retain(|(other, _)| *other != id);
        let mut changed = Vec::new();
        for (handle, query) in self.all.iter_mut() {
            let was_shown = query.shown().is_some();
            let Some(at) = query.suspended_by.iter().position(|(by, _)| *by == id) else { continue };
            query.suspended_by.remove(at);
            if !was_shown && query.shown().is_some() {
                changed.push(handle);
            }
            if query.suspended_by.is_empty() && !matches!(query.placement, Placement::Added(_)) {
                self.to_add[query.key.auth].insert(handle);
            }
        }
        changed
    }

    /// Takes what is suspended by now away from the server.
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

impl Query {
    pub(super) fn is_cleared(&self) -> bool {
        self.suspended_by.iter().any(|(_, results)| *results == SuspendedResults::Clear)
    }
}

impl fmt::Debug for Suspension {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Suspension").field("results", &self.results).finish_non_exhaustive()
    }
}
