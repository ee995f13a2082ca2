//! Applying the results of a transition.

use super::{Queries, QueryResult};
use crate::{FunctionPath, QueryHandle, wire::StateModification};

/// The effects of a transition on the queries.
#[derive(Debug, Default)]
pub(crate) struct AppliedTransition {
    /// The queries with a different result than before.
    pub(crate) changed: Vec<QueryHandle>,
    /// The queries that received a result, changed or not.
    pub(crate) answered: Vec<QueryHandle>,
    /// The queries with a journal that the server could not decode. They are added again without
    /// it.
    pub(crate) journal_refused: Vec<QueryHandle>,
    pub(crate) logs: Vec<(FunctionPath, Vec<String>)>,
}

impl Queries {
    /// Fills an empty result with one that no server of a connection has sent. Returns whether it
    /// is displayed. A suspension that clears results also clears this one.
    pub(crate) fn seed(&mut self, handle: QueryHandle, result: QueryResult) -> bool {
        let query = self.all.get_mut(handle);
        let empty = query.filter(|query| query.result.is_none() && !query.is_cleared());
        empty.map(|query| query.result = Some(result)).is_some()
    }

    /// Applies all modifications of a transition. The caller reports them afterwards, together.
    pub(crate) fn apply(&mut self, modifications: Vec<StateModification>) -> AppliedTransition {
        let mut applied = AppliedTransition::default();
        for modification in modifications {
            // A `Removed` only confirms a removal that this client requested.
            let StateModification::Result { query: id, outcome, log_lines, journal } = modification else {
                continue;
            };
            let Some(&handle) = self.by_wire.get(id) else { continue };
            let query = self.all.get_mut(handle).expect("wire ids refer to existing queries");
            if !query.suspended_by.is_empty() {
                // Withdrawn at once. Otherwise a resume before the next message would neither add
                // the query again nor show this result.
                self.withdraw(handle);
                continue;
            }
            if query.is_journal_refused(&outcome) {
                applied.journal_refused.push(handle);
                self.add_without_journal(handle);
                continue;
            }
            query.answered = true;
            applied.answered.push(handle);
            query.journal = Some(journal);
            if !log_lines.is_empty() {
                applied.logs.push((query.key.function.clone(), log_lines));
            }
            if query.result.as_ref() != Some(&outcome) {
                query.result = Some(outcome);
                applied.changed.push(handle);
            }
        }
        applied
    }
}
