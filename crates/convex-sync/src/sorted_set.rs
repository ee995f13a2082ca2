//! A sorted `Vec` used as a set.

/// A sorted set for elements that are mostly inserted in order and removed from the front.
///
/// The elements are a sorted vector: inserting at the end is a push, and a lookup is a binary
/// search. Other insertions and removals move the elements after it. That is cheap, because these
/// sets are small or empty most of the time. A `BTreeSet` would add several kilobytes to an app for
/// each type.
#[derive(Debug)]
pub(crate) struct SortedSet<T>(Vec<T>);

impl<T> Default for SortedSet<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T: Ord + Copy> SortedSet<T> {
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn first(&self) -> Option<T> {
        self.0.first().copied()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = T> {
        self.0.iter().copied()
    }

    pub(crate) fn insert(&mut self, element: T) {
        if self.0.last().is_none_or(|last| *last < element) {
            self.0.push(element);
        } else if let Err(position) = self.0.binary_search(&element) {
            self.0.insert(position, element);
        }
    }

    pub(crate) fn remove(&mut self, element: T) {
        if let Ok(position) = self.0.binary_search(&element) {
            self.0.remove(position);
        }
    }

    /// Removes and returns all elements.
    pub(crate) fn take(&mut self) -> Vec<T> {
        std::mem::take(&mut self.0)
    }

    /// Removes and returns the elements at the front that are `due`.
    pub(crate) fn take_while(&mut self, due: impl Fn(T) -> bool) -> Vec<T> {
        let count = self.0.partition_point(|element| due(*element));
        self.0.drain(..count).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    proptest! {
        #[test]
        fn a_sorted_set_behaves_like_a_btree_set(steps in prop::collection::vec((0..3_u8, 0..30_u32), 0..60)) {
            let (mut set, mut tree) = (SortedSet::default(), BTreeSet::new());
            for (step, element) in steps {
                match step {
                    0 => {
                        set.insert(element);
                        tree.insert(element);
                    }
                    1 => {
                        set.remove(element);
                        tree.remove(&element);
                    }
                    _ => {
                        let later = tree.split_off(&element);
                        prop_assert!(set.take_while(|other| other < element).into_iter().eq(tree));
                        tree = later;
                    }
                }
                prop_assert_eq!(set.first(), tree.first().copied());
                prop_assert_eq!(set.is_empty(), tree.is_empty());
                prop_assert!(set.0.iter().eq(&tree));
            }
            prop_assert!(set.take().into_iter().eq(tree));
        }
    }
}
