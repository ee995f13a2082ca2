//! The status of a query.

/// The status of a query with its current arguments.
///
/// ```
/// use convex_leptos::{QueryRef, QueryStatus, use_query};
/// use leptos::prelude::*;
/// use serde::Serialize;
///
/// #[derive(Serialize)]
/// struct SearchArgs {
///     text: String,
/// }
///
/// const SEARCH: QueryRef<SearchArgs, Vec<String>> = QueryRef::new("messages:search");
///
/// #[component]
/// fn Search() -> impl IntoView {
///     let typed = RwSignal::new(String::new());
///     let found = use_query(SEARCH, move || {
///         Some(typed.get()).filter(|text| !text.is_empty()).map(|text| SearchArgs { text })
///     });
///     let note = move || match found.status() {
///         QueryStatus::Skipped => "Type a word to search for.".to_owned(),
///         QueryStatus::Loading => "Searching …".to_owned(),
///         QueryStatus::Ready => format!("{} found", found.value().map_or(0, |messages| messages.len())),
///         QueryStatus::Error => "The search failed.".to_owned(),
///     };
///     view! { <input bind:value=typed/> <p>{note}</p> }
/// }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum QueryStatus {
    /// Its arguments skip it.
    Skipped,
    /// It has no result yet for its current arguments.
    Loading,
    /// Its result is a value.
    Ready,
    /// Its result is an error, or it could not be sent.
    Error,
}
