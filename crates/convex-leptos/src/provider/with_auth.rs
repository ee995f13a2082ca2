//! `<ConvexProviderWithAuth>`

use super::provided;
use crate::{AuthProvider, ConvexClient};
use leptos::{
    children::TypedChildren,
    context::{Provider, ProviderProps},
    prelude::*,
};

/// Gives its children a Convex client that follows an identity provider.
///
/// It takes the deployment's `url` and makes a client that is closed with it, or a `client` that
/// was made before and stays open. Several of these components may use one `client`: it follows the
/// newest, and when that is unmounted, the one before; it is anonymous when none is left
/// ([`ConvexClient::set_auth`]). `auth` is any [`AuthProvider`]: [`BetterAuth`](crate::BetterAuth),
/// one of your own, or two closures by [`auth_fn`](crate::auth_fn).
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
    /// The deployment's URL. One that cannot be a deployment's shows as the
    /// [connection](crate::use_convex_connection_state)'s fatal state.
    #[prop(optional, into)]
    url: Option<String>,
    /// A client to provide instead of making one.
    #[prop(optional)]
    client: Option<ConvexClient>,
    /// Who says who is signed in, and gives out tokens.
    auth: A,
    /// What is inside finds the client by [`use_convex`](crate::use_convex) and all other hooks.
    children: TypedChildren<C>,
) -> impl IntoView
where
    A: AuthProvider,
    C: IntoView + 'static,
{
    let client = provided(url, client);
    client.set_auth(auth);
    Provider(ProviderProps { value: client, children })
}
