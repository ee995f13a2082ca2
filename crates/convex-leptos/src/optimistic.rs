//! The store of optimistic updates.

use crate::OptimisticError;
use convex_web::sync::{
    Arguments, CallArgs, EncodedValue, FunctionPath, LocalStore, QueryFunction, ReadAs, WrittenAs,
};
use serde::{Serialize, de::DeserializeOwned};
use std::fmt;

/// The results of the client's queries, for [optimistic
/// updates](crate::use_mutation#optimistic-updates) to read and write.
///
/// It contains the queries that components use. Other queries have no result, and setting one has
/// no effect.
///
/// ```
/// use convex_leptos::{MutationRef, OptimisticError, OptimisticLocalStore, QueryRef, use_mutation};
/// use serde::{Deserialize, Serialize};
///
/// #[derive(Clone, Serialize, Deserialize)]
/// struct Todo {
///     #[serde(rename = "_id")]
///     id: String,
///     done: bool,
/// }
///
/// #[derive(Serialize)]
/// struct ListArgs {
///     list: String,
/// }
///
/// #[derive(Serialize)]
/// struct CheckArgs {
///     list: String,
///     id: String,
/// }
///
/// const LIST: QueryRef<ListArgs, Vec<Todo>> = QueryRef::new("todos:list");
/// const CHECK: MutationRef<CheckArgs, ()> = MutationRef::new("todos:check");
///
/// fn check(store: &mut OptimisticLocalStore, args: &CheckArgs) -> Result<(), OptimisticError> {
///     store.update(LIST, &ListArgs { list: args.list.clone() }, |mut todos| {
///         todos.iter_mut().filter(|todo| todo.id == args.id).for_each(|todo| todo.done = true);
///         todos
///     })
/// }
///
/// # fn example() {
/// let check = use_mutation(CHECK).with_optimistic_update(check);
/// # }
/// ```
///
/// Values and arguments of other types do not compile:
///
/// ```compile_fail,E0277
/// # use convex_leptos::{OptimisticError, OptimisticLocalStore, QueryRef};
/// const COUNT: QueryRef<(), f64> = QueryRef::new("todos:count");
///
/// fn set(store: &mut OptimisticLocalStore) -> Result<(), OptimisticError> {
///     store.set(COUNT, (), &"many")
/// }
/// ```
///
/// # The client
///
/// The update is called while the client is being changed, and again whenever a result that it read
/// changes. So it should not use the client. If it does, requests fail with
/// [`ClientBusy`](crate::NotSentReason::ClientBusy), and other commands take effect after the
/// update. If it sets a signal that the arguments of a hook depend on, the arguments are read at
/// once, and subscribed to after the update.
///
/// # Errors
///
/// Reading decodes and writing encodes, and both can fail. An update should return such an error
/// with `?`: then nothing of the update is shown.
pub struct OptimisticLocalStore<'a, 'b>(&'a mut LocalStore<'b>);

impl<'a, 'b> OptimisticLocalStore<'a, 'b> {
    pub(crate) fn new(store: &'a mut LocalStore<'b>) -> Self {
        Self(store)
    }

