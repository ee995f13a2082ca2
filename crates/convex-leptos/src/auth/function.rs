//! An identity provider made of two closures.

use crate::AuthProvider;
use convex_web::{
    TokenRequest,
    sync::{Session, TokenError},
};
use leptos::prelude::*;
use std::{fmt, future::Future};

/// An [`AuthProvider`] made of two closures: one says who is signed in, and may read signals; the
/// other fetches a token.
///
/// ```
/// use convex_leptos::{Session, auth_fn};
/// use leptos::prelude::*;
///
/// # async fn fetch_my_token(force: bool) -> Option<String> { None }
/// // The id of the login, which is another one after each sign-in.
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

/// What [`auth_fn`] makes.
///
/// Closures have no names, so a function that gives one back says what it can do:
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
