//! Failures on demand.

use std::collections::VecDeque;

use convex_sync::Time;

use super::{ConnectionId, Deployment, Output, termination::Termination};

#[derive(Debug, Default)]
pub(super) struct Faults {
    rejections: VecDeque<String>,
    reject_all: Option<String>,
    pub chunk_bytes: Option<usize>,
    pub answers_singly: bool,
}

impl Faults {
    pub fn reject(&mut self) -> Option<String> {
        self.rejections.pop_front().or_else(|| self.reject_all.clone())
    }
}

/// # Failures on demand
impl Deployment {
    /// Rejects the next token with this message, over the socket or HTTP. Calls add up.
    pub fn reject_next_token(&mut self, message: impl Into<String>) {
        self.faults.rejections.push_back(message.into());
    }

    /// Rejects every token with this message, until `None`: from then on none is, the next neither.
    pub fn reject_all_tokens(&mut self, message: Option<String>) {
        if message.is_none() {
            self.faults.rejections.clear();
        }
        self.faults.reject_all = message;
    }

    /// Sends transitions of more than `bytes` in chunks, to clients that understand them; `None` is the real server's limit.
    pub fn set_chunk_bytes(&mut self, bytes: Option<usize>) {
        self.faults.chunk_bytes = bytes;
    }

    /// Whether each message is answered by a transition of its own, as by a server that has nothing else to do. By default one transition
    /// answers all that is at hand, as under load. Clients must cope with both.
    pub fn answer_singly(&mut self, singly: bool) {
        self.faults.answers_singly = singly;
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
        self.terminate(connection, Termination::BadRequest(message.into()));
    }

    /// Tells a client that its identity is no longer good, as on expiry, and closes.
    pub fn revoke_identity(&mut self, now: Time, connection: ConnectionId, message: impl Into<String>) {
        self.advance(now);
        self.terminate(connection, Termination::Unauthenticated(message.into()));
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
