//! The identity that functions run as, and the identity that results are shown to (rules 1, 8 and
//! 9).

use std::collections::BTreeMap;

use convex_sync::{AuthPolicy, AuthState, ConnectionState, QueryHandle};
use serde_json::Value as Json;

use super::Violation;
use crate::{
    deployment::Execution,
    functions::FunctionKind,
    simulation::{
        epochs::WantedIdentity,
        schedule::{QueryKind, QuerySpec},
        world::{Component, World},
    },
};

const EXECUTION: &str = "nothing runs as the wrong identity";
const RESULT: &str = "no result of one user is shown to another";
const TRANSITION: &str = "the results of one transition are shown together";
const NUMBER: &str = "each identity has one number of its own";
const STAYS: &str = "a result stays while the identity does not change";

#[derive(Default)]
pub(super) struct IdentityRules {
    /// How many executions have been checked.
    checked: usize,
    /// The queries with a result, and the epoch of the result.
    with_result: BTreeMap<QueryHandle, u64>,
    /// The number of the identity that the client last reported.
    reported: u64,
    /// The number of each epoch with a user.
    numbers: BTreeMap<u64, u64>,
    /// The subject of each number.
    subjects: BTreeMap<u64, Option<String>>,
}

impl IdentityRules {
    /// Checks the executions since the last call.
    pub(super) fn check_executions(&mut self, world: &World) -> Result<(), Violation> {
        let runs = world.pair.deployment.executions();
        let new = &runs[self.checked..];
        self.checked = runs.len();
        new.iter().try_for_each(|run| check_execution(world, run))
    }

    /// The client reported the number of its identity.
    pub(super) fn reported(&mut self, identity: u64) {
        self.reported = identity;
    }

    /// Checks that the number of the identity changes with the identity, and only then.
    pub(super) fn check_number(&mut self, world: &World) -> Result<(), Violation> {
        let (identity, epoch) = (world.pair.client.identity(), world.epochs.current());
        if identity != self.reported {
            return Violation::of(NUMBER, format!("{identity} was not reported"));
        }
        if let Some(claims) = world.pair.client.claims() {
            let subject = self.subjects.entry(identity).or_insert(claims.subject.clone());
            if *subject != claims.subject {
                let how = format!("{identity} stands for {subject:?} and {:?}", claims.subject);
                return Violation::of(NUMBER, how);
            }
        }
        if world.epochs.identity() != WantedIdentity::User || world.has_identity_changed(epoch) {
            return Ok(());
        }
        if *self.numbers.entry(epoch).or_insert(identity) != identity {
            return Violation::of(NUMBER, format!("{identity} is a second number of epoch {epoch}"));
        }
        let is_reused = |(other, number): (&u64, &u64)| *other != epoch && *number == identity;
        if self.numbers.iter().any(is_reused) {
            return Violation::of(NUMBER, format!("{identity} is the number of two epochs"));
        }
        Ok(())
    }

    /// Records the queries that must show a result of the page from now on.
    pub(super) fn seeded(&mut self, world: &mut World) {
        let epoch = world.epochs.current();
        if let Some(page) = &mut world.page {
            self.with_result.extend(page.seeded.drain(..).map(|query| (query, epoch)));
        }
    }

    /// Checks the results of the components. `is_answered`: no response of the server is pending.
    pub(super) fn check_results(&mut self, world: &World, is_answered: bool) -> Result<(), Violation> {
        let epoch = world.epochs.current();
        let before = std::mem::take(&mut self.with_result);
        for component in &world.components {
            let may_be_cleared =
                world.is_cleared(component.query.kind) || world.is_cleared_by_update(component.query);
            for query in &component.handles {
                let had_result = before.get(query) == Some(&epoch) && !world.has_identity_changed(epoch);
                if world.pair.result(*query).is_some() {
                    self.with_result.insert(*query, epoch);
                } else if had_result && !may_be_cleared {
                    return Violation::of(STAYS, format!("the result of {:?} is gone", component.query));
                }
            }
        }
        world.components.iter().try_for_each(|component| check_component(world, component, is_answered))
    }
}

fn epoch_of(run: &Execution) -> Option<u64> {
    run.identity.as_ref()?.claims.get("epoch")?.as_u64()
}

fn check_execution(world: &World, run: &Execution) -> Result<(), Violation> {
    let is_required = run.args.get("auth").and_then(|auth| auth.as_str()) == Some("Required");
    if is_required && run.identity.is_none() {
        return Violation::of(EXECUTION, format!("{} requires a user and ran anonymously", run.path));
    }
    if run.kind == FunctionKind::Query {
        return Ok(());
    }
    let Some(id) = run.args.get("id").and_then(|id| id.as_f64()) else { return Ok(()) };
    let Some(request) = world.requests.get(id as usize) else { return Ok(()) };
    let is_right = match world.epochs.identity_in(request.epoch) {
        WantedIdentity::User => epoch_of(run) == Some(request.epoch),
        WantedIdentity::Anonymous => run.identity.is_none(),
        WantedIdentity::Undecided => false,
    };
    if is_right {
        return Ok(());
    }
    let (id, called_in, ran_in) = (request.id, request.epoch, epoch_of(run));
    Violation::of(EXECUTION, format!("request {id} was called in epoch {called_in} and ran in {ran_in:?}"))
}

fn check_component(world: &World, component: &Component, is_answered: bool) -> Result<(), Violation> {
    let mut results = Vec::new();
    for query in &component.handles {
        match world.pair.result(*query) {
            None => {}
            Some(Err(error)) => return Violation::of("every error is one of a function", error),
            Some(Ok(result)) => results.push(result),
        }
    }
    if component.query.kind == QueryKind::Public {
        return Ok(());
    }
    for result in &results {
        check_result(world, component.query, result, is_answered)?;
    }
    match &*results {
        [left, right] if left["count"] != right["count"] => {
            Violation::of(TRANSITION, format!("{} beside {}", left["count"], right["count"]))
        }
        _ => Ok(()),
    }
}

fn check_result(world: &World, query: QuerySpec, result: &Json, is_answered: bool) -> Result<(), Violation> {
    // A suspended or stale query still has its earlier result.
    let is_current =
        *world.connection() == ConnectionState::Live && !world.is_suspended(query.kind) && is_answered;
    let epoch = result["epoch"].as_f64().map(|epoch| epoch as u64);
    let is_users = epoch == Some(world.epochs.current());
    let is_anonymous = epoch.is_none() && query.auth == AuthPolicy::Settled;
    let client = &world.pair.client;
    let is_allowed = match (world.epochs.identity(), client.auth()) {
        (WantedIdentity::Anonymous | WantedIdentity::Undecided, _) => is_anonymous,
        // An anonymous result stays until the user's own result arrives.
        (WantedIdentity::User, AuthState::Authenticated { .. }) => is_users || is_anonymous && !is_current,
        (WantedIdentity::User, _) => is_users || is_anonymous,
    };
    if !is_allowed {
        let (identity, epoch) = (world.epochs.identity(), world.epochs.current());
        return Violation::of(RESULT, format!("{result} is shown to {identity:?} of epoch {epoch}"));
    }
    let subject = client.claims().and_then(|claims| claims.subject.as_deref());
    match (subject, result["sub"].as_str()) {
        (Some(subject), Some(other)) if subject != other => {
            Violation::of(RESULT, format!("a result of {other} is shown to {subject}"))
        }
        _ => Ok(()),
    }
}
