//! The frames that are sent, and their order. Only this module applies the auth policies.

use super::SyncClient;
use crate::{
    Time,
    auth::{AuthEvent, WantedIdentity},
    timer::Timer,
    wire::ClientFrame,
};
use std::time::Duration;

impl SyncClient {
    /// The next frame to send on the open socket, built from the current state. Drain it to `None`
    /// once per turn of the event loop (in a browser: in a microtask), so that the commands of one
    /// turn are sent in one frame. Then drain the events again.
    ///
    /// The order on every socket is `Connect`, `Authenticate`, `ModifyQuerySet`, then requests in
    /// the order of their calls. After an identity change, the queries of the previous identity are
    /// removed first.
    pub fn poll_transmit(&mut self, now: Time) -> Option<String> {
        self.expire_token(now);
        let is_stopped = self.connection.stopped().is_some();
        let cache_time = if is_stopped { Duration::ZERO } else { self.config.query_cache_time };
        self.queries.expire_unused(now, cache_time);
        self.queries.withdraw_suspended();
        let frame = self.next_frame(now);
        let all_sent = frame.is_none() && !self.is_any_held_back() && !self.is_on_trial();
        if let Some(socket_state) = self.connection.socket_state_mut().filter(|_| all_sent) {
            socket_state.all_sent();
        }
        self.catch_up();
        self.publish(now);
        frame
    }

    /// Handles a token's expiry before its timer, which may fire late if the page was asleep: an
    /// expired token must never be sent (docs/auth.md, rule 4).
    fn expire_token(&mut self, now: Time) {
        if self.timers.deadline(Timer::Expiry).is_some_and(|expiry| expiry <= now) {
            self.handle_auth_event(now, AuthEvent::ExpiryDue);
        }
    }

    fn next_frame(&mut self, now: Time) -> Option<String> {
        self.connection.socket_state()?;
        self.connect(now)
            .or_else(|| self.authenticate_frame(now))
            .or_else(|| self.modify_query_set(now))
            .or_else(|| self.request_frame(now))
    }

    fn is_on_trial(&self) -> bool {
        self.requests.is_on_trial(|policy| self.auth.may_request(policy))
    }

    fn connect(&mut self, now: Time) -> Option<String> {
        let socket_state =
            self.connection.socket_state_mut().filter(|socket_state| !socket_state.connected)?;
        socket_state.connected = true;
        let frame = ClientFrame::Connect {
            session: self.session_id,
            connection_count: self.connection.earlier_connections(),
            last_close_reason: Some(self.connection.close_reason()),
            max_observed_timestamp: self.connection.max_observed(),
            client_ts: self.clock.wall(now),
        };
        Some(frame.to_json())
    }

    fn authenticate_frame(&mut self, now: Time) -> Option<String> {
        let generation = self.auth.generation();
        let socket_state = self.connection.socket_state_mut()?;
        let token = socket_state.identity_due(generation, self.auth.wanted_identity())?;
        let frame = if self.queries.is_any_to_remove() {
            let modifications = self.queries.transmit_removals();
            ClientFrame::ModifyQuerySet { base_version: socket_state.next_query_set(), modifications }
                .to_json()
        } else {
            let base_version = socket_state.next_identity(generation, token.cloned());
            ClientFrame::Authenticate { base_version, token }.to_json()
        };
        self.expect_answer(now);
        Some(frame)
    }

    fn modify_query_set(&mut self, now: Time) -> Option<String> {
        // Queries wait while a request is on trial, so that it is not blamed for the effects of a
        // query.
        let is_on_trial = self.is_on_trial();
        let auth = &self.auth;
        let socket_state = self.connection.socket_state_mut()?;
        let modifications = self.queries.transmit(|policy| !is_on_trial && auth.may_query(policy));
        let probe = socket_state.take_probe();
        // An empty query set is answered, too. The answer has the server's clock, and proves that
        // the server responds.
        let first = socket_state.has_no_query_set()
            && (is_on_trial || !matches!(auth.wanted_identity(), WantedIdentity::Pending));
        if modifications.is_empty() && !probe && !first {
            return None;
        }
        let frame =
            ClientFrame::ModifyQuerySet { base_version: socket_state.next_query_set(), modifications }
                .to_json();
        self.expect_answer(now);
        Some(frame)
    }

    fn request_frame(&mut self, now: Time) -> Option<String> {
        let auth = &self.auth;
        let is_proven = self.connection.socket_state()?.has_answered_all();
        let frame = self.requests.transmit(|policy| auth.may_request(policy), is_proven)?.to_json();
        if self.requests.has_trial() {
            self.connection.cap_tries();
            self.timers.set(Timer::Trial, now + self.config.answer_timeout);
        }
        Some(frame)
    }

    /// A frame was sent that the server must answer, even if it sends pings meanwhile
    /// (docs/auth.md, rule 11).
    fn expect_answer(&mut self, now: Time) {
        self.timers.set_if_unset(Timer::Answer, now + self.config.answer_timeout);
    }
}
