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

/// What is asked for tokens, and the fetch that is under way.
#[derive(Default)]
pub(super) struct Fetching {
    fetcher: RefCell<Option<SharedFetcher>>,
    running: RefCell<Option<(FetchId, AbortHandle)>>,
}

impl Driver {
    pub(super) fn fetch(&self, fetch: FetchId, force: bool) {
        let Some(fetcher) = self.fetching.fetcher() else {
            let outcome = Err(TokenError::new("the client was given no token fetcher"));
            self.input(Input::Token { fetch, outcome });
            return;
        };
        let (answer, handle) = abortable(fetcher(TokenRequest { force }));
        self.fetching.begin(fetch, handle);
        let driver = self.me.clone();
        spawn_local(async move {
            let Ok(outcome) = answer.await else { return };
            if let Some(driver) = driver.upgrade() {
                driver.fetching.abandon(fetch);
                driver.input(Input::Token { fetch, outcome });
            }
        });
    }
}

impl Fetching {
    pub(super) fn set_fetcher(&self, fetcher: Option<SharedFetcher>) {
        self.fetcher.replace(fetcher);
    }

    /// Drops the future of a fetch, if it is still running.
    pub(super) fn abandon(&self, fetch: FetchId) {
        let running = self.running.borrow_mut().take_if(|running| running.0 == fetch);
        if let Some((_, handle)) = running {
            handle.abort();
        }
    }

    /// Drops whatever could still fetch.
    pub(super) fn stop(&self) {
        self.set_fetcher(None);
        if let Some((_, handle)) = self.running.take() {
            handle.abort();
        }
    }

    fn fetcher(&self) -> Option<SharedFetcher> {
        self.fetcher.borrow().clone()
    }

    fn begin(&self, fetch: FetchId, handle: AbortHandle) {
        if let Some((_, previous)) = self.running.replace(Some((fetch, handle))) {
            previous.abort();
        }
    }
}
