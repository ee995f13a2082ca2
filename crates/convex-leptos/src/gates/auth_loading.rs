//! `<AuthLoading>`

use super::auth_is;
use crate::{AuthState, UseConvexAuth};
use leptos::{
    children::{TypedChildrenFn, ViewFn},
    prelude::*,
};

/// Shows its children while it is not known yet whether somebody is signed in: while the provider,
/// a first token or the deployment's confirmation is waited for.
///
/// On the server it shows its children.
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
        when: auth_is(auth, |auth| matches!(auth, AuthState::Loading { .. })),
        children,
        fallback,
    })
}
