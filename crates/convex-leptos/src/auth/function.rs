//! Identity providers from two closures.

use crate::AuthProvider;
use convex_web::{
    TokenRequest,
    sync::{Session, TokenError},
};
use leptos::prelude::*;
use std::{fmt, future::Future};

/// An [`AuthProvider`] from two closures: one returns the session and may read signals, the other
/// fetches a token.
///
/// ```
/// use convex_leptos::{Session, auth_fn};
/// use leptos::prelude::*;
///
/// # async fn fetch_my_token(force: bool) -> Option<String> { None }
/// // The id of the login, which changes with each sign-in.
/// let login_id = RwSignal::new(Some("login_1".to_owned()));
/// let auth = auth_fn(
///     move || login_id.get().map_or(Session::SignedOut, Session::signed_in),
///     |request| async move { Ok(fetch_my_token(request.force).await) },
/// );
/// # drop(auth);
/// ```
pub fn auth_fn<S, F, Fut>(session: S, fetch_token: F) -> AuthFn<S, F>
where
    S: Fn() -> Session + Clone + Send + Sync + 'static,
    F: Fn(TokenRequest) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Result<Option<String>, TokenError>> + 'static,
{
    AuthFn { session, fetch_token }
}

/// The provider that [`auth_fn`] returns.
///
/// The types of closures have no names, so a function that returns one uses `impl AuthProvider`:
///
/// ```
/// use convex_leptos::{AuthProvider, Session, TokenRequest, auth_fn};
/// use leptos::prelude::*;
///
/// # async fn fetch_my_token(force: bool) -> Option<String> { None }
/// fn my_auth(login_id: Signal<Option<String>>) -> impl AuthProvider + Copy {
///     auth_fn(
///         move || login_id.get().map_or(Session::SignedOut, Session::signed_in),
///         |TokenRequest { force }| async move { Ok(fetch_my_token(force).await) },
///     )
/// }
/// ```
#[derive(Clone, Copy)]
pub struct AuthFn<S, F> {
    session: S,
    fetch_token: F,
}

impl<S, F, Fut> AuthProvider for AuthFn<S, F>
where
    S: Fn() -> Session + Clone + Send + Sync + 'static,
    F: Fn(TokenRequest) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Result<Option<String>, TokenError>> + 'static,
{
    fn session(&self) -> Signal<Session> {
        Signal::derive(self.session.clone())
    }

    fn fetch_token(&self, request: TokenRequest) -> impl Future<Output = Result<Option<String>, TokenError>> {
        (self.fetch_token)(request)
    }
}

impl<S, F> fmt::Debug for AuthFn<S, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AuthFn").finish_non_exhaustive()
    }
}
