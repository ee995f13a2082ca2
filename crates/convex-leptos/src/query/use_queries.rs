//! A set of queries by key.

use super::{
    QueryFunction, QueryOptions, UseQuery,
    args::Args,
    watch::{LeftBehind, Target, Watch, target},
};
use crate::{
    AuthPolicy, ConvexClient, ConvexError, IN_BROWSER, client::Shared, immediate_effect::ImmediateEffect,
    use_convex,
};
use convex_web::sync::{Arguments, FunctionPath, PathError};
use leptos::prelude::*;
use serde::{Serialize, de::DeserializeOwned};
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

/// [`use_queries`] that says how they are to run and to be shown.
///
/// ```
/// use convex_leptos::{AuthPolicy, use_queries_with};
/// use serde_json::json;
///
/// # fn example() {
/// let shops = || ["north", "south"].map(|shop| (shop, "prices:in", json!({ "shop": shop })));
/// let prices = use_queries_with::<Vec<f64>, _>(shops, AuthPolicy::Immediate);
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
        let set = Set {
            auth: options.resolve(&client),
            client,
            keeps_previous: options.keep_previous_data,
            owner: Owner::new(),
            entries: RwSignal::new(Vec::new()),
        };
        let (entries, set) = (set.entries, Arc::new(set));
        let ask = move || {
            let (asked, asking) = (queries.read_query_set(), Arc::clone(&set));
            // As with the arguments of one query.
            set.client.web().when_idle(move || untrack(|| asking.ask(asked)));
        };
        if IN_BROWSER {
            ImmediateEffect::scoped(ask)
        } else {
            ask()
        }
        on_cleanup(move || {
            let left = entries.try_update_untracked(std::mem::take);
            drop(left);
        });
        UseQueries { entries }
    }
}

/// What [`use_queries`] takes: a closure that returns `(key, function, args)` triples, whose
/// results are read as `T`. The signals it reads are followed.
///
/// ```
/// use convex_leptos::{QuerySet, UseQueries, use_queries};
///
/// fn longest(texts: impl QuerySet<String, u32>) -> Option<u32> {
///     let texts: UseQueries<String, u32> = use_queries(texts);
///     let lengths = texts.entries().into_iter().map(|(id, text)| (text.data().map_or(0, |text| text.len()), id));
///     lengths.max().map(|(_, id)| id)
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no set of queries",
    note = "pass a closure that returns triples of a key, a function and its arguments: `move || [(1, \"users:get\", json!({{..}}))]`"
)]
pub trait QuerySet<T, K>: Send + Sync + 'static {
    /// The queries as they are now.
    #[doc(hidden)]
    fn read_query_set(&self) -> Vec<Asked<K>>;
}

impl<S, I, T, K, F, A> QuerySet<T, K> for S
where
    S: Fn() -> I + Send + Sync + 'static,
    I: IntoIterator<Item = (K, F, A)>,
    F: QueryFunction<T>,
    A: Serialize,
{
    fn read_query_set(&self) -> Vec<Asked<K>> {
        let asked = |(key, function, args): (K, F, A)| Asked {
            key,
            function: FunctionPath::parse(function.path()),
            args: Arguments::encode(&args),
        };
        self().into_iter().map(asked).collect()
    }
}

/// One query of a set.
#[derive(Debug)]
pub struct Asked<K> {
    key: K,
    function: Result<FunctionPath, PathError>,
    args: Args,
}

/// What one `use_queries` looks at.
struct Set<T: Send + Sync + 'static, K: Send + Sync + 'static> {
    client: Arc<Shared>,
    auth: AuthPolicy,
    keeps_previous: bool,
    /// Of what the entries make: what they are asked by runs again and again, and would take it
    /// along.
    owner: Owner,
    entries: RwSignal<Vec<Arc<Entry<T, K>>>>,
}

struct Entry<T: Send + Sync + 'static, K> {
    key: K,
    function: Result<FunctionPath, PathError>,
    args: Mutex<Args>,
    watch: Arc<Watch<T>>,
    query: UseQuery<T>,
}

