//! What the server is asked to keep: what is wanted, and nothing of what is suspended.

use std::collections::BTreeMap;

use serde_json::Value as Json;

use super::Violation;
use crate::simulation::{
    epochs::Asking,
    schedule::{Asks, Query},
    world::World,
};

const SUSPENDED: &str = "nothing runs that is suspended";
const WANTED: &str = "what nobody uses does not outlive the wall";
const CLEARED: &str = "what is cleared is not shown";

/// A function and its arguments, whatever their order.
type Call = (String, String, String);

fn call(path: &str, args: &Json) -> Call {
    (path.to_owned(), format!("{:?}", args["n"].as_f64()), args["auth"].to_string())
}

/// What the server of this connection was told to keep.
#[derive(Default)]
pub(super) struct QuerySet {
    asked: BTreeMap<u64, Call>,
    /// When each was last used, by who was asking.
    used: BTreeMap<Call, u64>,
}

impl QuerySet {
    pub(super) fn left(&mut self) {
        self.asked.clear();
    }

    pub(super) fn sent(&mut self, frame: &Json) {
        for change in frame["modifications"].as_array().into_iter().flatten() {
            let Some(id) = change["queryId"].as_u64() else { continue };
            match change["udfPath"].as_str() {
                // What lists ask for has rules of its own.
                Some(path) if path.starts_with("cards:") => {}
                Some(path) => {
                    self.asked.insert(id, call(path, &change["args"][0]));
                }
                None => {
                    self.asked.remove(&id);
                }
            }
        }
    }

    /// Looks at what the server keeps by now.
    pub(super) fn is_wanted(&mut self, world: &World) -> Result<(), Violation> {
        self.note_uses(world);
        for call in self.asked.values() {
            if Asks::ALL
                .into_iter()
                .any(|asks| asks.functions().contains(&&*call.0) && world.is_suspended(asks))
            {
                return Violation::of(SUSPENDED, format!("{call:?}"));
            }
            let Some(used) = self.used.get(call).copied() else {
                return Violation::of(WANTED, format!("nobody ever asked for {call:?}"));
            };
            if used != world.epochs.now() && world.epochs.asking_in(used) == Asking::Person {
                return Violation::of(WANTED, format!("{call:?}, last used in epoch {used}"));
            }
        }
        Ok(())
    }

    fn note_uses(&mut self, world: &World) {
        let (now, epoch) = (world.pair.now(), world.epochs.now());
        let components = world.components.iter().map(|component| component.query);
        let pending = world.requests.iter().filter(|request| world.pair.outcome(request.id).is_none());
        let asked_once = pending.filter_map(|request| request.query);
        for query in components.chain(asked_once) {
            self.used.extend(calls(query).map(|call| (call, epoch)));
        }
        for (query, until, prewarmed_in) in &world.prewarmed {
            if *until >= now && *prewarmed_in == epoch {
                self.used.extend(calls(*query).map(|call| (call, epoch)));
            }
        }
    }
}

fn calls(query: Query) -> impl Iterator<Item = Call> {
    query.asks.functions().iter().map(move |path| call(path, &query.args()))
}

/// What is suspended and cleared shows nothing.
pub(super) fn cleared(world: &World) -> Result<(), Violation> {
    for component in world.components.iter().filter(|component| world.is_cleared(component.query.asks)) {
        if let Some(result) = component.handles.iter().find_map(|query| world.pair.result(*query)) {
            return Violation::of(CLEARED, format!("{:?} shows {result:?}", component.query));
        }
    }
    Ok(())
}
