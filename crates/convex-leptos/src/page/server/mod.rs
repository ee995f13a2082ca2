//! A page that is rendered on a web server.
//!
//! The client never connects. Each query is fetched over HTTP, once for each content: hooks with
//! the same query share a [`Fetch`]. Its result is put into the client, as a seed, and into the
//! page, where the browser finds it by its [`PagePlace`].

mod fetch;
mod http_query;

pub(crate) use http_query::HttpQuery;

use crate::{
    OnServer,
    client::Shared,
    query::EncodedResult,
    server::{RequestIdentity, log, request_identity, send::into_send},
};
use convex_web::{
    ConvexClient, ConvexHttpClient, TokenFetcher,
    sync::{
        AuthPolicy, PageIdentity, PagePlace, PaginatedHandle, PaginationResult, QueryHandle, Session, Token,
    },
    with_timeout,
};
use fetch::{Fetch, Waiting};
use futures_util::FutureExt;
use hydration_context::{SerializedDataId, SharedContext};
use leptos::{
    prelude::*,
    reactive::{computed::suspense::SuspenseContext, owner::IsHydrating},
};
use serde::{Serialize, de::DeserializeOwned};
use std::{
    collections::HashMap,
    future::{Future, poll_fn},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll},
    time::Duration,
};

#[derive(Clone, Default)]
pub(crate) struct Page(Arc<PageState>);

#[derive(Default)]
struct PageState {
    url: String,
    server_timeout: Duration,
    /// Who sent the request.
    request: RequestIdentity,
    has_provider: AtomicBool,
    fetches: Mutex<HashMap<PagePlace, Arc<Fetch>>>,
}

/// A subscribed query.
pub(crate) struct PageQuery {
    left_to_browser: ArcRwSignal<bool>,
}

/// The identity that a query runs under.
struct Caller {
    identity: PageIdentity,
    token: Option<Token>,
}

impl Page {
    pub(crate) fn new(url: &str, server_timeout: Duration) -> Self {
        let request = request_identity();
        Self(Arc::new(PageState { url: url.to_owned(), server_timeout, request, ..PageState::default() }))
    }

    pub(crate) fn start(&self, _client: &Arc<Shared>) {}

    /// Tells the client who sent the request, and writes that into the page.
    pub(crate) fn add_provider(&self, client: &Arc<Shared>) {
        if self.0.has_provider.swap(true, Ordering::Relaxed) {
            return;
        }
        match page_identity(&self.0.request) {
            Some(identity) => {
                client.web().presume(identity);
                let place = PagePlace::of_identity(&self.0.url);
                write(place, async move { place.write_identity(identity) });
            }
            None => client.web().set_session(Some(Session::Loading)),
        }
        client.publish_auth();
    }

    /// The token fetcher of a provider with this session.
    pub(crate) fn token_fetcher(&self, fetch: TokenFetcher, _session: Signal<Session>) -> TokenFetcher {
        fetch
    }

    /// A provider of the browser says nothing about the request.
    pub(crate) fn follows_providers(&self) -> bool {
        false
    }

    pub(crate) fn hides_results(&self) -> bool {
        use_context::<SuspenseContext>().is_none()
    }

    pub(crate) fn hides_connection(&self) -> bool {
        false
    }

    /// Fetches the result of a query, unless it runs in the browser only.
    pub(crate) fn add_query(
        &self,
        client: &Arc<Shared>,
        query: QueryHandle,
        list: Option<PaginatedHandle>,
        on_server: OnServer,
    ) -> PageQuery {
        let left_to_browser = ArcRwSignal::new(false);
        if client.web().result(query).is_some() {
            return PageQuery { left_to_browser };
        }
        let call = client.web().query_call(query).filter(|_| on_server != OnServer::Never);
        let called = call.and_then(|call| Some((self.caller(call.2)?, call)));
        let Some((caller, (function, args, auth))) = called else {
            left_to_browser.set(true);
            return PageQuery { left_to_browser };
        };
        let place = PagePlace::of_query(&function, &args, auth, caller.identity);
        let (fetch, is_new) = {
            let mut fetches = self.0.fetches.lock().unwrap_or_else(PoisonError::into_inner);
            match fetches.get(&place) {
                Some(fetch) => (Arc::clone(fetch), false),
                None => {
                    let fetch = Arc::new(Fetch::new(place));
                    fetches.insert(place, Arc::clone(&fetch));
                    (fetch, true)
                }
            }
        };
        fetch.write_into_page();
        fetch.add(client, Waiting { query, list, left_to_browser: left_to_browser.clone() });
        if is_new {
            let http = self.http_client(caller.token).with_timeout(self.0.server_timeout);
            fetch.start(Arc::clone(client), http, function, args);
        }
        PageQuery { left_to_browser }
    }

