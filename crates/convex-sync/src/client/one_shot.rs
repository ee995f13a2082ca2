//! One-shot queries: they are run once, without a subscription.

use super::SyncClient;
use crate::{
    Arguments, AuthPolicy, ConvexError, FunctionPath, NotSentReason, RequestId, RequestOptions, Time,
    one_shots::OneShot, requests::SettledRequest,
};

impl SyncClient {
    /// Runs a query once. [`Event::Response`](crate::Event::Response) has its result: the first one
    /// that the server sends for the current identity, or at once the cached result of a subscribed
    /// query. It does not include optimistic updates.
    ///
    /// Like a mutation, it is held back until auth settles. It is resent after a reconnect, and
    /// waits while its query is [suspended](Self::suspend). It fails like a request: with
    /// [`NotSent`](ConvexError::NotSent), [`OutcomeUnknown`](ConvexError::OutcomeUnknown),
    /// [`IdentityChanged`](ConvexError::IdentityChanged) or [`Fatal`](ConvexError::Fatal). It is
    /// not counted in [`in_flight`](Self::in_flight).
    ///
    /// ```
    /// use convex_sync::*;
    /// use std::time::Duration;
    ///
    /// # let session = SessionId::from_random_bytes([7; 16]);
    /// # let mut client = SyncClient::new(Config::default(), session, 42, UnixMillis(1_700_000_000_000));
    /// let export = FunctionPath::parse("messages:export")?;
    /// let args = Arguments::encode(&())?.expect("`()` is `{}`, not a skip");
    /// let options = RequestOptions { timeout: Some(Duration::from_secs(10)), ..RequestOptions::default() };
    /// let request = client.query_once(Time::ZERO, export, args, options);
    /// # client.cancel(request);
    /// # Ok::<(), ConvexError>(())
    /// ```
    pub fn query_once(
        &mut self,
        now: Time,
        function: FunctionPath,
        args: Arguments,
        options: RequestOptions,
    ) -> RequestId {
        let request = self.requests.next_id();
        if let Some(error) = self.refusal(options.auth) {
            self.respond(vec![(request, Err(error))]);
            return request;
        }
        let RequestOptions { auth, timeout } = options;
        let query = self.queries.subscribe(&function, &args, auth);
        let deadline = timeout.map(|timeout| now + timeout);
        self.one_shots.add(request, OneShot { query, auth, deadline });
        if self.queries.current_result(query).is_some() {
            self.one_shots.note_result(query);
        }
        self.settle_one_shots();
        request
    }

    /// Settles the one-shot queries that have a result of the current identity.
    pub(super) fn settle_one_shots(&mut self) {
        for policy in AuthPolicy::ALL {
            if !self.has_current_identity(policy) {
                continue;
            }
            let ready = self.one_shots.ready(policy);
            let outcomes: Vec<_> = ready.into_iter().filter_map(|id| self.settle_one_shot(id)).collect();
            self.respond(outcomes);
        }
    }

    /// Whether the results on this connection belong to the current identity. A `Settled` query may
    /// have run anonymously while one-shot queries are still held back.
    fn has_current_identity(&self, policy: AuthPolicy) -> bool {
        let generation = self.auth.generation();
        policy == AuthPolicy::Immediate
            || self.auth.may_request(policy)
                && self.connection.socket_state().is_some_and(|socket_state| {
                    !socket_state.awaits_identity()
                        && socket_state.identity_due(generation, self.auth.wanted_identity()).is_none()
                })
    }

    /// `None` if its query was suspended after it was answered.
    fn settle_one_shot(&mut self, id: RequestId) -> Option<SettledRequest> {
        let query = self.one_shots.query(id)?;
        let result = self.queries.current_result(query)?.clone();
        self.one_shots.remove(id);
        self.queries.unsubscribe(query);
        Some((id, result.map_err(ConvexError::from)))
    }

    /// Fails the one-shot queries whose policy `applies_to` accepts, with `error`. Those that were
    /// sent fail with [`OutcomeUnknown`](ConvexError::OutcomeUnknown), unless `error` is
    /// [`Fatal`](ConvexError::Fatal).
    pub(super) fn fail_one_shots(
        &mut self,
        applies_to: fn(AuthPolicy) -> bool,
        error: &ConvexError,
    ) -> Vec<SettledRequest> {
        let requests = self.one_shots.of_policy(applies_to);
        requests.into_iter().filter_map(|id| self.fail_one_shot(id, error)).collect()
    }

    pub(super) fn cancel_one_shot(&mut self, id: RequestId, reason: NotSentReason) -> Option<SettledRequest> {
        self.fail_one_shot(id, &ConvexError::NotSent(reason))
    }

    pub(super) fn time_out_one_shots(&mut self, now: Time) -> Vec<SettledRequest> {
        let overdue = self.one_shots.overdue(now).into_iter();
        overdue.filter_map(|id| self.cancel_one_shot(id, NotSentReason::TimedOut)).collect()
    }

    fn fail_one_shot(&mut self, id: RequestId, error: &ConvexError) -> Option<SettledRequest> {
        let one_shot = self.one_shots.remove(id)?;
        let is_certain = matches!(error, ConvexError::Fatal(_)) || !self.queries.was_sent(one_shot.query);
        self.queries.unsubscribe(one_shot.query);
        Some((id, Err(if is_certain { error.clone() } else { ConvexError::OutcomeUnknown })))
    }
}
