//! Token fetches.

use super::Driver;
use crate::{
    TokenFetcher, TokenRequest,
    early_start::drop_early_responses,
    sync::{FetchId, Input, PageIdentity, Session, Token, TokenError},
};
use futures_util::{
    FutureExt,
    future::{self, AbortHandle, LocalBoxFuture, abortable},
};
use std::{cell::RefCell, rc::Rc};
use wasm_bindgen_futures::spawn_local;

type SharedFetcher = Rc<dyn Fn(TokenRequest) -> LocalBoxFuture<'static, Result<Option<Token>, TokenError>>>;

/// The token fetcher, and the fetch that the core waits for.
#[derive(Default)]
pub(super) struct TokenFetches {
    fetcher: RefCell<Option<SharedFetcher>>,
    pending: RefCell<Option<PendingFetch>>,
}

struct PendingFetch {
    id: FetchId,
    force: bool,
    /// `None` once its fetcher has been replaced.
    running: Option<AbortHandle>,
}

impl Driver {
    pub(super) fn set_token_fetcher(&self, fetcher: Option<TokenFetcher>) {
        self.token_fetches.set_fetcher(fetcher.map(Rc::from));
        self.restart_fetch();
    }

    pub(super) fn set_session(&self, session: Option<Session>) {
        // The next session is that of a later sign-in: nothing that was sent before may answer for
        // it.
        if matches!(session, None | Some(Session::SignedOut)) {
            drop_early_responses();
        }
        self.command(move |core, now| core.set_session(now, session));
    }

    /// The session is set before the fetch is restarted, because the core usually wants another
    /// fetch then.
    pub(super) fn switch_provider(&self, session: Session, fetcher: TokenFetcher) {
        self.token_fetches.set_fetcher(Some(fetcher.into()));
        if session == Session::SignedOut {
            drop_early_responses();
        }
        self.command(move |core, now| core.switch_provider(now, session));
        self.restart_fetch();
    }

    /// A presumed user's fetch begins before the provider is added. It waits for the provider's
    /// fetcher: setting that one restarts it.
    pub(super) fn presume(&self, identity: PageIdentity) {
        if self.token_fetches.fetcher().is_none() {
            self.token_fetches.set_fetcher(Some(Rc::new(|_| future::pending().boxed_local())));
        }
        self.command(move |core, now| core.presume(now, identity));
    }

    pub(super) fn start_fetch(&self, id: FetchId, force: bool) {
        let Some(fetcher) = self.token_fetches.fetcher() else {
            let outcome = Err(TokenError::new("the client has no token fetcher"));
            self.input(Input::Token { fetch: id, outcome });
            return;
        };
        if force {
            drop_early_responses();
        }
        let (token, handle) = abortable(fetcher(TokenRequest { force }));
        self.token_fetches.start(PendingFetch { id, force, running: Some(handle) });
        let driver = self.me.clone();
        spawn_local(async move {
            let Ok(outcome) = token.await else { return };
            if let Some(driver) = driver.upgrade() {
                driver.token_fetches.abort(id);
                driver.input(Input::Token { fetch: id, outcome });
            }
        });
    }

    /// Starts the pending fetch again with the current fetcher, if its own fetcher was replaced.
    fn restart_fetch(&self) {
        if let Some((id, force)) =
            self.token_fetches.interrupted().filter(|_| self.token_fetches.fetcher().is_some())
        {
            self.start_fetch(id, force);
        }
    }
}

impl TokenFetches {
    /// Replaces the fetcher and drops the future of the earlier one. The fetch stays pending.
    fn set_fetcher(&self, fetcher: Option<SharedFetcher>) {
        self.fetcher.replace(fetcher);
        let running = self.pending.borrow_mut().as_mut().and_then(|pending| pending.running.take());
        if let Some(handle) = running {
            handle.abort();
        }
    }

    /// Drops the future of a fetch, if it is still running.
    pub(super) fn abort(&self, id: FetchId) {
        let aborted = self.pending.borrow_mut().take_if(|pending| pending.id == id);
        if let Some(handle) = aborted.and_then(|pending| pending.running) {
            handle.abort();
        }
    }

    /// Drops the fetcher and the running future.
    pub(super) fn stop(&self) {
        self.set_fetcher(None);
        self.pending.take();
    }

    fn fetcher(&self) -> Option<SharedFetcher> {
        self.fetcher.borrow().clone()
    }

    fn start(&self, fetch: PendingFetch) {
        let previous = self.pending.replace(Some(fetch));
        if let Some(handle) = previous.and_then(|previous| previous.running) {
            handle.abort();
        }
    }

    /// The pending fetch if no future runs for it, and whether it is forced.
    fn interrupted(&self) -> Option<(FetchId, bool)> {
        let pending = self.pending.borrow();
        pending
            .as_ref()
            .filter(|pending| pending.running.is_none())
            .map(|pending| (pending.id, pending.force))
    }
}
