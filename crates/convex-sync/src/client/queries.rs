//! What can be asked about queries.

use super::SyncClient;
use crate::{Arguments, AuthPolicy, FunctionPath, QueryHandle, SuspendedResults, SuspensionId, Time};
use std::time::Duration;

impl SyncClient {
    /// Keeps a query up to date until [`unsubscribe`](Self::unsubscribe) was called as often as
    /// this. Equal queries are one.
    pub fn subscribe(&mut self, function: &FunctionPath, args: &Arguments, auth: AuthPolicy) -> QueryHandle {
        let query = self.queries.subscribe(function, args, auth);
        let relaid = self.layers.query_subscribed(&self.queries, &self.pagination, query, (function, args));
        self.show(relaid);
        query
    }

    /// Takes back one [`subscribe`](Self::subscribe).
    pub fn unsubscribe(&mut self, query: QueryHandle) {
        self.queries.unsubscribe(query);
    }

    /// Keeps a query up to date for so long, on behalf of nobody: whoever subscribes to it
    /// meanwhile finds its result there, or on its way. It also stays that long where its last
    /// subscriber leaves earlier. Where somebody else signs in, nothing of it is left.
    ///
    /// ```
    /// use convex_sync::*;
    /// use std::time::Duration;
    ///
    /// # let session = SessionId::from_random_bytes([7; 16]);
    /// # let mut client = SyncClient::new(Config::default(), session, 42, UnixMillis(1_700_000_000_000));
    /// let channel = FunctionPath::parse("messages:list")?;
    /// let args = Arguments::encode(&())?.expect("`()` is `{}`, not a skip");
    /// // The pointer rests on a link: what is behind it is likely to be wanted next.
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

    /// Takes every query that `filter` matches away from the server until [`resume`](Self::resume),
    /// those subscribed to later among them. Their subscribers stay, and see what `results` says.
    /// All of them leave the server in one message, and come back in one. What several suspensions
    /// are about runs again once none of them is left.
    ///
    /// A connection on which nothing is left is [`Live`](crate::ConnectionState::Live). Mutations
    /// and actions go on; what a mutation writes shows in a suspended query once that has run
    /// again, while its optimistic update goes when it settles.
    ///
    /// `filter` must always say the same of the same query.
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

    /// Takes back a [`suspend`](Self::suspend), once.
    pub fn resume(&mut self, suspension: SuspensionId) {
        let changed = self.queries.resume(suspension);
        self.respond_with(changed, Vec::new());
        self.answer_one_shots();
    }
}
