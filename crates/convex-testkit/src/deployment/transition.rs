//! Transitions: all changes that a client must receive, at one timestamp.

use std::collections::BTreeMap;

use convex_sync::Time;
use convex_sync_types::{
    ErrorPayload, LogLinesMessage, QueryId, QuerySetModification, StateModification, StateVersion,
};
use serde_json::Value as Json;

use super::{
    Caller, ConnectionId, Deployment, ModelBackend, OutgoingMessage,
    chunks::{CHUNK_BYTES, split},
    connection::{ClientConnection, SyncedQuery},
    execution::QueryRun,
    termination::Termination,
};
use crate::value::Value;

type Modifications = BTreeMap<QueryId, StateModification<Value>>;

impl Deployment {
    /// Computes and sends the pending transition of `connection`.
    pub(super) fn transition(&mut self, connection: ConnectionId) {
        let Some(state) = self.connections.get_mut(&connection) else { return };
        state.update_scheduled = false;
        match state.transition(connection, &mut self.backend, self.now) {
            Ok(message) => self.send_transition(connection, message),
            Err(termination) => self.terminate(connection, termination),
        }
    }

    fn send_transition(&mut self, connection: ConnectionId, message: OutgoingMessage) {
        let text = Json::from(message).to_string();
        let chunk_bytes = self.faults.chunk_bytes.unwrap_or(CHUNK_BYTES);
        let chunked =
            self.connections.get(&connection).is_some_and(|state| state.version.understands_chunks());
        match split(&text, chunk_bytes).filter(|_| chunked) {
            Some(chunks) => chunks.into_iter().for_each(|chunk| self.send(connection, chunk)),
            None => self.send_text(connection, text),
        }
    }
}

impl ClientConnection {
    fn transition(
        &mut self,
        id: ConnectionId,
        backend: &mut ModelBackend,
        now: Time,
    ) -> Result<OutgoingMessage, Termination> {
        if self.received.identity != self.transitioned.identity {
            self.queries.values_mut().for_each(|query| query.reads = None);
        }
        self.check_identity(backend.unix_time(now))?;
        let mut modifications = self.apply_modifications()?;
        self.run_stale_queries(id, backend, now, &mut modifications);

        let start_version = self.transitioned;
        let end_version = StateVersion {
            query_set: self.received.query_set,
            identity: self.received.identity,
            ts: backend.latest,
        };
        self.transitioned = end_version;
        Ok(OutgoingMessage::Transition {
            start_version: self.announced(start_version),
            end_version,
            modifications: modifications.into_values().collect(),
            client_clock_skew: self.clock_skew,
            server_ts: Some(backend.timestamp(now)),
        })
    }

    fn apply_modifications(&mut self) -> Result<Modifications, Termination> {
        let mut removed = Modifications::new();
        for modification in self.modifications.drain(..) {
            match modification {
                QuerySetModification::Add(query) => {
                    let id = query.query_id;
                    if self.queries.insert(id, SyncedQuery::new(query)).is_some() {
                        return Err(Termination::internal());
                    }
                }
                QuerySetModification::Remove { query_id } => {
                    self.queries.remove(&query_id).ok_or_else(Termination::internal)?;
                    removed.insert(query_id, StateModification::QueryRemoved { query_id });
                }
            }
        }
        Ok(removed)
    }

    fn run_stale_queries(
        &mut self,
        id: ConnectionId,
        backend: &mut ModelBackend,
        now: Time,
        modifications: &mut Modifications,
    ) {
        let caller = Caller { at: now, connection: Some(id), identity: self.identity.clone() };
        for (query_id, query) in self.queries.iter_mut().filter(|(_, query)| query.reads.is_none()) {
            let run = backend.query(&caller, &query.path, query.args.clone(), query.journal.as_deref());
            if query.complete(&run) {
                modifications.insert(*query_id, modification(*query_id, run, backend));
            }
        }
    }

    /// The start version of a transition: the true one, unless a fault changes it.
    fn announced(&mut self, start: StateVersion) -> StateVersion {
        match std::mem::take(&mut self.breaks_continuity) {
            true => StateVersion { query_set: start.query_set.wrapping_add(1), ..start },
            false => start,
        }
    }
}

fn modification(query_id: QueryId, run: QueryRun, backend: &mut ModelBackend) -> StateModification<Value> {
    let QueryRun { result, log_lines, journal, .. } = run;
    let log_lines = LogLinesMessage(log_lines);
    let error = match result {
        Ok(value) => return StateModification::QueryUpdated { query_id, value, log_lines, journal },
        Err(error) => error,
    };
    let (error_message, error_data) = match backend.payload(error, None) {
        ErrorPayload::Message(message) => (message, None),
        ErrorPayload::ErrorData { message, data } => (message, Some(data)),
    };
    StateModification::QueryFailed { query_id, error_message, log_lines, journal, error_data }
}
