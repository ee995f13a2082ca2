//! Queries that nobody subscribes to and that stay all the same, for a while.

use super::Queries;
use crate::{Arguments, AuthPolicy, FunctionPath, QueryHandle, Time};
use std::time::Duration;

impl Queries {
    /// When the next one is to be let go of.
    pub(crate) fn next_expiry(&self) -> Option<Time> {
        self.kept.first().map(|(until, _)| until)
    }

    /// Subscribes to a query on behalf of nobody, until then.
    pub(crate) fn prewarm(
        &mut self,
        function: &FunctionPath,
        args: &Arguments,
        auth: AuthPolicy,
        until: Time,
    ) {
        let query = self.subscribe(function, args, auth);
        self.keep(query, until);
        self.unsubscribe(query);
    }

    /// Lets go of the queries that nobody subscribes to any more, so long after they lost their
    /// last subscriber.
    pub(crate) fn expire_unused(&mut self, now: Time, cache_time: Duration) {
        for handle in std::mem::take(&mut self.unused) {
            if self.is_unused(handle) {
                self.keep(handle, now + cache_time);
            }
        }
        for (_, handle) in self.kept.take_while(|(until, _)| until <= now) {
            self.let_go(handle);
        }
    }

    /// Takes back a subscription to a query that nobody will ask for again: without subscribers it
    /// is not kept.
    pub(crate) fn unsubscribe_uncached(&mut self, handle: QueryHandle) {
        self.unsubscribe(handle);
        if self.is_unused(handle) {
            self.let_go(handle);
        }
    }

    /// Lets go at once of all that nobody subscribes to.
    pub(crate) fn clear_cache(&mut self) {
        let kept = self.kept.take().into_iter().map(|(_, handle)| handle);
        for handle in kept.chain(std::mem::take(&mut self.unused)) {
            self.let_go(handle);
        }
    }

    fn keep(&mut self, handle: QueryHandle, until: Time) {
        let Some(query) = self.all.get_mut(handle).filter(|query| query.kept_until < Some(until)) else {
            return;
        };
        if let Some(before) = query.kept_until.replace(until) {
            self.kept.remove((before, handle));
        }
        self.kept.insert((until, handle));
    }

    fn is_unused(&self, handle: QueryHandle) -> bool {
        self.all.get(handle).is_some_and(|query| query.subscribers == 0)
    }

    /// A query is not kept any more.
    fn let_go(&mut self, handle: QueryHandle) {
        let Some(query) = self.all.get_mut(handle) else { return };
        query.kept_until = None;
        if query.subscribers == 0 {
            self.drop(handle);
        }
    }
}
