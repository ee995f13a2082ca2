//! Who is signed in, as signals.

use crate::{AuthState, ConvexClient, TokenError, use_convex};
use leptos::prelude::*;

/// Whether somebody is signed in with the nearest provider's client, as signals.
///
/// # Usage
///
/// For showing something else in each state, the gates ([`<Authenticated>`](crate::Authenticated) and its siblings) say it
/// shorter.
///
/// ```
/// use convex_leptos::use_convex_auth;
/// use leptos::prelude::*;
///
/// #[component]
/// fn SignInOut() -> impl IntoView {
///     let auth = use_convex_auth();
///     view! {
///         <button disabled=auth.is_loading>
///             {move || if auth.is_authenticated.get() { "Sign out" } else { "Sign in" }}
///         </button>
///     }
/// }
/// ```
///
/// # On the server
///
/// It is loading, and in the browser until the page that the server rendered is taken over.
///
/// # Panics
///
/// Outside of a [`<ConvexProvider>`](crate::ConvexProvider).
#[track_caller]
pub fn use_convex_auth() -> UseConvexAuth {
    use_convex().use_auth()
}

/// What [`use_convex_auth`] gives. Each signal changes only when what it says does.
#[derive(Debug, Clone, Copy)]
pub struct UseConvexAuth {
    /// It is not known yet whether somebody is signed in.
    pub is_loading: Signal<bool>,
    /// Somebody is, and the deployment confirmed it. It stays so while a token is refreshed.
    pub is_authenticated: Signal<bool>,
    /// Somebody is, and a token that was rejected or ran out is being replaced: what is shown stays, writes wait.
    pub is_refreshing: Signal<bool>,
    /// All of it, with what is waited for and why nobody is signed in.
    pub state: Signal<AuthState>,
    /// Why there is no new token: what the last fetch failed with, until one succeeds. It is being tried again, and nobody is signed
    /// out by it.
    pub token_problem: Signal<Option<TokenError>>,
}

impl UseConvexAuth {
    /// `None` while loading, then whether somebody is signed in: what the `condition` of leptos_router's `<ProtectedRoute>` takes.
    /// Tracked.
    pub fn is_authorized(&self) -> Option<bool> {
        if self.is_loading.get() { None } else { Some(self.is_authenticated.get()) }
    }
}

impl ConvexClient {
    /// [`use_convex_auth`] of this client.
    #[track_caller]
    pub fn use_auth(self) -> UseConvexAuth {
        let shared = self.shared();
        let auth = shared.auth().clone();
        let when = |holds: fn(&AuthState) -> bool| {
            let auth = auth.clone();
            Memo::new(move |_| holds(&auth.read())).into()
        };
        UseConvexAuth {
            is_loading: when(|auth| matches!(auth, AuthState::Loading { .. })),
            is_authenticated: when(|auth| matches!(auth, AuthState::Authenticated { .. })),
            is_refreshing: when(|auth| matches!(auth, AuthState::Authenticated { refreshing: true })),
            state: auth.read_only().into(),
            token_problem: shared.token_problem().read_only().into(),
        }
    }
}
