//! `<ConvexProvider>`

use super::client_of;
use crate::ConvexClient;
use leptos::{
    children::TypedChildren,
    context::{Provider, ProviderProps},
    prelude::*,
};

/// Provides a Convex client without an identity provider to its children.
///
/// It takes either `url`, and creates a client that is closed with this component, or `client`, and
/// leaves it open. The auth state is [`Unauthenticated`](crate::AuthState::Unauthenticated) with
/// the reason [`NoProvider`](crate::UnauthenticatedReason::NoProvider) from the start; an identity
/// provider can be [set later](ConvexClient::set_auth).
///
/// # Panics
///
/// With both or neither of `url` and `client`.
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
    /// The URL of the deployment. An invalid URL is reported by the
    /// [connection state](crate::use_convex_connection_state), which is `Fatal`.
    #[prop(optional, into)]
    url: Option<String>,
    /// The client to provide, instead of `url`.
    #[prop(optional)]
    client: Option<ConvexClient>,
    /// Components that find the client by [`use_convex`](crate::use_convex) and the other hooks.
    children: TypedChildren<C>,
) -> impl IntoView
where
    C: IntoView + 'static,
{
    Provider(ProviderProps { value: client_of(url, client), children })
}
