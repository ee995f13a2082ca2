//! One of something for each policy.

use crate::{QueryAuth, sorted_set::SortedSet};
use std::ops::{Index, IndexMut};

/// One `T` for each policy.
#[derive(Debug, Default)]
pub(crate) struct ByPolicy<T>([T; QueryAuth::ALL.len()]);

impl<T> Index<QueryAuth> for ByPolicy<T> {
    type Output = T;

    fn index(&self, policy: QueryAuth) -> &T {
        &self.0[policy as usize]
    }
}

impl<T> IndexMut<QueryAuth> for ByPolicy<T> {
    fn index_mut(&mut self, policy: QueryAuth) -> &mut T {
        &mut self.0[policy as usize]
    }
}

impl<T: Ord + Copy> ByPolicy<SortedSet<T>> {
    /// Whether anything is there of a policy that `may_leave` holds back.
    pub(crate) fn is_any_held(&self, may_leave: impl Fn(QueryAuth) -> bool) -> bool {
        QueryAuth::ALL.into_iter().any(|policy| !self[policy].is_empty() && !may_leave(policy))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_policy_has_its_own_place() {
        let mut by_policy = ByPolicy::default();
        QueryAuth::ALL.into_iter().for_each(|policy| by_policy[policy] = Some(policy));
        assert!(QueryAuth::ALL.into_iter().all(|policy| by_policy[policy] == Some(policy)));
    }

    #[test]
    fn held_is_what_is_there_and_may_not_leave() {
        let mut waiting: ByPolicy<SortedSet<u32>> = ByPolicy::default();
        assert!(!waiting.is_any_held(|_| false), "nothing is there");
        waiting[QueryAuth::Required].insert(7);
        assert!(waiting.is_any_held(|policy| policy != QueryAuth::Required));
        assert!(!waiting.is_any_held(|policy| policy == QueryAuth::Required));
    }
}
