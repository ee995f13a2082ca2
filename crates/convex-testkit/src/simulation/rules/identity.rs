//! Who ran what, and to whom it is shown (rules 1, 8 and 9).

use std::collections::BTreeMap;

use convex_sync::{AuthPolicy, AuthState, ConnectionState, QueryHandle};
use serde_json::Value as Json;

use super::Violation;
use crate::{
    deployment::Execution,
    functions::FunctionKind,
    simulation::{
        epochs::Asking,
        schedule::{Asks, Query},
        world::{Component, World},
    },
};

const RAN: &str = "nothing runs as the wrong identity";
const SHOWN: &str = "nothing of one person is shown to another";
const TORN: &str = "a transition is shown whole";
const NUMBERED: &str = "an identity has a number of its own";
const STAYS: &str = "what a person is shown stays";

#[derive(Default)]
pub(super) struct Identities {
    seen: usize,
    /// What has a result, and in which epoch it had one.
    shown: BTreeMap<QueryHandle, u64>,
    /// The number of the identity as the client last told it.
    told: u64,
    /// The number of each epoch of a person.
    numbers: BTreeMap<u64, u64>,
    /// The subject of each number.
    subjects: BTreeMap<u64, Option<String>>,
}

impl Identities {
    /// Looks at what has run since the last time.
    pub(super) fn executed(&mut self, world: &World) -> Result<(), Violation> {
        let runs = world.pair.deployment.executions();
        let new = &runs[self.seen..];
        self.seen = runs.len();
        new.iter().try_for_each(|run| ran(world, run))
    }

    pub(super) fn told(&mut self, identity: u64) {
        self.told = identity;
    }

    /// Looks at the number of the identity: it changes with the identity, and only then.
    pub(super) fn numbered(&mut self, world: &World) -> Result<(), Violation> {
        let (identity, epoch) = (world.pair.client.identity(), world.epochs.now());
        if identity != self.told {
            return Violation::of(NUMBERED, format!("{identity} was not told"));
        }
        if let Some(claims) = world.pair.client.claims() {
            let subject = self.subjects.entry(identity).or_insert(claims.subject.clone());
            if *subject != claims.subject {
                return Violation::of(
                    NUMBERED,
                    format!("{identity} is {subject:?} and {:?}", claims.subject),
                );
            }
        }
        if world.epochs.asking() != Asking::Person || world.is_past(epoch) {
            return Ok(());
        }
        if *self.numbers.entry(epoch).or_insert(identity) != identity {
            return Violation::of(NUMBERED, format!("{identity} is a second one of epoch {epoch}"));
        }
        let is_of_another = |(other, number): (&u64, &u64)| *other != epoch && *number == identity;
        if self.numbers.iter().any(is_of_another) {
            return Violation::of(NUMBERED, format!("{identity} is of two epochs"));
        }
        Ok(())
    }

    /// Looks at what the components show; `is_answered`: the server owes nothing.
    pub(super) fn shown(&mut self, world: &World, is_answered: bool) -> Result<(), Violation> {
        let epoch = world.epochs.now();
        let before = std::mem::take(&mut self.shown);
        for component in &world.components {
            let may_go =
                world.is_cleared(component.query.asks) || world.is_cleared_by_update(component.query);
            for query in &component.handles {
                if world.pair.result(*query).is_some() {
                    self.shown.insert(*query, epoch);
                } else if before.get(query) == Some(&epoch) && !world.is_past(epoch) && !may_go {
                    return Violation::of(STAYS, "a result is gone");
                }
            }
        }
        world.components.iter().try_for_each(|component| component_shows(world, component, is_answered))
    }
}

fn epoch_of(run: &Execution) -> Option<u64> {
    run.identity.as_ref()?.claims.get("epoch")?.as_u64()
}

fn ran(world: &World, run: &Execution) -> Result<(), Violation> {
    let is_required = run.args.get("auth").and_then(|auth| auth.as_str()) == Some("Required");
    if is_required && run.identity.is_none() {
        return Violation::of(RAN, format!("{} needs a person and ran as nobody", run.path));
    }
    if run.kind == FunctionKind::Query {
        return Ok(());
    }
    let Some(id) = run.args.get("id").and_then(|id| id.as_f64()) else { return Ok(()) };
    let Some(request) = world.requests.get(id as usize) else { return Ok(()) };
    let as_asked = match world.epochs.asking_in(request.epoch) {
        Asking::Person => epoch_of(run) == Some(request.epoch),
        Asking::Nobody => run.identity.is_none(),
        Asking::Undecided => false,
    };
    if as_asked {
        return Ok(());
    }
    Violation::of(
        RAN,
        format!(
            "request {} was called in epoch {} and ran in {:?}",
            request.id,
            request.epoch,
            epoch_of(run)
        ),
    )
}

fn component_shows(world: &World, component: &Component, is_answered: bool) -> Result<(), Violation> {
    let mut results = Vec::new();
    for query in &component.handles {
        match world.pair.result(*query) {
            None => {}
            Some(Err(error)) => return Violation::of("errors are those of functions", error),
            Some(Ok(result)) => results.push(result),
        }
    }
    if component.query.asks == Asks::Public {
        return Ok(());
    }
    for result in &results {
        belongs(world, component.query, result, is_answered)?;
    }
    match &*results {
        [left, right] if left["count"] != right["count"] => {
            Violation::of(TORN, format!("{} beside {}", left["count"], right["count"]))
        }
        _ => Ok(()),
    }
}

fn belongs(world: &World, query: Query, result: &Json, is_answered: bool) -> Result<(), Violation> {
    // What does not run, or has yet to run again, cannot be given anew to who is asking.
    let is_current =
        *world.connection() == ConnectionState::Live && !world.is_suspended(query.asks) && is_answered;
    let epoch = result["epoch"].as_f64().map(|epoch| epoch as u64);
    let theirs = epoch == Some(world.epochs.now());
    let anonymous = epoch.is_none() && query.auth == AuthPolicy::Settled;
    let client = &world.pair.client;
    let is_fine = match (world.epochs.asking(), client.auth()) {
        (Asking::Nobody | Asking::Undecided, _) => anonymous,
        // What was shown to nobody stays until the person's own result is there, and then for good.
        (Asking::Person, AuthState::Authenticated { .. }) => theirs || anonymous && !is_current,
        (Asking::Person, _) => theirs || anonymous,
    };
    if !is_fine {
        let asking = world.epochs.asking();
        return Violation::of(SHOWN, format!("{result} to {asking:?} of epoch {}", world.epochs.now()));
    }
    let subject = client.claims().and_then(|claims| claims.subject.as_deref());
    match (subject, result["sub"].as_str()) {
        (Some(subject), Some(shown)) if subject != shown => {
            Violation::of(SHOWN, format!("what is {shown}'s to {subject}"))
        }
        _ => Ok(()),
    }
}
