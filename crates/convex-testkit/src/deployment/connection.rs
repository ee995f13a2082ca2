//! The server's state of one socket.

use std::collections::BTreeMap;

use convex_sync::Time;
use convex_sync_types::{
    IdentityVersion, Query, QueryId, QuerySetModification, QuerySetVersion, SessionId, StateVersion,
};
use sha2::{Digest, Sha256};

use super::{
    ClientVersion,
    execution::{QueryRun, parse_args},
};
use crate::{
    functions::{FunctionError, canonical},
    identity::Identity,
    store::{Reads, Writes},
    value::Object,
};

#[derive(Debug)]
pub(super) struct ClientConnection {
    pub version: ClientVersion,
    /// Set by `Connect`. Without it, mutations are not idempotent.
    pub session: Option<SessionId>,
    /// How many milliseconds the client's clock is ahead; set by `Connect`.
    pub clock_skew: Option<i64>,
    pub identity: Option<Identity>,
    pub received: ReceivedVersion,
    pub transitioned: StateVersion,
    /// The changes that the client has sent since the last transition.
    pub modifications: Vec<QuerySetModification>,
    pub queries: BTreeMap<QueryId, SyncedQuery>,
    pub update_scheduled: bool,
    /// Mutations received since the outputs were last drained.
    pub pending_mutations: usize,
    pub last_sent: Time,
    /// While frozen: the frames that have not been handled.
    pub frozen: Option<Vec<String>>,
    /// Whether it sends pings while it is frozen.
    pub pings_on: bool,
    pub breaks_continuity: bool,
}

/// The versions after the client's last messages.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct ReceivedVersion {
    pub query_set: QuerySetVersion,
    pub identity: IdentityVersion,
}

impl ClientConnection {
    pub fn new(version: ClientVersion, now: Time) -> Self {
        Self {
            version,
            session: None,
            clock_skew: None,
            identity: None,
            received: ReceivedVersion::default(),
            transitioned: StateVersion::initial(),
            modifications: Vec::new(),
            queries: BTreeMap::new(),
            update_scheduled: false,
            pending_mutations: 0,
            last_sent: now,
            frozen: None,
            pings_on: false,
            breaks_continuity: false,
        }
    }

    pub fn wants_transition(&self) -> bool {
        self.update_scheduled && self.frozen.is_none()
    }

    /// Marks the queries stale that have read what was written.
    pub fn invalidate(&mut self, writes: &Writes) {
        for query in self.queries.values_mut() {
            if query.reads.as_ref().is_some_and(|reads| reads.overlap(writes)) {
                query.reads = None;
                self.update_scheduled = true;
            }
        }
    }
}

/// A query in a client's query set.
#[derive(Debug)]
pub(super) struct SyncedQuery {
    pub path: String,
    pub args: Result<Object, FunctionError>,
    pub journal: Option<String>,
    /// What the last execution read; `None` if the query must run (again).
    pub reads: Option<Reads>,
    sent: Option<ResultDigest>,
}

/// A digest of a result: value and log lines, or error and log lines.
type ResultDigest = [u8; 32];

impl SyncedQuery {
    pub fn new(query: Query) -> Self {
        let path = canonical(query.udf_path);
        let args = parse_args(&path, &query.args);
        Self { path, args, journal: query.journal.flatten(), reads: None, sent: None }
    }

    /// Stores the state of `run`. Returns whether the result changed, so that the client must
    /// receive it.
    pub fn complete(&mut self, run: &QueryRun) -> bool {
        self.journal.clone_from(&run.journal);
        self.reads = Some(run.reads.clone());
        let digest = digest(run);
        self.sent.replace(digest) != Some(digest)
    }
}

fn digest(run: &QueryRun) -> ResultDigest {
    let outcome = match &run.result {
        Ok(value) => format!("value {}", serde_json::Value::from(value.clone())),
        Err(error) => format!("error {}", error.text()),
    };
    Sha256::digest(format!("{outcome}\n{:?}", run.log_lines)).into()
}
