//! The current suspensions, and their filters.

use crate::{Arguments, FunctionPath, SuspensionId};
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
pub(super) type QueryFilter = Box<dyn Fn(&FunctionPath, &Arguments) -> bool + Send + Sync>;

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

    pub(super) fn next_id(&mut self) -> SuspensionId {
        let id = self.next;
        self.next = id.next();
        id
    }

    pub(super) fn add(&mut self, id: SuspensionId, results: SuspendedResults, filter: QueryFilter) {
        self.all.push((id, SuspensionRule { results, filter }));
    }

    pub(super) fn remove(&mut self, id: SuspensionId) {
        self.all.retain(|(other, _)| *other != id);
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

impl fmt::Debug for SuspensionRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SuspensionRule").field("results", &self.results).finish_non_exhaustive()
    }
}
