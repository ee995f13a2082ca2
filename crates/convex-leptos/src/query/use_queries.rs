//! The hooks for a set of queries by key.

use super::{
    QueryOptions, SubscribeOptions, UseQuery,
    args::{DecidedArgs, EncodedArgs},
    subscription::{QuerySubscription, QueryWatch, subscribe},
};
use crate::{
    ConvexClient, ConvexError, FOLLOWS_SIGNALS,
    args_reader::{self, ReadQueries},
    client::Shared,
    immediate_effect::ImmediateEffect,
    use_convex,
    watch::{Replaced, Target, Watch},
};
use convex_web::sync::{ArgsOrSkip, FunctionPath, PathError, QueryFunction, ReadAs};
use leptos::prelude::*;
use serde::de::DeserializeOwned;
use std::{
    collections::{HashMap, HashSet},
    fmt,
    hash::Hash,
    sync::{Arc, Mutex, PoisonError},
};

#[doc = include_str!("use_queries.md")]
#[track_caller]
pub fn use_queries<T, K>(queries: impl QuerySet<T, K>) -> UseQueries<T, K>
where
    T: DeserializeOwned + Clone + Send + Sync + 'static,
    K: Clone + Eq + Hash + Send + Sync + 'static,
{
    use_convex().use_queries(queries)
}

/// [`use_queries`] with an [`AuthPolicy`](crate::AuthPolicy), or with [`QueryOptions`].
///
/// ```
/// use convex_leptos::{AuthPolicy, QueryRef, use_queries_with};
/// use serde::Serialize;
///
/// #[derive(Serialize)]
/// struct InArgs {
///     shop: &'static str,
/// }
///
/// const PRICES: QueryRef<InArgs, Vec<f64>> = QueryRef::new("prices:in");
///
/// # fn example() {
/// let shops = || ["north", "south"].map(|shop| (shop, PRICES, InArgs { shop }));
/// let prices = use_queries_with(shops, AuthPolicy::Immediate);
/// # }
/// ```
///
/// # Panics
///
/// Outside of a [`<ConvexProvider>`](crate::ConvexProvider).
#[track_caller]
pub fn use_queries_with<T, K>(
    queries: impl QuerySet<T, K>,
    options: impl Into<QueryOptions>,
) -> UseQueries<T, K>
where
    T: DeserializeOwned + Clone + Send + Sync + 'static,
    K: Clone + Eq + Hash + Send + Sync + 'static,
{
    use_convex().use_queries_with(queries, options)
}

impl ConvexClient {
    /// [`use_queries`] of this client.
    #[track_caller]
    pub fn use_queries<T, K>(self, queries: impl QuerySet<T, K>) -> UseQueries<T, K>
    where
        T: DeserializeOwned + Clone + Send + Sync + 'static,
        K: Clone + Eq + Hash + Send + Sync + 'static,
    {
        self.use_queries_with(queries, QueryOptions::default())
    }

    /// [`use_queries_with`] of this client.
    #[track_caller]
    pub fn use_queries_with<T, K>(
        self,
        queries: impl QuerySet<T, K>,
        options: impl Into<QueryOptions>,
    ) -> UseQueries<T, K>
    where
        T: DeserializeOwned + Clone + Send + Sync + 'static,
        K: Clone + Eq + Hash + Send + Sync + 'static,
    {
        let (client, options) = (self.shared(), options.into());
        let set = SetState {
            options: options.resolve(&client),
            keep_previous: options.keep_previous_data,
            owner: Owner::new(),
            entries: RwSignal::new(Vec::new()),
            decision: Arc::new(Watch::new(client.page(), false)),
            client,
        };
        let (entries, decision, set) =
            (set.entries, StoredValue::new(Arc::clone(&set.decision)), Arc::new(set));
        let update = move || {
            let (queries, read) = args_reader::read(|| queries.read_query_set());
            let updated = Arc::clone(&set);
            // As with the arguments of one query, see `follow_args`.
            set.client.web().when_idle(move || untrack(|| updated.update(queries, read)));
        };
        if FOLLOWS_SIGNALS {
            ImmediateEffect::scoped(update)
        } else {
            update()
        }
        on_cleanup(move || {
            let removed = entries.try_update_untracked(std::mem::take);
            drop(removed);
        });
        UseQueries { entries, decision }
    }
}

