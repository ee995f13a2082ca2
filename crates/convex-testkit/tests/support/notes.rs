//! How many notes there are, and optimistic updates of it.

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

pub fn count() -> (FunctionPath, Arguments) {
    (FunctionPath::parse("notes:count").unwrap(), Arguments::encode(&()).unwrap().unwrap())
}

/// One note more than the query shows so far; nothing while it loads.
pub fn one_more(store: &mut LocalStore<'_>) -> Updated {
    let (function, args) = count();
    if let Some(shown) = store.get(&function, &args) {
        let shown: f64 = shown.decode().unwrap();
        store.set(&function, &args, EncodedValue::encode(&(shown + 1.0)).unwrap());
    }
    Ok(())
}

/// A world that shows how many notes there are: none.
pub fn counting() -> (World, QueryHandle) {
    let mut world = World::new();
    let shown = world.pair.subscribe("notes:count", &json!({}), Settled);
    world.pair.run_until_live();
    assert_eq!(shows(&world, shown), Some(0.0));
    (world, shown)
}

pub fn shows(world: &World, query: QueryHandle) -> Option<f64> {
    Some(world.pair.result(query)?.unwrap().as_f64().unwrap())
}

/// How often an update has run.
#[derive(Clone, Default)]
pub struct Runs(Arc<AtomicUsize>);

impl Runs {
    /// The update, counted.
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
