//! `<ConvexProviderWithAuth>`

use super::client_of;
use crate::{AuthProvider, ConvexClient};
use leptos::{
    children::TypedChildren,
    context::{Provider, ProviderProps},
    prelude::*,
};

/// Provides a Convex client that follows an identity provider to its children.
///
/// It takes either `url`, and creates a client that is closed with this component, or `client`, and
/// leaves it open. Several of these components can use one `client`: it follows the newest mounted
/// one, and is anonymous when none is mounted ([`ConvexClient::set_auth`]). `auth` is any
/// [`AuthProvider`]: [`BetterAuth`](crate::BetterAuth), your own type, or two closures with
/// [`auth_fn`](crate::auth_fn).
///
/// # Panics
///
/// With both or neither of `url` and `client`.
///
/// ```no_run
/// use convex_leptos::{AuthLoading, Authenticated, BetterAuth, ConvexProviderWithAuth, Unauthenticated};
/// use leptos::prelude::*;
///
/// #[component]
/// fn App() -> impl IntoView {
///     let auth = BetterAuth::new("");
///     view! {
///         <ConvexProviderWithAuth url="https://happy-animal-123.convex.cloud" auth>
///             <AuthLoading>"Loading…"</AuthLoading>
///             <Unauthenticated>"Please sign in."</Unauthenticated>
///             <Authenticated>"Welcome!"</Authenticated>
///         </ConvexProviderWithAuth>
///     }
/// }
/// ```
#[component(transparent)]
pub fn ConvexProviderWithAuth<A, C>(
    /// The URL of the deployment. An invalid URL is reported by the
    /// [connection state](crate::use_convex_connection_state), which is `Fatal`.
    #[prop(optional, into)]
    url: Option<String>,
    /// The client to provide, instead of `url`.
    #[prop(optional)]
    client: Option<ConvexClient>,
    /// The identity provider: it reports the session and fetches tokens.
    auth: A,
    /// Components that find the client by [`use_convex`](crate::use_convex) and the other hooks.
    children: TypedChildren<C>,
) -> impl IntoView
where
    A: AuthProvider,
    C: IntoView + 'static,
{
    let client = client_of(url, client);
    client.set_auth(auth);
    Provider(ProviderProps { value: client, children })
}
