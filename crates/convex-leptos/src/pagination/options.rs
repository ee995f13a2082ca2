//! How long a list is at first.

/// What [`use_paginated_query`](crate::use_paginated_query) asks for.
///
/// ```
/// use convex_leptos::{PaginationOptions, use_paginated_query};
///
/// # fn example() {
/// let messages = use_paginated_query::<String>("messages:page", (), PaginationOptions { initial_num_items: 20 });
/// # }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PaginationOptions {
    /// How many items the first page has when it loads. It grows and shrinks with what is inserted
    /// and deleted.
    pub initial_num_items: u32,
}
