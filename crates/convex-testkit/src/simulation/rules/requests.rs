//! Mutations and actions: how often they run, how they end, what is shown of them (rules 12 and
//! 14).

use std::collections::BTreeMap;

use convex_sync::{ConnectionState, ConvexError, EncodedValue, NotSentReason, RequestId};

use serde_json::Value as Json;

use super::{Violation, wire::Wire};
use crate::{
    functions::FunctionKind,
    simulation::{
        epochs::Asking,
        schedule::{Asks, Query, Update},
        world::{Request, World, marker},
    },
};

const ONCE: &str = "a request runs once at the most";
const SETTLES: &str = "a request settles once, by what became of it";
const LAYERS: &str = "an optimistic update is shown exactly until its mutation settles";
const ANSWERED: &str = "what is asked once is answered to who asked, by the server";
const WRITES: &str = "who has the answer sees the write";

/// Under so many connections that break one after the other a mutation ends (rule 14).
const BREAKS: usize = 7;

#[derive(Default)]
pub(super) struct Outcomes {
    seen: usize,
    runs_seen: usize,
    runs: BTreeMap<u32, Runs>,
}

#[derive(Default, Clone, Copy)]
struct Runs {
    succeeded: usize,
    failed: usize,
}

impl Outcomes {
    /// Looks at the requests that have run or settled since the last time.
    pub(super) fn settled(&mut self, world: &World, breaks: usize) -> Result<(), Violation> {
        self.count_runs(world)?;
        let outcomes = world.pair.outcomes();
        for index in self.seen..outcomes.len() {
            let (id, outcome) = &outcomes[index];
            if outcomes[..index].iter().any(|(other, _)| other == id) {
                return Violation::of(SETTLES, format!("request {id} settles twice"));
            }
            // A request that is refused settles before its caller knows of it.
            if let Some(request) = world.requests.iter().find(|request| request.id == *id) {
                self.ended(request, outcome)?;
                answered(world, request, outcome)?;
                is_due(world, request, outcome, breaks)?;
            }
        }
        self.seen = outcomes.len();
        in_time(world)
    }

    fn count_runs(&mut self, world: &World) -> Result<(), Violation> {
        let runs = world.pair.deployment.executions();
        let new = &runs[self.runs_seen..];
        self.runs_seen = runs.len();
        for run in new.iter().filter(|run| run.kind != FunctionKind::Query) {
            let Some(id) = run.args.get("id").and_then(|id| id.as_f64()) else { continue };
            let count = self.runs.entry(id as u32).or_default();
            match run.outcome {
                Ok(_) => count.succeeded += 1,
                Err(_) => count.failed += 1,
            }
            // A mutation that failed wrote nothing, and may be tried again.
            if count.succeeded > 1 || count.failed > 1 && run.kind == FunctionKind::Action {
                return Violation::of(ONCE, format!("request {id} runs twice"));
            }
            let settled = world.requests.get(id as usize).and_then(|request| world.pair.outcome(request.id));
            if settled.is_some_and(|outcome| outcome.as_ref().is_err_and(is_certain)) {
                return Violation::of(
                    SETTLES,
                    format!("request {id} runs, and was said never to: {settled:?}"),
                );
            }
        }
        Ok(())
    }

    fn ended(&self, request: &Request, outcome: &Result<EncodedValue, ConvexError>) -> Result<(), Violation> {
        let Runs { succeeded, failed } = self.runs.get(&request.serial).copied().unwrap_or_default();
        let is_true = match outcome {
            _ if request.kind == FunctionKind::Query => true,
            Ok(_) => succeeded == 1,
            Err(ConvexError::Function(_)) => failed > 0,
            Err(error) => !is_certain(error) || succeeded + failed == 0,
        };
        if is_true {
            return Ok(());
        }
        Violation::of(
            SETTLES,
            format!("request {} ran {succeeded} times well and {failed} badly: {outcome:?}", request.id),
        )
    }

    /// Looks at what lists show of the mutations there are.
    pub(super) fn shown(world: &World, wire: &Wire) -> Result<(), Violation> {
        for component in world.components.iter().filter(|component| component.query.asks == Asks::Notes) {
            let Some(Ok(notes)) = world.pair.result(component.handles[0]) else { continue };
            let shown: Vec<f64> =
                notes["ids"].as_array().into_iter().flatten().filter_map(|id| id.as_f64()).collect();
            for request in &world.requests {
                list_shows(world, &shown, component.query, request, wire)?;
            }
        }
        Ok(())
    }
}

