//! Where a query stands.

/// Where a query stands.
///
/// ```
/// use convex_leptos::{QueryStatus, use_query};
/// use leptos::prelude::*;
///
/// #[component]
/// fn Search() -> impl IntoView {
///     let typed = RwSignal::new(String::new());
///     let found = use_query::<Vec<String>>("messages:search", move || {
///         Some(typed.get()).filter(|text| !text.is_empty()).map(|text| serde_json::json!({ "text": text }))
///     });
///     let note = move || match found.status() {
///         QueryStatus::Skipped => "Type what to look for.".to_owned(),
///         QueryStatus::Loading => "Searching …".to_owned(),
///         QueryStatus::Ready => format!("{} found", found.data().map_or(0, |messages| messages.len())),
///         QueryStatus::Error => "The search failed.".to_owned(),
///     };
///     view! { <input bind:value=typed/> <p>{note}</p> }
/// }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum QueryStatus {
    /// Its arguments say that it is not to run.
    Skipped,
    /// It has no result yet for the arguments it has now.
    Loading,
    /// Its result is a value.
    Ready,
    /// Its result is an error, or it could not be asked.
    Error,
}
