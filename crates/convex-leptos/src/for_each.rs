//! `<ForEach>`

use leptos::{prelude::*, tachys::view::keyed::SerializableKey};
use std::{
    collections::{HashMap, HashSet},
    hash::Hash,
    sync::{Arc, Mutex, PoisonError},
};

/// A keyed list of live data. Each row is given its item as a signal.
///
/// Leptos's `<For>` builds a row once for each key and never looks at its item again, so that a row whose key stayed
/// shows what it was built with. Here a row that changed has its signal set, a row that came is built, and a row that
/// moved is moved.
///
/// ```
/// use convex_leptos::{ForEach, use_query};
/// use leptos::prelude::*;
/// use serde::Deserialize;
///
/// #[derive(Clone, PartialEq, Deserialize)]
/// struct Organization {
///     id: String,
///     name: String,
/// }
///
/// #[component]
/// fn Organizations() -> impl IntoView {
///     let organizations = use_query::<Vec<Organization>>("organizations:list", ());
///     view! {
///         <ul>
///             <ForEach each=move || organizations.data().unwrap_or_default() key=|o| o.id.clone() let:organization>
///                 <li>{move || organization.read().name.clone()}</li>
///             </ForEach>
///         </ul>
///     }
/// }
/// ```
///
/// Keys must be distinct: of two items with one key only the first is shown.
#[component(transparent)]
pub fn ForEach<IF, I, T, KF, K, EF, N>(
    /// The items, in order.
    each: IF,
    /// What tells one item from the others and stays as it changes: its id.
    key: KF,
    /// Builds the row of an item, once.
    children: EF,
) -> impl IntoView
where
    IF: Fn() -> I + Send + 'static,
    I: IntoIterator<Item = T> + Send + 'static,
    T: PartialEq + Send + Sync + 'static,
    KF: Fn(&T) -> K + Send + Clone + 'static,
    K: Eq + Hash + Clone + SerializableKey + Send + 'static,
    EF: Fn(ReadSignal<T>) -> N + Send + Clone + 'static,
    N: IntoView + 'static,
{
    let rows = Arc::new(Mutex::new(HashMap::new()));
    let each = move || {
        let items = each().into_iter().map(|item| (key(&item), item)).collect();
        let mut rows = rows.lock().unwrap_or_else(PoisonError::into_inner);
        let (next, changed) = reconcile(std::mem::take(&mut *rows), items);
        *rows = next.iter().cloned().collect();
        drop(rows);
        changed.into_iter().for_each(|row| row.notify());
        next
    };
    let children = move |(_, row): (K, ArcRwSignal<T>)| children(row.read_only().into());
    view! { <For each key=|(key, _)| key.clone() children/> }
}

/// The rows for these items, and those of them that were there before and hold something else now.
#[expect(clippy::type_complexity, reason = "a pair of lists, named by the function")]
fn reconcile<K: Eq + Hash + Clone, T: PartialEq + Send + Sync + 'static>(
    mut rows: HashMap<K, ArcRwSignal<T>>,
    items: Vec<(K, T)>,
) -> (Vec<(K, ArcRwSignal<T>)>, Vec<ArcRwSignal<T>>) {
    let mut seen = HashSet::new();
    let mut changed = Vec::new();
    let mut next = Vec::with_capacity(items.len());
    for (key, item) in items {
        if !seen.insert(key.clone()) {
            continue;
        }
        let row = match rows.remove(&key) {
            Some(row) => {
                if *row.read_untracked() != item {
                    *row.write_untracked() = item;
                    changed.push(row.clone());
                }
                row
            }
            None => ArcRwSignal::new(item),
        };
        next.push((key, row));
    }
    (next, changed)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(items: &[(char, u8)]) -> HashMap<char, ArcRwSignal<u8>> {
        items.iter().map(|&(key, item)| (key, ArcRwSignal::new(item))).collect()
    }

    fn values(rows: &[(char, ArcRwSignal<u8>)]) -> Vec<(char, u8)> {
        rows.iter().map(|(key, row)| (*key, row.get_untracked())).collect()
    }

    #[test]
    fn rows_that_stay_keep_their_signal_and_only_those_that_changed_are_told() {
        let before = rows(&[('a', 1), ('b', 2), ('c', 3)]);
        let (next, changed) = reconcile(before.clone(), vec![('c', 3), ('a', 4), ('d', 5)]);
        assert_eq!(values(&next), [('c', 3), ('a', 4), ('d', 5)]);
        assert_eq!(next[0].1, before[&'c']);
        assert_eq!(next[1].1, before[&'a']);
        assert_eq!(changed, [before[&'a'].clone()]);
    }

    #[test]
    fn of_items_with_one_key_the_first_counts() {
        let (next, changed) = reconcile(rows(&[('a', 1)]), vec![('a', 2), ('a', 3)]);
        assert_eq!(values(&next), [('a', 2)]);
        assert_eq!(changed.len(), 1);
    }
}
