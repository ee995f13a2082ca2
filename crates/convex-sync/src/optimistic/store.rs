//! The view of an optimistic update on the results.

use super::dependencies::Dependencies;
use crate::{
    Arguments, EncodedValue, FunctionPath, QueryHandle,
    pagination::Pagination,
    queries::{Queries, QueryResult},
};
use std::{cell::RefCell, collections::BTreeMap};

/// The results that layers show instead of the server's; `None` is a query that shows as loading.
pub(super) type LayeredResults = BTreeMap<QueryHandle, Option<QueryResult>>;

/// The results of subscribed queries, for an optimistic update to read and change.
///
/// A query without a subscription has no result. If it is subscribed while the mutation is pending,
/// the update runs again and can set a result for it.
///
/// This update shows a message in the list of its channel while it is being sent:
///
/// ```
/// use convex_sync::*;
/// use serde_json::json;
///
/// # let mut client = SyncClient::new(Config::default(), SessionId::from_random_bytes([7; 16]), 42, UnixMillis(0));
/// # let Some(Event::Open { socket }) = client.poll_event() else { unreachable!() };
/// # client.handle(Time::ZERO, Input::Opened { socket });
/// # let list = FunctionPath::parse("messages:list")?;
/// # let general = Arguments::encode(&json!({ "channel": "general" }))?.expect("an object");
/// # let query = client.subscribe(&list, &general, AuthPolicy::Settled);
/// # while client.poll_transmit(Time::ZERO).is_some() {}
/// # let transition = r#"{"type":"Transition","modifications":[
/// #     {"type":"QueryUpdated","queryId":0,"value":["hello"],"logLines":[],"journal":null}],
/// #     "startVersion":{"querySet":0,"identity":0,"ts":"AAAAAAAAAAA="},
/// #     "endVersion":{"querySet":1,"identity":0,"ts":"AQAAAAAAAAA="}}"#;
/// # client.handle(Time::ZERO, Input::Text { socket, text: transition });
/// let update = move |store: &mut LocalStore<'_>| {
///     let Some(result) = store.get(&list, &general) else { return Ok(()) };
///     let mut messages: Vec<String> = result.decode()?;
///     messages.push("how are you?".to_owned());
///     store.set(&list, &general, EncodedValue::encode(&messages)?);
///     Ok::<_, OptimisticError>(())
/// };
/// let send = FunctionPath::parse("messages:send")?;
/// let args = Arguments::encode(&json!({ "channel": "general", "body": "how are you?" }))?.expect("an object");
/// client.mutate_optimistically(Time::ZERO, send, args, RequestOptions::default(), update);
///
/// let Some(Ok(shown)) = client.result(query) else { unreachable!() };
/// assert_eq!(shown.as_json(), r#"["hello","how are you?"]"#);
/// # Ok::<(), ConvexError>(())
/// ```
#[derive(Debug)]
pub struct LocalStore<'a> {
    pub(super) queries: &'a Queries,
    pub(super) pagination: &'a Pagination,
    /// The results that the layers below show.
    pub(super) below: &'a LayeredResults,
    pub(super) written: LayeredResults,
    pub(super) dependencies: RefCell<Dependencies>,
}

impl LocalStore<'_> {
    /// The displayed result of a query: `None` while it loads, or if it failed.
    pub fn get(&self, function: &FunctionPath, args: &Arguments) -> Option<&EncodedValue> {
        self.with_call(function, args).into_iter().find_map(|query| self.value(query))
    }

    /// The displayed results of all queries of a function, with their arguments.
    ///
    /// ```
    /// use convex_sync::{EncodedValue, FunctionPath, LocalStore, OptimisticError};
    ///
    /// /// Removes a room from the lists of every sort order.
    /// fn remove(store: &mut LocalStore<'_>, rooms: &FunctionPath, removed: &str) -> Result<(), OptimisticError> {
    ///     let results = store.all(rooms).into_iter();
    ///     let lists: Vec<_> = results.filter_map(|(args, list)| Some((args.clone(), list?.clone()))).collect();
    ///     for (args, list) in lists {
    ///         let mut names: Vec<String> = list.decode()?;
    ///         names.retain(|name| name != removed);
    ///         store.set(rooms, &args, EncodedValue::encode(&names)?);
    ///     }
    ///     Ok(())
    /// }
    /// ```
    pub fn all(&self, function: &FunctionPath) -> Vec<(&Arguments, Option<&EncodedValue>)> {
        self.dependencies.borrow_mut().add_function(function);
        let mut all = BTreeMap::new();
        for (query, args) in self.queries.of_function(function) {
            let value = all.entry(args).or_insert(None);
            // If there is a query for each of several policies, the same one as in `get`.
            *value = self.value(query).or(*value);
        }
        all.into_iter().collect()
    }

    /// Sets the displayed result of a query.
    pub fn set(&mut self, function: &FunctionPath, args: &Arguments, value: EncodedValue) {
        for query in self.with_call(function, args) {
            self.written.insert(query, Some(Ok(value.clone())));
        }
    }

    /// Shows a query as loading.
    ///
    /// ```
    /// use convex_sync::{Arguments, FunctionPath, LocalStore};
    ///
    /// /// Only the server knows the new order.
    /// fn reorder(store: &mut LocalStore<'_>, rooms: &FunctionPath, sorted_by: &Arguments) {
    ///     store.clear(rooms, sorted_by);
    /// }
    /// ```
    pub fn clear(&mut self, function: &FunctionPath, args: &Arguments) {
        for query in self.with_call(function, args) {
            self.written.insert(query, None);
        }
    }

    fn with_call(&self, function: &FunctionPath, args: &Arguments) -> Vec<QueryHandle> {
        let queries: Vec<_> = self.queries.with_call(function, args).collect();
        self.dependencies.borrow_mut().add_call(function, args, &queries);
        queries
    }

    fn value(&self, query: QueryHandle) -> Option<&EncodedValue> {
        self.result(query)?.as_ref().ok()
    }

    pub(super) fn result(&self, query: QueryHandle) -> Option<&QueryResult> {
        self.dependencies.borrow_mut().add_query(query);
        let written = self.written.get(&query).or_else(|| self.below.get(&query));
        written.map_or_else(|| self.queries.result(query), Option::as_ref)
    }
}
