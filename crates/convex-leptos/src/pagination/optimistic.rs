//! Optimistic updates of paginated lists.

use crate::{OptimisticError, OptimisticLocalStore};
use convex_web::sync::{Arguments, CallArgs, FunctionPath, PaginatedFunction, ReadAs, SortOrder, WrittenAs};
use serde::{Serialize, de::DeserializeOwned};

/// # Paginated lists
///
/// An inserted item is shown once in each list that it is inserted into, independent of which pages
/// are loaded. It is removed in the update that brings the real item. `matching` selects the lists:
/// those of the function with arguments that contain at least these. `()` selects all. It is any
/// part of the arguments, so its type is not checked.
impl OptimisticLocalStore<'_, '_> {
    /// Inserts an item at the start of lists. Lists that have not loaded are unchanged.
    ///
    /// ```
    /// use convex_leptos::{MutationRef, PaginatedQueryRef, use_mutation};
    /// use serde::{Deserialize, Serialize};
    ///
    /// #[derive(Serialize)]
    /// struct PageArgs {
    ///     channel: String,
    /// }
    ///
    /// #[derive(Serialize)]
    /// struct SendArgs {
    ///     channel: String,
    ///     body: String,
    /// }
    ///
    /// #[derive(Serialize, Deserialize)]
    /// struct Message {
    ///     _id: String,
    ///     body: String,
    /// }
    ///
    /// const PAGE: PaginatedQueryRef<PageArgs, Message> = PaginatedQueryRef::new("messages:page");
    /// const SEND: MutationRef<SendArgs, ()> = MutationRef::new("messages:send");
    ///
    /// # fn example() {
    /// let send = use_mutation(SEND).with_optimistic_update(|store, args| {
    ///     let message = Message { _id: "sending".into(), body: args.body.clone() };
    ///     store.insert_at_top(PAGE, PageArgs { channel: args.channel.clone() }, &message)
    /// });
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// If the path, the arguments or the item are invalid.
    pub fn insert_at_top<F, T>(
        &mut self,
        function: F,
        matching: impl Serialize,
        item: &T,
    ) -> Result<(), OptimisticError>
    where
        F: PaginatedFunction,
        F::Item: WrittenAs<T>,
        T: Serialize,
    {
        let Some((function, matching)) = matching_lists(function.path(), &matching)? else { return Ok(()) };
        self.core().insert_at_top(&function, &matching, item)
    }

    /// Inserts an item at the end of lists that have loaded their last page. Other lists are
    /// unchanged: there the item is behind the loaded pages.
    ///
    /// ```
    /// use convex_leptos::{OptimisticError, OptimisticLocalStore, PaginatedQueryRef};
    ///
    /// const LOG: PaginatedQueryRef<(), String> = PaginatedQueryRef::new("log:page");
    ///
    /// fn append(store: &mut OptimisticLocalStore, line: &String) -> Result<(), OptimisticError> {
    ///     store.insert_at_bottom_if_loaded(LOG, (), line)
    /// }
    /// ```
    ///
    /// # Errors
    ///
    /// If the path, the arguments or the item are invalid.
    pub fn insert_at_bottom_if_loaded<F, T>(
        &mut self,
        function: F,
        matching: impl Serialize,
        item: &T,
    ) -> Result<(), OptimisticError>
    where
        F: PaginatedFunction,
        F::Item: WrittenAs<T>,
        T: Serialize,
    {
        let Some((function, matching)) = matching_lists(function.path(), &matching)? else { return Ok(()) };
        self.core().insert_at_bottom_if_loaded(&function, &matching, item)
    }

    /// Inserts an item at its position in lists that are sorted by `key`, before items with an
    /// equal key. It is not shown if that position is behind the loaded pages.
    ///
    /// ```
    /// use convex_leptos::{OptimisticError, OptimisticLocalStore, PaginatedQueryRef, SortOrder};
    /// use serde::{Deserialize, Serialize};
    ///
    /// #[derive(Serialize, Deserialize)]
    /// struct Player {
    ///     name: String,
    ///     score: f64,
    /// }
    ///
    /// const RANKING: PaginatedQueryRef<(), Player> = PaginatedQueryRef::new("players:ranking");
    ///
    /// fn join(store: &mut OptimisticLocalStore, player: &Player) -> Result<(), OptimisticError> {
    ///     store.insert_at_position(RANKING, (), SortOrder::Descending, |player| player.score, player)
    /// }
    /// ```
    ///
    /// # Errors
    ///
    /// If the path, the arguments or the item are invalid, or an item of a list is not a `T`.
    pub fn insert_at_position<F, T, K>(
        &mut self,
        function: F,
        matching: impl Serialize,
        order: SortOrder,
        key: impl Fn(&T) -> K,
        item: &T,
    ) -> Result<(), OptimisticError>
    where
        F: PaginatedFunction,
        F::Item: ReadAs<T>,
        T: Serialize + DeserializeOwned,
        K: PartialOrd,
    {
        let Some((function, matching)) = matching_lists(function.path(), &matching)? else { return Ok(()) };
        self.core().insert_at_position(&function, &matching, order, key, item)
    }

    /// Replaces items of the lists with exactly these arguments: each item for which `update`
    /// returns a value is replaced by it.
    ///
    /// ```
    /// use convex_leptos::{OptimisticError, OptimisticLocalStore, PaginatedQueryRef};
    /// use serde::{Deserialize, Serialize};
    ///
    /// #[derive(Serialize)]
    /// struct PageArgs {
    ///     channel: &'static str,
    /// }
    ///
    /// #[derive(Serialize, Deserialize)]
    /// struct Message {
    ///     _id: String,
    ///     body: String,
    ///     likes: f64,
    /// }
    ///
    /// const PAGE: PaginatedQueryRef<PageArgs, Message> = PaginatedQueryRef::new("messages:page");
    ///
    /// fn like(store: &mut OptimisticLocalStore, id: &String) -> Result<(), OptimisticError> {
    ///     store.update_items(PAGE, PageArgs { channel: "general" }, |message| {
    ///         (message._id == *id).then(|| Message { likes: message.likes + 1.0, ..message })
    ///     })
    /// }
    /// ```
    ///
    /// # Errors
    ///
    /// If the path, the arguments or a new item are invalid, or an item is not a `T`.
    pub fn update_items<F, T>(
        &mut self,
        function: F,
        args: impl CallArgs<F::Args>,
        update: impl FnMut(T) -> Option<T>,
    ) -> Result<(), OptimisticError>
    where
        F: PaginatedFunction,
        F::Item: ReadAs<T>,
        T: Serialize + DeserializeOwned,
    {
        let function = FunctionPath::parse(function.path())?;
        let Some(args) = args.encode_args()? else { return Ok(()) };
        self.core().update_items(&function, &args, update)
    }
}

/// `None` if the arguments skip: no list has such arguments.
fn matching_lists(
    path: &str,
    args: &impl Serialize,
) -> Result<Option<(FunctionPath, Arguments)>, OptimisticError> {
    let function = FunctionPath::parse(path)?;
    Ok(Arguments::encode(args)?.map(|args| (function, args)))
}
