//! A page that is rendered in the browser only.

use crate::{IN_BROWSER, OnServer, client::Shared, query::EncodedResult};
use convex_web::{
    ConvexClient, TokenFetcher,
    sync::{AuthPolicy, PageIdentity, PaginatedHandle, PaginationResult, QueryHandle, Session},
};
use leptos::prelude::*;
use std::{
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

#[derive(Clone, Default)]
pub(crate) struct Page(());

/// A subscribed query.
pub(crate) struct PageQuery(());

impl Page {
    pub(crate) fn new(_url: &str, _server_timeout: Duration) -> Self {
        Self(())
    }

    pub(crate) fn start(&self, _client: &Arc<Shared>) {
        let is_hydrating = || Owner::current_shared_context().is_some_and(|page| page.during_hydration());
        if cfg!(debug_assertions) && IN_BROWSER && is_hydrating() {
            leptos::logging::warn!(
                "convex-leptos cannot hydrate this page: enable its feature `hydrate` beside the one of `leptos`"
            );
        }
    }

    pub(crate) fn add_provider(&self, _client: &Arc<Shared>) {}

    /// The token fetcher of a provider with this session.
    pub(crate) fn token_fetcher(&self, fetch: TokenFetcher, _session: Signal<Session>) -> TokenFetcher {
        fetch
    }

    pub(crate) fn follows_providers(&self) -> bool {
        IN_BROWSER
    }

    pub(crate) fn hides_results(&self) -> bool {
        false
    }

    pub(crate) fn hides_connection(&self) -> bool {
        false
    }

    pub(crate) fn add_query(
        &self,
        _client: &Arc<Shared>,
        _query: QueryHandle,
        _list: Option<PaginatedHandle>,
        _on_server: OnServer,
    ) -> PageQuery {
        PageQuery(())
    }

    /// The result of a query, as hooks see it.
    pub(crate) fn result(&self, web: &ConvexClient, query: QueryHandle) -> EncodedResult {
        web.result(query)
    }

    /// The content of a list, as hooks see it.
    pub(crate) fn list(&self, web: &ConvexClient, list: PaginatedHandle) -> Option<PaginationResult> {
        web.paginated(list)
    }

    /// The identity that a query runs under, if a server runs it.
    pub(crate) fn query_identity(&self, _auth: AuthPolicy) -> Option<PageIdentity> {
        None
    }

    pub(crate) fn block_response(
        &self,
        _on_server: OnServer,
        _poll: impl FnMut(&mut Context<'_>) -> Poll<()> + Send + Sync + 'static,
    ) {
    }
}

impl PageQuery {
    pub(crate) fn is_left_to_browser(&self) -> bool {
        false
    }
}

/// The user of an auth service, as the page says.
pub(crate) fn user<T>(_base: &str) -> Option<T> {
    None
}
