//! `<ForEach>`

mod rows;
mod source;

pub use source::ItemSource;

use leptos::{prelude::*, reactive::computed::ArcMemo, tachys::view::keyed::SerializableKey};
use rows::{Fitted, Fitting, Row};
use std::hash::Hash;

/// A keyed list of live data. Each row gets its item as a signal.
///
/// Leptos's `<For>` builds a row once for each key and ignores later changes of its item.
/// `<ForEach>` sets the signal of a changed row, builds added rows, moves moved ones, and leaves
/// the others alone.
///
/// ```
/// use convex_leptos::{ForEach, QueryRef, use_query};
/// use leptos::prelude::*;
/// use serde::Deserialize;
///
/// #[derive(Clone, PartialEq, Deserialize)]
/// struct Organization {
///     id: String,
///     name: String,
/// }
///
/// const LIST: QueryRef<(), Vec<Organization>> = QueryRef::new("organizations:list");
///
/// #[component]
/// fn Organizations() -> impl IntoView {
///     let organizations = use_query(LIST, ());
///     view! {
///         <ul>
///             <ForEach each=organizations key=|o| o.id.clone() let:organization>
///                 <li>{move || organization.read().name.clone()}</li>
///             </ForEach>
///         </ul>
///     }
/// }
/// ```
///
/// It also takes [other items](ItemSource), such as a part of those of a query:
///
/// ```
/// # use convex_leptos::{ForEach, UseQuery};
/// # use leptos::prelude::*;
/// # #[derive(Clone, PartialEq)]
/// # struct Todo { id: String, text: String, done: bool }
/// # fn example(todos: UseQuery<Vec<Todo>>) -> impl IntoView {
/// let open = move || todos.value().unwrap_or_default().into_iter().filter(|todo| !todo.done).collect::<Vec<_>>();
/// view! {
///     <ForEach each=open key=|todo| todo.id.clone() let:todo>
///         <p>{move || todo.read().text.clone()}</p>
///     </ForEach>
/// }
/// # }
/// ```
///
/// Keys must be distinct: of two items with one key, only the first is shown. Equal items must have
/// equal keys.
#[component(transparent)]
pub fn ForEach<S, KF, K, EF, N>(
    /// The items, in order.
    each: S,
    /// The key of an item, which stays when the item changes: its id.
    key: KF,
    /// Builds the row of an item, once for each key.
    children: EF,
) -> impl IntoView
where
    S: ItemSource,
    S::Item: PartialEq + Send + Sync + 'static,
    KF: Fn(&S::Item) -> K + Send + Sync + 'static,
    K: Eq + Hash + Clone + SerializableKey + Send + Sync + 'static,
    EF: Fn(ReadSignal<S::Item>) -> N + Send + Clone + 'static,
    N: IntoView + 'static,
{
    // Changes only when rows are added, removed or moved: only then does `<For>` have work to do.
    let rows = ArcMemo::new_owning(move |rows: Option<Vec<Row<K, S::Item>>>| {
        let is_first = rows.is_none();
        let mut fitting = Fitting::new(rows.unwrap_or_default());
        each.for_each_item(&mut |item| fitting.add(item, &key));
        let Fitted { rows, is_rearranged, changed } = fitting.finish();
        changed.into_iter().for_each(|row| row.notify());
        (rows, is_first || is_rearranged)
    });
    let children = move |(_, row): Row<K, S::Item>| children(row.read_only().into());
    view! { <For each=move || rows.get() key=|(key, _)| key.clone() children/> }
}
