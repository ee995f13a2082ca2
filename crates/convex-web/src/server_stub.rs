//! The backend of a client on a server: a core that is never connected.

use crate::{
    Dial, TokenFetcher, Update, WebSocketDialer,
    outcome::PendingRequest,
    sync::{
        Arguments, Config, ConvexError, FunctionPath, NotSentReason, RequestId, Session, SessionId,
        SuspendedResults, SuspensionId, SyncClient, Time, UnixMillis,
    },
    update::ListenerId,
};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// A core that is never connected. It exists so that queries and lists have handles.
///
/// The states of auth and connection are not read from it: a server must render the same page for
/// all users, until the browser takes over.
pub(crate) struct Backend(Mutex<SyncClient>);

impl Backend {
    pub(crate) fn start(_url: &str, config: Config, _dial: Box<dyn Dial>, _warns: bool) -> Self {
        let core = SyncClient::new(config, SessionId::from_random_bytes([0; 16]), 0, UnixMillis::default());
        let backend = Self(Mutex::new(core));
        backend.command(|_, _| ());
        backend
    }

    pub(crate) fn closed() -> Self {
        Self::start("", Config::default(), Box::new(WebSocketDialer), false)
    }

    pub(crate) fn now(&self) -> Time {
        Time::ZERO
    }

    pub(crate) fn read<T>(&self, get: impl FnOnce(&SyncClient) -> T) -> Option<T> {
        Some(get(&self.lock()))
    }

    pub(crate) fn status<T>(&self, _get: impl FnOnce(&SyncClient) -> T) -> Option<T> {
        None
    }

    pub(crate) fn command(&self, command: impl FnOnce(&mut SyncClient, Time) + 'static) {
        self.call(command);
    }

    /// The events of the core are dropped: there is no socket and no token fetcher here.
    pub(crate) fn call<T>(&self, command: impl FnOnce(&mut SyncClient, Time) -> T) -> Option<T> {
        let mut core = self.lock();
        let returned = command(&mut core, Time::ZERO);
        while core.poll_event().is_some() {}
        Some(returned)
    }

    pub(crate) fn request(
        &self,
        _command: impl FnOnce(&mut SyncClient, Time) -> RequestId,
    ) -> PendingRequest {
        PendingRequest::rejected(ConvexError::NotSent(NotSentReason::ClientClosed))
    }

    pub(crate) fn when_idle(&self, task: impl FnOnce() + 'static) {
        task();
    }

    /// Suspends nothing, since no query runs. The filter is not even called: it would run while the
    /// core is locked, and it may use the client.
    pub(crate) fn suspend(
        &self,
        _results: SuspendedResults,
        _filter: impl Fn(&FunctionPath, &Arguments) -> bool + Send + Sync + 'static,
    ) -> SuspensionId {
        SuspensionId::NONE
    }

    pub(crate) fn set_token_fetcher(&self, _fetcher: Option<TokenFetcher>) {}

    pub(crate) fn switch_provider(&self, _session: Session, _fetcher: TokenFetcher) {}

    pub(crate) fn add_listener(&self, _listener: Box<dyn Fn(&Update)>) -> ListenerId {
        ListenerId(0)
    }

    pub(crate) fn remove_listener(&self, _id: ListenerId) {}

    pub(crate) fn close(&self) {}

    fn lock(&self) -> MutexGuard<'_, SyncClient> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
