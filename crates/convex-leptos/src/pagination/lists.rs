//! The content of a client's paginated lists, each page decoded once.

use super::PaginationStatus;
use crate::ConvexError;
use convex_web::sync::{Page, PaginatedHandle, PaginationResult, PaginationStatus as ReceivedStatus};
use leptos::prelude::*;
use serde::de::DeserializeOwned;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

/// The lists that hooks use.
#[derive(Clone, Default)]
pub(crate) struct ListCache(Arc<Mutex<LiveLists>>);

/// Sorted by handle. There are few lists on a page, and an app without lists does not include the
/// code of a map for them.
type LiveLists = Vec<(PaginatedHandle, Weak<dyn LiveList>)>;

impl ListCache {
    pub(super) fn add(&self, handle: PaginatedHandle, list: Weak<dyn LiveList>) {
        let mut lists = self.lock();
        let position = lists.partition_point(|(other, _)| *other < handle);
        lists.insert(position, (handle, list));
    }

    pub(super) fn remove(&self, handle: PaginatedHandle) {
        self.lock().retain(|(other, _)| *other != handle);
    }

    /// Writes the new content of lists without notifying readers. Returns the lists that changed.
    pub(crate) fn write(
        &self,
        lists: &[PaginatedHandle],
        received: impl Fn(PaginatedHandle) -> Option<PaginationResult>,
    ) -> Vec<Arc<dyn LiveList>> {
        let changed = lists.iter().filter_map(|handle| {
            let list = self.live(*handle)?;
            list.write(received(*handle)?);
            Some(list)
        });
        changed.collect()
    }

    fn live(&self, handle: PaginatedHandle) -> Option<Arc<dyn LiveList>> {
        let lists = self.lock();
        let position = lists.binary_search_by_key(&handle, |(handle, _)| *handle).ok()?;
        lists[position].1.upgrade()
    }

    /// App code never runs under this lock.
    fn lock(&self) -> MutexGuard<'_, LiveLists> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A list with items of any type.
pub(crate) trait LiveList: Send + Sync {
    /// Writes the content without notifying readers.
    fn write(&self, received: PaginationResult);
    /// Notifies readers.
    fn notify(&self);
}

/// The content of one list.
pub(super) struct DecodedList<T>(ArcRwSignal<ListContent<T>>);

/// The loaded pages of a list, and the status behind them.
pub(super) struct ListContent<T> {
    pages: Vec<DecodedPage<T>>,
    end: End,
}

struct DecodedPage<T> {
    page: Page,
    items: Arc<Vec<T>>,
}

enum End {
    Status(PaginationStatus),
    Error(ConvexError),
}

impl<T: DeserializeOwned + Clone + Send + Sync + 'static> DecodedList<T> {
    pub(super) fn new(received: PaginationResult) -> Self {
        Self(ArcRwSignal::new(ListContent::new(received, &[])))
    }
}

impl<T> DecodedList<T> {
    pub(super) fn content(&self) -> &ArcRwSignal<ListContent<T>> {
        &self.0
    }
}

impl<T: DeserializeOwned + Clone + Send + Sync + 'static> LiveList for DecodedList<T> {
    fn write(&self, received: PaginationResult) {
        let content = ListContent::new(received, &self.0.read_untracked().pages);
        let old = std::mem::replace(&mut *self.0.write_untracked(), content);
        drop(old);
    }

    fn notify(&self) {
        self.0.notify();
    }
}

impl<T: DeserializeOwned + Clone> ListContent<T> {
    /// `before` are the pages so far. Their unchanged items are not decoded again.
    fn new(PaginationResult { pages, status }: PaginationResult, before: &[DecodedPage<T>]) -> Self {
        let mut content = Self { pages: Vec::with_capacity(pages.len()), end: End::from(status) };
        for (index, page) in pages.into_iter().enumerate() {
            let known = before.iter().find(|known| known.page == page);
            let items = match (known, before.get(index)) {
                (Some(known), _) => Ok(Arc::clone(&known.items)),
                (None, Some(old)) => {
                    page.decode_changed_items(&old.page, |index| old.items.get(index).cloned()).map(Arc::new)
                }
                (None, None) => page.decode().map(Arc::new),
            };
            match items {
                Ok(items) => content.pages.push(DecodedPage { page, items }),
                Err(error) => {
                    content.end = End::Error(ConvexError::Result(error));
                    break;
                }
            }
        }
        content
    }
}

impl<T> ListContent<T> {
    /// The items of each page, shared, so that nothing is borrowed while app code reads them: it
    /// may use the client, which writes to this.
    pub(super) fn items(&self) -> Vec<Arc<Vec<T>>> {
        self.pages.iter().map(|page| Arc::clone(&page.items)).collect()
    }

    pub(super) fn status(&self) -> PaginationStatus {
        match &self.end {
            End::Status(status) => *status,
            End::Error(_) => PaginationStatus::Error,
        }
    }

    pub(super) fn error(&self) -> Option<&ConvexError> {
        match &self.end {
            End::Status(_) => None,
            End::Error(error) => Some(error),
        }
    }
}

impl From<ReceivedStatus> for End {
    fn from(status: ReceivedStatus) -> Self {
        Self::Status(match status {
            ReceivedStatus::LoadingFirstPage => PaginationStatus::LoadingFirstPage,
            ReceivedStatus::CanLoadMore => PaginationStatus::CanLoadMore,
            ReceivedStatus::LoadingMore => PaginationStatus::LoadingMore,
            ReceivedStatus::Exhausted => PaginationStatus::Exhausted,
            ReceivedStatus::Error(error) => return Self::Error(ConvexError::Function(error)),
        })
    }
}
