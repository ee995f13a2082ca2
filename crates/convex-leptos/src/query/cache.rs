//! The results of a client's live queries, decoded once for each type that they are read as.

use crate::ConvexError;
use convex_web::sync::{DecodeError, EncodedValue, FunctionError, QueryHandle};
use leptos::prelude::*;
use serde::de::DeserializeOwned;
use std::{
    any::Any,
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, Weak},
};

/// A query's result as received; `None` while it loads.
pub(crate) type EncodedResult = Option<Result<EncodedValue, FunctionError>>;

/// A query's result as a `T`; `None` while it loads.
pub(crate) type QueryResult<T> = Option<Result<Arc<T>, ConvexError>>;

/// The decoded results that hooks use. A result is removed when its last [`Arc`] is dropped.
#[derive(Clone, Default)]
pub(crate) struct Cache(Arc<Mutex<Results>>);

/// The results of each query: one for each type.
type Results = HashMap<QueryHandle, Vec<Weak<dyn LiveResult>>>;

impl Cache {
    /// The result of a query as a `T`. `received` is called only if no hook uses that yet.
    pub(crate) fn decoded<T>(
        &self,
        query: QueryHandle,
        received: impl FnOnce() -> EncodedResult,
    ) -> Arc<DecodedResult<T>>
    where
        T: DeserializeOwned + Send + Sync + 'static,
    {
        if let Some(known) = self
            .live(query)
            .into_iter()
            .find_map(|result| (result as Arc<dyn Any + Send + Sync>).downcast().ok())
        {
            return known;
        }
        let decoded = Arc::new(DecodedResult::new(query, self.clone()));
        let live: Weak<DecodedResult<T>> = Arc::downgrade(&decoded);
        self.lock().entry(query).or_default().push(live);
        // Afterwards: on a server, the result may arrive on another thread meanwhile.
        decoded.write(&received());
        decoded
    }

    /// Writes new results without notifying readers. Returns the results that changed.
    pub(crate) fn write(
        &self,
        queries: &[QueryHandle],
        received: impl Fn(QueryHandle) -> EncodedResult,
    ) -> Vec<Arc<dyn LiveResult>> {
        let mut changed = Vec::new();
        for &query in queries {
            let received = received(query);
            changed.extend(self.live(query).into_iter().filter(|result| result.write(&received)));
        }
        changed
    }

    fn live(&self, query: QueryHandle) -> Vec<Arc<dyn LiveResult>> {
        self.lock().get(&query).into_iter().flatten().filter_map(Weak::upgrade).collect()
    }

    fn remove_dropped(&self, query: QueryHandle) {
        let mut results = self.lock();
        if let Some(live) = results.get_mut(&query) {
            live.retain(|result| result.strong_count() > 0);
            if live.is_empty() {
                results.remove(&query);
            }
        }
    }

    /// App code never runs under this lock.
    fn lock(&self) -> MutexGuard<'_, Results> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A decoded result of any type.
pub(crate) trait LiveResult: Any + Send + Sync {
    /// Writes a result without notifying readers; `false` if it has not changed.
    fn write(&self, received: &EncodedResult) -> bool;
    /// Notifies readers.
    fn notify(&self);
}

/// The result of one query as a `T`.
pub(crate) struct DecodedResult<T> {
    query: QueryHandle,
    cache: Cache,
    received: Mutex<EncodedResult>,
    result: ArcRwSignal<QueryResult<T>>,
    decode_changed: OnceLock<DecodeChanged<T>>,
}

/// Decodes the text of a value, given the earlier text and the value decoded from it.
type DecodeChanged<T> = fn(&EncodedValue, &EncodedValue, Arc<T>) -> Result<T, DecodeError>;

impl<T: DeserializeOwned + Send + Sync + 'static> DecodedResult<T> {
    fn new(query: QueryHandle, cache: Cache) -> Self {
        let (received, result) = (Mutex::new(None), ArcRwSignal::new(None));
        Self { query, cache, received, result, decode_changed: OnceLock::new() }
    }

    /// Decodes `received`. The result before is `before`, with the decoded value `old`.
    fn decode(&self, received: &EncodedResult, before: EncodedResult, old: QueryResult<T>) -> QueryResult<T> {
        match (self.decode_changed.get(), received, before, old) {
            (Some(decode), Some(Ok(value)), Some(Ok(before)), Some(Ok(old))) => {
                Some(decode(value, &before, old).map(Arc::new).map_err(ConvexError::Result))
            }
            (_, _, before, old) => {
                // Dropped before the next value is decoded: all of them may be large.
                drop((before, old));
                decode(received)
            }
        }
    }
}

impl<T: DeserializeOwned + Clone> DecodedResult<Vec<T>> {
    /// From now on, decodes only the items that have changed. Elsewhere the type of the items is
    /// not known.
    pub(crate) fn reuse_items(&self) {
        self.decode_changed.get_or_init(|| {
            |value, before, old| match Arc::try_unwrap(old) {
                Ok(old) => {
                    let mut old: Vec<_> = old.into_iter().map(Some).collect();
                    value.decode_changed_items(before, |index| old.get_mut(index)?.take())
                }
                Err(old) => value.decode_changed_items(before, |index| old.get(index).cloned()),
            }
        });
    }
}

impl<T> DecodedResult<T> {
    pub(crate) fn result(&self) -> &ArcRwSignal<QueryResult<T>> {
        &self.result
    }
}

