//! A value for each auth policy.

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
    /// Whether a policy that `may_send` rejects has an entry.
    pub(crate) fn is_any_held(&self, may_send: impl Fn(AuthPolicy) -> bool) -> bool {
        AuthPolicy::ALL.into_iter().any(|policy| !self[policy].is_empty() && !may_send(policy))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_policy_has_its_own_value() {
        let mut by_policy = ByPolicy::default();
        AuthPolicy::ALL.into_iter().for_each(|policy| by_policy[policy] = Some(policy));
        assert!(AuthPolicy::ALL.into_iter().all(|policy| by_policy[policy] == Some(policy)));
    }

    #[test]
    fn entries_that_may_not_be_sent_are_held_back() {
        let mut waiting: ByPolicy<SortedSet<u32>> = ByPolicy::default();
        assert!(!waiting.is_any_held(|_| false), "there are no entries");
        waiting[AuthPolicy::Required].insert(7);
        assert!(waiting.is_any_held(|policy| policy != AuthPolicy::Required));
        assert!(!waiting.is_any_held(|policy| policy == AuthPolicy::Required));
    }
}
