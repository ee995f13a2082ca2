//! The options of paginated lists.

/// The options of a paginated list.
///
/// ```
/// use convex_leptos::{PaginatedQueryRef, PaginationOptions, use_paginated_query};
///
/// const PAGE: PaginatedQueryRef<(), String> = PaginatedQueryRef::new("messages:page");
///
/// # fn example() {
/// let messages = use_paginated_query(PAGE, (), PaginationOptions::new(50));
/// # }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct PaginationOptions {
    /// The number of items of the first page when it loads; 20 by default. The page then grows and
    /// shrinks as items are inserted and deleted.
    pub initial_num_items: u32,
}

impl Default for PaginationOptions {
    fn default() -> Self {
        Self::new(20)
    }
}

impl PaginationOptions {
    /// The options of a list with [this many items](Self::initial_num_items) in its first page.
    pub const fn new(initial_num_items: u32) -> Self {
        Self { initial_num_items }
    }
}
