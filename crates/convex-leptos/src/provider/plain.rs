//! `<ConvexProvider>`

use super::provided;
use crate::ConvexClient;
use leptos::{
    children::TypedChildren,
    context::{Provider, ProviderProps},
    prelude::*,
};

/// Gives its children a Convex client, for apps in which nobody signs in, or somebody may
/// [later](ConvexClient::set_auth).
///
/// It takes the deployment's `url` and makes a client that goes with it, or a `client` that was
/// made before and goes on after it. Nobody is signed in, and that is known at once:
/// [`Unauthenticated`](crate::AuthState::Unauthenticated) with the reason
/// [`NoProvider`](crate::UnauthenticatedReason::NoProvider).
///
/// ```no_run
/// use convex_leptos::ConvexProvider;
/// use leptos::prelude::*;
///
/// #[component]
/// fn App() -> impl IntoView {
///     view! {
///         <ConvexProvider url="https://happy-animal-123.convex.cloud">
///             "…"
///         </ConvexProvider>
///     }
/// }
/// ```
#[component(transparent)]
pub fn ConvexProvider<C>(
    /// The deployment's URL. One that cannot be a deployment's shows as the
    /// [connection](crate::use_convex_connection_state)'s fatal state.
    #[prop(optional, into)]
    url: Option<String>,
    /// A client to provide instead of making one.
    #[prop(optional)]
    client: Option<ConvexClient>,
    /// What is inside finds the client by [`use_convex`](crate::use_convex) and all other hooks.
    children: TypedChildren<C>,
) -> impl IntoView
where
    C: IntoView + 'static,
{
    Provider(ProviderProps { value: provided(url, client), children })
}
