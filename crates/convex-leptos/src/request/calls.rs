//! How the calls of one `use_mutation` or `use_action` stand.

use crate::ConvexError;
use leptos::prelude::*;
use std::sync::Arc;

/// How a call ended.
pub(super) type Outcome<T> = Result<Arc<T>, ConvexError>;

/// How the calls of one hook stand.
pub(super) struct Calls<T> {
    under_way: ArcRwSignal<usize>,
    last: ArcRwSignal<Last<T>>,
}

/// The call made last, or what came after it: being reset.
struct Last<T> {
    call: CallId,
    /// How often a user's session had ended when it was made.
    sessions_ended: u64,
    /// `None` until it ends.
    outcome: Option<Outcome<T>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct CallId(u64);

impl<T: Send + Sync + 'static> Calls<T> {
    pub(super) fn new() -> Self {
        Self {
            under_way: ArcRwSignal::new(0),
            last: ArcRwSignal::new(Last { call: CallId::default(), sessions_ended: 0, outcome: None }),
        }
    }

    // ---- getters: all tracked ----

    pub(super) fn is_any_under_way(&self) -> bool {
        self.under_way.get() > 0
    }

    /// The outcome of the call made last. What the deployment answered to a user is not shown once
    /// the session of that user has ended (auth contract, rule 8).
    pub(super) fn outcome(&self, sessions_ended: u64) -> Option<Outcome<T>> {
        let last = self.last.read();
        let is_current = last.sessions_ended == sessions_ended;
        last.outcome.clone().filter(|outcome| is_current || is_without_answer(outcome))
    }

    // ---- commands: each writes all of it before anybody is told ----

    pub(super) fn begin(&self, sessions_ended: u64) -> CallId {
        let (call, forgotten) = self.forget();
        self.last.write_untracked().sessions_ended = sessions_ended;
        self.count(|calls| calls + 1);
        self.tell(forgotten.is_some());
        call
    }

    pub(super) fn end(&self, call: CallId, outcome: Outcome<T>) {
        let is_last = self.last.read_untracked().call == call;
        if is_last {
            self.last.write_untracked().outcome = Some(outcome);
        }
        self.count(|calls| calls - 1);
        self.tell(is_last);
    }

    pub(super) fn reset(&self) {
        let (_, forgotten) = self.forget();
        if forgotten.is_some() {
            self.last.notify();
        }
    }

    /// Starts another last call. Returns the outcome of the one before, since dropping it may run
    /// app code, which may use the handle.
    fn forget(&self) -> (CallId, Option<Outcome<T>>) {
        let mut last = self.last.write_untracked();
        last.call = CallId(last.call.0 + 1);
        (last.call, last.outcome.take())
    }

    fn count(&self, counted: impl FnOnce(usize) -> usize) {
        let mut under_way = self.under_way.write_untracked();
        *under_way = counted(*under_way);
    }

    fn tell(&self, outcome_changed: bool) {
        self.under_way.notify();
        if outcome_changed {
            self.last.notify();
        }
    }
}

/// Whether an outcome holds nothing that the deployment answered.
fn is_without_answer<T>(outcome: &Outcome<T>) -> bool {
    matches!(
        outcome,
        Err(ConvexError::IdentityChanged | ConvexError::OutcomeUnknown | ConvexError::NotSent(_))
    )
}

impl<T> Clone for Calls<T> {
    fn clone(&self) -> Self {
        Self { under_way: self.under_way.clone(), last: self.last.clone() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(calls: &Calls<u32>) -> (bool, Option<u32>) {
        untrack(|| (calls.is_any_under_way(), calls.outcome(0).and_then(Result::ok).map(|value| *value)))
    }

    #[test]
    fn it_is_pending_while_any_call_is_and_shows_the_one_made_last() {
        let calls = Calls::new();
        let (first, second) = (calls.begin(0), calls.begin(0));
        calls.end(second, Ok(Arc::new(2)));
        assert_eq!(seen(&calls), (true, Some(2)));
        calls.end(first, Ok(Arc::new(1)));
        assert_eq!(seen(&calls), (false, Some(2)));
        let third = calls.begin(0);
        assert_eq!(seen(&calls), (true, None));
        calls.end(third, Err(ConvexError::OutcomeUnknown));
        assert_eq!(untrack(|| calls.outcome(0)), Some(Err(ConvexError::OutcomeUnknown)));
    }

    #[test]
    fn what_was_called_before_a_reset_leaves_nothing() {
        let calls = Calls::new();
        let call = calls.begin(0);
        calls.reset();
        assert_eq!(seen(&calls), (true, None), "it is under way all the same");
        calls.end(call, Ok(Arc::new(1)));
        assert_eq!(seen(&calls), (false, None));
        let call = calls.begin(0);
        calls.end(call, Ok(Arc::new(2)));
        calls.reset();
        assert_eq!(seen(&calls), (false, None));
    }

    #[test]
    fn the_end_of_a_session_hides_what_was_answered_to_its_user() {
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