/// The queries of [`use_queries`]: a closure that returns `(key, function, args)` triples, all with
/// results that are read as `T`. It runs again when a signal that it read changes.
///
/// ```
/// use convex_leptos::{QuerySet, UseQueries, use_queries};
///
/// fn longest(texts: impl QuerySet<String, u32>) -> Option<u32> {
///     let texts = use_queries(texts);
///     let lengths = texts.entries().into_iter().map(|(id, text)| (text.value().map_or(0, |text| text.len()), id));
///     lengths.max().map(|(_, id)| id)
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a set of queries",
    note = "pass a closure that returns triples of a key, a query and its arguments: `move || [(1, users::name, users::name::Args {{ .. }})]`"
)]
pub trait QuerySet<T, K>: Send + Sync + 'static {
    /// The current queries.
    #[doc(hidden)]
    fn read_query_set(&self) -> Vec<KeyedQuery<K>>;
}

impl<S, I, T, K, F, A> QuerySet<T, K> for S
where
    S: Fn() -> I + Send + Sync + 'static,
    I: IntoIterator<Item = (K, F, A)>,
    F: QueryFunction,
    F::Returns: ReadAs<T>,
    A: ArgsOrSkip<F::Args>,
{
    fn read_query_set(&self) -> Vec<KeyedQuery<K>> {
        let query = |(key, function, args): (K, F, A)| KeyedQuery {
            key,
            function: FunctionPath::parse(function.path()),
            args: args.encode_args_or_skip(),
        };
        self().into_iter().map(query).collect()
    }
}

/// One query of a set.
#[derive(Debug)]
pub struct KeyedQuery<K> {
    key: K,
    function: Result<FunctionPath, PathError>,
    args: EncodedArgs,
}

/// The state of one `use_queries`.
struct SetState<T: Send + Sync + 'static, K: Send + Sync + 'static> {
    client: Arc<Shared>,
    options: SubscribeOptions,
    keep_previous: bool,
    /// Owns what the entries create. The effect that adds them runs again and again, and would
    /// dispose it.
    owner: Owner,
    entries: RwSignal<Vec<Arc<SetEntry<T, K>>>>,
    /// Pending while the set depends on a query that loads. It subscribes to nothing.
    decision: Arc<QueryWatch<T>>,
}

struct SetEntry<T: Send + Sync + 'static, K> {
    key: K,
    function: Result<FunctionPath, PathError>,
    args: Mutex<DecidedArgs>,
    watch: Arc<QueryWatch<T>>,
    query: UseQuery<T>,
}

impl<T, K> SetState<T, K>
where
    T: DeserializeOwned + Send + Sync + 'static,
    K: Clone + Eq + Hash + Send + Sync + 'static,
{
    /// Updates the entries to these queries: entries with an unchanged key and function are reused,
    /// in the new order. All state is written before any reader is notified, and only after that
    /// are old entries and subscriptions dropped, so that a query that moves to another key stays
    /// subscribed. It costs one hash of each key.
    fn update(&self, queries: Vec<KeyedQuery<K>>, read: ReadQueries) {
        let Some(before) = self.entries.try_get_untracked() else { return };
        let known: HashMap<_, _> = before.iter().map(|entry| (&entry.key, entry)).collect();
        let (mut keys, mut entries, mut changed) = (HashSet::new(), Vec::new(), Vec::new());
        for KeyedQuery { key, function, args } in queries {
            if !keys.insert(key.clone()) {
                continue;
            }
            match known.get(&key).filter(|entry| entry.function == function) {
                Some(&entry) => {
                    entries.push(Arc::clone(entry));
                    entry.watch.set_dependent(read.any);
                    let replaced = self.set_args(entry, read.decide(args));
                    changed.extend(replaced.map(|replaced| (entry, replaced)));
                }
                None => entries.push(Arc::new(self.entry(key, function, read.decide(args), read))),
            }
        }
        let is_same = entries.len() == before.len()
            && entries.iter().zip(&before).all(|(now, before)| Arc::ptr_eq(now, before));
        // Replaced entries live until `before` is dropped.
        self.entries.try_update_untracked(|before| *before = entries);
        if !is_same {
            self.entries.update(|_| ());
        }
        changed.iter().for_each(|(entry, _)| entry.watch.notify());
        self.decision.set_dependent(read.any);
        self.decision.set(|| if read.loading { Target::Pending } else { Target::Skipped });
    }

    /// Subscribes with these arguments, without notifying; `None` if they have not changed.
    fn set_args(&self, entry: &SetEntry<T, K>, args: DecidedArgs) -> Option<Replaced<QuerySubscription<T>>> {
        {
            let mut last = entry.args.lock().unwrap_or_else(PoisonError::into_inner);
            if *last == args {
                return None;
            }
            last.clone_from(&args);
        }
        entry.watch.set_silently(|| self.target(&entry.function, args))
    }

    fn entry(
        &self,
        key: K,
        function: Result<FunctionPath, PathError>,
        args: DecidedArgs,
        read: ReadQueries,
    ) -> SetEntry<T, K> {
        let watch = Arc::new(Watch::new(self.client.page(), self.keep_previous));
        watch.set_dependent(read.any);
        watch.set(|| self.target(&function, args.clone()));
        watch.block_response(self.options.on_server);
        let query = self.owner.with(|| UseQuery::new(&watch));
        SetEntry { key, function, args: Mutex::new(args), watch, query }
    }

    fn target(
        &self,
        function: &Result<FunctionPath, PathError>,
        args: DecidedArgs,
    ) -> Target<QuerySubscription<T>> {
        match function {
            Ok(function) => subscribe(&self.client, function, args, self.options),
            Err(error) => Target::Refused(ConvexError::Path(error.clone())),
        }
    }
}

