//! The hook for the auth state.

use crate::{AuthState, ConvexClient, TokenError, WaitingFor, derived::derived, use_convex};
use convex_web::sync::Time;
use leptos::prelude::*;

/// The auth state of the nearest provider's client.
///
/// # Usage
///
/// To show different content in each state, use the gates:
/// [`<Authenticated>`](crate::Authenticated) and its siblings.
///
/// ```
/// use convex_leptos::use_convex_auth;
/// use leptos::prelude::*;
///
/// #[component]
/// fn SignInOut() -> impl IntoView {
///     let auth = use_convex_auth();
///     view! {
///         <button disabled=move || auth.is_loading()>
///             {move || if auth.is_authenticated() { "Sign out" } else { "Sign in" }}
///         </button>
///     }
/// }
/// ```
///
/// # On the server
///
/// It is the identity of the request: authenticated, unauthenticated, or loading if nothing is
/// known about the user. The browser starts with the same state. Without an identity provider it is
/// unauthenticated ([`NoProvider`](crate::UnauthenticatedReason::NoProvider)).
///
/// # Panics
///
/// Outside of a [`<ConvexProvider>`](crate::ConvexProvider).
#[track_caller]
pub fn use_convex_auth() -> UseConvexAuth {
    use_convex().use_auth()
}

/// The auth state, from [`use_convex_auth`]. `Copy`.
///
/// All getters are tracked, and each notifies only when its own value changes. They always agree
/// with each other, in immediate effects too. After the component that called the hook is disposed,
/// they return the loading state.
///
/// ```
/// use convex_leptos::{AuthState, use_convex_auth};
/// use leptos::prelude::*;
///
/// #[component]
/// fn Status() -> impl IntoView {
///     let auth = use_convex_auth();
///     let page = move || match auth.is_authorized() {
///         None => "…",
///         Some(true) => "Rooms",
///         Some(false) => "Welcome",
///     };
///     let problem = move || match auth.state() {
///         AuthState::Loading { .. } => auth.token_problem().map(|problem| problem.to_string()),
///         AuthState::Authenticated { .. } => None,
///         AuthState::Unauthenticated { reason } => Some(reason.to_string()),
///     };
///     view! { <h1>{page}</h1> <p>{problem}</p> }
/// }
/// ```
#[derive(Debug, Clone, Copy)]
pub struct UseConvexAuth {
    is_loading: Signal<bool>,
    is_authenticated: Signal<bool>,
    is_refreshing: Signal<bool>,
    state: Signal<AuthState>,
    token_problem: Signal<Option<TokenError>>,
    identity: Signal<u64>,
    client: ConvexClient,
}

/// The state that a handle returns after its component is disposed.
const DISPOSED: AuthState = AuthState::Loading { waiting_for: WaitingFor::Provider, since: Time::ZERO };

impl UseConvexAuth {
    /// Whether it is not known yet if a user is signed in. Tracked.
    pub fn is_loading(&self) -> bool {
        self.is_loading.try_get().unwrap_or(true)
    }

    /// Whether a user is signed in and the deployment has confirmed it. It stays true while a token
    /// is refreshed. Tracked.
    pub fn is_authenticated(&self) -> bool {
        self.is_authenticated.try_get().unwrap_or(false)
    }

    /// Whether a user is signed in and a token that was rejected or expired is being replaced.
    /// Shown data stays, and mutations and actions wait. Tracked.
    pub fn is_refreshing(&self) -> bool {
        self.is_refreshing.try_get().unwrap_or(false)
    }

    /// The whole state, with the cause of loading or the reason why no user is signed in. Tracked.
    pub fn state(&self) -> AuthState {
        self.state.try_get().unwrap_or(DISPOSED)
    }

    /// The error of the last token fetch, until one succeeds. The client retries, and the user
    /// stays signed in meanwhile. Tracked.
    pub fn token_problem(&self) -> Option<TokenError> {
        self.token_problem.try_get().flatten()
    }

    /// `None` while loading, then whether a user is signed in. It is the `condition` that
    /// leptos_router's `<ProtectedRoute>` takes. Tracked.
    pub fn is_authorized(&self) -> Option<bool> {
        if self.is_loading() { None } else { Some(self.is_authenticated()) }
    }

    /// The same state, but loading instead of authenticated while `ready` returns false. `ready` is
    /// tracked.
    ///
    /// The gates take the result. In this example, a user counts as signed in once the app's
    /// database has a record of them:
    ///
    /// ```
    /// use convex_leptos::{Authenticated, QueryRef, use_authenticated_query, use_convex_auth};
    /// use leptos::prelude::*;
    ///
    /// const CURRENT: QueryRef<(), Option<String>> = QueryRef::new("users:current");
    ///
    /// #[component]
    /// fn Page() -> impl IntoView {
    ///     let user = use_authenticated_query(CURRENT, ());
    ///     let auth = use_convex_auth().when(move || matches!(user.value(), Some(Some(_))));
    ///     view! { <Authenticated auth>"Hello!"</Authenticated> }
    /// }
    /// ```
    ///
    /// If a mutation creates the record, use [`use_stored_user`](crate::use_stored_user).
    #[must_use]
    pub fn when(self, ready: impl Fn() -> bool + Send + Sync + 'static) -> Self {
        let (base, client) = (self.state, self.client);
        let loading_since = StoredValue::new(None);
        let state = derived(move || {
            let state = base.try_get().unwrap_or(DISPOSED);
            let since = match state {
                AuthState::Loading { since, .. } => Some(since),
                AuthState::Authenticated { .. } if !ready() => {
                    Some(loading_since.try_get_value().flatten().unwrap_or_else(|| client.now()))
                }
                _ => None,
            };
            loading_since.try_set_value(since);
            match (&state, since) {
                (AuthState::Authenticated { .. }, Some(since)) => {
                    AuthState::Loading { waiting_for: WaitingFor::Server, since }
                }
                _ => state,
            }
        });
        Self::new(state, self.token_problem, self.identity, client)
    }

    fn new(
        state: Signal<AuthState>,
        token_problem: Signal<Option<TokenError>>,
        identity: Signal<u64>,
        client: ConvexClient,
    ) -> Self {
        let when = |holds: fn(&AuthState) -> bool| derived(move || holds(&state.read()));
        Self {
            is_loading: when(|auth| matches!(auth, AuthState::Loading { .. })),
            is_authenticated: when(|auth| matches!(auth, AuthState::Authenticated { .. })),
            is_refreshing: when(|auth| matches!(auth, AuthState::Authenticated { refreshing: true })),
            state,
            token_problem,
            identity,
            client,
        }
    }

    /// The signal of the [state](Self::state), for the gates.
    pub(crate) fn state_signal(&self) -> Signal<AuthState> {
        self.state
    }

    /// Changes with every identity change. Content that was built for one identity must not be
    /// shown to the next. `None` if the handle is disposed. Tracked.
    pub(crate) fn identity(&self) -> Option<u64> {
        self.identity.try_get()
    }
}

impl ConvexClient {
    /// [`use_convex_auth`] of this client.
    #[track_caller]
    pub fn use_auth(self) -> UseConvexAuth {
        let shared = self.shared();
        UseConvexAuth::new(
            shared.auth().read_only().into(),
            shared.token_problem().read_only().into(),
            shared.identity().read_only().into(),
            self,
        )
    }
}
