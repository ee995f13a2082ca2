//! Inputs: socket events, frames, tokens and timeouts.

use super::SyncClient;
use crate::{
    Event, FetchId, Input, RequestId, Time, Token, TokenError,
    auth::AuthEvent,
    connection::{LostBy, SocketState},
    requests::{ConnectionEnd, ResultProgress, SettledRequest},
    secret::without_tokens,
    timer::Timer,
    wire::{AuthRejection, ServerFrame, ServerResponse, Timestamp, Transition},
};

/// The close code that a server sends after an internal error.
const INTERNAL_ERROR: u16 = 1011;

impl SyncClient {
    /// Handles an input.
    pub fn handle(&mut self, now: Time, input: Input<'_>) {
        if self.connection.stopped().is_some() {
            return;
        }
        match input {
            Input::Opened { socket } if self.connection.is_current(socket) => self.handle_opened(now),
            Input::Text { socket, text } if self.connection.is_current(socket) => self.handle_text(now, text),
            Input::Closed { socket, code, reason } if self.connection.is_current(socket) => {
                self.handle_closed(now, code, reason);
            }
            // Inputs of an abandoned socket are ignored.
            Input::Opened { .. } | Input::Text { .. } | Input::Closed { .. } => {}
            Input::Timeout => self.handle_timeout(now),
            Input::Token { fetch, outcome } => self.handle_token(now, fetch, outcome),
            Input::Woke { wall_clock, network_changed } => {
                let clock_jumped = self.clock.set_wall(now, wall_clock);
                self.handle_woke(now, clock_jumped || network_changed);
            }
        }
        self.settle_one_shots();
        self.publish(now);
    }

    fn handle_opened(&mut self, now: Time) {
        let (_, connection, mut cx) = self.parts(now);
        connection.opened(&mut cx);
    }

    fn handle_closed(&mut self, now: Time, code: u16, reason: &str) {
        if code == INTERNAL_ERROR {
            self.connection.closed_with_error();
        }
        let (by, message) = if reason.is_empty() {
            (LostBy::Network, format!("closed with code {code}"))
        } else {
            (LostBy::Server, self.without_tokens(reason))
        };
        let ended = self.settle_blamed_mutations(ConnectionEnd::of_close(code, reason), &message);
        self.lose_connection(now, by, &message);
        self.respond(ended);
    }

    /// Settles the mutations that were unanswered when too many connections in a row were closed.
    fn settle_blamed_mutations(&mut self, ending: ConnectionEnd, reason: &str) -> Vec<SettledRequest> {
        let ended = self.requests.count_lost_connection(ending);
        let end = |request| {
            let function = self.requests.function(request).cloned();
            let outcome = self.requests.cancel(request)?;
            if let (Some(function), (_, Err(_))) = (function, &outcome) {
                let line = format!(
                    "[ERROR] not resent, and its outcome is unknown: several connections in a row were closed before it was \
                     answered (the last one: {reason}); check its size and the deployment's log"
                );
                self.events.push_back(Event::Log { function, lines: vec![line] });
            }
            Some(outcome)
        };
        ended.into_iter().filter_map(end).collect()
    }

    /// The server's message without the tokens that it may quote. It is not always certain which
    /// token it quotes, so all that were sent are removed.
    fn without_tokens(&self, message: &str) -> String {
        without_tokens(message, self.connection.socket_state().into_iter().flat_map(SocketState::tokens))
    }

    /// Abandons the socket in any state, and schedules a new one.
    pub(super) fn lose_connection(&mut self, now: Time, by: LostBy, reason: &str) {
        let (_, connection, mut cx) = self.parts(now);
        connection.lost(&mut cx, by, reason);
        let has_forgotten = connection.max_observed().is_none();
        self.queries.disconnected();
        self.one_shots.disconnected();
        self.requests.end_trial();
        let outcomes = self.requests.disconnected();
        if has_forgotten {
            self.requests.forget_timestamps();
        }
        self.respond(outcomes);
        self.handle_auth_event(now, AuthEvent::ConnectionLost);
    }

    // ---- frames ----

