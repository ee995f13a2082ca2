//! `<Authenticated>`

use crate::{AuthState, UseConvexAuth, WaitingFor, query::ContextAuth, use_convex};
use convex_web::sync::AuthPolicy;
use leptos::{
    children::{TypedChildrenFn, ViewFn},
    prelude::*,
    reactive::computed::ArcMemo,
    tachys::{reactive_graph::OwnedView, view::either::EitherKeepAlive},
};
use std::sync::Arc;

/// Shows its children while a user is signed in and the deployment has confirmed it.
///
/// The children stay while tokens are refreshed or the provider loads again. They are rebuilt after
/// every identity change: for another user, for another login of the same user, and when a token
/// turns out to be of another user. Inside, the policy of queries, mutations and actions is
/// [`Required`](AuthPolicy::Required) by default: they never run anonymously.
///
/// ```
/// use convex_leptos::{Authenticated, QueryRef, use_query};
/// use leptos::prelude::*;
///
/// const NAME: QueryRef<(), String> = QueryRef::new("users:name");
///
/// #[component]
/// fn Page() -> impl IntoView {
///     view! {
///         <Authenticated fallback=|| "Please sign in.">
///             <Profile/>
///         </Authenticated>
///     }
/// }
///
/// #[component]
/// fn Profile() -> impl IntoView {
///     let name = use_query(NAME, ());
///     view! { <p>{move || name.value()}</p> }
/// }
/// ```
///
/// # Eager
///
/// With `eager=true` the children are built as soon as the provider reports a signed-in user, but
/// hidden. Their queries are sent together with the token, so the page has its data one round trip
/// earlier. They are shown as they are when the deployment confirms the token, and dropped unseen
/// if it rejects it. While they are hidden, their effects run,
/// [`use_convex_auth`](crate::use_convex_auth) is loading, and gates inside wait.
///
/// # On the server
///
/// It shows its children if the request is one of a signed-in user, and its `fallback` otherwise.
/// The browser starts with the same state, and keeps the children when the deployment confirms the
/// token.
///
/// # Panics
///
/// Outside of a [`<ConvexProvider>`](crate::ConvexProvider).
#[component(transparent)]
pub fn Authenticated<C>(
    /// Shown to a signed-in user.
    children: TypedChildrenFn<C>,
    /// Shown in the other states, including while loading.
    #[prop(optional, into)]
    fallback: ViewFn,
    /// Builds the children before the deployment has confirmed the token, and shows them when it
    /// has.
    #[prop(optional)]
    eager: bool,
    /// The auth state that decides, from [`UseConvexAuth::when`] or
    /// [`use_stored_user`](crate::use_stored_user). By default that of the nearest provider's
    /// client.
    #[prop(optional, into)]
    auth: Option<UseConvexAuth>,
) -> impl IntoView
where
    C: IntoView + 'static,
{
    let auth = auth.unwrap_or_else(|| use_convex().use_auth());
    let children = children.into_inner();
    let shown = ArcMemo::new(move |_| is_confirmed(&auth));
    let built_for = ArcMemo::new({
        let shown = shown.clone();
        move |_| (shown.get() || eager && is_signed_in(&auth)).then(|| auth.identity())
    });
    let built = {
        let shown = shown.clone();
        move || {
            let children = Arc::clone(&children);
            built_for.get().map(|_| hidden_until(shown.clone(), move || children()))
        }
    };
    (built, move || (!shown.get()).then(|| fallback.run()))
}

fn is_confirmed(auth: &UseConvexAuth) -> bool {
    auth.state_signal().try_read().is_some_and(|state| matches!(*state, AuthState::Authenticated { .. }))
}

/// Whether the provider reported a user whom the deployment has neither confirmed nor rejected yet.
fn is_signed_in(auth: &UseConvexAuth) -> bool {
    auth.state_signal().try_read().is_some_and(|state| {
        matches!(*state, AuthState::Loading { waiting_for: WaitingFor::Token | WaitingFor::Server, .. })
    })
}

/// Builds the children now, and puts them into the page while `shown` is true. They have an owner
/// of their own, because the owner of the closure that shows and hides them is cleaned up on each
/// run.
fn hidden_until<C: IntoView + 'static>(shown: ArcMemo<bool>, children: impl FnOnce() -> C) -> impl IntoView {
    let owner = Owner::new();
    let mut children = Some(owner.with(|| {
        provide_context(ContextAuth(AuthPolicy::Required));
        children()
    }));
    let mut nothing = Some(());
    move || {
        let show_b = !shown.get();
        OwnedView::new_with_owner(
            EitherKeepAlive { a: children.take(), b: nothing.take(), show_b },
            owner.clone(),
        )
    }
}
