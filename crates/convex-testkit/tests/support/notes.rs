//! The query `notes:count`, and optimistic updates of it.

use super::World;
use convex_sync::{
    Arguments, AuthPolicy::Settled, EncodedValue, FunctionPath, LocalStore, OptimisticError, QueryHandle,
};
use serde_json::json;
use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering::Relaxed},
};

pub type Updated = Result<(), OptimisticError>;

pub fn count_query() -> (FunctionPath, Arguments) {
    (FunctionPath::parse("notes:count").unwrap(), Arguments::encode(&()).unwrap().unwrap())
}

/// Adds one to the result of `notes:count`, if it has loaded.
pub fn add_one(store: &mut LocalStore<'_>) -> Updated {
    let (function, args) = count_query();
    if let Some(current) = store.get(&function, &args) {
        let current: f64 = current.decode().unwrap();
        store.set(&function, &args, EncodedValue::encode(&(current + 1.0)).unwrap());
    }
    Ok(())
}

/// A live world without notes, and its query `notes:count`.
pub fn live_count() -> (World, QueryHandle) {
    let mut world = World::new();
    let count = world.pair.subscribe("notes:count", &json!({}), Settled);
    world.pair.run_until_live();
    assert_eq!(count_of(&world, count), Some(0.0));
    (world, count)
}

/// The result of a query that returns a number.
pub fn count_of(world: &World, query: QueryHandle) -> Option<f64> {
    Some(world.pair.result(query)?.unwrap().as_f64().unwrap())
}

/// Counts the runs of an optimistic update.
#[derive(Clone, Default)]
pub struct RunCounter(Arc<AtomicUsize>);

impl RunCounter {
    /// The update, with its runs counted.
    pub fn of(
        &self,
        mut update: impl FnMut(&mut LocalStore<'_>) -> Updated + Send + Sync + 'static,
    ) -> impl FnMut(&mut LocalStore<'_>) -> Updated + Send + Sync + 'static {
        let Self(runs) = self.clone();
        move |store| {
            runs.fetch_add(1, Relaxed);
            update(store)
        }
    }

    pub fn count(&self) -> usize {
        self.0.load(Relaxed)
    }
}
