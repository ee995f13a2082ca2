//! What goes over the wire (rules 1 to 4 and 9).

use std::{collections::BTreeMap, time::Duration};

use convex_sync::AuthState;
use serde_json::Value as Json;

use super::Violation;
use crate::simulation::{epochs::Asking, world::World};

/// How long `Settled` queries wait for authentication.
const PATIENCE: Duration = Duration::from_secs(10);

const ORDER: &str = "no frame is out of order";
const HOLD: &str = "nothing leaves as the wrong identity";

#[derive(Default)]
pub(super) struct Wire {
    pub(super) dials: usize,
    last_connect: Option<u64>,
    is_left: bool,
    /// What this connection was told.
    told: Told,
    /// The tokens the server rejected, by what the client was told.
    rejected: Vec<String>,
}

#[derive(Default)]
struct Told {
    connected: bool,
    query_sets: u64,
    identities: u64,
    /// The token of each `Authenticate`, by its base version; `None` is nobody's.
    tokens: BTreeMap<u64, Option<String>>,
}

impl Wire {
    pub(super) fn dialled(&mut self) {
        self.dials += 1;
        self.is_left = false;
    }

    /// What still arrives is not for the client.
    pub(super) fn left(&mut self) {
        self.told = Told::default();
        self.is_left = true;
    }

    pub(super) fn rejections(&self) -> usize {
        self.rejected.len()
    }

    pub(super) fn received(&mut self, frame: &Json) {
        let rejects = frame["type"] == "AuthError" && frame["authUpdateAttempted"] != Json::Bool(false);
        let token = frame["baseVersion"].as_u64().and_then(|base| self.told.tokens.get(&base)?.clone());
        if rejects && !self.is_left {
            // A rejection that does not say of what counts, too.
            self.rejected.push(token.unwrap_or_default());
        }
    }

    pub(super) fn sent(&mut self, world: &World, frame: &Json) -> Result<(), Violation> {
        let kind = frame["type"].as_str().unwrap_or_default();
        if (kind == "Connect") == self.told.connected {
            return Violation::of(
                ORDER,
                format!("{kind} on a connection that has begun: {}", self.told.connected),
            );
        }
        match kind {
            "Connect" => self.connects(frame),
            "Authenticate" => {
                version(frame, &mut self.told.identities)?;
                self.authenticates(world, frame)
            }
            "ModifyQuerySet" => {
                version(frame, &mut self.told.query_sets)?;
                let added = frame["modifications"].as_array().into_iter().flatten();
                added
                    .filter(|change| change["type"] == "Add")
                    .try_for_each(|query| self.asks(world, query, true))
            }
            "Mutation" | "Action" => self.asks(world, frame, false),
            _ => Ok(()),
        }
    }

    fn connects(&mut self, frame: &Json) -> Result<(), Violation> {
        self.told.connected = true;
        // A socket that opens and breaks at once counts, and is told nothing.
        let count = frame["connectionCount"].as_u64();
        let last = std::mem::replace(&mut self.last_connect, count);
        if count <= last {
            return Violation::of(ORDER, format!("connection {count:?} after {last:?}"));
        }
        Ok(())
    }

    fn authenticates(&mut self, world: &World, frame: &Json) -> Result<(), Violation> {
        let base = frame["baseVersion"].as_u64().unwrap_or_default();
        let token = frame["value"].as_str().map(str::to_owned);
        self.told.tokens.insert(base, token.clone());
        let Some(token) = token else { return Ok(()) };
        if world.epochs.asking() != Asking::Person
            || world.provider.epoch_of(&token) != Some(world.epochs.now())
        {
            return Violation::of(HOLD, "a token is sent of somebody who is not asking");
        }
        if self.rejected.contains(&token) {
            return Violation::of("a rejected token is never sent again", "it is");
        }
        Ok(())
    }

    /// A query, mutation or action leaves.
    fn asks(&self, world: &World, call: &Json, is_query: bool) -> Result<(), Violation> {
        let Some(policy) = call["args"][0]["auth"].as_str().filter(|policy| *policy != "Immediate") else {
            return Ok(());
        };
        let told = self.told.tokens.values().next_back().and_then(Option::as_deref);
        let epoch = told.and_then(|token| world.provider.epoch_of(token));
        let is_patient = || match world.pair.client.auth() {
            AuthState::Loading { since, .. } => world.pair.now() - *since < PATIENCE,
            _ => true,
        };
        let may_leave = match world.epochs.asking() {
            Asking::Person if epoch == Some(world.epochs.now()) => true,
            Asking::Nobody => told.is_none() && policy == "Settled",
            Asking::Person | Asking::Undecided => {
                told.is_none() && policy == "Settled" && is_query && !is_patient()
            }
        };
        if may_leave {
            return Ok(());
        }
        let who = if told.is_some() { "somebody" } else { "nobody" };
        let asking = world.epochs.asking();
        Violation::of(HOLD, format!("{} leaves as {who}, and {asking:?} is asking: {call}", call["udfPath"]))
    }
}

fn version(frame: &Json, count: &mut u64) -> Result<(), Violation> {
    if frame["baseVersion"].as_u64() != Some(*count) {
        return Violation::of(
            ORDER,
            format!("{} has base {}, not {count}", frame["type"], frame["baseVersion"]),
        );
    }
    *count += 1;
    Ok(())
}
