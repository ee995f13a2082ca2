//! The methods of the browser's backend; [`crate::backend`] lists them.

use super::Backend;
use crate::{
    TokenFetcher, Update,
    outcome::PendingRequest,
    sync::{
        Arguments, FunctionPath, PageIdentity, RequestId, Session, SuspendedResults, SuspensionId,
        SyncClient, Time,
    },
    update::ListenerId,
};

impl Backend {
    pub(crate) fn now(&self) -> Time {
        self.driver().clock.now()
    }

    pub(crate) fn read<T>(&self, get: impl FnOnce(&SyncClient) -> T) -> Option<T> {
        let driver = self.driver();
        let core = driver.core.try_borrow().ok()?;
        Some(get(&core))
    }

    pub(crate) fn status<T>(&self, get: impl FnOnce(&SyncClient) -> T) -> Option<T> {
        self.read(get)
    }

    pub(crate) fn command(&self, command: impl FnOnce(&mut SyncClient, Time) + 'static) {
        self.driver().command(command);
    }

    pub(crate) fn call<T>(&self, command: impl FnOnce(&mut SyncClient, Time) -> T) -> Option<T> {
        self.driver().call(command)
    }

    pub(crate) fn request(&self, command: impl FnOnce(&mut SyncClient, Time) -> RequestId) -> PendingRequest {
        let driver = self.driver();
        let id = driver.step(command);
        driver.register_request(id)
    }

    pub(crate) fn when_idle(&self, task: impl FnOnce() + 'static) {
        self.driver().when_idle(task);
    }

    pub(crate) fn suspend(
        &self,
        results: SuspendedResults,
        filter: impl Fn(&FunctionPath, &Arguments) -> bool + Send + Sync + 'static,
    ) -> SuspensionId {
        self.call(|core, _| core.suspend(results, filter)).unwrap_or(SuspensionId::NONE)
    }

    pub(crate) fn set_token_fetcher(&self, fetcher: Option<TokenFetcher>) {
        self.driver().set_token_fetcher(fetcher);
    }

    pub(crate) fn presume(&self, identity: PageIdentity) {
        self.driver().presume(identity);
    }

    pub(crate) fn set_session(&self, session: Option<Session>) {
        self.driver().set_session(session);
    }

    pub(crate) fn switch_provider(&self, session: Session, fetcher: TokenFetcher) {
        self.driver().switch_provider(session, fetcher);
    }

    pub(crate) fn add_listener(&self, listener: Box<dyn Fn(&Update)>) -> ListenerId {
        self.driver().listeners.add(listener)
    }

    pub(crate) fn remove_listener(&self, id: ListenerId) {
        self.driver().listeners.remove(id);
    }

    pub(crate) fn close(&self) {
        self.driver().close();
    }
}
