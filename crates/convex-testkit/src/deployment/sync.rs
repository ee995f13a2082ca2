//! Handles the client's messages, in order.

use convex_sync::UnixMillis;
use convex_sync_types::{
    AuthenticationToken, ClientMessage, IdentityVersion, LogLinesMessage, SessionId, SessionRequestSeqNumber,
    Timestamp, UdfPath, types::SerializedArgs,
};
use serde_json::Value as Json;

use super::{
    Caller, ConnectionId, Deployment, OutgoingMessage, backend,
    connection::ClientConnection,
    execution::{is_array, parse_args},
    termination::Termination,
};
use crate::{
    functions::{FunctionError, canonical},
    identity::Identity,
    rejection::Rejection,
};

/// How many mutations, and how many actions, may be pending on one socket.
const MAX_PENDING: usize = 1000;
/// The longest message that the server's WebSocket library accepts.
const MAX_MESSAGE_BYTES: usize = 64 << 20;

impl Deployment {
    pub(super) fn handle_frame(&mut self, connection: ConnectionId, text: &str) {
        if text.len() > MAX_MESSAGE_BYTES {
            return self.terminate(connection, Termination::internal());
        }
        let handled = parse(text).and_then(|message| self.handle_message(connection, message));
        if let Err(termination) = handled {
            self.terminate(connection, termination);
        }
        let waits = self.connections.get(&connection).is_some_and(ClientConnection::wants_transition);
        if waits && self.faults.answers_singly {
            self.transition(connection);
        }
    }

    fn handle_message(
        &mut self,
        connection: ConnectionId,
        message: ClientMessage,
    ) -> Result<(), Termination> {
        if self.is_killed(connection, &message) {
            return Ok(());
        }
        match message {
            ClientMessage::Connect { session_id, max_observed_timestamp, client_ts, .. } => {
                self.handle_connect(connection, session_id, max_observed_timestamp, client_ts)
            }
            ClientMessage::ModifyQuerySet { base_version, new_version, modifications } => {
                let state = self.state(connection)?;
                let current = state.received.query_set;
                if base_version != current {
                    return Err(Termination::bad_request(
                        "BaseVersionMismatch",
                        format!(
                            "Base version {base_version} passed up doesn't match the current version {current}"
                        ),
                    ));
                }
                if new_version <= base_version {
                    return Err(Termination::internal());
                }
                state.modifications.extend(modifications);
                state.received.query_set = new_version;
                state.update_scheduled = true;
                Ok(())
            }
            ClientMessage::Mutation { request_id, udf_path, args, .. } => {
                self.handle_mutation(connection, request_id, udf_path, &args)
            }
            ClientMessage::Action { request_id, udf_path, args, .. } => {
                self.handle_action(connection, request_id, udf_path, &args)
            }
            ClientMessage::Authenticate { base_version, token } => {
                self.handle_authenticate(connection, base_version, token)
            }
            ClientMessage::Event(_) => Ok(()),
        }
    }

    fn handle_connect(
        &mut self,
        connection: ConnectionId,
        session: SessionId,
        max_observed: Option<Timestamp>,
        client_ts: Option<u64>,
    ) -> Result<(), Termination> {
        if max_observed > Some(self.backend.latest) {
            return Err(Termination::internal());
        }
        let server_now = self.unix_time();
        let state = self.state(connection)?;
        state.session = Some(session);
        state.clock_skew = client_ts.map(|client_ts| client_ts.cast_signed() - server_now.0);
        Ok(())
    }

    fn handle_authenticate(
        &mut self,
        connection: ConnectionId,
        base_version: IdentityVersion,
        token: AuthenticationToken,
    ) -> Result<(), Termination> {
        let identity = match token {
            AuthenticationToken::User(token) => {
                Some(self.verify(&token).map_err(|rejection| self.rejected(&rejection))?)
            }
            AuthenticationToken::None => None,
            AuthenticationToken::Admin(..) => return Err(self.rejected(&Rejection::AdminKey)),
        };
        let state = self.state(connection)?;
        if base_version != state.received.identity {
            return Err(Termination::internal());
        }
        state.identity = identity;
        state.received.identity += 1;
        state.update_scheduled = true;
        Ok(())
    }

