//! What an identity provider has to be able to do.

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

/// An identity provider, such as Better Auth, Clerk or one's own server: it knows who is signed in,
/// and gives out tokens that the Convex deployment accepts.
///
/// ```
/// use convex_leptos::{AuthProvider, Session, TokenError, TokenRequest};
/// use leptos::prelude::*;
///
/// #[derive(Clone, Copy)]
/// struct MyAuth {
///     /// The id that the server gives to each login: the user's id would stay the same.
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
/// [`auth_fn`](crate::auth_fn) makes one from two closures.
pub trait AuthProvider: Send + Sync + 'static {
    /// What is known about who is signed in, without asking Convex. Called once.
    ///
    /// The key of [`Session::SignedIn`] must change when the user, the organization or the login
    /// changes, and only then: all results, requests and children of the old key are dropped when
    /// it does. So the user's id is no key: it is the same after the next login, and in another
    /// organization. Use the id of the login session, and add the organization's if there are
    /// several.
    fn session(&self) -> Signal<Session>;

    /// Fetches a token for the deployment.
    ///
    /// `Ok(None)` says that nobody is signed in, and signs out. `Err` says that it could not be
    /// found out; the token in use stays, and it is asked again soon. A fetch takes 30 s at the
    /// most. With [`force`](TokenRequest::force) a token from a cache will not do: it was rejected,
    /// or is about to run out.
    ///
    /// Where a refresh token is good only once, the tabs of an app spend each other's: ask for it
    /// under a [`TabLock`](crate::TabLock).
    ///
    /// It runs untracked. It must not await a mutation or action of its own client that needs a
    /// signed-in person, for these wait for the token. The future may be `!Send`, as those made of
    /// JavaScript's promises are.
    fn fetch_token(&self, request: TokenRequest) -> impl Future<Output = Result<Option<String>, TokenError>>;
}

/// Any provider, as the client holds it.
pub(crate) struct ErasedProvider {
    provider: Arc<dyn DynProvider>,
    /// The owner that it was set under.
    home: Option<WeakOwner>,
}

impl ErasedProvider {
    pub(crate) fn new(provider: impl AuthProvider) -> Self {
        let home = Owner::current().map(|owner| owner.downgrade());
        Self { provider: Arc::new(provider), home }
    }

    pub(crate) fn session(&self) -> Signal<Session> {
        self.provider.dyn_session()
    }

    /// Every fetch has a reactive owner of its own, below the one that the provider was set under,
    /// and no observer: it finds the contexts of that place, tracks nothing, and what it creates is
    /// disposed when it ends.
    pub(crate) fn fetcher(&self) -> TokenFetcher {
        let (shared, home) = (Arc::clone(&self.provider), self.home.clone());
        Box::new(move |request| {
            let provider = Arc::clone(&shared);
            let scope =
                home.as_ref().and_then(WeakOwner::upgrade).map_or_else(Owner::default, |home| home.child());
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
