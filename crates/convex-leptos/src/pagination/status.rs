//! The status of a paginated list.

/// The status of a paginated list: whether it has more items than are loaded.
///
/// ```
/// use convex_leptos::{PaginatedQueryRef, PaginationOptions, PaginationStatus, use_paginated_query};
/// use leptos::prelude::*;
///
/// const PAGE: PaginatedQueryRef<(), String> = PaginatedQueryRef::new("messages:page");
///
/// #[component]
/// fn Messages() -> impl IntoView {
///     let messages = use_paginated_query(PAGE, (), PaginationOptions::default());
///     view! {
///         <button
///             disabled=move || messages.status() != PaginationStatus::CanLoadMore
///             on:click=move |_| messages.load_more(20)
///         >
///             "more"
///         </button>
///     }
/// }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PaginationStatus {
    /// The first page has not arrived. [`results`](crate::UsePaginatedQuery::results) may still
    /// return the items of the old arguments. It is also the status of a query that its arguments
    /// skip.
    LoadingFirstPage,
    /// There may be more items: [`load_more`](crate::UsePaginatedQuery::load_more) loads them.
    CanLoadMore,
    /// The next page is loading.
    LoadingMore,
    /// All items are loaded.
    Exhausted,
    /// The page behind the loaded ones failed: see [`error`](crate::UsePaginatedQuery::error).
    Error,
}