    pub(crate) fn core(&mut self) -> &mut LocalStore<'b> {
        self.0
    }

    /// The value of a query, with the updates of earlier calls; `None` while it loads, if it
    /// failed, and if no component uses it.
    ///
    /// # Errors
    ///
    /// If the path or the arguments are invalid, or the value is not a `T`.
    pub fn get<F, T>(&self, function: F, args: impl CallArgs<F::Args>) -> Result<Option<T>, OptimisticError>
    where
        F: QueryFunction,
        F::Returns: ReadAs<T>,
        T: DeserializeOwned,
    {
        self.get_encoded(function.path(), args.encode_args()?)
    }

    fn get_encoded<T: DeserializeOwned>(
        &self,
        function: &str,
        args: Option<Arguments>,
    ) -> Result<Option<T>, OptimisticError> {
        let function = FunctionPath::parse(function)?;
        let Some(args) = args else { return Ok(None) };
        self.0.get(&function, &args).map(|value| decode(&function, value)).transpose()
    }

    /// The arguments and values of all queries of a function, each once. `B` is the type that the
    /// arguments are decoded into.
    ///
    /// ```
    /// use convex_leptos::{OptimisticError, OptimisticLocalStore, QueryRef};
    /// use serde::{Deserialize, Serialize};
    ///
    /// #[derive(Serialize, Deserialize)]
    /// struct UnreadArgs {
    ///     channel: String,
    /// }
    ///
    /// const UNREAD: QueryRef<UnreadArgs, u32> = QueryRef::new("messages:unread");
    ///
    /// /// Marks all channels on the page as read.
    /// fn read_all(store: &mut OptimisticLocalStore) -> Result<(), OptimisticError> {
    ///     for (args, unread) in store.get_all(UNREAD)? {
    ///         if unread.is_some() {
    ///             store.set(UNREAD, &args, &0)?;
    ///         }
    ///     }
    ///     Ok(())
    /// }
    /// ```
    ///
    /// # Errors
    ///
    /// If the path is invalid, the arguments of one query are not a `B`, or its value is not a `T`.
    pub fn get_all<F, T, B>(&self, function: F) -> Result<Vec<(B, Option<T>)>, OptimisticError>
    where
        F: QueryFunction,
        F::Returns: ReadAs<T>,
        F::Args: ReadAs<B>,
        T: DeserializeOwned,
        B: DeserializeOwned,
    {
        let function = FunctionPath::parse(function.path())?;
        let decode_both = |(args, value): (&Arguments, Option<&EncodedValue>)| {
            let args = args.decode().map_err(|error| of_function(&function, &error))?;
            Ok((args, value.map(|value| decode(&function, value)).transpose()?))
        };
        self.0.all(&function).into_iter().map(decode_both).collect()
    }

    /// Sets the value of a query.
    ///
    /// # Errors
    ///
    /// If the path or the arguments are invalid, or Convex cannot represent the value.
    pub fn set<F, T>(
        &mut self,
        function: F,
        args: impl CallArgs<F::Args>,
        value: &T,
    ) -> Result<(), OptimisticError>
    where
        F: QueryFunction,
        F::Returns: WrittenAs<T>,
        T: Serialize + ?Sized,
    {
        self.set_encoded(function.path(), args.encode_args()?, EncodedValue::encode(value)?)
    }

    fn set_encoded(
        &mut self,
        function: &str,
        args: Option<Arguments>,
        value: EncodedValue,
    ) -> Result<(), OptimisticError> {
        let function = FunctionPath::parse(function)?;
        if let Some(args) = args {
            self.0.set(&function, &args, value);
        }
        Ok(())
    }

    /// Replaces the value of a query by what `update` returns for it. Without a value it does
    /// nothing.
    ///
    /// ```
    /// use convex_leptos::{OptimisticError, OptimisticLocalStore, QueryRef};
    ///
    /// const LIST: QueryRef<(), Vec<String>> = QueryRef::new("messages:list");
    ///
    /// fn append(store: &mut OptimisticLocalStore, body: &String) -> Result<(), OptimisticError> {
    ///     store.update(LIST, (), |mut messages| {
    ///         messages.push(body.clone());
    ///         messages
    ///     })
    /// }
    /// ```
    ///
    /// # Errors
    ///
    /// If the path or the arguments are invalid, the value is not a `T`, or Convex cannot represent
    /// the new one.
    pub fn update<F, T>(
        &mut self,
        function: F,
        args: impl CallArgs<F::Args>,
        update: impl FnOnce(T) -> T,
    ) -> Result<(), OptimisticError>
    where
        F: QueryFunction,
        F::Returns: ReadAs<T>,
        T: Serialize + DeserializeOwned,
    {
        let (path, args) = (function.path(), args.encode_args()?);
        match self.get_encoded(path, args.clone())? {
            Some(value) => self.set_encoded(path, args, EncodedValue::encode(&update(value))?),
            None => Ok(()),
        }
    }

    /// Sets a query to loading.
    ///
    /// ```
    /// use convex_leptos::{OptimisticError, OptimisticLocalStore, QueryRef};
    /// use serde::Serialize;
    ///
    /// #[derive(Serialize)]
    /// struct ScoreArgs {
    ///     player: String,
    /// }
    ///
    /// const SCORE: QueryRef<ScoreArgs, f64> = QueryRef::new("games:score");
    ///
    /// /// Only the server can compute the score of the next move.
    /// fn play(store: &mut OptimisticLocalStore, player: &String) -> Result<(), OptimisticError> {
    ///     store.clear(SCORE, ScoreArgs { player: player.clone() })
    /// }
    /// ```
    ///
    /// # Errors
    ///
    /// If the path or the arguments are invalid.
    pub fn clear<F: QueryFunction>(
        &mut self,
        function: F,
        args: impl CallArgs<F::Args>,
    ) -> Result<(), OptimisticError> {
        let function = FunctionPath::parse(function.path())?;
        if let Some(args) = args.encode_args()? {
            self.0.clear(&function, &args);
        }
        Ok(())
    }
}

impl fmt::Debug for OptimisticLocalStore<'_, '_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OptimisticLocalStore").finish_non_exhaustive()
    }
}

fn decode<T: DeserializeOwned>(function: &FunctionPath, value: &EncodedValue) -> Result<T, OptimisticError> {
    value.decode().map_err(|error| of_function(function, &error))
}

