//! Query commands: subscriptions, prewarming and suspension.

use super::SyncClient;
use crate::{Arguments, AuthPolicy, FunctionPath, QueryHandle, SuspendedResults, SuspensionId, Time};
use std::time::Duration;

impl SyncClient {
    /// Subscribes to a query. It is kept up to date until [`unsubscribe`](Self::unsubscribe) was
    /// called once for each call of `subscribe`. Equal queries share one subscription.
    pub fn subscribe(&mut self, function: &FunctionPath, args: &Arguments, auth: AuthPolicy) -> QueryHandle {
        let query = self.queries.subscribe(function, args, auth);
        let layer_changes =
            self.layers.query_subscribed(&self.queries, &self.pagination, query, (function, args));
        self.emit_layer_changes(layer_changes);
        query
    }

    /// Undoes one [`subscribe`](Self::subscribe).
    pub fn unsubscribe(&mut self, query: QueryHandle) {
        self.queries.unsubscribe(query);
    }

    /// Keeps a query subscribed for a while without a subscriber, so that a later subscriber finds
    /// its result, or its request in flight. It also stays subscribed that long if its last
    /// subscriber unsubscribes earlier. An identity change ends it.
    ///
    /// ```
    /// use convex_sync::*;
    /// use std::time::Duration;
    ///
    /// # let session = SessionId::from_random_bytes([7; 16]);
    /// # let mut client = SyncClient::new(Config::default(), session, 42, UnixMillis(1_700_000_000_000));
    /// let channel = FunctionPath::parse("messages:list")?;
    /// let args = Arguments::encode(&())?.expect("`()` is `{}`, not a skip");
    /// // The pointer is over a link: load the data behind it.
    /// client.prewarm(Time::ZERO, &channel, &args, AuthPolicy::Settled, Duration::from_secs(5));
    /// # Ok::<(), ConvexError>(())
    /// ```
    pub fn prewarm(
        &mut self,
        now: Time,
        function: &FunctionPath,
        args: &Arguments,
        auth: AuthPolicy,
        lasts: Duration,
    ) {
        if self.connection.stopped().is_none() {
            self.queries.prewarm(function, args, auth, now + lasts);
        }
    }

    /// Unsubscribes every query that `filter` matches from the server until
    /// [`resume`](Self::resume), including queries that are subscribed later. Their subscribers
    /// stay, and see what `results` selects. All of them are removed in one frame, and added again
    /// in one. A query that several suspensions match runs again once all of them have ended.
    ///
    /// A connection without any active query is [`Live`](crate::ConnectionState::Live). Mutations
    /// and actions continue. The writes of a mutation appear in a suspended query once it has run
    /// again, but its optimistic update is removed when the mutation settles.
    ///
    /// `filter` must be pure: it must always return the same for the same query.
    ///
    /// ```
    /// use convex_sync::*;
    ///
    /// # let session = SessionId::from_random_bytes([7; 16]);
    /// # let mut client = SyncClient::new(Config::default(), session, 42, UnixMillis(1_700_000_000_000));
    /// let is_chat = |function: &FunctionPath, _: &Arguments| function.as_str().starts_with("messages:");
    /// let suspension = client.suspend(SuspendedResults::Keep, is_chat);
    /// client.resume(suspension);
    /// ```
    pub fn suspend(
        &mut self,
        results: SuspendedResults,
        filter: impl Fn(&FunctionPath, &Arguments) -> bool + Send + Sync + 'static,
    ) -> SuspensionId {
        let (suspension, changed) = self.queries.suspend(results, filter);
        self.respond_with(changed, Vec::new());
        suspension
    }

    /// Ends a [suspension](Self::suspend).
    pub fn resume(&mut self, suspension: SuspensionId) {
        let changed = self.queries.resume(suspension);
        self.respond_with(changed, Vec::new());
        self.settle_one_shots();
    }
}
