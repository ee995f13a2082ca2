//! Optimistic updates: what queries show while mutations are still under way.
//!
//! Every mutation may bring a layer, a function that changes what some queries show. Layers lie
//! over the server's results in the order their mutations were called. Each is laid anew whenever
//! something changes below it that it asked about, so that it always sees what the server knows and
//! what the layers before it did. A layer goes with its mutation, in the very update that settles
//! it (auth contract, rule 14).

mod dependencies;
mod layers;

pub(crate) use layers::{LayerChanges, Layers};

use crate::{
    Arguments, DecodeError, EncodeError, EncodedValue, FunctionPath, PathError, QueryHandle,
    pagination::Pagination,
    queries::{Queries, QueryResult},
};
use dependencies::Dependencies;
use layers::Shown;
use std::{cell::RefCell, collections::BTreeMap, sync::Arc};

/// Why an optimistic update could not be made. Its layer goes; the mutation runs all the same.
///
/// ```
/// use convex_sync::*;
///
/// # let mut client = SyncClient::new(Config::default(), SessionId::from_random_bytes([7; 16]), 42, UnixMillis(0));
/// # while client.poll_event().is_some() {}
/// let (rename, args) = (FunctionPath::parse("users:rename")?, Arguments::encode(&())?.expect("`()` is `{}`"));
/// let (current, nobody) = (FunctionPath::parse("users:current")?, args.clone());
/// let request = client.mutate_optimistically(Time::ZERO, rename, args, RequestOptions::default(), move |store| {
///     let _user = store.get(&current, &nobody).ok_or_else(|| OptimisticError::new("the user is not loaded"))?;
///     Ok(())
/// });
/// let error = OptimisticError::new("the user is not loaded");
/// let told: Vec<Event> = std::iter::from_fn(|| client.poll_event()).collect();
/// assert!(told.contains(&Event::OptimisticUpdateFailed { request, error }));
/// # Ok::<(), ConvexError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("an optimistic update failed and is not shown: {reason}; its mutation runs all the same")]
pub struct OptimisticError {
    /// What the update said.
    pub reason: Arc<str>,
}

impl OptimisticError {
    /// A failure with its reason.
    pub fn new(reason: impl Into<Arc<str>>) -> Self {
        Self { reason: reason.into() }
    }
}

impl From<DecodeError> for OptimisticError {
    fn from(error: DecodeError) -> Self {
        Self::new(error.to_string())
    }
}

impl From<EncodeError> for OptimisticError {
    fn from(error: EncodeError) -> Self {
        Self::new(error.to_string())
    }
}

impl From<PathError> for OptimisticError {
    fn from(error: PathError) -> Self {
        Self::new(error.to_string())
    }
}

/// The results of subscribed queries, as an optimistic update sees and changes them.
///
/// A query that nobody subscribes to has no result to get. What is set for it is shown to whoever
/// subscribes while the mutation is under way.
///
/// A message that is being sent, in the list of its channel and in no other:
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
///     let Some(shown) = store.get(&list, &general) else { return Ok(()) };
///     let mut messages: Vec<String> = shown.decode()?;
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
    queries: &'a Queries,
    pagination: &'a Pagination,
    below: &'a Shown,
    written: Shown,
    asked: RefCell<Dependencies>,
}

impl LocalStore<'_> {
    /// What a query shows: `None` while it loads, or where it failed.
    pub fn get(&self, function: &FunctionPath, args: &Arguments) -> Option<&EncodedValue> {
        self.with_call(function, args).into_iter().find_map(|query| self.value(query))
    }

    /// What all queries of one function show, by their arguments, each once.
    ///
    /// ```
    /// use convex_sync::{EncodedValue, FunctionPath, LocalStore, OptimisticError};
    ///
    /// /// Takes a room out of every list it may be in, whatever it is sorted by.
    /// fn leave(store: &mut LocalStore<'_>, rooms: &FunctionPath, left: &str) -> Result<(), OptimisticError> {
    ///     let shown = store.all(rooms).into_iter();
    ///     let lists: Vec<_> = shown.filter_map(|(args, list)| Some((args.clone(), list?.clone()))).collect();
    ///     for (args, list) in lists {
    ///         let mut names: Vec<String> = list.decode()?;
    ///         names.retain(|name| name != left);
    ///         store.set(rooms, &args, EncodedValue::encode(&names)?);
    ///     }
    ///     Ok(())
    /// }
    /// ```
    pub fn all(&self, function: &FunctionPath) -> Vec<(&Arguments, Option<&EncodedValue>)> {
        self.asked.borrow_mut().function(function);
        let mut all = BTreeMap::new();
        for (query, args) in self.queries.of_function(function) {
            let value = all.entry(args).or_insert(None);
            // Of several, one for each policy, the same as `get` takes.
            *value = self.value(query).or(*value);
        }
        all.into_iter().collect()
    }

    /// Lets a query show a value.
    pub fn set(&mut self, function: &FunctionPath, args: &Arguments, value: EncodedValue) {
        for query in self.with_call(function, args) {
            self.written.insert(query, Some(Ok(value.clone())));
        }
    }

    /// Lets a query show that it loads.
    ///
    /// ```
    /// use convex_sync::{Arguments, FunctionPath, LocalStore};
    ///
    /// /// In which order they come after this only the server knows.
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
        self.asked.borrow_mut().call(function, args, &queries);
        queries
    }

    fn value(&self, query: QueryHandle) -> Option<&EncodedValue> {
        self.result(query)?.as_ref().ok()
    }

    pub(crate) fn result(&self, query: QueryHandle) -> Option<&QueryResult> {
        self.asked.borrow_mut().query(query);
        let written = self.written.get(&query).or_else(|| self.below.get(&query));
        written.map_or_else(|| self.queries.result(query), Option::as_ref)
    }

    pub(crate) fn show(&mut self, query: QueryHandle, value: EncodedValue) {
        self.written.insert(query, Some(Ok(value)));
    }

    /// Notes that the lists of this function are asked for.
    pub(crate) fn ask_for_lists(&self, function: &FunctionPath) {
        self.asked.borrow_mut().lists(function);
    }

    pub(crate) fn pagination(&self) -> &Pagination {
        self.pagination
    }
}
