//! Whether there is more of a list.

/// Whether a paginated list has more than it shows.
///
/// ```
/// use convex_leptos::{PaginationOptions, PaginationStatus, use_paginated_query};
/// use leptos::prelude::*;
///
/// #[component]
/// fn Messages() -> impl IntoView {
///     let messages = use_paginated_query::<String>("messages:page", (), PaginationOptions { initial_num_items: 20 });
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
    /// have the rows of the old arguments. It is also the status of a query that its arguments
    /// skip.
    LoadingFirstPage,
    /// There may be more: [`load_more`](crate::UsePaginatedQuery::load_more) brings it.
    CanLoadMore,
    /// More is on its way.
    LoadingMore,
    /// That is all there is.
    Exhausted,
    /// The page behind those that are shown failed: [`error`](crate::UsePaginatedQuery::error) says
    /// why.
    Error,
}
