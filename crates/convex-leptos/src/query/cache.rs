//! The results of a client's live queries, decoded once for each type that somebody reads them as.

use crate::ConvexError;
use convex_web::sync::{EncodedValue, FunctionError, QueryHandle};
use leptos::prelude::*;
use serde::de::DeserializeOwned;
use std::{
    any::Any,
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
};

/// A query's result as received.
pub(crate) type Received = Option<Result<EncodedValue, FunctionError>>;

/// A query's result as shown.
pub(crate) type Shown<T> = Option<Result<Arc<T>, ConvexError>>;

/// The results that somebody looks at. One is forgotten with its last [`Arc`].
#[derive(Clone, Default)]
pub(crate) struct Cache(Arc<Mutex<Slots>>);

type Slots = HashMap<QueryHandle, Vec<Weak<dyn Live>>>;

impl Cache {
    /// The result of a query as a `T`. `received` is asked if nobody looks at it as that yet.
    pub(crate) fn slot<T>(&self, query: QueryHandle, received: impl FnOnce() -> Received) -> Arc<Slot<T>>
    where
        T: DeserializeOwned + Send + Sync + 'static,
    {
        if let Some(slot) =
            self.live(query).into_iter().find_map(|live| (live as Arc<dyn Any + Send + Sync>).downcast().ok())
        {
            return slot;
        }
        let slot = Arc::new(Slot::new(query, self.clone(), received()));
        let live: Weak<Slot<T>> = Arc::downgrade(&slot);
        self.lock().entry(query).or_default().push(live);
        slot
    }

    /// Writes new results, without notifying anybody, and returns those that are to be notified.
    pub(crate) fn write(
        &self,
        queries: &[QueryHandle],
        received: impl Fn(QueryHandle) -> Received,
    ) -> Vec<Arc<dyn Live>> {
        let mut changed = Vec::new();
        for &query in queries {
            let received = received(query);
            changed.extend(self.live(query).into_iter().filter(|live| live.write(&received)));
        }
        changed
    }

    fn live(&self, query: QueryHandle) -> Vec<Arc<dyn Live>> {
        self.lock().get(&query).into_iter().flatten().filter_map(Weak::upgrade).collect()
    }

    fn forget_dead(&self, query: QueryHandle) {
        let mut slots = self.lock();
        if let Some(live) = slots.get_mut(&query) {
            live.retain(|slot| slot.strong_count() > 0);
            if live.is_empty() {
                slots.remove(&query);
            }
        }
    }

    /// Nothing of the user's runs under this lock.
    fn lock(&self) -> MutexGuard<'_, Slots> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A slot of whatever type.
pub(crate) trait Live: Any + Send + Sync {
    /// Takes in a result; `false` where it is the one it has.
    fn write(&self, received: &Received) -> bool;
    /// Tells everybody who read it.
    fn notify(&self);
}

/// The result of one query, as one type.
pub(crate) struct Slot<T> {
    query: QueryHandle,
    cache: Cache,
    received: Mutex<Received>,
    shown: ArcRwSignal<Shown<T>>,
}

impl<T: DeserializeOwned + Send + Sync + 'static> Slot<T> {
    fn new(query: QueryHandle, cache: Cache, received: Received) -> Self {
        let shown = ArcRwSignal::new(decode(&received));
        Self { query, cache, received: Mutex::new(received), shown }
    }
}

impl<T> Slot<T> {
    pub(crate) fn shown(&self) -> &ArcRwSignal<Shown<T>> {
        &self.shown
    }
}

impl<T: DeserializeOwned + Send + Sync + 'static> Live for Slot<T> {
    fn write(&self, received: &Received) -> bool {
        {
            let mut last = self.received.lock().unwrap_or_else(PoisonError::into_inner);
            if *last == *received {
                return false;
            }
            last.clone_from(received);
        }
        // Gone before the next one is made: both may be large.
        let old = self.shown.write_untracked().take();
        drop(old);
        *self.shown.write_untracked() = decode(received);
        true
    }

    fn notify(&self) {
        self.shown.notify();
    }
}

impl<T> Drop for Slot<T> {
    fn drop(&mut self) {
        self.cache.forget_dead(self.query);
    }
}

fn decode<T: DeserializeOwned>(received: &Received) -> Shown<T> {
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

    fn received(count: f64) -> Received {
        Some(Ok(EncodedValue::encode(&count).expect("a value")))
    }

    #[test]
    fn readers_of_one_type_share_a_slot_and_the_last_one_takes_it_away() {
        let (cache, query) = (Cache::default(), query());
        let first = cache.slot::<f64>(query, || received(1.0));
        let second = cache.slot::<f64>(query, || unreachable!("it is there"));
        assert!(Arc::ptr_eq(&first, &second));
        let other = cache.slot::<i64>(query, || received(1.0));
        assert_eq!(other.shown().get_untracked(), Some(Ok(Arc::new(1))));
        drop((first, other));
        assert_eq!(cache.live(query).len(), 1);
        drop(second);
        assert!(cache.lock().is_empty());
    }

    #[test]
    fn a_result_is_written_first_and_told_later() {
        let (cache, query) = (Cache::default(), query());
        let slot = cache.slot::<f64>(query, || None);
        let memo = ArcMemo::new({
            let slot = Arc::clone(&slot);
            move |_| slot.shown().get()
        });
        assert_eq!(memo.get_untracked(), None);
        let changed = cache.write(&[query], |_| received(1.0));
        assert_eq!(slot.shown().get_untracked(), Some(Ok(Arc::new(1.0))));
        assert_eq!(memo.get_untracked(), None);
        changed.iter().for_each(|slot| slot.notify());
        assert_eq!(memo.get_untracked(), Some(Ok(Arc::new(1.0))));
    }

    #[test]
    fn text_that_is_the_same_is_no_change() {
        let (cache, query) = (Cache::default(), query());
        let slot = cache.slot::<f64>(query, || received(1.0));
        assert!(cache.write(&[query], |_| received(1.0)).is_empty());
        assert_eq!(cache.write(&[query], |_| None).len(), 1);
        assert_eq!(slot.shown().get_untracked(), None);
    }

    #[test]
    fn what_is_not_of_the_type_is_an_error_for_those_who_asked_for_it() {
        let (cache, query) = (Cache::default(), query());
        let slot = cache.slot::<String>(query, || received(1.0));
        assert!(matches!(slot.shown().get_untracked(), Some(Err(ConvexError::Result(_)))));
    }
}
