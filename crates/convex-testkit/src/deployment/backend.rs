//! Where functions run: on the data, as somebody, and noted down.

use std::{collections::BTreeMap, mem, time::Duration};

use convex_sync::{Time, UnixMillis};
use convex_sync_types::Timestamp;
use sha2::{Digest, Sha256};

use super::execution::{ActionRun, Caller, Committed, Execution, Failure, MutationRun, QueryRun};
use crate::{
    functions::{ActionCtx, Args, FunctionError, FunctionKind, Functions, MutationCtx, QueryCtx},
    store::{Changes, DatabaseWriter, Reads, Store, Transaction, Writes},
    value::{Object, Value},
};

const NANOS_PER_MILLI: u64 = 1_000_000;

/// Functions, data, and what is remembered of earlier requests.
#[derive(Debug)]
pub(crate) struct Backend {
    functions: Functions,
    store: Store,
    started_at: UnixMillis,
    /// The timestamp of the last commit.
    pub(super) latest: Timestamp,
    writes: Writes,
    committed_requests: BTreeMap<RequestKey, MutationRun>,
    failures: u64,
    pub(super) executions: Vec<Execution>,
}

/// A session and a request in it: what makes a mutation happen once.
pub(super) type RequestKey = (String, u32);

impl Backend {
    pub(super) fn new(functions: Functions, started_at: UnixMillis) -> Self {
        Self {
            functions,
            store: Store::default(),
            started_at,
            latest: timestamp(started_at, Time::ZERO),
            writes: Writes::default(),
            committed_requests: BTreeMap::new(),
            failures: 0,
            executions: Vec::new(),
        }
    }

    pub(super) fn unix_time(&self, now: Time) -> UnixMillis {
        self.started_at.after(now.since_start())
    }

    pub(super) fn timestamp(&self, now: Time) -> Timestamp {
        timestamp(self.started_at, now)
    }

    /// What was committed since the last call.
    pub(super) fn take_writes(&mut self) -> Writes {
        mem::take(&mut self.writes)
    }

    /// An id for the message of one failure, as it stands in Convex's logs.
    pub(super) fn failure_id(&mut self) -> String {
        self.failures += 1;
        Sha256::digest(self.failures.to_le_bytes())[..8].iter().map(|byte| format!("{byte:02x}")).collect()
    }

    pub(crate) fn query(
        &mut self,
        caller: &Caller,
        path: &str,
        args: Object,
        journal: Option<&str>,
    ) -> QueryRun {
        let Some(query) = self.functions.find_query(path) else { return QueryRun::failed(no_such(path)) };
        let args = Args::new(path, args);
        let mut ctx = QueryCtx {
            identity: caller.identity.as_ref(),
            transaction: Transaction::again(&self.store, self.unix_time(caller.at), journal),
            log_lines: Vec::new(),
            previous_journal: journal,
            journal: None,
        };
        let outcome = query(&mut ctx, &args);
        let QueryCtx { transaction, log_lines, journal, .. } = ctx;
        let (reads, pinned) = transaction.into_reads();
        self.note(caller, FunctionKind::Query, args, &outcome, &log_lines);
        QueryRun { result: outcome.map_err(Failure::Function), log_lines, journal: journal.or(pinned), reads }
    }

    pub(crate) fn mutation(&mut self, caller: &Caller, path: &str, args: Object) -> MutationRun {
        let Some(mutation) = self.functions.find_mutation(path) else {
            return MutationRun::failed(no_such(path));
        };
        let args = Args::new(path, args);
        let mut ctx = MutationCtx {
            identity: caller.identity.as_ref(),
            transaction: Transaction::new(&self.store, self.unix_time(caller.at)),
            log_lines: Vec::new(),
        };
        let outcome = mutation(&mut ctx, &args);
        let MutationCtx { transaction, log_lines, .. } = ctx;
        let changes = transaction.into_changes();
        self.note(caller, FunctionKind::Mutation, args, &outcome, &log_lines);
        let result = outcome.map_err(Failure::Function);
        let result = result.map(|value| Committed { value, ts: self.commit(caller.at, changes) });
        MutationRun { result, log_lines }
    }

    /// Like [`mutation`](Self::mutation), but a request that succeeded before is answered as it was then.
    pub(super) fn mutation_once(
        &mut self,
        request: Option<RequestKey>,
        caller: &Caller,
        path: &str,
        args: Object,
    ) -> MutationRun {
        if let Some(earlier) = request.as_ref().and_then(|request| self.committed_requests.get(request)) {
            return earlier.clone();
        }
        let run = self.mutation(caller, path, args);
        if let (Some(request), Ok(_)) = (request, &run.result) {
            self.committed_requests.insert(request, run.clone());
        }
        run
    }

    pub(super) fn action(&mut self, caller: &Caller, path: &str, args: Object) -> ActionRun {
        let Some(action) = self.functions.find_action(path) else { return ActionRun::failed(no_such(path)) };
        let args = Args::new(path, args);
        let mut ctx = ActionCtx { backend: self, caller, log_lines: Vec::new(), delay: Duration::ZERO };
        let outcome = action(&mut ctx, &args);
        let ActionCtx { log_lines, delay, .. } = ctx;
        self.note(caller, FunctionKind::Action, args, &outcome, &log_lines);
        ActionRun { result: outcome.map_err(Failure::Function), log_lines, delay }
    }

    pub(super) fn edit<R>(&mut self, now: Time, edit: impl FnOnce(&mut DatabaseWriter<'_, '_>) -> R) -> R {
        let mut transaction = Transaction::new(&self.store, self.unix_time(now));
        let result = edit(&mut transaction.writer());
        let changes = transaction.into_changes();
        self.commit(now, changes);
        result
    }

    fn commit(&mut self, now: Time, changes: Changes) -> Timestamp {
        let writes = self.store.commit(changes);
        if !writes.is_empty() {
            let next = self.latest.succ().expect("wall clocks are far from the last timestamp");
            self.latest = self.timestamp(now).max(next);
            self.writes.add(writes);
        }
        self.latest
    }

    fn note(
        &mut self,
        caller: &Caller,
        kind: FunctionKind,
        args: Args,
        outcome: &Result<Value, FunctionError>,
        log_lines: &[String],
    ) {
        let (path, args) = args.into_parts();
        self.executions.push(Execution {
            at: caller.at,
            connection: caller.connection,
            kind,
            path,
            args,
            identity: caller.identity.clone(),
            outcome: outcome.clone(),
            log_lines: log_lines.to_vec(),
        });
    }
}

impl QueryRun {
    pub(super) fn failed(failure: Failure) -> Self {
        Self { result: Err(failure), log_lines: Vec::new(), journal: None, reads: Reads::default() }
    }
}

impl MutationRun {
    pub(super) fn failed(failure: Failure) -> Self {
        Self { result: Err(failure), log_lines: Vec::new() }
    }
}

impl ActionRun {
    pub(super) fn failed(failure: Failure) -> Self {
        Self { result: Err(failure), log_lines: Vec::new(), delay: Duration::ZERO }
    }
}

fn no_such(path: &str) -> Failure {
    Failure::NoSuchFunction(path.to_owned())
}

fn timestamp(started_at: UnixMillis, now: Time) -> Timestamp {
    let started = u64::try_from(started_at.0).expect("the deployment starts after 1970") * NANOS_PER_MILLI;
    let started = Timestamp::try_from(started).expect("the deployment starts before 2262");
    started.add(now.since_start()).expect("the deployment does not run until 2262")
}
