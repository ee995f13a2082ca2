//! Mutations, actions and one-shot queries: executions, outcomes and optimistic updates (rules 12
//! and 14).

use std::collections::BTreeMap;

use convex_sync::{ConnectionState, ConvexError, EncodedValue, NotSentReason, RequestId};

use serde_json::Value as Json;

use super::{Violation, wire::WireRules};
use crate::{
    functions::FunctionKind,
    simulation::{
        epochs::WantedIdentity,
        functions::is_seed,
        optimistic_updates::placeholder,
        schedule::{QueryKind, QuerySpec, UpdateKind},
        world::{CalledRequest, World},
    },
};

const ONCE: &str = "a request runs at most once";
const SETTLES: &str = "a request settles once, with its true outcome";
const UPDATE: &str = "an optimistic update is shown exactly until its mutation settles";
const ONE_SHOT: &str = "a one-shot query is answered by the server, under the identity of the call";
const WRITES: &str = "the write of a resolved mutation is visible";

/// A mutation fails after this many broken connections in a row (rule 14).
const BREAKS: usize = 7;

#[derive(Default)]
pub(super) struct RequestRules {
    /// How many outcomes have been checked.
    checked: usize,
    /// How many executions have been counted.
    executions_counted: usize,
    /// The executions of each request, by serial number.
    executions: BTreeMap<u32, ExecutionCounts>,
}

#[derive(Default, Clone, Copy)]
struct ExecutionCounts {
    succeeded: usize,
    failed: usize,
}

impl RequestRules {
    /// Checks the requests that have run or settled since the last call.
    pub(super) fn check_settled(&mut self, world: &World, breaks: usize) -> Result<(), Violation> {
        self.count_executions(world)?;
        let outcomes = world.pair.outcomes();
        for index in self.checked..outcomes.len() {
            let (id, outcome) = &outcomes[index];
            if outcomes[..index].iter().any(|(other, _)| other == id) {
                return Violation::of(SETTLES, format!("request {id} settles twice"));
            }
            // A request that fails at once settles before the world has recorded it.
            if let Some(request) = world.requests.iter().find(|request| request.id == *id) {
                self.check_outcome(request, outcome)?;
                check_one_shot(world, request, outcome)?;
                check_reason(world, request, outcome, breaks)?;
            }
        }
        self.checked = outcomes.len();
        check_deadlines(world)
    }

    fn count_executions(&mut self, world: &World) -> Result<(), Violation> {
        let runs = world.pair.deployment.executions();
        let new = &runs[self.executions_counted..];
        self.executions_counted = runs.len();
        for run in new.iter().filter(|run| run.kind != FunctionKind::Query) {
            let Some(id) = run.args.get("id").and_then(|id| id.as_f64()) else { continue };
            let count = self.executions.entry(id as u32).or_default();
            match run.outcome {
                Ok(_) => count.succeeded += 1,
                Err(_) => count.failed += 1,
            }
            // A failed mutation has written nothing and may be retried.
            if count.succeeded > 1 || count.failed > 1 && run.kind == FunctionKind::Action {
                return Violation::of(ONCE, format!("request {id} runs twice"));
            }
            let settled = world.requests.get(id as usize).and_then(|request| world.pair.outcome(request.id));
            if settled.is_some_and(|outcome| outcome.as_ref().is_err_and(is_never_sent)) {
                return Violation::of(
                    SETTLES,
                    format!("request {id} runs, but has settled as never sent: {settled:?}"),
                );
            }
        }
        Ok(())
    }

    fn check_outcome(
        &self,
        request: &CalledRequest,
        outcome: &Result<EncodedValue, ConvexError>,
    ) -> Result<(), Violation> {
        let ExecutionCounts { succeeded, failed } =
            self.executions.get(&request.serial).copied().unwrap_or_default();
        let is_true = match outcome {
            _ if request.kind == FunctionKind::Query => true,
            Ok(_) => succeeded == 1,
            Err(ConvexError::Function(_)) => failed > 0,
            Err(error) => !is_never_sent(error) || succeeded + failed == 0,
        };
        if is_true {
            return Ok(());
        }
        let id = request.id;
        Violation::of(
            SETTLES,
            format!("request {id} succeeded {succeeded} and failed {failed} times: {outcome:?}"),
        )
    }

    /// Checks that queries of notes show the mutations.
    pub(super) fn check_results(world: &World, wire: &WireRules) -> Result<(), Violation> {
        for component in world.components.iter().filter(|component| component.query.kind == QueryKind::Notes)
        {
            let Some(Ok(notes)) = world.pair.result(component.handles[0]) else { continue };
            let ids: Vec<f64> =
                notes["ids"].as_array().into_iter().flatten().filter_map(|id| id.as_f64()).collect();
            for request in &world.requests {
                check_notes(world, &ids, component.query, request, wire)?;
            }
        }
        Ok(())
    }
}

