//! Optimistic updates of paginated lists.

use crate::{OptimisticError, OptimisticLocalStore, QueryFunction};
use convex_web::sync::{Arguments, FunctionPath, SortOrder};
use serde::{Serialize, de::DeserializeOwned};

/// # Paginated lists
///
/// What is inserted is shown once in every list it is inserted into, whatever pages of it are
/// there, and gives way to the real item in the update that brings it. `matching` says which lists:
/// those of the function that have at least these arguments, `()` all.
impl OptimisticLocalStore<'_, '_> {
    /// Lets `item` be the first of lists, so far as they have loaded.
    ///
    /// ```
    /// use convex_leptos::{OptimisticError, OptimisticLocalStore, use_mutation};
    /// use serde::Serialize;
    /// use serde_json::json;
    ///
    /// #[derive(Serialize)]
    /// struct Send {
    ///     channel: String,
    ///     body: String,
    /// }
    ///
    /// /// The newest message is the first of its channel.
    /// fn send(store: &mut OptimisticLocalStore, args: &Send) -> Result<(), OptimisticError> {
    ///     let message = json!({ "_id": "sending", "body": args.body });
    ///     store.insert_at_top("messages:page", json!({ "channel": args.channel }), &message)
    /// }
    ///
    /// # fn example() {
    /// let send = use_mutation::<()>("messages:send").with_optimistic_update(send);
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Where the path or the arguments are none, and where Convex cannot hold the item.
    pub fn insert_at_top<T: Serialize>(
        &mut self,
        function: impl QueryFunction<T>,
        matching: impl Serialize,
        item: &T,
    ) -> Result<(), OptimisticError> {
        let Some((function, matching)) = lists(function.path(), &matching)? else { return Ok(()) };
        self.core().insert_at_top(&function, &matching, item)
    }

    /// Lets `item` be the last of lists whose end has loaded. In others it is behind what is shown.
    ///
    /// ```
    /// use convex_leptos::{OptimisticError, OptimisticLocalStore};
    ///
    /// fn append(store: &mut OptimisticLocalStore, line: &String) -> Result<(), OptimisticError> {
    ///     store.insert_at_bottom_if_loaded("log:page", (), line)
    /// }
    /// ```
    ///
    /// # Errors
    ///
    /// Where the path or the arguments are none, and where Convex cannot hold the item.
    pub fn insert_at_bottom_if_loaded<T: Serialize>(
        &mut self,
        function: impl QueryFunction<T>,
        matching: impl Serialize,
        item: &T,
    ) -> Result<(), OptimisticError> {
        let Some((function, matching)) = lists(function.path(), &matching)? else { return Ok(()) };
        self.core().insert_at_bottom_if_loaded(&function, &matching, item)
    }

    /// Puts `item` where it belongs in lists that are sorted by `key`, before those of equal keys.
    /// Where that is behind what has loaded, it is not shown.
    ///
    /// ```
    /// use convex_leptos::{OptimisticError, OptimisticLocalStore, SortOrder};
    /// use serde::{Deserialize, Serialize};
    ///
    /// #[derive(Serialize, Deserialize)]
    /// struct Player {
    ///     name: String,
    ///     score: f64,
    /// }
    ///
    /// fn join(store: &mut OptimisticLocalStore, player: &Player) -> Result<(), OptimisticError> {
    ///     let score = |player: &Player| player.score;
    ///     store.insert_at_position("players:ranking", (), SortOrder::Descending, score, player)
    /// }
    /// ```
    ///
    /// # Errors
    ///
    /// Where the path or the arguments are none, where Convex cannot hold the item, and where one
    /// of the list is no `T`.
    pub fn insert_at_position<T, K>(
        &mut self,
        function: impl QueryFunction<T>,
        matching: impl Serialize,
        order: SortOrder,
        key: impl Fn(&T) -> K,
        item: &T,
    ) -> Result<(), OptimisticError>
    where
        T: Serialize + DeserializeOwned,
        K: PartialOrd,
    {
        let Some((function, matching)) = lists(function.path(), &matching)? else { return Ok(()) };
        self.core().insert_at_position(&function, &matching, order, key, item)
    }

    /// Changes items in place, in the lists with exactly these arguments: where `update` returns a
    /// value, it takes the place of the item it was given.
    ///
    /// ```
    /// use convex_leptos::{OptimisticError, OptimisticLocalStore};
    /// use serde::{Deserialize, Serialize};
    /// use serde_json::json;
    ///
    /// #[derive(Serialize, Deserialize)]
    /// struct Message {
    ///     _id: String,
    ///     body: String,
    ///     likes: f64,
    /// }
    ///
    /// fn like(store: &mut OptimisticLocalStore, id: &String) -> Result<(), OptimisticError> {
    ///     store.update_items("messages:page", json!({ "channel": "general" }), |message: Message| {
    ///         (message._id == *id).then(|| Message { likes: message.likes + 1.0, ..message })
    ///     })
    /// }
    /// ```
    ///
    /// # Errors
    ///
    /// Where the path or the arguments are none, where an item is no `T`, and where Convex cannot
    /// hold what takes its place.
    pub fn update_items<T: Serialize + DeserializeOwned>(
        &mut self,
        function: impl QueryFunction<T>,
        args: impl Serialize,
        update: impl FnMut(T) -> Option<T>,
    ) -> Result<(), OptimisticError> {
        let Some((function, args)) = lists(function.path(), &args)? else { return Ok(()) };
        self.core().update_items(&function, &args, update)
    }
}

/// `None` where the arguments are a skip: no list has those.
fn lists(path: &str, args: &impl Serialize) -> Result<Option<(FunctionPath, Arguments)>, OptimisticError> {
    let function = FunctionPath::parse(path)?;
    Ok(Arguments::encode(args)?.map(|args| (function, args)))
}
