//! The state of the calls of one `use_mutation` or `use_action`.

use crate::ConvexError;
use leptos::prelude::*;
use std::sync::Arc;

/// The result of a call that ended.
pub(super) type CallOutcome<T> = Result<Arc<T>, ConvexError>;

/// The state of the calls of one hook.
pub(super) struct Calls<T> {
    /// The number of calls that have not ended.
    in_flight: ArcRwSignal<usize>,
    last: ArcRwSignal<LastCall<T>>,
}

/// The last call. Clearing the handle starts a last call that never ends.
struct LastCall<T> {
    call: CallId,
    /// The number of identity changes at the call.
    identity_changes: u64,
    /// `None` until it ends.
    outcome: Option<CallOutcome<T>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct CallId(u64);

impl<T: Send + Sync + 'static> Calls<T> {
    pub(super) fn new() -> Self {
        Self {
            in_flight: ArcRwSignal::new(0),
            last: ArcRwSignal::new(LastCall { call: CallId::default(), identity_changes: 0, outcome: None }),
        }
    }

    // ---- getters: all tracked ----

    pub(super) fn is_any_in_flight(&self) -> bool {
        self.in_flight.get() > 0
    }

    /// The outcome of the last call. An answer of the deployment is hidden after an identity change
    /// (rule 8 of `docs/auth.md`): it may contain data of the user who made the call.
    pub(super) fn outcome(&self, identity_changes: u64) -> Option<CallOutcome<T>> {
        let last = self.last.read();
        let is_current = last.identity_changes == identity_changes;
        last.outcome.clone().filter(|outcome| is_current || is_without_answer(outcome))
    }

    // ---- commands: each writes all signals before it notifies ----

    pub(super) fn begin(&self, identity_changes: u64) -> CallId {
        let (call, cleared) = self.start_next();
        self.last.write_untracked().identity_changes = identity_changes;
        self.count(|calls| calls + 1);
        self.notify(cleared.is_some());
        call
    }

    pub(super) fn end(&self, call: CallId, outcome: CallOutcome<T>) {
        let is_last = self.last.read_untracked().call == call;
        if is_last {
            self.last.write_untracked().outcome = Some(outcome);
        }
        self.count(|calls| calls - 1);
        self.notify(is_last);
    }

    pub(super) fn clear(&self) {
        let (_, cleared) = self.start_next();
        if cleared.is_some() {
            self.last.notify();
        }
    }

    /// Starts another last call. Returns the previous outcome, which the caller drops: that may run
    /// app code, which may use the handle.
    fn start_next(&self) -> (CallId, Option<CallOutcome<T>>) {
        let mut last = self.last.write_untracked();
        last.call = CallId(last.call.0 + 1);
        (last.call, last.outcome.take())
    }

    fn count(&self, counted: impl FnOnce(usize) -> usize) {
        let mut in_flight = self.in_flight.write_untracked();
        *in_flight = counted(*in_flight);
    }

    fn notify(&self, outcome_changed: bool) {
        self.in_flight.notify();
        if outcome_changed {
            self.last.notify();
        }
    }
}

/// Whether an outcome contains no answer of the deployment.
fn is_without_answer<T>(outcome: &CallOutcome<T>) -> bool {
    matches!(
        outcome,
        Err(ConvexError::IdentityChanged | ConvexError::OutcomeUnknown | ConvexError::NotSent(_))
    )
}

impl<T> Clone for Calls<T> {
    fn clone(&self) -> Self {
        Self { in_flight: self.in_flight.clone(), last: self.last.clone() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pending_and_value(calls: &Calls<u32>) -> (bool, Option<u32>) {
        untrack(|| (calls.is_any_in_flight(), calls.outcome(0).and_then(Result::ok).map(|value| *value)))
    }

    #[test]
    fn pending_counts_all_calls_and_the_outcome_is_the_last_calls() {
        let calls = Calls::new();
        let (first, second) = (calls.begin(0), calls.begin(0));
        calls.end(second, Ok(Arc::new(2)));
        assert_eq!(pending_and_value(&calls), (true, Some(2)));
        calls.end(first, Ok(Arc::new(1)));
        assert_eq!(pending_and_value(&calls), (false, Some(2)));
        let third = calls.begin(0);
        assert_eq!(pending_and_value(&calls), (true, None));
        calls.end(third, Err(ConvexError::OutcomeUnknown));
        assert_eq!(untrack(|| calls.outcome(0)), Some(Err(ConvexError::OutcomeUnknown)));
    }

    #[test]
    fn a_call_made_before_clear_leaves_no_outcome() {
        let calls = Calls::new();
        let call = calls.begin(0);
        calls.clear();
        assert_eq!(pending_and_value(&calls), (true, None), "the call is still in flight");
        calls.end(call, Ok(Arc::new(1)));
        assert_eq!(pending_and_value(&calls), (false, None));
        let call = calls.begin(0);
        calls.end(call, Ok(Arc::new(2)));
        calls.clear();
        assert_eq!(pending_and_value(&calls), (false, None));
    }

    #[test]
    fn an_identity_change_hides_answers_of_the_deployment() {
        let calls = Calls::new();
        let outcomes = [
            (Ok(Arc::new(1)), false),
            (Err(ConvexError::IdentityChanged), true),
            (Err(ConvexError::OutcomeUnknown), true),
            (Err(ConvexError::NotSent(crate::NotSentReason::TimedOut)), true),
            (Err(ConvexError::Fatal("gone".into())), false),
        ];
        for (outcome, stays) in outcomes {
            let call = calls.begin(3);
            calls.end(call, outcome.clone());
            assert_eq!(untrack(|| calls.outcome(3)), Some(outcome.clone()));
            assert_eq!(untrack(|| calls.outcome(4)).is_some(), stays, "{outcome:?}");
        }
    }
}
