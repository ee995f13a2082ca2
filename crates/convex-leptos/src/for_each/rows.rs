//! The rows of a `<ForEach>`.

use super::source::SourceItem;
use leptos::prelude::*;
use std::{collections::HashMap, hash::Hash};

/// The key of a row, and its item.
pub(super) type Row<K, T> = (K, ArcRwSignal<T>);

/// Matches rows to items, which are added one after another.
///
/// # Algorithm
///
/// The first `fitted` rows match the items so far. While items arrive in the order of the rows,
/// each is compared with the next row: nothing is hashed, and no key is computed for an equal item.
/// At the first item of another key, the remaining rows move into a map by key, and each further
/// item takes its row from there or gets a new one. So a list without changes costs one comparison
/// for each item, and any other list one hash for each row and item in addition.
pub(super) struct Fitting<K, T> {
    rows: Vec<Row<K, T>>,
    /// The number of rows that are matched, while there is no map.
    fitted: usize,
    /// Exists after the first item that did not match the next row.
    by_key: Option<ByKey<K, T>>,
    changed: Vec<ArcRwSignal<T>>,
}

/// The rows that are not matched yet; `None` for those that are.
type ByKey<K, T> = HashMap<K, Option<ArcRwSignal<T>>>;

/// Matched rows.
pub(super) struct Fitted<K, T> {
    pub(super) rows: Vec<Row<K, T>>,
    /// Whether a row was added, removed or moved.
    pub(super) is_rearranged: bool,
    /// The old rows with a changed item. The caller notifies them.
    pub(super) changed: Vec<ArcRwSignal<T>>,
}

impl<K, T> Fitting<K, T>
where
    K: Eq + Hash + Clone,
    T: PartialEq + Send + Sync + 'static,
{
    pub(super) fn new(rows: Vec<Row<K, T>>) -> Self {
        Self { rows, fitted: 0, by_key: None, changed: Vec::new() }
    }

    pub(super) fn add(&mut self, item: SourceItem<'_, T>, key: impl Fn(&T) -> K) {
        if self.by_key.is_some() {
            return self.place(key(item.get()), item);
        }
        let Some((next_key, next)) = self.rows.get(self.fitted) else {
            return self.place(key(item.get()), item);
        };
        if *next.read_untracked() == *item.get() {
            self.fitted += 1;
            return;
        }
        let key = key(item.get());
        if key == *next_key {
            self.fitted += 1;
            replace(next, item.into_owned());
            self.changed.push(next.clone());
        } else {
            self.place(key, item);
        }
    }

    /// Matches the row of this key from the map, or a new row.
    fn place(&mut self, key: K, item: SourceItem<'_, T>) {
        let by_key = self.by_key.get_or_insert_with(|| {
            let left = self.rows.split_off(self.fitted).into_iter().map(|(key, row)| (key, Some(row)));
            left.chain(self.rows.iter().map(|(key, _)| (key.clone(), None))).collect()
        });
        let row = match by_key.get_mut(&key) {
            // Of two items with one key only the first is shown.
            Some(None) => return,
            Some(left) => left.take(),
            None => {
                by_key.insert(key.clone(), None);
                None
            }
        };
        let row = match row {
            Some(row) => {
                if *row.read_untracked() != *item.get() {
                    replace(&row, item.into_owned());
                    self.changed.push(row.clone());
                }
                row
            }
            None => ArcRwSignal::new(item.into_owned()),
        };
        self.rows.push((key, row));
    }

    pub(super) fn finish(mut self) -> Fitted<K, T> {
        let is_rearranged = self.by_key.is_some() || self.fitted < self.rows.len();
        if self.by_key.is_none() {
            self.rows.truncate(self.fitted);
        }
        Fitted { rows: self.rows, is_rearranged, changed: self.changed }
    }
}

/// Drops the old item after the signal is released: app code in `Drop` may read it.
fn replace<T: Send + Sync + 'static>(row: &ArcRwSignal<T>, item: T) {
    let old = std::mem::replace(&mut *row.write_untracked(), item);
    drop(old);
}

#[cfg(test)]
mod tests {
    use super::*;

    type Letters = Vec<Row<char, (char, u8)>>;

    fn fit(rows: &Letters, items: &[(char, u8)]) -> Fitted<char, (char, u8)> {
        let mut fitting = Fitting::new(rows.clone());
        items.iter().for_each(|item| fitting.add(SourceItem::Borrowed(item, Clone::clone), |item| item.0));
        fitting.finish()
    }

    fn rows(items: &[(char, u8)]) -> Letters {
        fit(&Vec::new(), items).rows
    }

    fn items(rows: &Letters) -> Vec<(char, u8)> {
        rows.iter().map(|(_, row)| row.get_untracked()).collect()
    }

    #[test]
    fn rows_in_order_keep_their_signals_and_only_changed_ones_notify() {
        let before = rows(&[('a', 1), ('b', 2), ('c', 3)]);
        let after = fit(&before, &[('a', 1), ('b', 4), ('c', 3)]);
        assert!(!after.is_rearranged);
        assert_eq!(after.rows, before);
        assert_eq!(items(&after.rows), [('a', 1), ('b', 4), ('c', 3)]);
        assert_eq!(after.changed, [before[1].1.clone()]);
    }

    #[test]
    fn moved_rows_keep_their_signals() {
        let before = rows(&[('a', 1), ('b', 2), ('c', 3)]);
        let after = fit(&before, &[('c', 3), ('a', 4), ('d', 5)]);
        assert!(after.is_rearranged);
        assert_eq!(items(&after.rows), [('c', 3), ('a', 4), ('d', 5)]);
        assert_eq!(after.rows[..2], [before[2].clone(), before[0].clone()]);
        assert_eq!(after.changed, [before[0].1.clone()]);
    }

    #[test]
    fn rows_are_added_and_removed_at_the_end() {
        let before = rows(&[('a', 1), ('b', 2)]);
        let longer = fit(&before, &[('a', 1), ('b', 2), ('c', 3)]);
        assert!(longer.is_rearranged && longer.rows[..2] == before[..] && longer.changed.is_empty());
        let shorter = fit(&longer.rows, &[('a', 1)]);
        assert!(shorter.is_rearranged && shorter.rows[..] == before[..1]);
        assert!(fit(&before, &[]).rows.is_empty());
    }

    #[test]
    fn the_first_of_two_items_with_one_key_is_shown() {
        let before = rows(&[('a', 1), ('b', 1), ('a', 9)]);
        assert_eq!(items(&before), [('a', 1), ('b', 1)]);
        let after = fit(&before, &[('a', 1), ('a', 3), ('b', 2), ('b', 3)]);
        assert_eq!(items(&after.rows), [('a', 1), ('b', 2)]);
        assert_eq!(after.changed, [before[1].1.clone()]);
    }
}
