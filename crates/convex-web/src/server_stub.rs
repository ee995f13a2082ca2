//! The client outside of a browser: it answers, and does nothing.

use crate::{
    Dial, TokenFetcher, Update, WebSocketDialer,
    request::{Pending, request},
    sync::{
        Arguments, AuthPolicy, AuthState, Claims, Config, ConnectionState, ConvexError, EncodedValue,
        FunctionError, FunctionPath, InFlight, LocalStore, NotSentReason, OptimisticError, PaginatedHandle,
        PaginationResult, QueryHandle, RequestId, RequestOptions, Session, SessionId, SuspendedResults,
        SuspensionId, SyncClient, Time, TokenError, UnixMillis, WaitingFor,
    },
    update::ListenerId,
};
use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

/// A core that nobody connects, so that queries have handles. It is told nothing of who is signed
/// in: what a server renders must be the same for everybody until the browser takes over.
pub(crate) struct Backend(Inert);

/// Has the methods of the browser's driver.
pub(crate) struct Inert(Mutex<SyncClient>);

impl Backend {
    pub(crate) fn start(_url: &str, config: Config, _dial: Box<dyn Dial>, _warns: bool) -> Self {
        let core = SyncClient::new(config, SessionId::from_random_bytes([0; 16]), 0, UnixMillis::default());
        let inert = Inert(Mutex::new(core));
        inert.step(|_| ());
        Self(inert)
    }

    pub(crate) fn closed() -> Self {
        Self::start("", Config::default(), Box::new(WebSocketDialer), false)
    }

    pub(crate) fn driver(&self) -> &Inert {
        &self.0
    }
}

impl Inert {
    pub(crate) fn result(&self, _query: QueryHandle) -> Option<Result<EncodedValue, FunctionError>> {
        None
    }

    pub(crate) fn paginated(&self, list: PaginatedHandle) -> Option<PaginationResult> {
        self.step(|core| core.paginated(list))
    }

    pub(crate) fn auth(&self) -> AuthState {
        AuthState::Loading { waiting_for: WaitingFor::Provider, since: Time::ZERO }
    }

    pub(crate) fn identity(&self) -> u64 {
        0
    }

    pub(crate) fn token_problem(&self) -> Option<TokenError> {
        None
    }

    pub(crate) fn claims(&self) -> Option<Claims> {
        None
    }

    pub(crate) fn identity_changes(&self) -> u64 {
        0
    }

    pub(crate) fn connection(&self) -> ConnectionState {
        ConnectionState::Idle
    }

    pub(crate) fn connection_since(&self) -> Time {
        Time::ZERO
    }

    pub(crate) fn in_flight(&self) -> InFlight {
        InFlight::default()
    }

    pub(crate) fn now(&self) -> Time {
        Time::ZERO
    }

    pub(crate) fn when_idle(&self, task: impl FnOnce() + 'static) {
        task();
    }

    pub(crate) fn subscribe(
        &self,
        function: &FunctionPath,
        args: &Arguments,
        auth: AuthPolicy,
    ) -> QueryHandle {
        self.step(|core| core.subscribe(function, args, auth))
    }

    pub(crate) fn unsubscribe(&self, query: QueryHandle) {
        self.step(|core| core.unsubscribe(query));
    }

    pub(crate) fn subscribe_paginated(
        &self,
        function: &FunctionPath,
        args: &Arguments,
        auth: AuthPolicy,
        initial_num_items: u32,
    ) -> PaginatedHandle {
        self.step(|core| core.subscribe_paginated(function, args, auth, initial_num_items))
    }

    pub(crate) fn load_more(&self, list: PaginatedHandle, num_items: u32) -> bool {
        self.step(|core| core.load_more(list, num_items))
    }

    pub(crate) fn unsubscribe_paginated(&self, list: PaginatedHandle) {
        self.step(|core| core.unsubscribe_paginated(list));
    }

    pub(crate) fn prewarm(
        &self,
        _function: &FunctionPath,
        _args: &Arguments,
        _auth: AuthPolicy,
        _lasts: Duration,
    ) {
    }

    /// Nothing runs that could be suspended. The filter is not called either: it would run under
    /// the lock, and may use the client.
    pub(crate) fn suspend(
        &self,
        _results: SuspendedResults,
        _filter: impl Fn(&FunctionPath, &Arguments) -> bool + Send + Sync + 'static,
    ) -> SuspensionId {
        SuspensionId::NONE
    }

    pub(crate) fn resume(&self, _suspension: SuspensionId) {}

    pub(crate) fn query_once(
        &self,
        _function: FunctionPath,
        _args: Arguments,
        _options: RequestOptions,
    ) -> Pending {
        never_sent()
    }

    pub(crate) fn mutate(
        &self,
        _function: FunctionPath,
        _args: Arguments,
        _options: RequestOptions,
    ) -> Pending {
        never_sent()
    }

    pub(crate) fn mutate_optimistically(
        &self,
        _function: FunctionPath,
        _args: Arguments,
        _options: RequestOptions,
        _update: impl FnMut(&mut LocalStore<'_>) -> Result<(), OptimisticError> + Send + Sync + 'static,
    ) -> Pending {
        never_sent()
    }

    pub(crate) fn act(&self, _function: FunctionPath, _args: Arguments, _options: RequestOptions) -> Pending {
        never_sent()
    }

    pub(crate) fn cancel(&self, _request: RequestId) {}

    pub(crate) fn set_session(&self, _session: Option<Session>) {}

    pub(crate) fn set_token_fetcher(&self, _fetcher: Option<TokenFetcher>) {}

    pub(crate) fn switch_provider(&self, _session: Session, _fetcher: TokenFetcher) {}

    pub(crate) fn sign_out(&self) {}

    pub(crate) fn reauthenticate(&self) {}

    pub(crate) fn reconnect_now(&self) {}

    pub(crate) fn add_listener(&self, _listener: Box<dyn Fn(&Update)>) -> ListenerId {
        ListenerId(0)
    }

    pub(crate) fn remove_listener(&self, _id: ListenerId) {}

    pub(crate) fn close(&self) {}

    /// What the core wants done is dropped: there is nothing here to do it with.
    fn step<T>(&self, command: impl FnOnce(&mut SyncClient) -> T) -> T {
        let mut core: MutexGuard<'_, _> = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let answer = command(&mut core);
        while core.poll_event().is_some() {}
        answer
    }
}

fn never_sent() -> Pending {
    let (settle, pending) = request();
    settle.settle(Err(ConvexError::NotSent(NotSentReason::ClientClosed)));
    pending
}
