//! What optimistic updates work on.

use crate::{OptimisticError, query::QueryFunction};
use convex_web::sync::{Arguments, EncodedValue, FunctionPath, LocalStore};
use serde::{Serialize, de::DeserializeOwned};
use std::fmt;

/// The results of the client's queries, as an [optimistic
/// update](crate::use_mutation#optimistic-updates) gets and sets them.
///
/// There are those that somebody uses. A query that nobody uses has no result, and setting one has
/// no effect.
///
/// ```
/// use convex_leptos::{OptimisticError, OptimisticLocalStore, use_mutation};
/// use serde::{Deserialize, Serialize};
/// use serde_json::json;
///
/// #[derive(Clone, Serialize, Deserialize)]
/// struct Todo {
///     #[serde(rename = "_id")]
///     id: String,
///     done: bool,
/// }
///
/// #[derive(Serialize)]
/// struct Check {
///     list: String,
///     id: String,
/// }
///
/// fn check(store: &mut OptimisticLocalStore, args: &Check) -> Result<(), OptimisticError> {
///     let list = json!({ "list": args.list });
///     // Where it still loads there is nothing to change.
///     let Some(mut todos) = store.get::<Vec<Todo>>("todos:list", &list)? else { return Ok(()) };
///     todos.iter_mut().filter(|todo| todo.id == args.id).for_each(|todo| todo.done = true);
///     store.set("todos:list", &list, &todos)
/// }
///
/// # fn example() {
/// let check = use_mutation::<()>("todos:check").with_optimistic_update(check);
/// # }
/// ```
///
/// # The client
///
/// The update is called while the client is being changed, and again whenever a result that it
/// asked for changes. So it should not use the client. If it does, requests fail with
/// [`ClientBusy`](crate::NotSentReason::ClientBusy), and other commands take effect after the
/// update. Arguments of hooks that follow a signal which the update sets are read at once, and
/// subscribed to after the update.
///
/// # Errors
///
/// Getting decodes and setting encodes. Where that fails the update is to fail with it, by `?`:
/// then nothing of it is shown.
pub struct OptimisticLocalStore<'a, 'b>(&'a mut LocalStore<'b>);

impl<'a, 'b> OptimisticLocalStore<'a, 'b> {
    pub(crate) fn new(store: &'a mut LocalStore<'b>) -> Self {
        Self(store)
    }

