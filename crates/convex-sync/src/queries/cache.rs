//! The query cache: queries that stay subscribed for a while without a subscriber.

use super::Queries;
use crate::{Arguments, AuthPolicy, FunctionPath, QueryHandle, Time};
use std::time::Duration;

impl Queries {
    /// When the next cached query expires.
    pub(crate) fn next_expiry(&self) -> Option<Time> {
        self.cache.first().map(|(until, _)| until)
    }

    /// Keeps a query subscribed until `until`, without a subscriber.
    pub(crate) fn prewarm(
        &mut self,
        function: &FunctionPath,
        args: &Arguments,
        auth: AuthPolicy,
        until: Time,
    ) {
        let query = self.subscribe(function, args, auth);
        self.cache_until(query, until);
        self.unsubscribe(query);
    }

    /// Caches the queries that lost their last subscriber for `cache_time`, and drops those that
    /// have expired.
    pub(crate) fn expire_unused(&mut self, now: Time, cache_time: Duration) {
        for handle in std::mem::take(&mut self.unused) {
            if self.is_unused(handle) {
                self.cache_until(handle, now + cache_time);
            }
        }
        for (_, handle) in self.cache.take_while(|(until, _)| until <= now) {
            self.evict(handle);
        }
    }

    /// Unsubscribes from a query that will not be subscribed again, so that it is not cached.
    pub(crate) fn unsubscribe_uncached(&mut self, handle: QueryHandle) {
        self.unsubscribe(handle);
        if self.is_unused(handle) {
            self.evict(handle);
        }
    }

    /// Drops all queries without a subscriber at once.
    pub(crate) fn clear_cache(&mut self) {
        let cached = self.cache.take().into_iter().map(|(_, handle)| handle);
        for handle in cached.chain(std::mem::take(&mut self.unused)) {
            self.evict(handle);
        }
    }

    /// Extends the time for which a query is cached.
    fn cache_until(&mut self, handle: QueryHandle, until: Time) {
        let Some(query) = self.all.get_mut(handle).filter(|query| query.cached_until < Some(until)) else {
            return;
        };
        if let Some(previous) = query.cached_until.replace(until) {
            self.cache.remove((previous, handle));
        }
        self.cache.insert((until, handle));
    }

    fn is_unused(&self, handle: QueryHandle) -> bool {
        self.all.get(handle).is_some_and(|query| query.subscribers == 0)
    }

    /// Ends the caching of a query, and drops it if it has no subscriber.
    fn evict(&mut self, handle: QueryHandle) {
        let Some(query) = self.all.get_mut(handle) else { return };
        query.cached_until = None;
        if query.subscribers == 0 {
            self.drop(handle);
        }
    }
}
