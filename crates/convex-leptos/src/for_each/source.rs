//! What a `<ForEach>` shows.

use crate::{UsePaginatedQuery, UseQuery};

/// What [`<ForEach>`](crate::ForEach) takes items from.
///
/// | `each` | shows |
/// | --- | --- |
/// | a [`UseQuery`] of a `Vec` | what is in it; nothing while it loads, and where it failed |
/// | a [`UsePaginatedQuery`] | the items of the pages that are there |
/// | a closure that returns anything to iterate over | what it gives, and again when a signal it read changes |
///
/// Of a query no item is cloned that did not change.
#[diagnostic::on_unimplemented(
    message = "`{Self}` gives no items",
    note = "pass a `UseQuery<Vec<_>>`, a `UsePaginatedQuery<_>`, or a closure: `move || items.get()`"
)]
pub trait ItemSource: Send + Sync + 'static {
    /// One of them.
    type Item;

    /// Tells them one after the other. What it reads is followed.
    #[doc(hidden)]
    fn tell(&self, tell: &mut dyn FnMut(Given<'_, Self::Item>));
}

/// An item: one's own, or somebody else's and how it is cloned.
#[doc(hidden)]
#[derive(Debug)]
pub enum Given<'a, T> {
    Owned(T),
    Lent(&'a T, fn(&T) -> T),
}

impl<T> Given<'_, T> {
    pub(super) fn get(&self) -> &T {
        match self {
            Self::Owned(item) => item,
            Self::Lent(item, _) => item,
        }
    }

    pub(super) fn into_owned(self) -> T {
        match self {
            Self::Owned(item) => item,
            Self::Lent(item, clone) => clone(item),
        }
    }
}

impl<F, I> ItemSource for F
where
    F: Fn() -> I + Send + Sync + 'static,
    I: IntoIterator,
{
    type Item = I::Item;

    fn tell(&self, tell: &mut dyn FnMut(Given<'_, I::Item>)) {
        self().into_iter().for_each(|item| tell(Given::Owned(item)));
    }
}

impl<T: Clone + Send + Sync + 'static> ItemSource for UseQuery<Vec<T>> {
    type Item = T;

    fn tell(&self, tell: &mut dyn FnMut(Given<'_, T>)) {
        self.with(|items| items.iter().for_each(|item| tell(Given::Lent(item, T::clone))));
    }
}

impl<T: Clone + Send + Sync + 'static> ItemSource for UsePaginatedQuery<T> {
    type Item = T;

    fn tell(&self, tell: &mut dyn FnMut(Given<'_, T>)) {
        self.each(|item| tell(Given::Lent(item, T::clone)));
    }
}
