//! What goes by numbers that are given out one after another.

/// A map for keys of which each new one is greater than all before it.
///
/// A sorted vector is all it takes: adding is pushing, and looking up is a binary search. A removed
/// entry leaves its key until such are the greater part, so that removing moves nothing. A tree
/// does no more for these keys, and is several kilobytes of an app for each type in it.
#[derive(Debug)]
pub(crate) struct IdMap<K, V> {
    entries: Vec<(K, Option<V>)>,
    removed: usize,
}

impl<K: Ord + Copy, V> IdMap<K, V> {
    pub(crate) const fn new() -> Self {
        Self { entries: Vec::new(), removed: 0 }
    }

    pub(crate) fn get(&self, key: K) -> Option<&V> {
        self.entries[self.position(key)?].1.as_ref()
    }

    pub(crate) fn get_mut(&mut self, key: K) -> Option<&mut V> {
        let position = self.position(key)?;
        self.entries[position].1.as_mut()
    }

    pub(crate) fn contains(&self, key: K) -> bool {
        self.get(key).is_some()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (K, &V)> {
        self.entries.iter().filter_map(|(key, value)| Some((*key, value.as_ref()?)))
    }

    pub(crate) fn iter_mut(&mut self) -> impl Iterator<Item = (K, &mut V)> {
        self.entries.iter_mut().filter_map(|(key, value)| Some((*key, value.as_mut()?)))
    }

    pub(crate) fn insert(&mut self, key: K, value: V) {
        debug_assert!(self.entries.last().is_none_or(|(last, _)| *last < key), "keys ascend");
        self.entries.push((key, Some(value)));
    }

    pub(crate) fn remove(&mut self, key: K) -> Option<V> {
        let position = self.position(key)?;
        let value = self.entries[position].1.take()?;
        self.removed += 1;
        if self.removed * 2 > self.entries.len() {
            self.entries.retain(|(_, value)| value.is_some());
            self.removed = 0;
        }
        Some(value)
    }

    pub(crate) fn clear(&mut self) {
        self.entries.clear();
        self.removed = 0;
    }

    /// Takes out all of them.
    pub(crate) fn take(&mut self) -> impl Iterator<Item = (K, V)> + use<K, V> {
        let entries = std::mem::take(&mut self.entries);
        self.removed = 0;
        entries.into_iter().filter_map(|(key, value)| Some((key, value?)))
    }

    fn position(&self, key: K) -> Option<usize> {
        self.entries.binary_search_by_key(&key, |(key, _)| *key).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    proptest! {
        #[test]
        fn it_does_what_a_tree_does(steps in prop::collection::vec((any::<bool>(), 0..60_u32), 0..120)) {
            let (mut ascending, mut tree) = (IdMap::new(), BTreeMap::new());
            for (next, (adds, key)) in steps.into_iter().enumerate() {
                if adds {
                    ascending.insert(next, key);
                    tree.insert(next, key);
                } else {
                    let key = key as usize;
                    prop_assert_eq!(ascending.remove(key), tree.remove(&key));
                    prop_assert!(!ascending.contains(key));
                }
                prop_assert!(ascending.iter().eq(tree.iter().map(|(key, value)| (*key, value))));
                prop_assert!(ascending.entries.len() <= 2 * tree.len() + 1, "what was removed goes");
                prop_assert_eq!(ascending.get(next / 2), tree.get(&(next / 2)));
            }
            prop_assert!(ascending.take().eq(tree));
            prop_assert_eq!(ascending.iter().count(), 0);
        }
    }
}
