//! Mutations and actions.

use super::SyncClient;
use crate::{
    Arguments, AuthPolicy, ConvexError, FunctionPath, LocalStore, NotSentReason, OptimisticError, RequestId,
    RequestOptions, Time, connection::Stopped, requests::RequestKind,
};

impl SyncClient {
    /// Runs a mutation once, after the mutations called before it.
    /// [`Event::Response`](crate::Event::Response) has its outcome, and is emitted together with
    /// the transition that contains its writes.
    pub fn mutate(
        &mut self,
        now: Time,
        function: FunctionPath,
        args: Arguments,
        options: RequestOptions,
    ) -> RequestId {
        self.request(now, RequestKind::Mutation, function, args, options)
    }

    /// Runs a mutation like [`mutate`](Self::mutate), with an optimistic update: `update` changes
    /// query results at once, until the mutation's own writes are received or it fails.
    ///
    /// `update` runs again whenever a result that it read changes or a query that it looked up is
    /// subscribed, so it must depend only on the [`LocalStore`]. If it fails, its changes are
    /// removed, and [`Event::OptimisticUpdateFailed`](crate::Event::OptimisticUpdateFailed) has the
    /// reason.
    pub fn mutate_optimistically(
        &mut self,
        now: Time,
        function: FunctionPath,
        args: Arguments,
        options: RequestOptions,
        update: impl FnMut(&mut LocalStore<'_>) -> Result<(), OptimisticError> + Send + Sync + 'static,
    ) -> RequestId {
        let request = self.mutate(now, function, args, options);
        if self.requests.contains(request) {
            let layer_changes = self.layers.add(&self.queries, &self.pagination, request, Box::new(update));
            self.emit_layer_changes(layer_changes);
        }
        request
    }

    /// Runs an action at most once. [`Event::Response`](crate::Event::Response) has its outcome.
    pub fn act(
        &mut self,
        now: Time,
        function: FunctionPath,
        args: Arguments,
        options: RequestOptions,
    ) -> RequestId {
        self.request(now, RequestKind::Action, function, args, options)
    }

    fn request(
        &mut self,
        now: Time,
        kind: RequestKind,
        function: FunctionPath,
        args: Arguments,
        options: RequestOptions,
    ) -> RequestId {
        let Some(error) = self.refusal(options.auth) else {
            let request = self.requests.add(now, kind, function, args, options);
            self.publish(now);
            return request;
        };
        let request = self.requests.next_id();
        self.respond(vec![(request, Err(error))]);
        request
    }

    /// Why a request with this policy would never be sent.
    pub(super) fn refusal(&self, auth: AuthPolicy) -> Option<ConvexError> {
        match self.connection.stopped() {
            Some(Stopped::Fatal(message)) => Some(ConvexError::Fatal(message.clone())),
            Some(Stopped::Closed) => Some(ConvexError::NotSent(NotSentReason::ClientClosed)),
            None if auth == AuthPolicy::Required && self.auth.is_anonymous() => {
                Some(ConvexError::NotSent(NotSentReason::Unauthenticated))
            }
            None => None,
        }
    }

    /// Cancels a request: it settles at once, as not sent or with an unknown outcome. A mutation
    /// that is known to have succeeded settles with its value. A settled request is not changed.
    pub fn cancel(&mut self, request: RequestId) {
        let one_shot = self.cancel_one_shot(request, NotSentReason::Cancelled);
        let outcome = self.requests.cancel(request).or(one_shot);
        self.respond(outcome.into_iter().collect());
        self.publish_in_flight();
    }
}
