//! What a [`ConvexClient`](crate::ConvexClient) can be asked and told.

use super::Driver;
use crate::{
    TokenFetcher, Update,
    request::{Pending, request},
    sync::{
        Arguments, AuthPolicy, AuthState, Claims, ConnectionState, ConvexError, EncodedValue, FunctionError,
        FunctionPath, InFlight, LocalStore, NotSentReason, OptimisticError, PaginatedHandle,
        PaginationResult, QueryHandle, RequestId, RequestOptions, Session, SuspendedResults, SuspensionId,
        SyncClient, Time, TokenError, WaitingFor,
    },
    update::ListenerId,
};
use std::{rc::Rc, time::Duration};

impl Driver {
    // ---- getters: while the core is busy, they return what a client without any news returns ----

    pub(crate) fn result(&self, query: QueryHandle) -> Option<Result<EncodedValue, FunctionError>> {
        self.look(|core| core.result(query).cloned())?
    }

    pub(crate) fn paginated(&self, list: PaginatedHandle) -> Option<PaginationResult> {
        self.look(|core| core.paginated(list))?
    }

    pub(crate) fn identity_changes(&self) -> u64 {
        self.look(SyncClient::identity_changes).unwrap_or_default()
    }

    pub(crate) fn auth(&self) -> AuthState {
        let unknown = AuthState::Loading { waiting_for: WaitingFor::Provider, since: Time::ZERO };
        self.look(|core| core.auth().clone()).unwrap_or(unknown)
    }

    pub(crate) fn identity(&self) -> u64 {
        self.look(SyncClient::identity).unwrap_or_default()
    }

    pub(crate) fn token_problem(&self) -> Option<TokenError> {
        self.look(|core| core.token_problem().cloned())?
    }

    pub(crate) fn claims(&self) -> Option<Claims> {
        self.look(|core| core.claims().cloned())?
    }

    pub(crate) fn connection(&self) -> ConnectionState {
        self.look(|core| core.connection().clone()).unwrap_or(ConnectionState::Idle)
    }

    pub(crate) fn now(&self) -> Time {
        self.clock.now()
    }

    pub(crate) fn connection_since(&self) -> Time {
        self.look(SyncClient::connection_since).unwrap_or(Time::ZERO)
    }

    pub(crate) fn in_flight(&self) -> InFlight {
        self.look(SyncClient::in_flight).unwrap_or_default()
    }

    fn look<T>(&self, get: impl FnOnce(&SyncClient) -> T) -> Option<T> {
        self.core.try_borrow().ok().map(|core| get(&core))
    }

    // ---- commands: while the core is busy, those without an answer are deferred, and the others refuse ----

    /// Calls `task` now, or once the core is free.
    pub(crate) fn when_idle(&self, task: impl FnOnce() + 'static) {
        if self.is_busy() {
            self.defer(move |_| task());
        } else {
            task();
        }
    }

    pub(crate) fn subscribe(
        &self,
        function: &FunctionPath,
        args: &Arguments,
        auth: AuthPolicy,
    ) -> QueryHandle {
        self.ask(|core, _| core.subscribe(function, args, auth)).unwrap_or(QueryHandle::NONE)
    }

    pub(crate) fn unsubscribe(&self, query: QueryHandle) {
        self.command(move |core, _| core.unsubscribe(query));
    }

    pub(crate) fn subscribe_paginated(
        &self,
        function: &FunctionPath,
        args: &Arguments,
        auth: AuthPolicy,
        initial_num_items: u32,
    ) -> PaginatedHandle {
        self.ask(|core, _| core.subscribe_paginated(function, args, auth, initial_num_items))
            .unwrap_or(PaginatedHandle::NONE)
    }

    pub(crate) fn load_more(&self, list: PaginatedHandle, num_items: u32) -> bool {
        self.ask(|core, _| core.load_more(list, num_items)).unwrap_or(false)
    }

    pub(crate) fn unsubscribe_paginated(&self, list: PaginatedHandle) {
        self.command(move |core, _| core.unsubscribe_paginated(list));
    }

    pub(crate) fn prewarm(
        &self,
        function: &FunctionPath,
        args: &Arguments,
        auth: AuthPolicy,
        lasts: Duration,
    ) {
        let (function, args) = (function.clone(), args.clone());
        self.command(move |core, now| core.prewarm(now, &function, &args, auth, lasts));
    }

    pub(crate) fn suspend(
        &self,
        results: SuspendedResults,
        filter: impl Fn(&FunctionPath, &Arguments) -> bool + Send + Sync + 'static,
    ) -> SuspensionId {
        self.ask(|core, _| core.suspend(results, filter)).unwrap_or(SuspensionId::NONE)
    }

    pub(crate) fn resume(&self, suspension: SuspensionId) {
        self.command(move |core, _| core.resume(suspension));
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
        self.command(move |core, _| core.cancel(request));
    }

    pub(crate) fn set_session(&self, session: Option<Session>) {
        self.command(move |core, now| core.set_session(now, session));
    }

    pub(crate) fn sign_out(&self) {
        self.command(|core, now| core.sign_out(now));
    }

    pub(crate) fn reauthenticate(&self) {
        self.command(|core, now| core.reauthenticate(now));
    }

    pub(crate) fn set_token_fetcher(&self, fetcher: Option<TokenFetcher>) {
        self.fetching.set_fetcher(fetcher.map(Rc::from));
        self.fetch_again();
    }

    /// The session comes before the fetch is made again: mostly, the core then wants another.
    pub(crate) fn switch_provider(&self, session: Session, fetcher: TokenFetcher) {
        self.fetching.set_fetcher(Some(fetcher.into()));
        self.command(|core, now| core.switch_provider(now, session));
        self.fetch_again();
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
        let Some(id) = self.step(command) else {
            settle.settle(Err(ConvexError::NotSent(NotSentReason::ClientBusy)));
            return pending;
        };
        self.requests.borrow_mut().push((id, settle));
        self.deliver();
        pending.called(id)
    }
}
