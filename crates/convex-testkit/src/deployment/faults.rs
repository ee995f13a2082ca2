//! Failures on demand.

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

/// # Failures on demand
impl Deployment {
    /// Rejects the next token, over the WebSocket or HTTP. Calls add up.
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

    /// Rejects every token before `until`, as a deployment that cannot load a key set for a while.
    pub fn reject_tokens_until(&mut self, until: Time, rejection: impl Into<Rejection>) {
        self.faults.reject_until = Some((until, rejection.into()));
    }

    /// Whether the deployment redacts, as production deployments do: no log lines, error messages
    /// without details, two shorter rejection texts. `errorData` is never redacted.
    pub fn set_redacts(&mut self, redacts: bool) {
        self.backend.redacts = redacts;
    }

    /// Sends transitions of more than `bytes` in chunks, to clients that understand them; `None` is
    /// the real server's limit.
    pub fn set_chunk_bytes(&mut self, bytes: Option<usize>) {
        self.faults.chunk_bytes = bytes;
    }

    /// Whether each message is answered by a transition of its own, as by a server that has nothing
    /// else to do. By default one transition answers all that is at hand, as under load. Clients
    /// must cope with both.
    pub fn answer_singly(&mut self, singly: bool) {
        self.faults.answers_singly = singly;
    }

    /// Makes all cursors and journals handed out so far unreadable, as if the deployment had a new
    /// secret: whoever sends one gets `Failed to parse cursor`.
    pub fn forget_cursors(&mut self) {
        self.backend.forget_cursors();
    }

    /// Closes a connection properly.
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

    /// Breaks a connection: no closing handshake, and frames not yet sent are lost.
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

    /// Tells a client that it must not come back, and closes.
    pub fn fail_fatally(&mut self, now: Time, connection: ConnectionId, message: impl Into<String>) {
        self.advance(now);
        self.terminate(connection, Termination::bad_request("BadRequest", message));
    }

    /// Tells a client that its identity is no longer good, as on expiry, and closes.
    pub fn revoke_identity(&mut self, now: Time, connection: ConnectionId, message: impl Into<String>) {
        self.advance(now);
        self.terminate(connection, Termination::unauthenticated(message));
    }

    /// Lets the next transition of a connection start from a version the client does not have.
    pub fn break_continuity(&mut self, connection: ConnectionId) {
        if let Some(state) = self.connections.get_mut(&connection) {
            state.breaks_continuity = true;
        }
    }

    /// Stops answering on a connection that stays open: no pings, frames wait unread.
    pub fn freeze(&mut self, connection: ConnectionId) {
        self.stop_answering(connection, false);
    }

    /// As [`freeze`](Self::freeze), but pings go on.
    pub fn stall(&mut self, connection: ConnectionId) {
        self.stop_answering(connection, true);
    }

    fn stop_answering(&mut self, connection: ConnectionId, pings_on: bool) {
        if let Some(state) = self.connections.get_mut(&connection) {
            state.frozen.get_or_insert_default();
            state.pings_on = pings_on;
        }
    }

    /// Ends a freeze or stall: what waited is handled now.
    pub fn thaw(&mut self, now: Time, connection: ConnectionId) {
        self.advance(now);
        let Some(state) = self.connections.get_mut(&connection) else { return };
        for frame in state.frozen.take().unwrap_or_default() {
            self.receive(now, connection, &frame);
        }
        self.send_due_answers();
    }
}

impl Output {
    fn is_sent_to(&self, to: ConnectionId) -> bool {
        matches!(self, Self::Send { connection, .. } if *connection == to)
    }
}
