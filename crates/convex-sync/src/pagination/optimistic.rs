//! Optimistic updates of paginated lists.

use super::{PaginationStatus, list::Answer, lists::parse, page::Page};
use crate::{
    Arguments, EncodedValue, FunctionPath, LocalStore, OptimisticError, PaginatedHandle, QueryHandle,
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

/// What the items of a list are, page by page.
struct Row {
    pages: Vec<(QueryHandle, Page)>,
    is_whole: bool,
}

/// Paginated lists. What is inserted is shown once in every list it is inserted into, whatever
/// pages of it are there.
impl LocalStore<'_> {
    /// Lets `item` be the first of the lists of `function` with at least the arguments `matching`,
    /// so far as they have loaded.
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
    /// Where the item cannot be encoded.
    pub fn insert_at_top<T: Serialize + ?Sized>(
        &mut self,
        function: &FunctionPath,
        matching: &Arguments,
        item: &T,
    ) -> Result<(), OptimisticError> {
        self.insert(function, matching, item, |_| Ok(Some((0, 0))))
    }

    /// Lets `item` be the last of the lists of `function` with at least the arguments `matching`,
    /// where their end has loaded. In other lists it is behind what is shown.
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
    /// Where the item cannot be encoded.
    pub fn insert_at_bottom_if_loaded<T: Serialize + ?Sized>(
        &mut self,
        function: &FunctionPath,
        matching: &Arguments,
        item: &T,
    ) -> Result<(), OptimisticError> {
        self.insert(function, matching, item, |row| Ok(row.bottom()))
    }

    /// Puts `item` where it belongs in the lists of `function` with at least the arguments
    /// `matching`, which are sorted by `key`; before those of equal keys. Where that is behind what
    /// has loaded, it is not shown.
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
    /// Where the item cannot be encoded, or one of the list is no `T`.
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
        let is_behind = |other: T| match key(&other).partial_cmp(&inserted) {
            Some(Ordering::Less) => order == SortOrder::Descending,
            Some(Ordering::Greater) => order == SortOrder::Ascending,
            Some(Ordering::Equal) | None => true,
        };
        self.insert(function, matching, item, |row| row.position(is_behind))
    }

    /// Changes items in place, in the lists of `function` with exactly these arguments: where
    /// `update` returns a value, it takes the place of the item it was given.
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
    /// Where an item is no `T`, or a value cannot be encoded.
    pub fn update_items<T: Serialize + DeserializeOwned>(
        &mut self,
        function: &FunctionPath,
        args: &Arguments,
        mut update: impl FnMut(T) -> Option<T>,
    ) -> Result<(), OptimisticError> {
        for list in self.lists_with(function, |list| list == args) {
            for (query, page) in self.row(list).pages {
                let mut items: Vec<_> = page.items().iter().map(|item| item.get().to_owned()).collect();
                let mut is_changed = false;
                for item in &mut items {
                    if let Some(updated) = update(decode_json(item)?) {
                        *item = EncodedValue::encode(&updated)?.as_json().to_owned();
                        is_changed = true;
                    }
                }
                if is_changed {
                    self.show(query, page.with_items(items.iter().map(String::as_str)));
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
        place: impl Fn(&Row) -> Result<Option<(usize, usize)>, OptimisticError>,
    ) -> Result<(), OptimisticError> {
        let item = EncodedValue::encode(item)?;
        for list in self.lists_with(function, |args| args.contains(matching)) {
            let row = self.row(list);
            let Some((position, index)) = place(&row)? else { continue };
            let Some((query, page)) = row.pages.get(position) else { continue };
            let mut items: Vec<_> = page.items().into_iter().map(|item| item.get()).collect();
            items.insert(index, item.as_json());
            self.show(*query, page.with_items(items));
        }
        Ok(())
    }

    fn lists_with(&self, function: &FunctionPath, fits: impl Fn(&Arguments) -> bool) -> Vec<PaginatedHandle> {
        self.ask_for_lists(function);
        let lists = self.pagination().of_function(function);
        lists.filter(|(_, list)| fits(&list.call.args)).map(|(handle, _)| handle).collect()
    }

    fn row(&self, list: PaginatedHandle) -> Row {
        let answer = |query| -> Option<Answer> { self.result(query).map(parse) };
        let list = self.pagination().list(list).expect("it is one of all lists");
        let (pages, status) = list.shown(|page| answer(page.query));
        let pages = pages.into_iter().map(|(query, envelope)| (query, envelope.page)).collect();
        Row { pages, is_whole: status == PaginationStatus::Exhausted }
    }
}

impl Row {
    fn bottom(&self) -> Option<(usize, usize)> {
        let (_, last) = self.pages.last().filter(|_| self.is_whole)?;
        Some((self.pages.len() - 1, last.items().len()))
    }

    /// Before the first item that is behind; at the bottom where none is.
    fn position<T: DeserializeOwned>(
        &self,
        is_behind: impl Fn(T) -> bool,
    ) -> Result<Option<(usize, usize)>, OptimisticError> {
        for (position, (_, page)) in self.pages.iter().enumerate() {
            for (index, item) in page.items().into_iter().enumerate() {
                if is_behind(decode_json(item.get())?) {
                    return Ok(Some((position, index)));
                }
            }
        }
        Ok(self.bottom())
    }
}
