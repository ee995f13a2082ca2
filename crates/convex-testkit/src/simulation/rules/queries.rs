//! The server's query set: subscribed queries, and none that are suspended.

use std::collections::BTreeMap;

use serde_json::Value as Json;

use super::Violation;
use crate::simulation::{
    epochs::WantedIdentity,
    schedule::{QueryKind, QuerySpec},
    world::World,
};

const SUSPENDED: &str = "no suspended query runs";
const UNUSED: &str = "an unused query does not outlive an identity change";
const CLEARED: &str = "a cleared query shows no result";

/// A function and its arguments, independent of their order.
type QueryCall = (String, String, String);

fn key(path: &str, args: &Json) -> QueryCall {
    (path.to_owned(), format!("{:?}", args["n"].as_f64()), args["auth"].to_string())
}

#[derive(Default)]
pub(super) struct QueryRules {
    /// The query set of this connection, by query id.
    subscribed: BTreeMap<u64, QueryCall>,
    /// The last epoch in which each query was in use.
    last_used: BTreeMap<QueryCall, u64>,
}

impl QueryRules {
    pub(super) fn socket_left(&mut self) {
        self.subscribed.clear();
    }

    pub(super) fn sent(&mut self, frame: &Json) {
        for change in frame["modifications"].as_array().into_iter().flatten() {
            let Some(id) = change["queryId"].as_u64() else { continue };
            match change["udfPath"].as_str() {
                // Lists have rules of their own.
                Some(path) if path.starts_with("cards:") => {}
                Some(path) => {
                    self.subscribed.insert(id, key(path, &change["args"][0]));
                }
                None => {
                    self.subscribed.remove(&id);
                }
            }
        }
    }

    /// Checks the query set.
    pub(super) fn check(&mut self, world: &World) -> Result<(), Violation> {
        self.record_uses(world);
        for key in self.subscribed.values() {
            let is_suspended =
                |kind: QueryKind| kind.functions().contains(&&*key.0) && world.is_suspended(kind);
            if QueryKind::ALL.into_iter().any(is_suspended) {
                return Violation::of(SUSPENDED, format!("{key:?}"));
            }
            let Some(epoch) = self.last_used.get(key).copied() else {
                return Violation::of(UNUSED, format!("{key:?} was never used"));
            };
            if epoch != world.epochs.current() && world.epochs.identity_in(epoch) == WantedIdentity::User {
                return Violation::of(UNUSED, format!("{key:?}, last used in epoch {epoch}"));
            }
        }
        Ok(())
    }

    fn record_uses(&mut self, world: &World) {
        let (now, epoch) = (world.pair.now(), world.epochs.current());
        let components = world.components.iter().map(|component| component.query);
        let pending = world.requests.iter().filter(|request| world.pair.outcome(request.id).is_none());
        let one_shots = pending.filter_map(|request| request.query);
        for query in components.chain(one_shots) {
            self.last_used.extend(keys(query).map(|key| (key, epoch)));
        }
        for (query, until, prewarmed_in) in &world.prewarmed {
            if *until >= now && *prewarmed_in == epoch {
                self.last_used.extend(keys(*query).map(|key| (key, epoch)));
            }
        }
    }
}

fn keys(query: QuerySpec) -> impl Iterator<Item = QueryCall> {
    query.kind.functions().iter().map(move |path| key(path, &query.args()))
}

/// Checks that queries suspended without results have none.
pub(super) fn check_cleared(world: &World) -> Result<(), Violation> {
    for component in world.components.iter().filter(|component| world.is_cleared(component.query.kind)) {
        if let Some(result) = component.handles.iter().find_map(|query| world.pair.result(*query)) {
            return Violation::of(CLEARED, format!("{:?} shows {result:?}", component.query));
        }
    }
    Ok(())
}