/// Names the function in the error: an update may read many queries.
fn of_function(function: &FunctionPath, error: &impl fmt::Display) -> OptimisticError {
    OptimisticError::new(format!("`{}`: {error}", function.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use convex_web::sync::{
        AuthPolicy, Config, Event, RequestOptions, SessionId, SyncClient, Time, UnixMillis,
    };
    use serde_json::json;

    fn call(path: &str, args: &serde_json::Value) -> (FunctionPath, Arguments) {
        let args = Arguments::encode(args).expect("arguments").expect("not skipped");
        (FunctionPath::parse(path).expect("a path"), args)
    }

    /// Runs an update over two queries of `a:list`. Returns the error of the update, if it failed.
    fn run(
        update: impl Fn(&mut OptimisticLocalStore<'_, '_>) -> Result<(), OptimisticError> + Send + Sync + 'static,
    ) -> (SyncClient, Option<OptimisticError>) {
        let session = SessionId::from_random_bytes([0; 16]);
        let mut client = SyncClient::new(Config::default(), session, 0, UnixMillis::default());
        for n in [1, 2] {
            let (function, args) = call("a:list", &json!({ "n": n }));
            client.subscribe(&function, &args, AuthPolicy::Settled);
        }
        let (function, args) = call("a:add", &json!({}));
        client.mutate_optimistically(Time::ZERO, function, args, RequestOptions::default(), move |store| {
            update(&mut OptimisticLocalStore::new(store))
        });
        let failure = std::iter::from_fn(|| client.poll_event()).find_map(|event| match event {
            Event::OptimisticUpdateFailed { error, .. } => Some(error),
            _ => None,
        });
        (client, failure)
    }

    /// The value of a query as JSON.
    fn value(client: &mut SyncClient, n: u32) -> Option<String> {
        let (function, args) = call("a:list", &json!({ "n": n }));
        let query = client.subscribe(&function, &args, AuthPolicy::Settled);
        Some(client.result(query)?.as_ref().ok()?.as_json().to_owned())
    }

    #[test]
    fn set_values_are_read_and_shown() {
        let (mut client, failure) = run(|store| {
            assert_eq!(store.get::<_, Vec<f64>>("a:list", json!({ "n": 1 }))?, None);
            store.set("a:list", json!({ "n": 1 }), &vec![1.5])?;
            assert_eq!(store.get("a:list", json!({ "n": 1 }))?, Some(vec![1.5]));
            assert_eq!(store.get::<_, Vec<f64>>("a:list", Option::<()>::None)?, None);
            assert_eq!(store.get::<_, Vec<f64>>("a:list", json!({ "n": 3 }))?, None);
            Ok(())
        });
        assert_eq!(failure, None);
        assert_eq!(value(&mut client, 1).as_deref(), Some("[1.5]"));
        assert_eq!(value(&mut client, 2), None);
    }

    #[test]
    fn get_all_returns_arguments_and_values_of_a_function() {
        #[derive(Debug, PartialEq, serde::Deserialize)]
        struct Args {
            n: u32,
        }
        let (_, failure) = run(|store| {
            store.set("a:list", json!({ "n": 2 }), &"two")?;
            store.set("a:list", json!({ "n": 3 }), &"not subscribed")?;
            let all = store.get_all::<_, String, Args>("a:list")?;
            assert_eq!(all, [(Args { n: 1 }, None), (Args { n: 2 }, Some("two".into()))]);
            store.clear("a:list", json!({ "n": 2 }))?;
            assert_eq!(store.get::<_, String>("a:list", json!({ "n": 2 }))?, None);
            Ok(())
        });
        assert_eq!(failure, None);
    }

    #[test]
    fn a_value_of_another_type_fails_the_whole_update() {
        let (mut client, failure) = run(|store| {
            store.set("a:list", json!({ "n": 1 }), &"text")?;
            store.get::<_, f64>("a:list", json!({ "n": 1 }))?;
            Ok(())
        });
        let reason = failure.expect("an error").reason;
        assert!(reason.contains("`a:list`"), "{reason}");
        assert_eq!(value(&mut client, 1), None);
    }

    #[test]
    fn invalid_values_paths_and_arguments_fail_the_update() {
        for update in [
            |store: &mut OptimisticLocalStore<'_, '_>| store.set("a:list", json!({ "n": 1 }), &u64::MAX),
            |store: &mut OptimisticLocalStore<'_, '_>| store.set("no such path", (), &1),
            |store: &mut OptimisticLocalStore<'_, '_>| store.clear("a:list", "no object"),
        ] {
            let (mut client, failure) = run(update);
            assert!(failure.is_some());
            assert_eq!(value(&mut client, 1), None);
        }
    }

    #[test]
    fn update_changes_a_value_and_skips_a_loading_query() {
        let (mut client, failure) = run(|store| {
            store.set("a:list", json!({ "n": 1 }), &[1.5])?;
            let push = |mut values: Vec<f64>| {
                values.push(2.5);
                values
            };
            store.update("a:list", json!({ "n": 1 }), push)?;
            store.update("a:list", json!({ "n": 2 }), push)
        });
        assert_eq!(failure, None);
        assert_eq!(value(&mut client, 1).as_deref(), Some("[1.5,2.5]"));
        assert_eq!(value(&mut client, 2), None);
    }
}