impl<T, K> Set<T, K>
where
    T: DeserializeOwned + Send + Sync + 'static,
    K: Clone + Eq + Hash + Send + Sync + 'static,
{
    /// Written whole before anybody is told, and only then is anything let go.
    fn ask(&self, asked: Vec<Asked<K>>) {
        let Some(before) = self.entries.try_get_untracked() else { return };
        let known: HashMap<_, _> = before.iter().map(|entry| (&entry.key, entry)).collect();
        let (mut keys, mut entries, mut moved) = (HashSet::new(), Vec::new(), Vec::new());
        for Asked { key, function, args } in asked {
            if !keys.insert(key.clone()) {
                continue;
            }
            match known.get(&key).filter(|entry| entry.function == function) {
                Some(&entry) => {
                    entries.push(Arc::clone(entry));
                    moved.extend(self.move_on(entry, args).map(|left_behind| (entry, left_behind)));
                }
                None => entries.push(Arc::new(self.entry(key, function, args))),
            }
        }
        let is_same = entries.len() == before.len()
            && entries.iter().zip(&before).all(|(now, before)| Arc::ptr_eq(now, before));
        // What is replaced is dropped with `before`.
        self.entries.try_update_untracked(|before| *before = entries);
        if !is_same {
            self.entries.update(|_| ());
        }
        moved.iter().for_each(|(entry, _)| entry.watch.tell());
    }

    /// Asks with these arguments, unless it does already.
    fn move_on(&self, entry: &Entry<T, K>, args: Args) -> Option<LeftBehind<T>> {
        {
            let mut last = entry.args.lock().unwrap_or_else(PoisonError::into_inner);
            if *last == args {
                return None;
            }
            last.clone_from(&args);
        }
        entry.watch.aim_silently(|| self.target(&entry.function, args))
    }

    fn entry(&self, key: K, function: Result<FunctionPath, PathError>, args: Args) -> Entry<T, K> {
        let watch = Arc::new(Watch::new(self.keeps_previous));
        watch.aim(|| self.target(&function, args.clone()));
        let query = self.owner.with(|| UseQuery::new(&watch));
        Entry { key, function, args: Mutex::new(args), watch, query }
    }

    fn target(&self, function: &Result<FunctionPath, PathError>, args: Args) -> Target<T> {
        match function {
            Ok(function) => target(&self.client, function, args, self.auth),
            Err(error) => Target::Refused(ConvexError::Path(error.clone())),
        }
    }
}

impl<T: Send + Sync + 'static, K> Drop for Entry<T, K> {
    fn drop(&mut self) {
        self.watch.leave();
        self.query.dispose();
    }
}

/// What [`use_queries`] gives: live queries by key. `Copy`.
///
/// Its methods are tracked: what reads it runs again when other keys are there, or there in another
/// order. Each entry is followed by itself.
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
    entries: RwSignal<Vec<Arc<Entry<T, K>>>>,
}

impl<T, K> UseQueries<T, K>
where
    T: Clone + Send + Sync + 'static,
    K: Clone + Eq + Send + Sync + 'static,
{
    /// The query under a key.
    ///
    /// ```
    /// # use convex_leptos::{UseQueries, UseQuery};
    /// fn name_of(names: UseQueries<String, u32>, id: u32) -> Option<String> {
    ///     names.query(&id)?.data()
    /// }
    /// ```
    pub fn query(&self, key: &K) -> Option<UseQuery<T>> {
        Some(self.all().iter().find(|entry| entry.key == *key)?.query)
    }

    /// All queries with their keys, in the order in which they were given.
    ///
    /// ```
    /// # use convex_leptos::{UseQueries, UseQuery};
    /// fn all_names(names: UseQueries<String, u32>) -> Vec<String> {
    ///     names.entries().into_iter().filter_map(|(_, name)| name.data()).collect()
    /// }
    /// ```
    pub fn entries(&self) -> Vec<(K, UseQuery<T>)> {
        self.all().iter().map(|entry| (entry.key.clone(), entry.query)).collect()
    }

    /// Taken out first: comparing and cloning keys is app code, which may use the client.
    fn all(&self) -> Vec<Arc<Entry<T, K>>> {
        self.entries.try_get().unwrap_or_default()
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
