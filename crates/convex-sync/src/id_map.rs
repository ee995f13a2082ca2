//! A map keyed by increasing ids.

/// A map in which each inserted key must be greater than all keys inserted before.
///
/// The entries are a sorted vector: insertion is a push, lookup is a binary search. Removal clears
/// the value and keeps the key, so that it moves no entries. Once more than half of the entries are
/// cleared, they are dropped in one pass. So insertion and removal take amortized constant time
/// besides the search, and the vector is at most twice as long as the map. A `BTreeMap` would add
/// several kilobytes to an app for each value type.
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
        debug_assert!(self.entries.last().is_none_or(|(last, _)| *last < key), "keys increase");
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

    /// Removes and returns all entries.
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
        fn an_id_map_behaves_like_a_btree_map(steps in prop::collection::vec((any::<bool>(), 0..60_u32), 0..120)) {
            let (mut map, mut tree) = (IdMap::new(), BTreeMap::new());
            for (next, (adds, key)) in steps.into_iter().enumerate() {
                if adds {
                    map.insert(next, key);
                    tree.insert(next, key);
                } else {
                    let key = key as usize;
                    prop_assert_eq!(map.remove(key), tree.remove(&key));
                    prop_assert!(!map.contains(key));
                }
                prop_assert!(map.iter().eq(tree.iter().map(|(key, value)| (*key, value))));
                prop_assert!(map.entries.len() <= 2 * tree.len() + 1, "removed entries are dropped");
                prop_assert_eq!(map.get(next / 2), tree.get(&(next / 2)));
            }
            prop_assert!(map.take().eq(tree));
            prop_assert_eq!(map.iter().count(), 0);
        }
    }
}
