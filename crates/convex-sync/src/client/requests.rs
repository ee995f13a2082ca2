//! Mutations and actions.

use super::SyncClient;
use crate::{
    Arguments, AuthPolicy, ConvexError, FunctionPath, LocalStore, NotSentReason, OptimisticError, RequestId,
    RequestOptions, Time, connection::Stopped, requests::RequestKind,
};

impl SyncClient {
    /// Runs a mutation once, after the ones called before it.
    /// [`Event::Response`](crate::Event::Response) tells its outcome, in the same drain as the
    /// transition that shows its writes.
    pub fn mutate(
        &mut self,
        now: Time,
        function: FunctionPath,
        args: Arguments,
        options: RequestOptions,
    ) -> RequestId {
        self.request(now, RequestKind::Mutation, function, args, options)
    }

    /// Runs a mutation as [`mutate`](Self::mutate) does, and shows at once what it is expected to
    /// do: `update` changes what queries show until the mutation's own writes are shown, or it has
    /// failed.
    ///
    /// It is called again whenever a result that it asked for changes below it, or a query joins
    /// those, so it must be a function of nothing but the [`LocalStore`]. Where it fails, nothing
    /// of it is shown any more, and
    /// [`Event::OptimisticUpdateFailed`](crate::Event::OptimisticUpdateFailed) says why.
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
            let relaid = self.layers.add(&self.queries, &self.pagination, request, Box::new(update));
            self.show(relaid);
        }
        request
    }

    /// Runs an action, at most once. [`Event::Response`](crate::Event::Response) tells its outcome.
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

    /// Why a request of this policy can never leave.
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

    /// Gives up on a request: it settles at once, as not sent or as of unknown outcome; a mutation
    /// already known to have succeeded, with its value. A request that has settled is not touched.
    pub fn cancel(&mut self, request: RequestId) {
        let one_shot = self.cancel_one_shot(request, NotSentReason::Cancelled);
        let outcome = self.requests.cancel(request).or(one_shot);
        self.respond(outcome.into_iter().collect());
        self.publish_in_flight();
    }
}