    fn handle_mutation(
        &mut self,
        connection: ConnectionId,
        request_id: SessionRequestSeqNumber,
        path: UdfPath,
        args: &SerializedArgs,
    ) -> Result<(), Termination> {
        let caller = self.caller(connection)?;
        let state = self.state(connection)?;
        if state.pending_mutations >= MAX_PENDING {
            return Err(Termination::rate_limited("TooManyConcurrentMutations"));
        }
        state.pending_mutations += 1;
        let session = state.session;
        let request = session.map(|session| (session.to_string(), request_id));
        let id = request.as_ref().map(backend::request_id);
        let path = canonical(path);
        let run = self.backend.mutation_once(request, &caller, &path, parse_args(&path, args));
        let (result, ts) = match run.result {
            Ok(committed) => (Ok(committed.value), Some(committed.ts)),
            Err(error) => (Err(self.backend.payload(error, id)), None),
        };
        let log_lines = LogLinesMessage(run.log_lines);
        self.send(connection, OutgoingMessage::MutationResponse { request_id, result, ts, log_lines });
        self.schedule_transition(connection);
        self.invalidate();
        Ok(())
    }

    fn handle_action(
        &mut self,
        connection: ConnectionId,
        request_id: SessionRequestSeqNumber,
        path: UdfPath,
        args: &SerializedArgs,
    ) -> Result<(), Termination> {
        let caller = self.caller(connection)?;
        let inflight = self.responses.values().filter(|response| response.connection == connection).count();
        if inflight >= MAX_PENDING {
            return Err(Termination::rate_limited("TooManyInflightActionsForSingleClient"));
        }
        if !is_array(args) {
            let text = FunctionError::no_arguments().text();
            return Err(Termination::bad_request("InvalidArguments", text));
        }
        let session = self.state(connection)?.session;
        let id = session.map(|session| backend::request_id(&(session.to_string(), request_id)));
        let path = canonical(path);
        let run = self.backend.action(&caller, &path, parse_args(&path, args));
        self.invalidate();
        let result = run.result.map_err(|error| self.backend.payload(error, id));
        let log_lines = LogLinesMessage(run.log_lines);
        self.respond_after(
            run.delay,
            connection,
            OutgoingMessage::ActionResponse { request_id, result, log_lines },
        );
        Ok(())
    }

    /// The caller on this connection, if its identity has not expired.
    fn caller(&mut self, connection: ConnectionId) -> Result<Caller, Termination> {
        let (at, server_now) = (self.now, self.unix_time());
        let state = self.state(connection)?;
        state.check_identity(server_now)?;
        Ok(Caller { at, connection: Some(connection), identity: state.identity.clone() })
    }

    fn state(&mut self, connection: ConnectionId) -> Result<&mut ClientConnection, Termination> {
        self.connections.get_mut(&connection).ok_or_else(Termination::internal)
    }

    /// The identity of a token, unless a fault rejects it.
    pub(super) fn verify(&mut self, token: &str) -> Result<Identity, Rejection> {
        match self.faults.reject(self.now) {
            Some(rejection) => Err(rejection),
            None => self.verifier.verify(token, self.unix_time()),
        }
    }
}

impl ClientConnection {
    pub(super) fn check_identity(&self, server_now: UnixMillis) -> Result<(), Termination> {
        match &self.identity {
            Some(identity) if identity.is_expired(server_now) => {
                Err(Termination::unauthenticated(Rejection::IdentityExpired.text(false)))
            }
            _ => Ok(()),
        }
    }
}

fn parse(text: &str) -> Result<ClientMessage, Termination> {
    let json: Result<Json, _> = serde_json::from_str(text);
    json.map_err(anyhow::Error::from).and_then(ClientMessage::try_from).map_err(|error| {
        Termination::bad_request(
            "WSMessageInvalidJson",
            format!("Received Invalid JSON on websocket: {error}"),
        )
    })
}
