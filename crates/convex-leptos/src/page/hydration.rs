//! A page that a web server rendered, and that the browser takes over.
//!
//! The client starts as the identity that the page was rendered for, and with the results that are
//! in the page. Until hydration ends, it must show the same content as the server. So
//! providers are followed only afterwards; until then, nothing changes the client's identity.

use super::held_results::HeldResults;
use crate::{IN_BROWSER, OnServer, client::Shared, query::EncodedResult};
use convex_web::{
    ConvexClient, TokenFetcher, Update,
    sync::{
        AuthPolicy, PageIdentity, PagePlace, PaginatedHandle, PaginationResult, QueryHandle, Session,
        TokenError, from_json,
    },
};
use gloo_timers::future::TimeoutFuture;
use hydration_context::{SerializedDataId, SharedContext};
use leptos::{
    prelude::*,
    reactive::{computed::suspense::SuspenseContext, owner::IsHydrating, signal::ArcTrigger},
};
use serde::de::DeserializeOwned;
use std::{
    sync::{
        Arc, OnceLock, Weak,
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
    client: OnceLock<Weak<Shared>>,
    /// The identity that the page was rendered for: `None` inside if the server did not know it.
    /// Unset without a provider.
    identity: OnceLock<Option<PageIdentity>>,
    is_hydrating: AtomicBool,
    held: HeldResults,
    /// A provider has reported a session.
    #[cfg(debug_assertions)]
    has_session: AtomicBool,
    /// Notified when hydration ends.
    hydrated: ArcTrigger,
}

/// A subscribed query.
pub(crate) struct PageQuery(());

impl Page {
    pub(crate) fn new(url: &str, _server_timeout: Duration) -> Self {
        Self(Arc::new(PageState { url: url.to_owned(), ..PageState::default() }))
    }

    pub(crate) fn start(&self, client: &Arc<Shared>) {
        if self.0.client.set(Arc::downgrade(client)).is_ok() {
            self.is_hydrating();
        }
    }

    /// Starts authentication as the identity of the page. The token is fetched after hydration,
    /// when the provider is followed.
    pub(crate) fn add_provider(&self, client: &Arc<Shared>) {
        if self.0.identity.get().is_some() || !self.is_hydrating() {
            return;
        }
        let place = PagePlace::of_identity(&self.0.url);
        let identity = read(place).and_then(|payload| place.read_identity(&payload));
        if self.0.identity.set(identity).is_err() {
            return;
        }
        match identity {
            Some(identity) => client.web().presume(identity),
            None => client.web().set_session(Some(Session::Loading)),
        }
    }

    /// The token fetcher of a provider with this session. The token is fetched while the provider
    /// may still be loading: that it has no token then does not mean that the user is signed out
    /// (docs/auth.md, rule 15).
    pub(crate) fn token_fetcher(&self, fetch: TokenFetcher, session: Signal<Session>) -> TokenFetcher {
        Box::new(move |request| {
            let fetched = fetch(request);
            Box::pin(async move {
                let outcome = fetched.await;
                let is_loading = || session.try_get_untracked() == Some(Session::Loading);
                if outcome == Ok(None) && is_loading() {
                    return Err(TokenError::new("the provider has no token while its session is loading"));
                }
                outcome
            })
        })
    }

    pub(crate) fn follows_providers(&self) -> bool {
        IN_BROWSER && !self.is_hydrating()
    }

    /// Warns if the first session that a provider reports is another one than that of the page.
    #[cfg(debug_assertions)]
    pub(crate) fn check_session(&self, session: &Session) {
        if *session == Session::Loading || self.0.has_session.swap(true, Ordering::Relaxed) {
            return;
        }
        let (Some(Some(identity)), Session::SignedIn { key }) = (self.0.identity.get(), session) else {
            return;
        };
        let reported = session_digest(PageIdentity::of_user(key, ""));
        if session_digest(*identity).is_some_and(|of_page| Some(of_page) != reported) {
            leptos::logging::warn!(
                "convex-leptos removed the results of this page: the web server rendered it for another session \
                 than the identity provider reports. If this happens at each page load, the session key of the \
                 server's `RequestIdentity` is not the one of the provider's `Session::SignedIn`"
            );
        }
    }

    /// Tracks the end of hydration.
    pub(crate) fn hides_results(&self) -> bool {
        let hides = self.is_hydrating() && use_context::<SuspenseContext>().is_none();
        if hides {
            self.0.hydrated.track();
        }
        hides
    }

    pub(crate) fn hides_connection(&self) -> bool {
        self.is_hydrating()
    }

    pub(crate) fn add_query(
        &self,
        client: &Arc<Shared>,
        query: QueryHandle,
        list: Option<PaginatedHandle>,
        _on_server: OnServer,
    ) -> PageQuery {
        if !self.is_hydrating() {
            return PageQuery(());
        }
        if let Some((function, args, auth)) = client.web().query_call(query)
            && let Some(identity) = self.identity_of_query(auth)
        {
            let place = PagePlace::of_query(&function, &args, auth, identity);
            if let Some(result) = read(place).and_then(|payload| place.read_result(&payload)) {
                client.web().seed(query, result);
            }
        }
        self.0.held.hold(client.web(), query, list);
        PageQuery(())
    }

    /// The result of a query, as hooks see it.
    pub(crate) fn result(&self, web: &ConvexClient, query: QueryHandle) -> EncodedResult {
        self.0.held.result(web, query)
    }

    /// The content of a list, as hooks see it; `None` if it stays the same.
    pub(crate) fn list(&self, web: &ConvexClient, list: PaginatedHandle) -> Option<PaginationResult> {
        self.0.held.list(web, list)
    }

    /// The identity that the server ran a query under. `None`: it did not run it.
    fn identity_of_query(&self, auth: AuthPolicy) -> Option<PageIdentity> {
        match self.0.identity.get() {
            _ if auth == AuthPolicy::Immediate => Some(PageIdentity::Anonymous),
            None => Some(PageIdentity::Anonymous),
            Some(identity) => *identity,
        }
    }

    /// Whether the page is being hydrated. Each island is hydrated by itself, so this can become
    /// true again.
    fn is_hydrating(&self) -> bool {
        if self.0.is_hydrating.load(Ordering::Relaxed) {
            return true;
        }
        let Some(context) = hydrating_context() else { return false };
        self.0.is_hydrating.store(true, Ordering::Relaxed);
        let page = self.clone();
        let is_island = use_context::<IsHydrating>().is_some();
        wasm_bindgen_futures::spawn_local(async move {
            // Leptos hydrates all islands in one task of the browser, each in a microtask.
            if is_island {
                TimeoutFuture::new(0).await;
            }
            while is_hydrating(&*context) {
                TimeoutFuture::new(0).await;
            }
            page.end_hydration();
        });
        true
    }

    /// Readers are notified last: if the provider reports another user, they see nothing of the
    /// page.
    fn end_hydration(&self) {
        self.0.is_hydrating.store(false, Ordering::Relaxed);
        let held = self.0.held.release();
        if let Some(client) = self.0.client.get().and_then(Weak::upgrade) {
            client.hydrated(&Update { connection: true, ..held });
        }
        self.0.hydrated.notify();
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

/// The digest of the session key of a user.
#[cfg(debug_assertions)]
fn session_digest(identity: PageIdentity) -> Option<u64> {
    match identity {
        PageIdentity::Anonymous => None,
        PageIdentity::User { session, .. } => Some(session),
    }
}

type PageContext = dyn SharedContext + Send + Sync;

fn hydrating_context() -> Option<Arc<PageContext>> {
    Owner::current_shared_context().filter(|context| IN_BROWSER && is_hydrating(&**context))
}

/// With islands, `during_hydration` stays true, and `get_is_hydrating` is true while the body of
/// each island runs, but not in the closures of its view.
fn is_hydrating(context: &PageContext) -> bool {
    context.during_hydration() && context.get_is_hydrating()
}

/// The payload that the server wrote at this place of the page. Called while a [`Page`] is being hydrated.
fn read(place: PagePlace) -> Option<String> {
    let context = Owner::current_shared_context().filter(|context| context.during_hydration());
    context?.read_data(&SerializedDataId::new(place.id()))
}

/// The user of an auth service, as the page says.
pub(crate) fn user<T: DeserializeOwned>(base: &str) -> Option<T> {
    hydrating_context()?;
    let place = PagePlace::of_user(base);
    from_json(&place.read_json(&read(place)?)?).ok()
}
