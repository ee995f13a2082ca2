//! One of something for each policy.

use crate::{AuthPolicy, sorted_set::SortedSet};
use std::ops::{Index, IndexMut};

/// One `T` for each policy.
#[derive(Debug, Default)]
pub(crate) struct ByPolicy<T>([T; AuthPolicy::ALL.len()]);

impl<T> Index<AuthPolicy> for ByPolicy<T> {
    type Output = T;

    fn index(&self, policy: AuthPolicy) -> &T {
        &self.0[policy as usize]
    }
}

impl<T> IndexMut<AuthPolicy> for ByPolicy<T> {
    fn index_mut(&mut self, policy: AuthPolicy) -> &mut T {
        &mut self.0[policy as usize]
    }
}

impl<T: Ord + Copy> ByPolicy<SortedSet<T>> {
    /// Whether anything is there of a policy that `may_leave` holds back.
    pub(crate) fn is_any_held(&self, may_leave: impl Fn(AuthPolicy) -> bool) -> bool {
        AuthPolicy::ALL.into_iter().any(|policy| !self[policy].is_empty() && !may_leave(policy))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_policy_has_its_own_place() {
        let mut by_policy = ByPolicy::default();
        AuthPolicy::ALL.into_iter().for_each(|policy| by_policy[policy] = Some(policy));
        assert!(AuthPolicy::ALL.into_iter().all(|policy| by_policy[policy] == Some(policy)));
    }

    #[test]
    fn held_is_what_is_there_and_may_not_leave() {
        let mut waiting: ByPolicy<SortedSet<u32>> = ByPolicy::default();
        assert!(!waiting.is_any_held(|_| false), "nothing is there");
        waiting[AuthPolicy::Required].insert(7);
        assert!(waiting.is_any_held(|policy| policy != AuthPolicy::Required));
        assert!(!waiting.is_any_held(|policy| policy == AuthPolicy::Required));
    }
}
