//! What a client's paginated lists show, each page decoded once.

use super::PaginationStatus;
use crate::ConvexError;
use convex_web::sync::{Page, PaginatedHandle, PaginationResult, PaginationStatus as Received};
use leptos::prelude::*;
use serde::de::DeserializeOwned;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

/// The lists that somebody looks at.
#[derive(Clone, Default)]
pub(crate) struct Lists(Arc<Mutex<Looked>>);

/// Sorted by handle. There are as many as a page shows, and an app without any does not carry the
/// code of a map for them.
type Looked = Vec<(PaginatedHandle, Weak<dyn Live>)>;

impl Lists {
    pub(super) fn add(&self, handle: PaginatedHandle, list: Weak<dyn Live>) {
        let mut lists = self.lock();
        let position = lists.partition_point(|(other, _)| *other < handle);
        lists.insert(position, (handle, list));
    }

    pub(super) fn remove(&self, handle: PaginatedHandle) {
        self.lock().retain(|(other, _)| *other != handle);
    }

    /// Writes what lists show now, without notifying anybody, and returns those that are to be
    /// notified.
    pub(crate) fn write(
        &self,
        lists: &[PaginatedHandle],
        received: impl Fn(PaginatedHandle) -> Option<PaginationResult>,
    ) -> Vec<Arc<dyn Live>> {
        let changed = lists.iter().filter_map(|handle| {
            let list = self.live(*handle)?;
            list.write(received(*handle)?);
            Some(list)
        });
        changed.collect()
    }

    fn live(&self, handle: PaginatedHandle) -> Option<Arc<dyn Live>> {
        let lists = self.lock();
        let position = lists.binary_search_by_key(&handle, |(handle, _)| *handle).ok()?;
        lists[position].1.upgrade()
    }

    /// Nothing of the user's runs under this lock.
    fn lock(&self) -> MutexGuard<'_, Looked> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A list of items of whatever type.
pub(crate) trait Live: Send + Sync {
    fn write(&self, received: PaginationResult);
    /// Tells everybody who read it.
    fn notify(&self);
}

/// What one list shows.
pub(super) struct List<T>(ArcRwSignal<Shown<T>>);

/// The start of a list, and why there is no more of it here.
pub(super) struct Shown<T> {
    pages: Vec<Decoded<T>>,
    end: End,
}

struct Decoded<T> {
    page: Page,
    items: Arc<Vec<T>>,
}

enum End {
    Status(PaginationStatus),
    Error(ConvexError),
}

impl<T: DeserializeOwned + Send + Sync + 'static> List<T> {
    pub(super) fn new(received: PaginationResult) -> Self {
        Self(ArcRwSignal::new(Shown::new(received, &[])))
    }
}

impl<T> List<T> {
    pub(super) fn shown(&self) -> &ArcRwSignal<Shown<T>> {
        &self.0
    }
}

impl<T: DeserializeOwned + Send + Sync + 'static> Live for List<T> {
    fn write(&self, received: PaginationResult) {
        let shown = Shown::new(received, &self.0.read_untracked().pages);
        let old = std::mem::replace(&mut *self.0.write_untracked(), shown);
        drop(old);
    }

    fn notify(&self) {
        self.0.notify();
    }
}

impl<T: DeserializeOwned> Shown<T> {
    /// `before` is what was shown: a page of it that is still the same is not decoded again.
    fn new(PaginationResult { pages, status }: PaginationResult, before: &[Decoded<T>]) -> Self {
        let mut shown = Self { pages: Vec::with_capacity(pages.len()), end: End::from(status) };
        for page in pages {
            let known = before.iter().find(|known| known.page == page);
            let items = match known {
                Some(known) => Arc::clone(&known.items),
                None => match page.decode() {
                    Ok(items) => Arc::new(items),
                    Err(error) => {
                        shown.end = End::Error(ConvexError::Result(error));
                        break;
                    }
                },
            };
            shown.pages.push(Decoded { page, items });
        }
        shown
    }
}

impl<T> Shown<T> {
    /// The items of each page, shared: code of the app that looks at them may use the client, which
    /// writes to this.
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

impl From<Received> for End {
    fn from(status: Received) -> Self {
        Self::Status(match status {
            Received::LoadingFirstPage => PaginationStatus::LoadingFirstPage,
            Received::CanLoadMore => PaginationStatus::CanLoadMore,
            Received::LoadingMore => PaginationStatus::LoadingMore,
            Received::Exhausted => PaginationStatus::Exhausted,
            Received::Error(error) => return Self::Error(ConvexError::Function(error)),
        })
    }
}
