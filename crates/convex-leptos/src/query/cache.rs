//! The results of a client's live queries, decoded once for each type that they are read as.

use crate::ConvexError;
use convex_web::sync::{EncodedValue, FunctionError, QueryHandle};
use leptos::prelude::*;
use serde::de::DeserializeOwned;
use std::{
    any::Any,
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
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
}

impl<T: DeserializeOwned + Send + Sync + 'static> DecodedResult<T> {
    fn new(query: QueryHandle, cache: Cache) -> Self {
        Self { query, cache, received: Mutex::new(None), result: ArcRwSignal::new(None) }
    }
}

impl<T> DecodedResult<T> {
    pub(crate) fn result(&self) -> &ArcRwSignal<QueryResult<T>> {
        &self.result
    }
}

impl<T: DeserializeOwned + Send + Sync + 'static> LiveResult for DecodedResult<T> {
    fn write(&self, received: &EncodedResult) -> bool {
        {
            let mut last = self.received.lock().unwrap_or_else(PoisonError::into_inner);
            if *last == *received {
                return false;
            }
            last.clone_from(received);
        }
        // Dropped before the next value is decoded: both may be large.
        let old = self.result.write_untracked().take();
        drop(old);
        *self.result.write_untracked() = decode(received);
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
    fn a_result_of_another_type_is_an_error() {
        let (cache, query) = (Cache::default(), query());
        let result = cache.decoded::<String>(query, || received(1.0));
        assert!(matches!(result.result().get_untracked(), Some(Err(ConvexError::Result(_)))));
    }
}