fn check_notes(
    world: &World,
    ids: &[f64],
    query: QuerySpec,
    request: &CalledRequest,
    wire: &WireRules,
) -> Result<(), Violation> {
    let outcome = world.pair.outcome(request.id);
    let (written, expected) = (f64::from(request.serial), placeholder(request.serial));
    let updates = ids.iter().filter(|id| **id == expected).count();
    let has_update = match request.update {
        UpdateKind::Note => true,
        UpdateKind::NoteInOne => query == QuerySpec::ONE,
        UpdateKind::None | UpdateKind::Clears | UpdateKind::Fails => false,
    };
    let expected = usize::from(outcome.is_none() && has_update);
    if updates != expected {
        return Violation::of(UPDATE, format!("request {}: {updates} times, not {expected}", request.id));
    }
    let is_written = ids.contains(&written);
    let is_on_first_connection = request.dials == wire.dials;
    if updates == 1 && is_written && is_on_first_connection {
        return Violation::of(UPDATE, format!("request {}: both its note and its update", request.id));
    }
    let has_resolved = outcome.is_some_and(Result::is_ok)
        && !request.may_end_early
        && request.kind == FunctionKind::Mutation;
    let is_current =
        *world.connection() == ConnectionState::Live && !world.is_suspended(query.kind) && wire.is_answered();
    if has_resolved && is_current && !is_written {
        return Violation::of(WRITES, format!("request {} has resolved, its note is missing", request.id));
    }
    Ok(())
}

/// Checks that a one-shot query ran under the identity of its call, on the server's data.
fn check_one_shot(
    world: &World,
    request: &CalledRequest,
    outcome: &Result<EncodedValue, ConvexError>,
) -> Result<(), Violation> {
    let (Some(query), Ok(result)) = (request.query, outcome) else { return Ok(()) };
    let result: Json = serde_json::from_str(result.as_json()).unwrap_or_default();
    if is_seed(&result) {
        return Violation::of(ONE_SHOT, format!("{result} is of the page"));
    }
    if query.kind == QueryKind::Public {
        return Ok(());
    }
    let epoch = result["epoch"].as_f64().map(|epoch| epoch as u64);
    let is_right = match world.epochs.identity_in(request.epoch) {
        WantedIdentity::User => epoch == Some(request.epoch),
        WantedIdentity::Anonymous => epoch.is_none(),
        WantedIdentity::Undecided => false,
    };
    if !is_right {
        return Violation::of(ONE_SHOT, format!("{result} in epoch {}", request.epoch));
    }
    let Some(ids) = result["ids"].as_array().filter(|_| query.kind == QueryKind::Notes) else {
        return Ok(());
    };
    let ids: Vec<f64> = ids.iter().filter_map(Json::as_f64).collect();
    if ids.iter().any(|id| *id < 0.0) {
        return Violation::of(ONE_SHOT, format!("an optimistic update is part of {result}"));
    }
    let settled = &world.pair.outcomes()[..request.settled_before];
    let written = settled.iter().filter(|(_, outcome)| outcome.is_ok()).filter_map(|(id, _)| {
        let written = world.requests.iter().find(|other| other.id == *id)?;
        let is_certain = written.kind == FunctionKind::Mutation && !written.may_end_early;
        is_certain.then_some(f64::from(written.serial))
    });
    match written.into_iter().find(|id| !ids.contains(id)) {
        Some(id) => Violation::of(WRITES, format!("{result} lacks {id}, which was written before")),
        None => Ok(()),
    }
}

/// Checks that a request fails without an answer only for a reason.
fn check_reason(
    world: &World,
    request: &CalledRequest,
    outcome: &Result<EncodedValue, ConvexError>,
    breaks: usize,
) -> Result<(), Violation> {
    // A mutation that ends its connections looks like a network that breaks each connection.
    let may_be_blamed = request.kills || breaks >= request.breaks + BREAKS;
    let has_identity_changed = world.has_identity_changed(request.epoch);
    let has_reason = match outcome {
        Err(ConvexError::OutcomeUnknown) => {
            has_identity_changed
                || may_be_blamed
                || request.may_end_early
                || request.kind == FunctionKind::Action
        }
        Err(ConvexError::IdentityChanged) => has_identity_changed,
        Err(ConvexError::NotSent(NotSentReason::Unauthenticated)) => {
            world.epochs.identity() == WantedIdentity::Anonymous
        }
        Err(ConvexError::NotSent(_)) => request.may_end_early,
        _ => true,
    };
    if has_reason || world.is_stopped() {
        return Ok(());
    }
    Violation::of(SETTLES, format!("request {} fails without a reason: {outcome:?}", request.id))
}

/// Checks that requests with a timeout settle in time.
fn check_deadlines(world: &World) -> Result<(), Violation> {
    let now = world.pair.now();
    let mut late = world.requests.iter().filter(|request| {
        request.deadline.is_some_and(|deadline| deadline < now) && world.pair.outcome(request.id).is_none()
    });
    late.next().map_or(Ok(()), |request| {
        Violation::of(SETTLES, format!("request {} should have timed out", request.id))
    })
}

/// Whether an error means that the request did not run.
fn is_never_sent(error: &ConvexError) -> bool {
    matches!(error, ConvexError::NotSent(_) | ConvexError::IdentityChanged)
}

/// The requests without an outcome.
pub(in crate::simulation) fn pending(world: &World) -> impl Iterator<Item = RequestId> {
    world.requests.iter().map(|request| request.id).filter(|id| world.pair.outcome(*id).is_none())
}
