//! The displayed state of a paginated list.

use super::page::Page;
use crate::FunctionError;

/// The loaded pages of a paginated list, and its status.
///
/// ```
/// use convex_sync::{DecodeError, PaginationResult};
///
/// fn messages(result: &PaginationResult) -> Result<Vec<String>, DecodeError> {
///     let pages: Result<Vec<_>, _> = result.pages.iter().map(|page| page.decode::<String>()).collect();
///     Ok(pages?.concat())
/// }
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct PaginationResult {
    /// The loaded pages in order, from the start of the list, without gaps or duplicates.
    pub pages: Vec<Page>,
    /// Whether more pages are loading or can be loaded.
    pub status: PaginationStatus,
}

/// Whether a paginated list has more items than the loaded ones.
///
/// ```
/// use convex_sync::PaginationStatus;
///
/// fn below_the_list(status: &PaginationStatus) -> String {
///     match status {
///         PaginationStatus::LoadingFirstPage | PaginationStatus::LoadingMore => "loading…".to_owned(),
///         PaginationStatus::CanLoadMore => "more".to_owned(),
///         PaginationStatus::Exhausted => String::new(),
///         PaginationStatus::Error(error) => error.to_string(),
///     }
/// }
/// ```
#[derive(Debug, Clone, PartialEq)]
pub enum PaginationStatus {
    /// The first page is loading.
    LoadingFirstPage,
    /// There may be more items: call [`load_more`](crate::SyncClient::load_more).
    CanLoadMore,
    /// Another page is loading.
    LoadingMore,
    /// The whole list is loaded.
    Exhausted,
    /// The page after the loaded ones failed. It runs again whenever its data changes.
    Error(FunctionError),
}