    fn handle_text(&mut self, now: Time, text: &str) {
        let (_, connection, mut cx) = self.parts(now);
        connection.frame_received(&mut cx);
        let frame = match ServerFrame::parse(text) {
            Ok(frame) => frame,
            Err(problem) => {
                return self.lose_connection(now, LostBy::Client, &format!("UnreadableFrame: {problem}"));
            }
        };
        let between_chunks =
            matches!(frame, ServerFrame::Chunk { .. } | ServerFrame::Ping | ServerFrame::Unknown);
        if let Some(socket_state) = self.connection.socket_state_mut().filter(|_| !between_chunks) {
            socket_state.chunks.clear();
        }
        match frame {
            ServerFrame::Chunk { chunk, part, total, transition } => {
                self.handle_chunk(now, &chunk, part, total, &transition);
            }
            ServerFrame::Transition(transition) => self.handle_transition(now, transition),
            ServerFrame::MutationResponse { ts, response } => {
                self.handle_mutation_response(now, response, ts)
            }
            ServerFrame::ActionResponse(response) => self.handle_action_response(response),
            ServerFrame::AuthError(rejection) => self.handle_auth_error(now, &rejection),
            ServerFrame::FatalError { message } => self.fail(now, self.without_tokens(&message)),
            ServerFrame::Ping | ServerFrame::Unknown => {}
        }
    }

    fn handle_chunk(&mut self, now: Time, chunk: &str, part: u32, total: u32, transition: &str) {
        let Some(socket_state) = self.connection.socket_state_mut() else { return };
        match socket_state.chunks.push(chunk, part, total, transition) {
            Ok(None) => self.postpone_deadlines(now),
            Ok(Some(transition)) => self.handle_transition(now, transition),
            Err(problem) => self.lose_connection(now, LostBy::Client, &format!("UnreadableFrame: {problem}")),
        }
    }

    /// A part of a transition was received: the deadlines of the next part, or of the answer after
    /// it, start again.
    fn postpone_deadlines(&mut self, now: Time) {
        if self.connection.socket_state().is_some_and(SocketState::is_proven_by_chunk) {
            self.timers.clear(Timer::Probe);
        }
        for timer in [Timer::Answer, Timer::Transition] {
            if self.timers.deadline(timer).is_some() {
                self.timers.set(timer, now + self.config.answer_timeout);
            }
        }
    }

    /// Applies a transition as a whole before any event is emitted: query results, the confirmation
    /// of the identity, and the requests that it settles.
    fn handle_transition(&mut self, now: Time, transition: Transition) {
        let Some(socket_state) = self.connection.socket_state_mut() else { return };
        if let Err(reason) = socket_state.advance(&transition) {
            return self.lose_connection(now, LostBy::Client, reason);
        }
        if socket_state.has_answered(&transition.start) {
            self.requests.server_answered();
        }
        if socket_state.is_proven(&transition.start) {
            self.timers.clear(Timer::Probe);
        }
        if !socket_state.awaits_answer() {
            self.timers.clear(Timer::Answer);
        } else {
            self.timers.set(Timer::Answer, now + self.config.answer_timeout);
        }
        self.connection.observe(transition.end.ts);
        if transition.client_clock_skew.is_some_and(|skew| self.clock.set_skew(skew)) {
            self.handle_auth_event(now, AuthEvent::ClockReported);
        }
        self.confirm_identity(now);
        let applied = self.queries.apply(transition.modifications);
        for (function, lines) in applied.logs {
            self.events.push_back(Event::Log { function, lines });
        }
        applied.answered.into_iter().for_each(|query| self.one_shots.note_result(query));
        self.pagination.journals_refused(&mut self.queries, &applied.journal_refused);
        let outcomes = self.requests.settle_visible(self.result_progress());
        if !outcomes.is_empty() {
            self.timers.clear(Timer::Transition);
        }
        self.respond_with(applied.changed, outcomes);
        self.note_caught_up();
        self.expect_transition(now);
    }

    /// The transition with a mutation's writes follows its response. A server that does not send it
    /// is treated like one that does not answer.
    fn expect_transition(&mut self, now: Time) {
        if self.requests.awaits_transition() {
            self.timers.set_if_unset(Timer::Transition, now + self.config.answer_timeout);
        } else {
            self.timers.clear(Timer::Transition);
        }
    }

    fn confirm_identity(&mut self, now: Time) {
        let generation = self.auth.generation();
        let Some(token) = self
            .connection
            .socket_state()
            .and_then(|socket_state| socket_state.confirmed(generation))
            .cloned()
        else {
            return;
        };
        self.handle_auth_event(now, AuthEvent::TokenConfirmed(&token));
    }

    /// Called when everything that may be sent has been sent: the transitions received so far may
    /// include the first answers, which settle mutations of earlier connections.
    pub(super) fn catch_up(&mut self) {
        let outcomes = self.requests.settle_visible(self.result_progress());
        self.respond(outcomes);
        self.note_caught_up();
    }

    /// Marks the connection as healthy once the server has answered everything that was sent after
    /// opening.
    fn note_caught_up(&mut self) {
        let requests_caught_up = self.requests.is_caught_up();
        if self
            .connection
            .socket_state_mut()
            .is_some_and(|socket_state| socket_state.catch_up(requests_caught_up))
        {
            self.connection.mark_healthy();
        }
    }

