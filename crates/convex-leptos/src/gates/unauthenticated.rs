//! `<Unauthenticated>`

use super::auth_is;
use crate::{AuthState, UseConvexAuth};
use leptos::{
    children::{TypedChildrenFn, ViewFn},
    prelude::*,
};

/// Shows its children while it is certain that no user is signed in: the provider reported it, the
/// app signed out, or the deployment rejected the session. Never while that is not known yet.
///
/// On the server it shows its children if the request is anonymous, or the client has no provider.
///
/// ```
/// use convex_leptos::Unauthenticated;
/// use leptos::prelude::*;
///
/// # #[component]
/// # fn Example() -> impl IntoView {
/// view! { <Unauthenticated>"Please sign in."</Unauthenticated> }
/// # }
/// ```
///
/// # Panics
///
/// Outside of a [`<ConvexProvider>`](crate::ConvexProvider).
#[component(transparent)]
pub fn Unauthenticated<C>(
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
        when: auth_is(auth, |auth| matches!(auth, AuthState::Unauthenticated { .. })),
        children,
        fallback,
    })
}
