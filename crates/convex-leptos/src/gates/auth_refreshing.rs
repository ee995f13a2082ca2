//! `<AuthRefreshing>`

use super::auth_is;
use crate::{AuthState, UseConvexAuth};
use leptos::{
    children::{TypedChildrenFn, ViewFn},
    prelude::*,
};

/// Shows its children while a user is signed in and a token that was rejected or expired is being
/// replaced. The children of [`<Authenticated>`](crate::Authenticated) stay; mutations and actions
/// wait.
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
        when: auth_is(auth, |auth| matches!(auth, AuthState::Authenticated { refreshing: true })),
        children,
        fallback,
    })
}
