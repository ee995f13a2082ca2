//! Who is signed in, as signals.

use crate::{AuthState, ConvexClient, Time, TokenError, WaitingFor, derived::derived, use_convex};
use leptos::prelude::*;

/// Whether somebody is signed in with the nearest provider's client, as signals.
///
/// # Usage
///
/// For showing something else in each state, the gates ([`<Authenticated>`](crate::Authenticated)
/// and its siblings) say it shorter.
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

/// What [`use_convex_auth`] gives. Each signal notifies only when its own value changes, and all of
/// them agree at any moment, in an immediate effect too.
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
///     let problem = move || match auth.state.get() {
///         AuthState::Loading { .. } => auth.token_problem.get().map(|problem| problem.to_string()),
///         AuthState::Authenticated { .. } => None,
///         AuthState::Unauthenticated { reason } => Some(reason.to_string()),
///     };
///     view! { <h1>{page}</h1> <p>{problem}</p> }
/// }
/// ```
#[derive(Debug, Clone, Copy)]
pub struct UseConvexAuth {
    /// It is not known yet whether somebody is signed in.
    pub is_loading: Signal<bool>,
    /// Somebody is, and the deployment confirmed it. It stays so while a token is refreshed.
    pub is_authenticated: Signal<bool>,
    /// Somebody is, and a token that was rejected or ran out is being replaced: what is shown
    /// stays, writes wait.
    pub is_refreshing: Signal<bool>,
    /// All of it, with what is waited for and why nobody is signed in.
    pub state: Signal<AuthState>,
    /// Why there is no new token: what the last fetch failed with, until one succeeds. It is being
    /// tried again, and nobody is signed out by it.
    pub token_problem: Signal<Option<TokenError>>,
    /// Changes with every identity change. What was built for one identity must not be shown to the
    /// next.
    pub(crate) identity: Signal<u64>,
    pub(crate) client: ConvexClient,
}

/// What is read of a handle whose component is gone.
const GONE: AuthState = AuthState::Loading { waiting_for: WaitingFor::Provider, since: Time::ZERO };

impl UseConvexAuth {
    /// The same, but authenticated only while `ready` is true as well: until then it is loading.
    /// `ready` is tracked.
    ///
    /// The gates take what this gives. Here the app counts as signed in to once the person is known
    /// to its database:
    ///
    /// ```
    /// use convex_leptos::{Authenticated, use_authenticated_query, use_convex_auth};
    /// use leptos::prelude::*;
    ///
    /// #[component]
    /// fn Page() -> impl IntoView {
    ///     let user = use_authenticated_query::<Option<String>>("users:current", ());
    ///     let auth = use_convex_auth().when(move || matches!(user.data(), Some(Some(_))));
    ///     view! { <Authenticated auth>"Hello!"</Authenticated> }
    /// }
    /// ```
    ///
    /// Where a mutation is to make the person known, there is
    /// [`use_stored_user`](crate::use_stored_user).
    #[must_use]
    pub fn when(self, ready: impl Fn() -> bool + Send + Sync + 'static) -> Self {
        let (base, client) = (self.state, self.client);
        let loading_since = StoredValue::new(None);
        let state = derived(move || {
            let state = base.try_get().unwrap_or(GONE);
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

    /// `None` while loading, then whether somebody is signed in: what the `condition` of
    /// leptos_router's `<ProtectedRoute>` takes. Tracked. `None` once the component that called the
    /// hook is gone.
    pub fn is_authorized(&self) -> Option<bool> {
        if self.is_loading.try_get()? { None } else { self.is_authenticated.try_get() }
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
