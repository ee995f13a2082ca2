//! Suspended queries: they are removed from the server for a while and keep their subscribers.
//!
//! A suspension applies to all queries that its filter matches, including later ones. A query runs
//! again once no suspension applies to it. Suspending takes effect with the next message, so that a
//! suspension that is resumed before it sends nothing.

use super::{Placement, Queries, SubscribedQuery, suspensions::SuspendedResults};
use crate::{Arguments, FunctionPath, QueryHandle, SuspensionId};

impl Queries {
    /// Suspends all queries that `filter` matches, including later ones. Also returns the queries
    /// with a cleared result.
    pub(crate) fn suspend(
        &mut self,
        results: SuspendedResults,
        filter: impl Fn(&FunctionPath, &Arguments) -> bool + Send + Sync + 'static,
    ) -> (SuspensionId, Vec<QueryHandle>) {
        let id = self.suspensions.next_id();
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
        self.suspensions.add(id, results, Box::new(filter));
        (id, changed)
    }

    /// Ends a suspension. Its queries run again unless another suspension applies to them. Returns
    /// the queries that show a result again: their suspension was not sent yet.
    pub(crate) fn resume(&mut self, id: SuspensionId) -> Vec<QueryHandle> {
        self.suspensions.remove(id);
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
