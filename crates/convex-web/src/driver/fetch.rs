//! Fetching tokens.

use super::Driver;
use crate::{
    TokenRequest,
    sync::{FetchId, Input, Token, TokenError},
};
use futures_util::future::{AbortHandle, LocalBoxFuture, abortable};
use std::{cell::RefCell, rc::Rc};
use wasm_bindgen_futures::spawn_local;

type SharedFetcher = Rc<dyn Fn(TokenRequest) -> LocalBoxFuture<'static, Result<Option<Token>, TokenError>>>;

/// The token fetcher, and the fetch that the core waits for.
#[derive(Default)]
pub(super) struct Fetching {
    fetcher: RefCell<Option<SharedFetcher>>,
    current: RefCell<Option<Current>>,
}

struct Current {
    fetch: FetchId,
    force: bool,
    /// `None` once the fetcher that was called has been replaced.
    running: Option<AbortHandle>,
}

impl Driver {
    pub(super) fn fetch(&self, fetch: FetchId, force: bool) {
        let Some(fetcher) = self.fetching.fetcher() else {
            let outcome = Err(TokenError::new("the client was given no token fetcher"));
            self.input(Input::Token { fetch, outcome });
            return;
        };
        let (answer, handle) = abortable(fetcher(TokenRequest { force }));
        self.fetching.begin(Current { fetch, force, running: Some(handle) });
        let driver = self.me.clone();
        spawn_local(async move {
            let Ok(outcome) = answer.await else { return };
            if let Some(driver) = driver.upgrade() {
                driver.fetching.abandon(fetch);
                driver.input(Input::Token { fetch, outcome });
            }
        });
    }

    /// Makes the fetch that the core waits for by the fetcher there is now, if that was replaced
    /// meanwhile.
    pub(super) fn fetch_again(&self) {
        if let Some((fetch, force)) =
            self.fetching.interrupted().filter(|_| self.fetching.fetcher().is_some())
        {
            self.fetch(fetch, force);
        }
    }
}

impl Fetching {
    /// Replaces the fetcher. The future of the earlier one is dropped; the core still waits for a
    /// token.
    pub(super) fn set_fetcher(&self, fetcher: Option<SharedFetcher>) {
        self.fetcher.replace(fetcher);
        let running = self.current.borrow_mut().as_mut().and_then(|current| current.running.take());
        if let Some(handle) = running {
            handle.abort();
        }
    }

    /// Drops the future of a fetch, if it is still running.
    pub(super) fn abandon(&self, fetch: FetchId) {
        let abandoned = self.current.borrow_mut().take_if(|current| current.fetch == fetch);
        if let Some(handle) = abandoned.and_then(|current| current.running) {
            handle.abort();
        }
    }

    /// Drops whatever could still fetch.
    pub(super) fn stop(&self) {
        self.set_fetcher(None);
        self.current.take();
    }

    fn fetcher(&self) -> Option<SharedFetcher> {
        self.fetcher.borrow().clone()
    }

    fn begin(&self, current: Current) {
        let previous = self.current.replace(Some(current));
        if let Some(handle) = previous.and_then(|previous| previous.running) {
            handle.abort();
        }
    }

    /// The fetch that the core waits for while nothing fetches, and whether it is forced.
    fn interrupted(&self) -> Option<(FetchId, bool)> {
        let current = self.current.borrow();
        current
            .as_ref()
            .filter(|current| current.running.is_none())
            .map(|current| (current.fetch, current.force))
    }
}
