//! The functions and the data of a deployment. Every execution has a caller and is recorded.

use std::{collections::BTreeMap, mem, time::Duration};

use convex_sync::{Time, UnixMillis};
use convex_sync_types::{ErrorPayload, Timestamp};
use sha2::{Digest, Sha256};

use super::execution::{ActionRun, Caller, Committed, Execution, MutationRun, QueryRun};
use crate::{
    functions::{
        ActionCtx, Args, FunctionError, FunctionKind, Functions, Log, MutationCtx, QueryCtx, checked_result,
    },
    store::{Changes, DatabaseWriter, Reads, Store, Transaction, Writes},
    value::{Object, Value},
};

const NANOS_PER_MILLI: u64 = 1_000_000;

/// Functions, data, and the outcomes of earlier requests.
#[derive(Debug)]
pub(crate) struct ModelBackend {
    functions: Functions,
    store: Store,
    started_at: UnixMillis,
    /// The timestamp of the last commit.
    pub(super) latest: Timestamp,
    writes: Writes,
    committed_requests: BTreeMap<RequestKey, MutationRun>,
    failures: u64,
    /// Whether clients receive neither log lines nor the details of errors.
    pub(super) redacts: bool,
    pub(super) executions: Vec<Execution>,
}

/// A session and the number of a request in it: the key that makes mutations idempotent.
pub(super) type RequestKey = (String, u32);

impl ModelBackend {
    pub(super) fn new(functions: Functions, started_at: UnixMillis) -> Self {
        Self {
            functions,
            store: Store::default(),
            started_at,
            latest: timestamp(started_at, Time::ZERO),
            writes: Writes::default(),
            committed_requests: BTreeMap::new(),
            failures: 0,
            redacts: false,
            executions: Vec::new(),
        }
    }

    pub(super) fn unix_time(&self, now: Time) -> UnixMillis {
        self.started_at.after(now.since_start())
    }

    pub(super) fn timestamp(&self, now: Time) -> Timestamp {
        timestamp(self.started_at, now)
    }

    pub(super) fn forget_cursors(&mut self) {
        self.store.cursor_key += 1;
    }

    /// The writes committed since the last call.
    pub(super) fn take_writes(&mut self) -> Writes {
        mem::take(&mut self.writes)
    }

    /// A random id for a failed call; the real backend gives one to every request.
    fn request_id(&mut self) -> String {
        self.failures += 1;
        hex_of(&self.failures.to_le_bytes())
    }

    /// The error of a failed call as a client sees it. `request_id` is random if it is `None`.
    pub(super) fn payload(
        &mut self,
        error: FunctionError,
        request_id: Option<String>,
    ) -> ErrorPayload<Value> {
        let request_id = request_id.unwrap_or_else(|| self.request_id());
        let mut message = format!("[Request ID: {request_id}] Server Error");
        if !self.redacts {
            message = format!("{message}\n{}", error.text());
        }
        match error {
            FunctionError::ConvexError { data, .. } => ErrorPayload::ErrorData { message, data },
            _ => ErrorPayload::Message(message),
        }
    }

    pub(crate) fn query(
        &mut self,
        caller: &Caller,
        path: &str,
        args: Result<Object, FunctionError>,
        journal: Option<&str>,
    ) -> QueryRun {
        let found = self.functions.find_query(path).ok_or_else(|| self.missing(FunctionKind::Query, path));
        let (query, args) = match found.and_then(|query| Ok((query, Args::new(args?)))) {
            Ok(found) => found,
            Err(error) => return QueryRun::failed(error),
        };
        let mut ctx = QueryCtx {
            identity: caller.identity.as_ref(),
            transaction: Transaction::again(&self.store, self.unix_time(caller.at), journal),
            log: Log::default(),
            previous_journal: journal,
            journal: None,
        };
        let result = query(&mut ctx, &args).and_then(|value| checked_result(path, value));
        let QueryCtx { transaction, mut log, journal, .. } = ctx;
        let (reads, pinned) = transaction.into_reads();
        let log_lines = self.note(caller, FunctionKind::Query, path, args, &result, log.take());
        QueryRun { result, log_lines, journal: journal.or(pinned), reads }
    }