impl<T: Send + Sync + 'static, K> Drop for SetEntry<T, K> {
    fn drop(&mut self) {
        self.watch.close();
        self.query.dispose();
    }
}

/// Live queries by key, from [`use_queries`]. `Copy`.
///
/// Its getters are tracked: their readers run again when keys are added, removed or reordered. Each
/// entry is a [`UseQuery`] with its own readers.
///
/// ```
/// use convex_leptos::{QueryStatus, UseQueries};
/// use leptos::prelude::*;
///
/// #[component]
/// fn Progress(parts: UseQueries<String, u32>) -> impl IntoView {
///     move || {
///         let parts = parts.entries();
///         let ready = parts.iter().filter(|(_, part)| part.status() == QueryStatus::Ready).count();
///         format!("{ready} of {}", parts.len())
///     }
/// }
/// ```
pub struct UseQueries<T: Send + Sync + 'static, K: Send + Sync + 'static> {
    entries: RwSignal<Vec<Arc<SetEntry<T, K>>>>,
    decision: StoredValue<Arc<QueryWatch<T>>>,
}

impl<T, K> UseQueries<T, K>
where
    T: Clone + Send + Sync + 'static,
    K: Clone + Eq + Send + Sync + 'static,
{
    /// The query under a key. Tracked.
    ///
    /// ```
    /// # use convex_leptos::{UseQueries, UseQuery};
    /// fn name_of(names: UseQueries<String, u32>, id: u32) -> Option<String> {
    ///     names.query(&id)?.value()
    /// }
    /// ```
    pub fn query(&self, key: &K) -> Option<UseQuery<T>> {
        Some(self.all().iter().find(|entry| entry.key == *key)?.query)
    }

    /// All queries with their keys, in the order of the triples. Tracked.
    ///
    /// ```
    /// # use convex_leptos::{UseQueries, UseQuery};
    /// fn all_names(names: UseQueries<String, u32>) -> Vec<String> {
    ///     names.entries().into_iter().filter_map(|(_, name)| name.value()).collect()
    /// }
    /// ```
    pub fn entries(&self) -> Vec<(K, UseQuery<T>)> {
        self.all().iter().map(|entry| (entry.key.clone(), entry.query)).collect()
    }

    /// A copy, so that nothing is borrowed while keys are compared and cloned: that is app code,
    /// which may use the client.
    fn all(&self) -> Vec<Arc<SetEntry<T, K>>> {
        let Some(decision) = self.decision.try_get_value() else { return Vec::new() };
        decision.suspend_reader();
        if decision.is_hidden() { Vec::new() } else { self.entries.try_get().unwrap_or_default() }
    }
}

impl<T: Send + Sync + 'static, K: Send + Sync + 'static> Clone for UseQueries<T, K> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T: Send + Sync + 'static, K: Send + Sync + 'static> Copy for UseQueries<T, K> {}

impl<T: Send + Sync + 'static, K: Send + Sync + 'static> fmt::Debug for UseQueries<T, K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UseQueries").finish_non_exhaustive()
    }
}
