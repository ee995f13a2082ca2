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

/// Shows its children while somebody is signed in, from the moment the deployment confirmed it.
///
/// They stay as they are while tokens are refreshed or the provider loads again, and are rebuilt
/// after every identity change: for another user, for another login of the same user, and when a
/// token turns out to be of another user. Inside, queries and mutations are
/// [`Required`](AuthPolicy::Required) unless they say otherwise: they never run without a person.
///
/// ```
/// use convex_leptos::{Authenticated, use_query};
/// use leptos::prelude::*;
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
///     let name = use_query::<String>("users:name", ());
///     view! { <p>{move || name.data()}</p> }
/// }
/// ```
///
/// # Eager
///
/// With `eager=true` the children are built as soon as the provider reports a signed-in user, but
/// not shown. Their queries leave together with the token, so that the page has its data one round
/// trip earlier. Confirmation reveals them as they are; if the deployment rejects the token they go
/// without having been seen. While they are hidden their effects run,
/// [`use_convex_auth`](crate::use_convex_auth) says loading, and gates inside wait.
///
/// # On the server
///
/// It shows its `fallback`.
///
/// # Panics
///
/// Outside of a [`<ConvexProvider>`](crate::ConvexProvider).
#[component(transparent)]
pub fn Authenticated<C>(
    /// What is shown to somebody who is signed in.
    children: TypedChildrenFn<C>,
    /// What is shown otherwise, while loading too.
    #[prop(optional, into)]
    fallback: ViewFn,
    /// Build the children before the deployment confirmed the token, and show them when it does.
    #[prop(optional)]
    eager: bool,
    /// Whose state decides: what [`UseConvexAuth::when`] or
    /// [`use_stored_user`](crate::use_stored_user) gives. The nearest provider's client's, unless
    /// said otherwise.
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
        move |_| (shown.get() || eager && is_signed_in(&auth)).then(|| auth.identity.try_get())
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
    auth.state.try_read().is_some_and(|state| matches!(*state, AuthState::Authenticated { .. }))
}

/// The provider reported a user, whom the deployment has neither confirmed nor rejected yet.
fn is_signed_in(auth: &UseConvexAuth) -> bool {
    auth.state.try_read().is_some_and(|state| {
        matches!(*state, AuthState::Loading { waiting_for: WaitingFor::Token | WaitingFor::Server, .. })
    })
}

/// Builds the children at once, and puts them into the page while `shown`. They have an owner of
/// their own, beside the one of the closure that shows and hides them: that one is cleaned up
/// whenever it runs again.
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
