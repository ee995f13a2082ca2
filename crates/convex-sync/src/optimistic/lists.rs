//! Optimistic updates of paginated lists.

use super::{error::OptimisticError, store::LocalStore};
use crate::{
    Arguments, EncodedValue, FunctionPath, PaginatedHandle, QueryHandle,
    pagination::{Page, PaginationStatus},
    value::decode_json,
};
use serde::{Serialize, de::DeserializeOwned};
use std::cmp::Ordering;

/// The order of the items of a list; see [`LocalStore::insert_at_position`].
///
/// ```
/// use convex_sync::SortOrder;
///
/// let newest_first = SortOrder::Descending;
/// # let _ = newest_first;
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SortOrder {
    /// The smallest key first.
    Ascending,
    /// The greatest key first.
    Descending,
}

/// The loaded items of a list, page by page.
struct LoadedItems {
    pages: Vec<(QueryHandle, Page)>,
    /// Whether the end of the list is loaded.
    is_complete: bool,
}

/// Paginated lists. An inserted item appears once in each list, however the list is divided into
/// pages.
impl LocalStore<'_> {
    /// Inserts `item` at the top of the loaded lists of `function` that have at least the arguments
    /// `matching`.
    ///
    /// ```
    /// # use convex_sync::*;
    /// # let mut client = SyncClient::new(Config::default(), SessionId::from_random_bytes([7; 16]), 42, UnixMillis(0));
    /// # let page = FunctionPath::parse("messages:page")?;
    /// # let args = Arguments::encode(&())?.expect("not a skip");
    /// let update = move |store: &mut LocalStore<'_>| store.insert_at_top(&page, &args, "a new message");
    /// # let send = FunctionPath::parse("messages:send")?;
    /// # let args = Arguments::encode(&())?.expect("not a skip");
    /// client.mutate_optimistically(Time::ZERO, send, args, RequestOptions::default(), update);
    /// # Ok::<(), ConvexError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// The item cannot be encoded.
    pub fn insert_at_top<T: Serialize + ?Sized>(
        &mut self,
        function: &FunctionPath,
        matching: &Arguments,
        item: &T,
    ) -> Result<(), OptimisticError> {
        self.insert(function, matching, item, |_| Ok(Some((0, 0))))
    }

    /// Inserts `item` at the bottom of the lists of `function` that have at least the arguments
    /// `matching`, if their end is loaded. In other lists, the item would be below the loaded
    /// pages.
    ///
    /// ```
    /// use convex_sync::{Arguments, FunctionPath, LocalStore, OptimisticError};
    ///
    /// fn send(store: &mut LocalStore<'_>, page: &FunctionPath, channel: &Arguments) -> Result<(), OptimisticError> {
    ///     store.insert_at_bottom_if_loaded(page, channel, "a new message")
    /// }
    /// ```
    ///
    /// # Errors
    ///
    /// The item cannot be encoded.
    pub fn insert_at_bottom_if_loaded<T: Serialize + ?Sized>(
        &mut self,
        function: &FunctionPath,
        matching: &Arguments,
        item: &T,
    ) -> Result<(), OptimisticError> {
        self.insert(function, matching, item, |items| Ok(items.bottom()))
    }

    /// Inserts `item` at its position in the lists of `function` that have at least the arguments
    /// `matching`.
    ///
    /// The lists must be sorted by `key`. The item is inserted before items with an equal key. If
    /// its position is below the loaded pages, it is not shown.
    ///
    /// ```
    /// use convex_sync::{Arguments, FunctionPath, LocalStore, OptimisticError, SortOrder};
    ///
    /// #[derive(serde::Serialize, serde::Deserialize)]
    /// struct Task { rank: f64, title: String }
    ///
    /// fn add(store: &mut LocalStore<'_>, page: &FunctionPath, board: &Arguments, task: &Task) -> Result<(), OptimisticError> {
    ///     store.insert_at_position(page, board, SortOrder::Ascending, |task: &Task| task.rank, task)
    /// }
    /// ```
    ///
    /// # Errors
    ///
    /// The item cannot be encoded, or an item of the list cannot be decoded as `T`.
    pub fn insert_at_position<T, K>(
        &mut self,
        function: &FunctionPath,
        matching: &Arguments,
        order: SortOrder,
        key: impl Fn(&T) -> K,
        item: &T,
    ) -> Result<(), OptimisticError>
    where
        T: Serialize + DeserializeOwned,
        K: PartialOrd,
    {
        let inserted = key(item);
        let is_after = |other: T| match key(&other).partial_cmp(&inserted) {
            Some(Ordering::Less) => order == SortOrder::Descending,
            Some(Ordering::Greater) => order == SortOrder::Ascending,
            Some(Ordering::Equal) | None => true,
        };
        self.insert(function, matching, item, |items| items.position_before(is_after))
    }

    /// Updates items in the lists of `function` with exactly the arguments `args`. If `update`
    /// returns a value for an item, the value replaces the item.
    ///
    /// ```
    /// use convex_sync::{Arguments, FunctionPath, LocalStore, OptimisticError};
    ///
    /// #[derive(serde::Serialize, serde::Deserialize)]
    /// struct Message { _id: String, likes: u32 }
    ///
    /// fn like(store: &mut LocalStore<'_>, page: &FunctionPath, channel: &Arguments, id: &str) -> Result<(), OptimisticError> {
    ///     store.update_items(page, channel, |message: Message| {
    ///         (message._id == id).then(|| Message { likes: message.likes + 1, ..message })
    ///     })
    /// }
    /// ```
    ///
    /// # Errors
    ///
    /// An item cannot be decoded as `T`, or a value cannot be encoded.
    pub fn update_items<T: Serialize + DeserializeOwned>(
        &mut self,
        function: &FunctionPath,
        args: &Arguments,
        mut update: impl FnMut(T) -> Option<T>,
    ) -> Result<(), OptimisticError> {
        for list in self.lists_with(function, &|list| list == args) {
            for (query, page) in self.loaded_items(list).pages {
                let mut items: Vec<_> = page.items().into_iter().map(str::to_owned).collect();
                let mut is_changed = false;
                for item in &mut items {
                    if let Some(updated) = update(decode_json(item)?) {
                        *item = EncodedValue::encode(&updated)?.as_json().to_owned();
                        is_changed = true;
                    }
                }
                if is_changed {
                    self.set_page(query, page.with_items(items.iter().map(String::as_str)));
                }
            }
        }
        Ok(())
    }

    fn insert<T: Serialize + ?Sized>(
        &mut self,
        function: &FunctionPath,
        matching: &Arguments,
        item: &T,
        position: impl Fn(&LoadedItems) -> Result<Option<(usize, usize)>, OptimisticError>,
    ) -> Result<(), OptimisticError> {
        let item = EncodedValue::encode(item)?;
        for list in self.lists_with(function, &|args| args.contains(matching)) {
            let loaded = self.loaded_items(list);
            let Some((page, index)) = position(&loaded)? else { continue };
            let Some((query, page)) = loaded.pages.get(page) else { continue };
            let mut items = page.items();
            items.insert(index, item.as_json());
            self.set_page(*query, page.with_items(items));
        }
        Ok(())
    }

    fn lists_with(
        &self,
        function: &FunctionPath,
        matches: &dyn Fn(&Arguments) -> bool,
    ) -> Vec<PaginatedHandle> {
        self.dependencies.borrow_mut().add_lists(function);
        self.pagination.lists_with(function, matches)
    }

    fn loaded_items(&self, list: PaginatedHandle) -> LoadedItems {
        let (pages, status) = self.pagination.loaded_pages(list, &|query| self.result(query));
        LoadedItems { pages, is_complete: status == PaginationStatus::Exhausted }
    }

    /// Sets the displayed result of a page's query.
    fn set_page(&mut self, query: QueryHandle, value: EncodedValue) {
        self.written.insert(query, Some(Ok(value)));
    }
}

impl LoadedItems {
    /// Page and index after the last item, if the end is loaded.
    fn bottom(&self) -> Option<(usize, usize)> {
        let (_, last) = self.pages.last().filter(|_| self.is_complete)?;
        Some((self.pages.len() - 1, last.items().len()))
    }

    /// Page and index of the first item for which `is_after` is true, or else the bottom.
    fn position_before<T: DeserializeOwned>(
        &self,
        is_after: impl Fn(T) -> bool,
    ) -> Result<Option<(usize, usize)>, OptimisticError> {
        for (position, (_, page)) in self.pages.iter().enumerate() {
            for (index, item) in page.items().into_iter().enumerate() {
                if is_after(decode_json(item)?) {
                    return Ok(Some((position, index)));
                }
            }
        }
        Ok(self.bottom())
    }
}
