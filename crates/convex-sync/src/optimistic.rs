//! Optimistic updates: what queries show while mutations are still under way.
//!
//! Every mutation may bring a layer, a function that changes what some queries show. Layers lie over the server's results in the order their
//! mutations were called, and are laid anew whenever what is below them changes, so that each always sees what the server knows and what the
//! layers before it did. A layer goes with its mutation, in the very update that settles it (auth contract, rule 14).

use crate::{
    Arguments, DecodeError, EncodeError, EncodedValue, FunctionPath, PathError, QueryHandle, RequestId,
    pagination::Pagination,
    queries::{Queries, QueryResult},
};
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt, mem,
    sync::Arc,
};

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
/// A query that nobody subscribes to has no result to get. What is set for it is shown to whoever subscribes while the mutation is under way.
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
/// # let query = client.subscribe(&list, &general, QueryAuth::Settled);
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
}

impl LocalStore<'_> {
    /// What a query shows: `None` while it loads, or where it failed.
    pub fn get(&self, function: &FunctionPath, args: &Arguments) -> Option<&EncodedValue> {
        self.queries.with_call(function, args).find_map(|query| self.value(query))
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
        let mut all = BTreeMap::new();
        for (query, args) in self.queries.of_function(function) {
            let value = all.entry(args).or_insert(None);
            *value = value.or(self.value(query));
        }
        all.into_iter().collect()
    }

    /// Lets a query show a value.
    pub fn set(&mut self, function: &FunctionPath, args: &Arguments, value: EncodedValue) {
        for query in self.queries.with_call(function, args) {
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
        for query in self.queries.with_call(function, args) {
            self.written.insert(query, None);
        }
    }

    fn value(&self, query: QueryHandle) -> Option<&EncodedValue> {
        self.result(query)?.as_ref().ok()
    }

    pub(crate) fn result(&self, query: QueryHandle) -> Option<&QueryResult> {
        let written = self.written.get(&query).or_else(|| self.below.get(&query));
        written.map_or_else(|| self.queries.result(query), Option::as_ref)
    }

    pub(crate) fn show(&mut self, query: QueryHandle, value: EncodedValue) {
        self.written.insert(query, Some(Ok(value)));
    }

    pub(crate) fn pagination(&self) -> &Pagination {
        self.pagination
    }
}

/// What queries show instead of the server's results; `None`: that they load.
type Shown = BTreeMap<QueryHandle, Option<QueryResult>>;

pub(crate) type OptimisticUpdate =
    Box<dyn FnMut(&mut LocalStore<'_>) -> Result<(), OptimisticError> + Send + Sync>;

/// The layers of all mutations under way, and what they show.
#[derive(Default)]
pub(crate) struct Layers {
    updates: BTreeMap<RequestId, OptimisticUpdate>,
    shown: Shown,
}

/// What became of the layers in one step.
#[derive(Debug, Default)]
pub(crate) struct Relaid {
    /// The queries that show something else now.
    pub(crate) changed: Vec<QueryHandle>,
    /// The layers that failed, and are gone.
    pub(crate) failed: Vec<(RequestId, OptimisticError)>,
}

impl Layers {
    /// What a query shows instead of the server's result, if anything.
    pub(crate) fn shown(&self, query: QueryHandle) -> Option<Option<&QueryResult>> {
        self.shown.get(&query).map(Option::as_ref)
    }

    /// Lays one more on top.
    pub(crate) fn add(
        &mut self,
        queries: &Queries,
        pagination: &Pagination,
        request: RequestId,
        update: OptimisticUpdate,
    ) -> Relaid {
        self.updates.insert(request, update);
        self.relay(queries, pagination, Vec::new())
    }

    /// A query was subscribed: an update may have something to show for it.
    pub(crate) fn subscribed(&mut self, queries: &Queries, pagination: &Pagination) -> Relaid {
        if self.updates.is_empty() {
            return Relaid::default();
        }
        self.relay(queries, pagination, Vec::new())
    }

    /// The server's results of `changed` changed, and the requests `settled` ended.
    pub(crate) fn advance(
        &mut self,
        queries: &Queries,
        pagination: &Pagination,
        changed: Vec<QueryHandle>,
        settled: impl IntoIterator<Item = RequestId>,
    ) -> Relaid {
        let mut gone = false;
        for request in settled {
            gone |= self.updates.remove(&request).is_some();
        }
        let untouched = self.updates.is_empty() && self.shown.is_empty();
        if untouched || !gone && changed.is_empty() {
            return Relaid { changed, failed: Vec::new() };
        }
        self.relay(queries, pagination, changed)
    }

    /// Runs all updates again over the server's results. One that fails leaves nothing behind.
    fn relay(&mut self, queries: &Queries, pagination: &Pagination, changed: Vec<QueryHandle>) -> Relaid {
        let before = mem::take(&mut self.shown);
        let mut failed = Vec::new();
        let shown = &mut self.shown;
        self.updates.retain(|&request, update| {
            let mut store = LocalStore { queries, pagination, below: shown, written: Shown::new() };
            match update(&mut store) {
                Ok(()) => {
                    let written = store.written;
                    shown.extend(written);
                    true
                }
                Err(error) => {
                    failed.push((request, error));
                    false
                }
            }
        });
        Relaid { changed: self.changed_since(&before, queries, changed), failed }
    }

    /// The queries that show something else than `before`, where the server's results of `changed` have changed meanwhile.
    fn changed_since(
        &self,
        before: &Shown,
        queries: &Queries,
        changed: Vec<QueryHandle>,
    ) -> Vec<QueryHandle> {
        let changed: BTreeSet<_> = changed.into_iter().collect();
        let layered: BTreeSet<_> = before.keys().chain(self.shown.keys()).copied().collect();
        let is_changed = |query: &QueryHandle| {
            let now = self.shown(*query).unwrap_or_else(|| queries.result(*query));
            match before.get(query) {
                Some(then) => now != then.as_ref(),
                None => changed.contains(query) || now != queries.result(*query),
            }
        };
        let layered_changes = layered.iter().copied().filter(|query| queries.contains(*query));
        let mut all: Vec<_> = layered_changes.filter(is_changed).collect();
        all.extend(changed.difference(&layered));
        all
    }
}

impl fmt::Debug for Layers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Layers").field("updates", &self.updates.keys()).field("shown", &self.shown).finish()
    }
}
