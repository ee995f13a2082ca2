//! `<AuthRefreshing>`

use super::auth_is;
use crate::{AuthState, UseConvexAuth};
use leptos::{
    children::{TypedChildrenFn, ViewFn},
    prelude::*,
};

/// Shows its children while somebody is signed in and a token that was rejected or ran out is being
/// replaced. What [`<Authenticated>`](crate::Authenticated) shows stays; writes wait.
///
/// On the server it shows its `fallback`.
///
/// ```
/// use convex_leptos::AuthRefreshing;
/// use leptos::prelude::*;
///
/// # #[component]
/// # fn Example() -> impl IntoView {
/// view! { <AuthRefreshing>"Reconnecting…"</AuthRefreshing> }
/// # }
/// ```
///
/// # Panics
///
/// Outside of a [`<ConvexProvider>`](crate::ConvexProvider).
#[component(transparent)]
pub fn AuthRefreshing<C>(
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
        when: auth_is(auth, |auth| matches!(auth, AuthState::Authenticated { refreshing: true })),
        children,
        fallback,
    })
}
