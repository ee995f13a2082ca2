//! The backend of a client on a server: a core that is never connected.

use crate::{
    Dial, TokenFetcher, Update, WebSocketDialer,
    outcome::PendingRequest,
    sync::{
        Arguments, Config, ConvexError, FunctionPath, NotSentReason, PageIdentity, RequestId, Session,
        SessionId, SuspendedResults, SuspensionId, SyncClient, Time, UnixMillis,
    },
    update::ListenerId,
};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// A core that is never connected. It has the identity that was presumed for the page, and the
/// results that were seeded.
///
/// The threads that render the page share it. Its time stands still: a page is rendered at one
/// moment. Since it sends nothing, a query without subscribers keeps its result: a component that
/// is rendered again finds it.
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

    /// The core would be connecting, since nobody tells it that there is no socket.
    pub(crate) fn status<T>(&self, _get: impl FnOnce(&SyncClient) -> T) -> Option<T> {
        None
    }

    pub(crate) fn command(&self, command: impl FnOnce(&mut SyncClient, Time) + 'static) {
        self.call(command);
    }

    /// The events of the core are dropped: there is no socket, no token fetcher and no listener.
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

    pub(crate) fn presume(&self, identity: PageIdentity) {
        self.command(move |core, now| core.presume(now, identity));
    }

    pub(crate) fn set_token_fetcher(&self, _fetcher: Option<TokenFetcher>) {}

    /// Only whether there is a provider matters: its session is the browser's. Without a presumed
    /// identity, auth is loading until the browser takes over, also after the provider is removed,
    /// as when the component that added it is rendered again.
    pub(crate) fn set_session(&self, session: Option<Session>) {
        if session.is_some() {
            self.command(|core, now| core.set_session(now, Some(Session::Loading)));
        }
    }

    pub(crate) fn switch_provider(&self, session: Session, _fetcher: TokenFetcher) {
        self.set_session(Some(session));
    }

    pub(crate) fn add_listener(&self, _listener: Box<dyn Fn(&Update)>) -> ListenerId {
        ListenerId(0)
    }

    pub(crate) fn remove_listener(&self, _id: ListenerId) {}

    pub(crate) fn close(&self) {}

    fn lock(&self) -> MutexGuard<'_, SyncClient> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
