//! `<Unauthenticated>`

use super::auth_is;
use crate::{AuthState, UseConvexAuth};
use leptos::{
    children::{TypedChildrenFn, ViewFn},
    prelude::*,
};

/// Shows its children while it is certain that nobody is signed in: the provider said so, the app
/// signed out, or the deployment rejected the session for good. Never while that is still being
/// found out.
///
/// On the server it shows its `fallback`.
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
    /// What is shown then. Built anew each time.
    children: TypedChildrenFn<C>,
    /// What is shown otherwise.
    #[prop(optional, into)]
    fallback: ViewFn,
    /// Whose state decides: what [`UseConvexAuth::when`] or
    /// [`use_stored_user`](crate::use_stored_user) gives. The nearest provider's client's, unless
    /// said otherwise.
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
