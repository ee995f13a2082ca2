//! Faults on demand.

use std::collections::{BTreeMap, VecDeque};

use convex_sync::Time;

use super::{ConnectionId, Deployment, Kill, Output, termination::Termination};
use crate::rejection::Rejection;

#[derive(Debug, Default)]
pub(super) struct Faults {
    rejections: VecDeque<Rejection>,
    reject_all: Option<Rejection>,
    reject_until: Option<(Time, Rejection)>,
    pub chunk_bytes: Option<usize>,
    pub answers_singly: bool,
    /// By path.
    pub kills: BTreeMap<String, Kill>,
}

impl Faults {
    pub fn reject(&mut self, now: Time) -> Option<Rejection> {
        let for_a_while = self.reject_until.as_ref().filter(|(until, _)| now < *until);
        let standing = for_a_while.map(|(_, rejection)| rejection).or(self.reject_all.as_ref()).cloned();
        self.rejections.pop_front().or(standing)
    }
}

/// # Faults on demand
impl Deployment {
    /// Rejects the next token, over the WebSocket or HTTP. Several calls add up.
    pub fn reject_next_token(&mut self, rejection: impl Into<Rejection>) {
        self.faults.rejections.push_back(rejection.into());
    }

    /// Rejects every token. `None` ends this fault, and those of
    /// [`reject_next_token`](Self::reject_next_token) and
    /// [`reject_tokens_until`](Self::reject_tokens_until).
    pub fn reject_all_tokens(&mut self, rejection: Option<Rejection>) {
        if rejection.is_none() {
            self.faults.rejections.clear();
            self.faults.reject_until = None;
        }
        self.faults.reject_all = rejection;
    }

    /// Rejects every token before `until`, like a deployment that cannot load a key set for a
    /// while.
    pub fn reject_tokens_until(&mut self, until: Time, rejection: impl Into<Rejection>) {
        self.faults.reject_until = Some((until, rejection.into()));
    }

    /// Whether the deployment redacts, as production deployments do: no log lines, error messages
    /// without details, two shorter rejection texts. `errorData` is never redacted.
    pub fn set_redacts(&mut self, redacts: bool) {
        self.backend.redacts = redacts;
    }

    /// Sends transitions of more than `bytes` in chunks, to clients that support them; `None` is
    /// the real server's limit.
    pub fn set_chunk_bytes(&mut self, bytes: Option<usize>) {
        self.faults.chunk_bytes = bytes;
    }

    /// Whether each message is answered with a transition of its own, as by an idle server. By
    /// default one transition answers all messages that have arrived, as under load. Clients must
    /// handle both.
    pub fn answer_singly(&mut self, singly: bool) {
        self.faults.answers_singly = singly;
    }

    /// Makes all cursors and journals issued so far unreadable, as if the deployment had a new
    /// secret: sending one fails with `Failed to parse cursor`.
    pub fn forget_cursors(&mut self) {
        self.backend.forget_cursors();
    }

    /// Closes a connection with a closing handshake.
    pub fn close(
        &mut self,
        now: Time,
        connection: ConnectionId,
        code: Option<u16>,
        reason: impl Into<String>,
    ) {
        self.advance(now);
        if self.connections.contains_key(&connection) {
            self.outputs.push_back(Output::Close { connection, code, reason: reason.into() });
            self.forget(connection);
        }
    }

    /// Breaks a connection: no closing handshake, and unsent frames are lost.
    pub fn drop_connection(&mut self, now: Time, connection: ConnectionId) {
        self.advance(now);
        if self.connections.contains_key(&connection) {
            self.outputs.retain(|output| !output.is_sent_to(connection));
            self.outputs.push_back(Output::Drop { connection });
            self.forget(connection);
        }
    }

    /// Breaks all connections. Data, sessions and the latest timestamp survive.
    pub fn restart(&mut self, now: Time) {
        for connection in self.connections().collect::<Vec<_>>() {
            self.drop_connection(now, connection);
        }
    }

    /// Sends any text as a frame.
    pub fn send_raw(&mut self, now: Time, connection: ConnectionId, text: impl Into<String>) {
        self.advance(now);
        self.send_text(connection, text.into());
    }

    /// Sends a `FatalError`, and closes the connection.
    pub fn fail_fatally(&mut self, now: Time, connection: ConnectionId, message: impl Into<String>) {
        self.advance(now);
        self.terminate(connection, Termination::bad_request("BadRequest", message));
    }

    /// Sends an `AuthError` for an accepted identity, as on expiry, and closes the connection.
    pub fn revoke_identity(&mut self, now: Time, connection: ConnectionId, message: impl Into<String>) {
        self.advance(now);
        self.terminate(connection, Termination::unauthenticated(message));
    }

    /// Makes the next transition of a connection start from a version that the client does not
    /// have.
    pub fn break_continuity(&mut self, connection: ConnectionId) {
        if let Some(state) = self.connections.get_mut(&connection) {
            state.breaks_continuity = true;
        }
    }

    /// Stops answering on a connection that stays open: no pings, and frames are not handled.
    pub fn freeze(&mut self, connection: ConnectionId) {
        self.stop_answering(connection, false);
    }

    /// Like [`freeze`](Self::freeze), but pings are still sent.
    pub fn stall(&mut self, connection: ConnectionId) {
        self.stop_answering(connection, true);
    }

    fn stop_answering(&mut self, connection: ConnectionId, pings_on: bool) {
        if let Some(state) = self.connections.get_mut(&connection) {
            state.frozen.get_or_insert_default();
            state.pings_on = pings_on;
        }
    }

    /// Ends a freeze or stall, and handles the frames that have arrived meanwhile.
    pub fn thaw(&mut self, now: Time, connection: ConnectionId) {
        self.advance(now);
        let Some(state) = self.connections.get_mut(&connection) else { return };
        for frame in state.frozen.take().unwrap_or_default() {
            self.receive(now, connection, &frame);
        }
        self.send_due_responses();
    }
}

impl Output {
    fn is_sent_to(&self, to: ConnectionId) -> bool {
        matches!(self, Self::Send { connection, .. } if *connection == to)
    }
}