fn list_shows(
    world: &World,
    shown: &[f64],
    query: Query,
    request: &Request,
    wire: &Wire,
) -> Result<(), Violation> {
    let outcome = world.pair.outcome(request.id);
    let (written, expected) = (f64::from(request.serial), marker(request.serial));
    let layers = shown.iter().filter(|id| **id == expected).count();
    let is_meant = match request.update {
        Update::Note => true,
        Update::NoteInOne => query == Query::ONE,
        Update::None | Update::Clears | Update::Fails => false,
    };
    let wanted = usize::from(outcome.is_none() && is_meant);
    if layers != wanted {
        return Violation::of(LAYERS, format!("request {}: {layers} times, not {wanted}", request.id));
    }
    let is_written = shown.contains(&written);
    let on_one_connection = request.dials == wire.dials;
    if layers == 1 && is_written && on_one_connection {
        return Violation::of(LAYERS, format!("request {}: its note and its update at once", request.id));
    }
    let resolved = outcome.is_some_and(Result::is_ok)
        && !request.may_end_early
        && request.kind == FunctionKind::Mutation;
    let sees_all =
        *world.connection() == ConnectionState::Live && !world.is_suspended(query.asks) && wire.is_answered();
    if resolved && sees_all && !is_written {
        return Violation::of(WRITES, format!("request {} is answered, its note is not there", request.id));
    }
    Ok(())
}

/// What is asked once is answered to who asked, by what the server knew.
fn answered(
    world: &World,
    request: &Request,
    outcome: &Result<EncodedValue, ConvexError>,
) -> Result<(), Violation> {
    let (Some(query), Ok(answer)) = (request.query, outcome) else { return Ok(()) };
    if query.asks == Asks::Public {
        return Ok(());
    }
    let answer: Json = serde_json::from_str(answer.as_json()).unwrap_or_default();
    let epoch = answer["epoch"].as_f64().map(|epoch| epoch as u64);
    let as_asked = match world.epochs.asking_in(request.epoch) {
        Asking::Person => epoch == Some(request.epoch),
        Asking::Nobody => epoch.is_none(),
        Asking::Undecided => false,
    };
    if !as_asked {
        return Violation::of(ANSWERED, format!("{answer} in epoch {}", request.epoch));
    }
    let Some(ids) = answer["ids"].as_array().filter(|_| query.asks == Asks::Notes) else { return Ok(()) };
    let ids: Vec<f64> = ids.iter().filter_map(Json::as_f64).collect();
    if ids.iter().any(|id| *id < 0.0) {
        return Violation::of(ANSWERED, format!("by an optimistic update: {answer}"));
    }
    let settled = &world.pair.outcomes()[..request.settled_before];
    let written = settled.iter().filter(|(_, outcome)| outcome.is_ok()).filter_map(|(id, _)| {
        let written = world.requests.iter().find(|other| other.id == *id)?;
        let is_certain = written.kind == FunctionKind::Mutation && !written.may_end_early;
        is_certain.then_some(f64::from(written.serial))
    });
    match written.into_iter().find(|id| !ids.contains(id)) {
        Some(id) => Violation::of(WRITES, format!("{answer} is the answer, and {id} was written before")),
        None => Ok(()),
    }
}

/// A request ends without an answer only where there is a reason to.
fn is_due(
    world: &World,
    request: &Request,
    outcome: &Result<EncodedValue, ConvexError>,
    breaks: usize,
) -> Result<(), Violation> {
    // Nobody can tell a mutation that breaks its connections from a network that breaks each
    // connection under it.
    let may_be_blamed = request.kills || breaks >= request.breaks + BREAKS;
    let is_past = world.is_past(request.epoch);
    let is_due = match outcome {
        Err(ConvexError::OutcomeUnknown) => {
            is_past || may_be_blamed || request.may_end_early || request.kind == FunctionKind::Action
        }
        Err(ConvexError::IdentityChanged) => is_past,
        Err(ConvexError::NotSent(NotSentReason::Unauthenticated)) => world.epochs.asking() == Asking::Nobody,
        Err(ConvexError::NotSent(_)) => request.may_end_early,
        _ => true,
    };
    if is_due || world.is_over() {
        return Ok(());
    }
    Violation::of(SETTLES, format!("request {} has no reason to: {outcome:?}", request.id))
}

/// A request that may not take for ever does not.
fn in_time(world: &World) -> Result<(), Violation> {
    let now = world.pair.now();
    let mut late = world.requests.iter().filter(|request| {
        request.deadline.is_some_and(|deadline| deadline < now) && world.pair.outcome(request.id).is_none()
    });
    late.next().map_or(Ok(()), |request| {
        Violation::of(SETTLES, format!("request {} should have timed out", request.id))
    })
}

/// Whether an error says for certain that the request did not run.
fn is_certain(error: &ConvexError) -> bool {
    matches!(error, ConvexError::NotSent(_) | ConvexError::IdentityChanged)
}

/// The requests that have no outcome.
pub(in crate::simulation) fn pending(world: &World) -> impl Iterator<Item = RequestId> {
    world.requests.iter().map(|request| request.id).filter(|id| world.pair.outcome(*id).is_none())
}
