//! `<AuthLoading>`

use super::auth_is;
use crate::{AuthState, UseConvexAuth};
use leptos::{
    children::{TypedChildrenFn, ViewFn},
    prelude::*,
};

/// Shows its children while it is not known yet whether a user is signed in: while the client waits
/// for the provider, a first token, or the deployment's confirmation.
///
/// On the server it shows its children if the identity of the request is unknown.
///
/// ```
/// use convex_leptos::AuthLoading;
/// use leptos::prelude::*;
///
/// # #[component]
/// # fn Example() -> impl IntoView {
/// view! { <AuthLoading>"Loading…"</AuthLoading> }
/// # }
/// ```
///
/// # Panics
///
/// Outside of a [`<ConvexProvider>`](crate::ConvexProvider).
#[component(transparent)]
pub fn AuthLoading<C>(
    /// Shown in this state. Rebuilt each time.
    children: TypedChildrenFn<C>,
    /// Shown in the other states.
    #[prop(optional, into)]
    fallback: ViewFn,
    /// The auth state that decides, from [`UseConvexAuth::when`] or
    /// [`use_stored_user`](crate::use_stored_user). By default that of the nearest provider's
    /// client.
    #[prop(optional, into)]
    auth: Option<UseConvexAuth>,
) -> impl IntoView
where
    C: IntoView + 'static,
{
    Show(ShowProps {
        when: auth_is(auth, |auth| matches!(auth, AuthState::Loading { .. })),
        children,
        fallback,
    })
}
