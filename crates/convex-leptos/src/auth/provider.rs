//! The trait of identity providers.

use convex_web::{
    TokenFetcher, TokenRequest,
    sync::{Session, Token, TokenError},
};
use futures_util::{FutureExt, future::LocalBoxFuture};
use leptos::{
    prelude::*,
    reactive::{computed::ScopedFuture, owner::WeakOwner},
};
use std::{future::Future, sync::Arc};

/// An identity provider, such as Better Auth, Clerk or your own server: it reports the session and
/// issues tokens that the Convex deployment accepts.
///
/// ```
/// use convex_leptos::{AuthProvider, Session, TokenError, TokenRequest};
/// use leptos::prelude::*;
///
/// #[derive(Clone, Copy)]
/// struct MyAuth {
///     /// The id of the login, not of the user, which would be the same after the next sign-in.
///     login_id: RwSignal<Option<String>>,
/// }
///
/// # async fn fetch_my_token(force: bool) -> Result<Option<String>, std::io::Error> { Ok(None) }
/// impl AuthProvider for MyAuth {
///     fn session(&self) -> Signal<Session> {
///         let login_id = self.login_id;
///         Signal::derive(move || match login_id.get() {
///             Some(id) => Session::signed_in(id),
///             None => Session::SignedOut,
///         })
///     }
///
///     async fn fetch_token(&self, request: TokenRequest) -> Result<Option<String>, TokenError> {
///         fetch_my_token(request.force).await.map_err(|error| TokenError::new(error.to_string()))
///     }
/// }
/// ```
///
/// [`auth_fn`](crate::auth_fn) creates one from two closures.
pub trait AuthProvider: Send + Sync + 'static {
    /// The session, as the provider knows it. Called once.
    ///
    /// The key of [`Session::SignedIn`] must change when the user, the organization or the login
    /// changes, and only then: all results, requests and children of the old key are dropped when
    /// it does. So the user's id is no key: it is the same after the next login, and in another
    /// organization. Use the id of the login session, and add the organization's if there are
    /// several.
    fn session(&self) -> Signal<Session>;

    /// Fetches a token for the deployment.
    ///
    /// `Ok(None)` means that no user is signed in, and signs out. `Err` means that the fetch
    /// failed: the current token stays, and the fetch is retried soon. A fetch times out after 30
    /// seconds. With [`force`](TokenRequest::force) a cached token must not be returned: it was
    /// rejected, or is about to expire.
    ///
    /// If a refresh token can be used only once, the tabs of an app would invalidate each other's:
    /// fetch under a [`TabLock`](crate::TabLock).
    ///
    /// It runs untracked. It must not await a mutation or action of its own client that requires a
    /// user, because these wait for the token. The future may be `!Send`, as futures of JavaScript
    /// promises are.
    fn fetch_token(&self, request: TokenRequest) -> impl Future<Output = Result<Option<String>, TokenError>>;
}

/// A provider of any type.
pub(crate) struct ErasedProvider {
    provider: Arc<dyn DynProvider>,
    /// The reactive owner that it was set under.
    owner: Option<WeakOwner>,
}

impl ErasedProvider {
    pub(crate) fn new(provider: impl AuthProvider) -> Self {
        let owner = Owner::current().map(|owner| owner.downgrade());
        Self { provider: Arc::new(provider), owner }
    }

    pub(crate) fn session(&self) -> Signal<Session> {
        self.provider.dyn_session()
    }

    /// Each fetch has a reactive owner of its own, a child of the provider's, and no observer. So
    /// it finds the contexts of that place, tracks nothing, and disposes what it creates when it
    /// ends.
    pub(crate) fn fetcher(&self) -> TokenFetcher {
        let (shared, owner) = (Arc::clone(&self.provider), self.owner.clone());
        Box::new(move |request| {
            let provider = Arc::clone(&shared);
            let scope = owner
                .as_ref()
                .and_then(WeakOwner::upgrade)
                .map_or_else(Owner::default, |owner| owner.child());
            untrack(|| scope.with(|| ScopedFuture::new_untracked(provider.dyn_fetch_token(request))))
                .boxed_local()
        })
    }
}

trait DynProvider: Send + Sync {
    fn dyn_session(&self) -> Signal<Session>;
    fn dyn_fetch_token(
        self: Arc<Self>,
        request: TokenRequest,
    ) -> LocalBoxFuture<'static, Result<Option<Token>, TokenError>>;
}

impl<P: AuthProvider> DynProvider for P {
    fn dyn_session(&self) -> Signal<Session> {
        self.session()
    }

    fn dyn_fetch_token(
        self: Arc<Self>,
        request: TokenRequest,
    ) -> LocalBoxFuture<'static, Result<Option<Token>, TokenError>> {
        async move { Ok(self.fetch_token(request).await?.map(Token::new)) }.boxed_local()
    }
}
