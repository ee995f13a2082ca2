//! What a [`ConvexClient`](crate::ConvexClient) can be asked and told.

use super::Driver;
use crate::{
    TokenFetcher, Update,
    request::{Pending, request},
    sync::{
        Arguments, AuthState, Claims, ConnectionState, EncodedValue, FunctionError, FunctionPath, InFlight,
        LocalStore, OptimisticError, PaginatedHandle, PaginationResult, QueryAuth, QueryHandle, RequestId,
        RequestOptions, Session, SuspendedResults, SuspensionId, SyncClient, Time, TokenError,
    },
    update::ListenerId,
};
use std::{rc::Rc, time::Duration};

impl Driver {
    // ---- getters ----

    pub(crate) fn result(&self, query: QueryHandle) -> Option<Result<EncodedValue, FunctionError>> {
        self.core.borrow().result(query).cloned()
    }

    pub(crate) fn paginated(&self, list: PaginatedHandle) -> Option<PaginationResult> {
        self.core.borrow().paginated(list)
    }

    pub(crate) fn auth(&self) -> AuthState {
        self.core.borrow().auth().clone()
    }

    pub(crate) fn token_problem(&self) -> Option<TokenError> {
        self.core.borrow().token_problem().cloned()
    }

    pub(crate) fn claims(&self) -> Option<Claims> {
        self.core.borrow().claims().cloned()
    }

    pub(crate) fn connection(&self) -> ConnectionState {
        self.core.borrow().connection().clone()
    }

    pub(crate) fn now(&self) -> Time {
        self.clock.now()
    }

    pub(crate) fn connection_since(&self) -> Time {
        self.core.borrow().connection_since()
    }

    pub(crate) fn in_flight(&self) -> InFlight {
        self.core.borrow().in_flight()
    }

    // ---- commands ----

    pub(crate) fn subscribe(
        &self,
        function: &FunctionPath,
        args: &Arguments,
        auth: QueryAuth,
    ) -> QueryHandle {
        self.command(|core, _| core.subscribe(function, args, auth))
    }

    pub(crate) fn unsubscribe(&self, query: QueryHandle) {
        self.command(|core, _| core.unsubscribe(query));
    }

    pub(crate) fn subscribe_paginated(
        &self,
        function: &FunctionPath,
        args: &Arguments,
        auth: QueryAuth,
        initial_num_items: u32,
    ) -> PaginatedHandle {
        self.command(|core, _| core.subscribe_paginated(function, args, auth, initial_num_items))
    }

    pub(crate) fn load_more(&self, list: PaginatedHandle, num_items: u32) -> bool {
        self.command(|core, _| core.load_more(list, num_items))
    }

    pub(crate) fn unsubscribe_paginated(&self, list: PaginatedHandle) {
        self.command(|core, _| core.unsubscribe_paginated(list));
    }

    pub(crate) fn prewarm(
        &self,
        function: &FunctionPath,
        args: &Arguments,
        auth: QueryAuth,
        lasts: Duration,
    ) {
        self.command(|core, now| core.prewarm(now, function, args, auth, lasts));
    }

    pub(crate) fn suspend(
        &self,
        results: SuspendedResults,
        filter: impl Fn(&FunctionPath, &Arguments) -> bool + Send + Sync + 'static,
    ) -> SuspensionId {
        self.command(|core, _| core.suspend(results, filter))
    }

    pub(crate) fn resume(&self, suspension: SuspensionId) {
        self.command(|core, _| core.resume(suspension));
    }

    pub(crate) fn query_once(
        &self,
        function: FunctionPath,
        args: Arguments,
        options: RequestOptions,
    ) -> Pending {
        self.request(|core, now| core.query_once(now, function, args, options))
    }

    pub(crate) fn mutate(&self, function: FunctionPath, args: Arguments, options: RequestOptions) -> Pending {
        self.request(|core, now| core.mutate(now, function, args, options))
    }

    pub(crate) fn mutate_optimistically(
        &self,
        function: FunctionPath,
        args: Arguments,
        options: RequestOptions,
        update: impl FnMut(&mut LocalStore<'_>) -> Result<(), OptimisticError> + Send + Sync + 'static,
    ) -> Pending {
        self.request(|core, now| core.mutate_optimistically(now, function, args, options, update))
    }

    pub(crate) fn act(&self, function: FunctionPath, args: Arguments, options: RequestOptions) -> Pending {
        self.request(|core, now| core.act(now, function, args, options))
    }

    pub(crate) fn cancel(&self, request: RequestId) {
        self.command(|core, _| core.cancel(request));
    }

    pub(crate) fn set_session(&self, session: Option<Session>) {
        self.command(|core, now| core.set_session(now, session));
    }

    pub(crate) fn sign_out(&self) {
        self.command(|core, now| core.sign_out(now));
    }

    pub(crate) fn reauthenticate(&self) {
        self.command(|core, now| core.reauthenticate(now));
    }

    pub(crate) fn set_token_fetcher(&self, fetcher: Option<TokenFetcher>) {
        self.fetching.set_fetcher(fetcher.map(Rc::from));
    }

    pub(crate) fn reconnect_now(&self) {
        self.command(|core, now| core.reconnect_now(now));
    }

    pub(crate) fn add_listener(&self, listener: Box<dyn Fn(&Update)>) -> ListenerId {
        self.listeners.add(listener)
    }

    pub(crate) fn remove_listener(&self, id: ListenerId) {
        self.listeners.remove(id);
    }

    /// The request is known here before its response can be delivered, which may be at once.
    fn request(&self, command: impl FnOnce(&mut SyncClient, Time) -> RequestId) -> Pending {
        let (settle, pending) = request();
        let id = self.step(command);
        self.requests.borrow_mut().push((id, settle));
        self.deliver();
        pending.called(id)
    }
}