    fn result_progress(&self) -> ResultProgress {
        self.connection.socket_state().map(SocketState::result_progress).unwrap_or_default()
    }

    fn handle_mutation_response(&mut self, now: Time, response: ServerResponse, ts: Option<Timestamp>) {
        if let (Ok(_), Some(ts)) = (&response.outcome, ts) {
            self.connection.observe(ts);
        }
        let progress = self.result_progress();
        let request = RequestId::new(response.request);
        self.log(request, response.log_lines);
        let outcome = self.requests.mutation_answered(request, response.outcome, ts, progress);
        self.respond(outcome.into_iter().collect());
        self.note_caught_up();
        self.expect_transition(now);
    }

    fn handle_action_response(&mut self, response: ServerResponse) {
        let request = RequestId::new(response.request);
        self.log(request, response.log_lines);
        let outcome = self.requests.action_answered(request, response.outcome);
        self.respond(outcome.into_iter().collect());
        self.note_caught_up();
    }

    fn log(&mut self, request: RequestId, lines: Vec<String>) {
        if let Some(function) = self.requests.function(request).filter(|_| !lines.is_empty()) {
            self.events.push_back(Event::Log { function: function.clone(), lines });
        }
    }

    /// The server rejected an identity, or reports that a confirmed token expired. It closes the
    /// socket next, so the client does not wait for that (docs/auth.md, rule 10).
    fn handle_auth_error(&mut self, now: Time, rejection: &AuthRejection) {
        let Some(socket_state) = self.connection.socket_state() else { return };
        let rejected = socket_state.rejected(rejection.base_version);
        let attempted = rejection.update_attempted.unwrap_or(rejected.is_some());
        let token = if attempted { rejected } else { socket_state.server_token() }.cloned();
        let message = self.without_tokens(&rejection.message);
        self.lose_connection(now, LostBy::Client, "AuthError");
        let Some(token) = token else { return };
        let (token, message) = (&token, &*message);
        let event = if attempted {
            AuthEvent::TokenRejected { token, message }
        } else {
            AuthEvent::ExpiryReported { token, message }
        };
        self.handle_auth_event(now, event);
    }

    // ---- tokens and time ----

    fn handle_token(&mut self, now: Time, fetch: FetchId, outcome: Result<Option<Token>, TokenError>) {
        self.handle_auth_event(now, AuthEvent::TokenFetched { fetch, outcome });
        // The server may have confirmed this token already, while the client took it for expired
        // because of a wrong clock.
        self.confirm_identity(now);
    }

    fn handle_woke(&mut self, now: Time, outdated: bool) {
        let (_, connection, mut cx) = self.parts(now);
        connection.woke(&mut cx, outdated);
        self.handle_auth_event(now, AuthEvent::Woke);
        self.handle_timeout(now);
    }

    fn handle_timeout(&mut self, now: Time) {
        while let Some(timer) = self.timers.pop_expired(now) {
            self.handle_timer(now, timer);
        }
        let mut outcomes = self.requests.time_out(now);
        outcomes.extend(self.time_out_one_shots(now));
        self.respond(outcomes);
    }

    fn handle_timer(&mut self, now: Time, timer: Timer) {
        match timer {
            Timer::Redial => {
                let (_, connection, mut cx) = self.parts(now);
                connection.dial(&mut cx);
            }
            Timer::Dial => self.lose_connection(now, LostBy::Server, "the socket did not open in time"),
            Timer::Inactivity | Timer::Answer => self.lose_connection(now, LostBy::Client, "InactiveServer"),
            Timer::Probe => {
                self.lose_connection(now, LostBy::Client, "InactiveServer");
                let (_, connection, mut cx) = self.parts(now);
                connection.dial(&mut cx);
            }
            Timer::Transition if self.requests.awaits_transition() => {
                self.lose_connection(now, LostBy::Client, "TransitionOverdue");
                self.requests.forget_timestamps();
            }
            // The mutation that armed it has been cancelled.
            Timer::Transition => {}
            Timer::Trial => self.requests.end_trial(),
            Timer::FetchTimeout => self.handle_auth_event(now, AuthEvent::FetchTimedOut),
            Timer::FetchRetry => self.handle_auth_event(now, AuthEvent::FetchDue),
            Timer::Refresh => self.handle_auth_event(now, AuthEvent::RefreshDue),
            Timer::Expiry => self.handle_auth_event(now, AuthEvent::ExpiryDue),
            Timer::Patience => self.handle_auth_event(now, AuthEvent::PatienceEnded),
        }
    }
}