    pub(crate) fn core(&mut self) -> &mut LocalStore<'b> {
        self.0
    }

    /// What a query shows, with the updates of earlier calls; `None` while it loads, where it
    /// failed, and where nobody uses it.
    ///
    /// # Errors
    ///
    /// Where the path or the arguments are none, and where what it shows is no `T`.
    pub fn get<T: DeserializeOwned>(
        &self,
        function: impl QueryFunction<T>,
        args: impl Serialize,
    ) -> Result<Option<T>, OptimisticError> {
        let function = FunctionPath::parse(function.path())?;
        let Some(args) = Arguments::encode(&args)? else { return Ok(None) };
        self.0.get(&function, &args).map(|value| decode(&function, value)).transpose()
    }

    /// What all queries of one function show, with their arguments, each once.
    ///
    /// ```
    /// # use convex_leptos::{OptimisticError, OptimisticLocalStore};
    /// # use serde::{Deserialize, Serialize};
    /// #[derive(Serialize, Deserialize)]
    /// struct InChannel {
    ///     channel: String,
    /// }
    ///
    /// /// Whatever channels are shown, all is read.
    /// fn read_all(store: &mut OptimisticLocalStore) -> Result<(), OptimisticError> {
    ///     for (args, unread) in store.get_all::<u32, InChannel>("messages:unread")? {
    ///         if unread.is_some() {
    ///             store.set("messages:unread", &args, &0)?;
    ///         }
    ///     }
    ///     Ok(())
    /// }
    /// ```
    ///
    /// # Errors
    ///
    /// Where the path is none, where the arguments of one are no `A`, and where what one shows is
    /// no `T`.
    pub fn get_all<T: DeserializeOwned, A: DeserializeOwned>(
        &self,
        function: impl QueryFunction<T>,
    ) -> Result<Vec<(A, Option<T>)>, OptimisticError> {
        let function = FunctionPath::parse(function.path())?;
        let decode_both = |(args, value): (&Arguments, Option<&EncodedValue>)| {
            let args = args.decode().map_err(|error| of_function(&function, &error))?;
            Ok((args, value.map(|value| decode(&function, value)).transpose()?))
        };
        self.0.all(&function).into_iter().map(decode_both).collect()
    }

    /// Lets a query show this.
    ///
    /// # Errors
    ///
    /// Where the path or the arguments are none, and where Convex cannot hold the value.
    pub fn set<T: Serialize>(
        &mut self,
        function: impl QueryFunction<T>,
        args: impl Serialize,
        value: &T,
    ) -> Result<(), OptimisticError> {
        let function = FunctionPath::parse(function.path())?;
        let value = EncodedValue::encode(value)?;
        if let Some(args) = Arguments::encode(&args)? {
            self.0.set(&function, &args, value);
        }
        Ok(())
    }

    /// Lets a query show that it loads.
    ///
    /// ```
    /// # use convex_leptos::{OptimisticError, OptimisticLocalStore};
    /// # use serde_json::json;
    /// /// What the answer will be nobody here can know.
    /// fn ask_again(store: &mut OptimisticLocalStore, question: &String) -> Result<(), OptimisticError> {
    ///     store.clear("oracle:answer", json!({ "question": question }))
    /// }
    /// ```
    ///
    /// # Errors
    ///
    /// Where the path or the arguments are none.
    pub fn clear(&mut self, function: impl AsRef<str>, args: impl Serialize) -> Result<(), OptimisticError> {
        let function = FunctionPath::parse(function.as_ref())?;
        if let Some(args) = Arguments::encode(&args)? {
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

/// An update may get the results of many queries: which one is it?
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

    /// Runs an update over `a:list` with two different arguments, and tells why it failed, if it
    /// did.
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

    /// What a query shows.
    fn shown(client: &mut SyncClient, n: u32) -> Option<String> {
        let (function, args) = call("a:list", &json!({ "n": n }));
        let query = client.subscribe(&function, &args, AuthPolicy::Settled);
        Some(client.result(query)?.as_ref().ok()?.as_json().to_owned())
    }

    #[test]
    fn what_is_set_is_what_is_got_and_shown() {
        let (mut client, failure) = run(|store| {
            assert_eq!(store.get::<Vec<f64>>("a:list", json!({ "n": 1 }))?, None);
            store.set("a:list", json!({ "n": 1 }), &vec![1.5])?;
            assert_eq!(store.get("a:list", json!({ "n": 1 }))?, Some(vec![1.5]));
            assert_eq!(store.get::<Vec<f64>>("a:list", Option::<()>::None)?, None);
            assert_eq!(store.get::<Vec<f64>>("a:list", json!({ "n": 3 }))?, None);
            Ok(())
        });
        assert_eq!(failure, None);
        assert_eq!(shown(&mut client, 1).as_deref(), Some("[1.5]"));
        assert_eq!(shown(&mut client, 2), None);
    }

    #[test]
    fn all_queries_of_a_function_are_got_with_their_arguments() {
        #[derive(Debug, PartialEq, serde::Deserialize)]
        struct Args {
            n: u32,
        }
        let (_, failure) = run(|store| {
            store.set("a:list", json!({ "n": 2 }), &"two")?;
            store.set("a:list", json!({ "n": 3 }), &"nobody uses it")?;
            let all = store.get_all::<String, Args>("a:list")?;
            assert_eq!(all, [(Args { n: 1 }, None), (Args { n: 2 }, Some("two".into()))]);
            store.clear("a:list", json!({ "n": 2 }))?;
            assert_eq!(store.get::<String>("a:list", json!({ "n": 2 }))?, None);
            Ok(())
        });
        assert_eq!(failure, None);
    }

    #[test]
    fn what_is_not_of_the_type_fails_the_update_and_nothing_of_it_is_shown() {
        let (mut client, failure) = run(|store| {
            store.set("a:list", json!({ "n": 1 }), &"text")?;
            store.get::<f64>("a:list", json!({ "n": 1 }))?;
            Ok(())
        });
        let reason = failure.expect("it failed").reason;
        assert!(reason.contains("`a:list`"), "{reason}");
        assert_eq!(shown(&mut client, 1), None);
    }

    #[test]
    fn what_convex_cannot_hold_fails_the_update() {
        for update in [
            |store: &mut OptimisticLocalStore<'_, '_>| store.set("a:list", json!({ "n": 1 }), &u64::MAX),
            |store: &mut OptimisticLocalStore<'_, '_>| store.set("no such path", (), &1),
            |store: &mut OptimisticLocalStore<'_, '_>| store.clear("a:list", "no object"),
        ] {
            let (mut client, failure) = run(update);
            assert!(failure.is_some());
            assert_eq!(shown(&mut client, 1), None);
        }
    }
}
