//! What comes in order, more or less.

/// A set in order, for elements that mostly come in order and go from the front.
///
/// It is a vector: a tree is several kilobytes of an app for each type in it, and these sets are
/// empty most of the time.
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

    /// Takes out all of them.
    pub(crate) fn take(&mut self) -> Vec<T> {
        std::mem::take(&mut self.0)
    }

    /// Takes out the first ones, as far as they are `due`.
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
        fn it_does_what_a_tree_does(steps in prop::collection::vec((0..3_u8, 0..30_u32), 0..60)) {
            let (mut sorted, mut tree) = (SortedSet::default(), BTreeSet::new());
            for (step, element) in steps {
                match step {
                    0 => {
                        sorted.insert(element);
                        tree.insert(element);
                    }
                    1 => {
                        sorted.remove(element);
                        tree.remove(&element);
                    }
                    _ => {
                        let later = tree.split_off(&element);
                        prop_assert!(sorted.take_while(|other| other < element).into_iter().eq(tree));
                        tree = later;
                    }
                }
                prop_assert_eq!(sorted.first(), tree.first().copied());
                prop_assert_eq!(sorted.is_empty(), tree.is_empty());
                prop_assert!(sorted.0.iter().eq(&tree));
            }
            prop_assert!(sorted.take().into_iter().eq(tree));
        }
    }
}
