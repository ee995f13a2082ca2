//! The items of a `<ForEach>`.

use crate::{UsePaginatedQuery, UseQuery};
use serde::de::DeserializeOwned;

/// The items of a [`<ForEach>`](crate::ForEach).
///
/// | `each` | items |
/// | --- | --- |
/// | a [`UseQuery`] of a `Vec` | those of its value; none while it loads and if it failed |
/// | a [`UsePaginatedQuery`] | those of the loaded pages |
/// | a closure that returns an iterator | what it returns; it runs again when a signal that it read changes |
///
/// When a query's result changes, only the changed items are decoded and cloned.
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no items to show",
    note = "pass a `UseQuery<Vec<_>>`, a `UsePaginatedQuery<_>`, or a closure: `move || items.get()`"
)]
pub trait ItemSource: Send + Sync + 'static {
    /// The type of one item.
    type Item;

    /// Calls `read` with each item. Reads signals tracked.
    #[doc(hidden)]
    fn for_each_item(&self, read: &mut dyn FnMut(SourceItem<'_, Self::Item>));
}

/// An owned item, or a borrowed one and the function that clones it.
#[doc(hidden)]
#[derive(Debug)]
pub enum SourceItem<'a, T> {
    Owned(T),
    Borrowed(&'a T, fn(&T) -> T),
}

impl<T> SourceItem<'_, T> {
    pub(super) fn get(&self) -> &T {
        match self {
            Self::Owned(item) => item,
            Self::Borrowed(item, _) => item,
        }
    }

    pub(super) fn into_owned(self) -> T {
        match self {
            Self::Owned(item) => item,
            Self::Borrowed(item, clone) => clone(item),
        }
    }
}

impl<F, I> ItemSource for F
where
    F: Fn() -> I + Send + Sync + 'static,
    I: IntoIterator,
{
    type Item = I::Item;

    fn for_each_item(&self, read: &mut dyn FnMut(SourceItem<'_, I::Item>)) {
        self().into_iter().for_each(|item| read(SourceItem::Owned(item)));
    }
}

impl<T: DeserializeOwned + Clone + Send + Sync + 'static> ItemSource for UseQuery<Vec<T>> {
    type Item = T;

    fn for_each_item(&self, read: &mut dyn FnMut(SourceItem<'_, T>)) {
        self.reuse_items();
        self.and_then(|items| items.iter().for_each(|item| read(SourceItem::Borrowed(item, T::clone))));
    }
}

impl<T: Clone + Send + Sync + 'static> ItemSource for UsePaginatedQuery<T> {
    type Item = T;

    fn for_each_item(&self, read: &mut dyn FnMut(SourceItem<'_, T>)) {
        self.each(|item| read(SourceItem::Borrowed(item, T::clone)));
    }
}