    pub(crate) fn mutation(
        &mut self,
        caller: &Caller,
        path: &str,
        args: Result<Object, FunctionError>,
    ) -> MutationRun {
        let found =
            self.functions.find_mutation(path).ok_or_else(|| self.missing(FunctionKind::Mutation, path));
        let (mutation, args) = match found.and_then(|mutation| Ok((mutation, Args::new(args?)))) {
            Ok(found) => found,
            Err(error) => return MutationRun { result: Err(error), log_lines: Vec::new() },
        };
        let mut ctx = MutationCtx {
            identity: caller.identity.as_ref(),
            transaction: Transaction::new(&self.store, self.unix_time(caller.at)),
            log: Log::default(),
        };
        let result = mutation(&mut ctx, &args).and_then(|value| checked_result(path, value));
        let MutationCtx { transaction, mut log, .. } = ctx;
        let changes = transaction.into_changes();
        let log_lines = self.note(caller, FunctionKind::Mutation, path, args, &result, log.take());
        let result = result.map(|value| Committed { value, ts: self.commit(caller.at, changes) });
        MutationRun { result, log_lines }
    }

    /// Like [`mutation`](Self::mutation), but a request that succeeded before gets the same
    /// response again.
    pub(super) fn mutation_once(
        &mut self,
        request: Option<RequestKey>,
        caller: &Caller,
        path: &str,
        args: Result<Object, FunctionError>,
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

    pub(super) fn action(
        &mut self,
        caller: &Caller,
        path: &str,
        args: Result<Object, FunctionError>,
    ) -> ActionRun {
        let found = self.functions.find_action(path).ok_or_else(|| self.missing(FunctionKind::Action, path));
        let (action, args) = match found.and_then(|action| Ok((action, Args::new(args?)))) {
            Ok(found) => found,
            Err(error) => {
                return ActionRun { result: Err(error), log_lines: Vec::new(), delay: Duration::ZERO };
            }
        };
        let mut ctx = ActionCtx { backend: self, caller, log: Log::default(), delay: Duration::ZERO };
        let result = action(&mut ctx, &args).and_then(|value| checked_result(path, value));
        let ActionCtx { mut log, delay, .. } = ctx;
        let log_lines = self.note(caller, FunctionKind::Action, path, args, &result, log.take());
        ActionRun { result, log_lines, delay }
    }

    /// Why `path` has no function of this kind.
    fn missing(&self, called: FunctionKind, path: &str) -> FunctionError {
        match self.functions.kind(path) {
            Some(defined) => FunctionError::wrong_kind(path, called, defined),
            None => FunctionError::no_such_function(path),
        }
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

    /// Records an execution, and returns the log lines that clients may see.
    fn note(
        &mut self,
        caller: &Caller,
        kind: FunctionKind,
        path: &str,
        args: Args,
        outcome: &Result<Value, FunctionError>,
        log_lines: Vec<String>,
    ) -> Vec<String> {
        let visible = if self.redacts { Vec::new() } else { log_lines.clone() };
        self.executions.push(Execution {
            at: caller.at,
            connection: caller.connection,
            kind,
            path: path.to_owned(),
            args: args.into_fields(),
            identity: caller.identity.clone(),
            outcome: outcome.clone(),
            log_lines,
        });
        visible
    }
}

impl QueryRun {
    fn failed(error: FunctionError) -> Self {
        Self { result: Err(error), log_lines: Vec::new(), journal: None, reads: Reads::default() }
    }
}

/// The id of a request on the WebSocket: a prefix of a hash of its session and its number.
pub(super) fn request_id((session, number): &RequestKey) -> String {
    hex_of(format!("{session}|{number}").as_bytes())
}

fn hex_of(bytes: &[u8]) -> String {
    Sha256::digest(bytes)[..8].iter().map(|byte| format!("{byte:02x}")).collect()
}

fn timestamp(started_at: UnixMillis, now: Time) -> Timestamp {
    let started = u64::try_from(started_at.0).expect("the deployment starts after 1970") * NANOS_PER_MILLI;
    let started = Timestamp::try_from(started).expect("the deployment starts before 2262");
    started.add(now.since_start()).expect("the deployment does not run until 2262")
}