    /// The result of a query, as hooks see it.
    pub(crate) fn result(&self, web: &ConvexClient, query: QueryHandle) -> EncodedResult {
        web.result(query)
    }

    /// The content of a list, as hooks see it.
    pub(crate) fn list(&self, web: &ConvexClient, list: PaginatedHandle) -> Option<PaginationResult> {
        web.paginated(list)
    }

    /// The identity that a query runs under.
    pub(crate) fn query_identity(&self, auth: AuthPolicy) -> Option<PageIdentity> {
        Some(self.caller(auth)?.identity)
    }

    /// Delays the start of the response until `poll` is ready, for at most `server_timeout`: a
    /// boundary may have changed and never read the query again.
    pub(crate) fn block_response(
        &self,
        on_server: OnServer,
        poll: impl FnMut(&mut Context<'_>) -> Poll<()> + Send + Sync + 'static,
    ) {
        if on_server == OnServer::Blocking
            && let Some(context) = Owner::current_shared_context()
        {
            let ready = with_timeout(self.0.server_timeout, poll_fn(poll));
            context.defer_stream(Box::pin(into_send(ready).map(drop)));
        }
    }

    /// The identity that a query with this policy runs under. `None`: it runs in the browser only.
    fn caller(&self, auth: AuthPolicy) -> Option<Caller> {
        let anonymous = Caller { identity: PageIdentity::Anonymous, token: None };
        if auth == AuthPolicy::Immediate {
            return Some(anonymous);
        }
        let request = match self.0.has_provider.load(Ordering::Relaxed) {
            true => &self.0.request,
            false => &RequestIdentity::Anonymous,
        };
        let identity = page_identity(request)?;
        match request {
            RequestIdentity::User { token, .. } => Some(Caller { identity, token: Some(token.clone()) }),
            _ => Some(anonymous).filter(|_| auth == AuthPolicy::Settled),
        }
    }

    fn http_client(&self, token: Option<Token>) -> ConvexHttpClient {
        let client = ConvexHttpClient::new(self.0.url.as_str());
        match token {
            Some(token) => client.with_auth(token.expose()),
            None => client,
        }
    }
}

impl PageQuery {
    /// Whether the server has no result and will have none: the browser has to run the query.
    pub(crate) fn is_left_to_browser(&self) -> bool {
        self.left_to_browser.get()
    }
}

fn page_identity(request: &RequestIdentity) -> Option<PageIdentity> {
    match request {
        RequestIdentity::Unknown => None,
        RequestIdentity::Anonymous => Some(PageIdentity::Anonymous),
        RequestIdentity::User { session_key, token, .. } => {
            Some(PageIdentity::of_user(session_key, token.expose()))
        }
    }
}

/// Writes a payload into the page, if what is rendered here will be hydrated. Returns whether it
/// will be.
pub(crate) fn write(place: PagePlace, payload: impl Future<Output = String> + Send + Sync + 'static) -> bool {
    let Some(context) = Owner::current_shared_context().filter(|context| will_be_hydrated(&**context)) else {
        return false;
    };
    context.write_async(SerializedDataId::new(place.id()), Box::pin(payload));
    true
}

/// With islands, only they are hydrated.
fn will_be_hydrated(context: &(dyn SharedContext + Send + Sync)) -> bool {
    use_context::<IsHydrating>()
        .map_or_else(|| context.get_is_hydrating(), |IsHydrating(is_hydrating)| is_hydrating)
}

/// The user of an auth service, as the request says. What `T` contains is written into the page.
pub(crate) fn user<T: DeserializeOwned + Serialize>(base: &str) -> Option<T> {
    let RequestIdentity::User { user: Some(user), .. } = request_identity() else { return None };
    let user: T = serde_json::from_value(user).ok()?;
    let json = serde_json::to_string(&user).ok()?;
    let place = PagePlace::of_user(base);
    write(place, async move { place.write_json(&json) });
    Some(user)
}