impl<T: DeserializeOwned + Send + Sync + 'static> LiveResult for DecodedResult<T> {
    fn write(&self, received: &EncodedResult) -> bool {
        let before = {
            let mut last = self.received.lock().unwrap_or_else(PoisonError::into_inner);
            if *last == *received {
                return false;
            }
            std::mem::replace(&mut *last, received.clone())
        };
        let old = self.result.write_untracked().take();
        *self.result.write_untracked() = self.decode(received, before, old);
        true
    }

    fn notify(&self) {
        self.result.notify();
    }
}

impl<T> Drop for DecodedResult<T> {
    fn drop(&mut self) {
        self.cache.remove_dropped(self.query);
    }
}

fn decode<T: DeserializeOwned>(received: &EncodedResult) -> QueryResult<T> {
    Some(match received.as_ref()? {
        Ok(value) => value.decode().map(Arc::new).map_err(ConvexError::Result),
        Err(error) => Err(ConvexError::Function(error.clone())),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use convex_web::{
        ConvexClient,
        sync::{Arguments, AuthPolicy, FunctionPath},
    };
    use leptos::reactive::computed::ArcMemo;
    use std::sync::atomic::{AtomicUsize, Ordering};

    fn query() -> QueryHandle {
        let path = FunctionPath::parse("items:count").expect("a path");
        let args = Arguments::encode(&()).expect("arguments").expect("not skipped");
        ConvexClient::builder("https://x.test").build().subscribe(&path, &args, AuthPolicy::Settled)
    }

    fn received(count: f64) -> EncodedResult {
        Some(Ok(EncodedValue::encode(&count).expect("a value")))
    }

    #[test]
    fn readers_of_one_type_share_a_result_until_the_last_is_dropped() {
        let (cache, query) = (Cache::default(), query());
        let first = cache.decoded::<f64>(query, || received(1.0));
        let second = cache.decoded::<f64>(query, || unreachable!("it is cached"));
        assert!(Arc::ptr_eq(&first, &second));
        let other = cache.decoded::<i64>(query, || received(1.0));
        assert_eq!(other.result().get_untracked(), Some(Ok(Arc::new(1))));
        drop((first, other));
        assert_eq!(cache.live(query).len(), 1);
        drop(second);
        assert!(cache.lock().is_empty());
    }

    #[test]
    fn results_are_written_before_readers_are_notified() {
        let (cache, query) = (Cache::default(), query());
        let result = cache.decoded::<f64>(query, || None);
        let memo = ArcMemo::new({
            let result = Arc::clone(&result);
            move |_| result.result().get()
        });
        assert_eq!(memo.get_untracked(), None);
        let changed = cache.write(&[query], |_| received(1.0));
        assert_eq!(result.result().get_untracked(), Some(Ok(Arc::new(1.0))));
        assert_eq!(memo.get_untracked(), None);
        changed.iter().for_each(|result| result.notify());
        assert_eq!(memo.get_untracked(), Some(Ok(Arc::new(1.0))));
    }

    #[test]
    fn equal_text_is_no_change() {
        let (cache, query) = (Cache::default(), query());
        let result = cache.decoded::<f64>(query, || received(1.0));
        assert!(cache.write(&[query], |_| received(1.0)).is_empty());
        assert_eq!(cache.write(&[query], |_| None).len(), 1);
        assert_eq!(result.result().get_untracked(), None);
    }

    #[test]
    fn items_that_have_not_changed_are_reused() {
        /// Counts how often an item is decoded.
        static DECODED: AtomicUsize = AtomicUsize::new(0);

        #[derive(Debug, Clone, PartialEq)]
        struct Item(String);

        impl<'de> serde::Deserialize<'de> for Item {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                DECODED.fetch_add(1, Ordering::Relaxed);
                String::deserialize(deserializer).map(Self)
            }
        }

        let list = |items: &[&str]| Some(Ok(EncodedValue::encode(items).expect("a value")));
        let items = |items: &[&str]| Ok(Arc::new(items.iter().map(|item| Item((*item).into())).collect()));
        let (cache, query) = (Cache::default(), query());
        let result = cache.decoded::<Vec<Item>>(query, || list(&["a", "b", "c"]));
        assert_eq!(DECODED.swap(0, Ordering::Relaxed), 3);
        cache.write(&[query], |_| list(&["a", "d", "c"]));
        assert_eq!(DECODED.swap(0, Ordering::Relaxed), 3, "the type of the items is not known");
        result.reuse_items();
        cache.write(&[query], |_| list(&["a", "e", "c"]));
        assert_eq!(DECODED.swap(0, Ordering::Relaxed), 1);
        // A reader that keeps the list, so that its items are cloned.
        let kept = result.result().get_untracked();
        cache.write(&[query], |_| list(&["c", "a", "f", "e"]));
        assert_eq!(result.result().get_untracked(), Some(items(&["c", "a", "f", "e"])));
        assert_eq!(kept, Some(items(&["a", "e", "c"])));
        assert_eq!(DECODED.swap(0, Ordering::Relaxed), 2, "one changed, and the first of a new order");
        cache.write(&[query], |_| None);
        cache.write(&[query], |_| list(&["c"]));
        assert_eq!(result.result().get_untracked(), Some(items(&["c"])));
    }

    #[test]
    fn a_result_of_another_type_is_an_error() {
        let (cache, query) = (Cache::default(), query());
        let result = cache.decoded::<String>(query, || received(1.0));
        assert!(matches!(result.result().get_untracked(), Some(Err(ConvexError::Result(_)))));
    }
}
