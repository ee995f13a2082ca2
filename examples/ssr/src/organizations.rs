//! The organizations of the signed-in user: data that no other user may see.

use crate::{
    api::organizations::{Doc, get, list},
    app::NotFound,
    sign_in::SignIn,
};
use convex_leptos::{
    AuthLoading, Authenticated, BetterAuth, ForEach, OnServer, QueryOptions, Unauthenticated, use_query,
    use_query_with,
};
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::{components::A, hooks::use_params_map};

#[component]
pub fn Organizations(auth: BetterAuth) -> impl IntoView {
    view! {
        <Title text="Organizations"/>
        <h1>"Your organizations"</h1>
        <SignedInOnly auth>
            <List/>
        </SignedInOnly>
    }
}

/// One organization. Its name is the title of the document.
#[component]
pub fn Organization(auth: BetterAuth) -> impl IntoView {
    view! {
        <SignedInOnly auth>
            <Details/>
        </SignedInOnly>
    }
}

/// Shows its children to a signed-in user, and a sign-in form to others.
#[component]
fn SignedInOnly(auth: BetterAuth, children: ChildrenFn) -> impl IntoView {
    view! {
        <AuthLoading>
            <p class="quiet">"Loading…"</p>
        </AuthLoading>
        <Unauthenticated>
            <SignIn auth/>
        </Unauthenticated>
        <Authenticated>{children()}</Authenticated>
    }
}

#[component]
fn List() -> impl IntoView {
    // Inside `<Authenticated>`, so it runs as the user only.
    let organizations = use_query(list, ());
    view! {
        <Suspense fallback=|| view! { <p class="quiet" data-testid="organizations-loading">"Loading…"</p> }>
            <p class="problem" role="alert">{move || organizations.error().map(|error| error.to_string())}</p>
            <ul class="organizations" data-testid="organizations">
                <ForEach each=organizations key=|organization| organization.id.clone() let:organization>
                    <Row organization/>
                </ForEach>
            </ul>
        </Suspense>
    }
}

#[component]
fn Row(organization: ReadSignal<Doc>) -> impl IntoView {
    let address = move || format!("/organizations/{}", organization.read().id);
    view! {
        <li>
            <A href=address>{move || organization.read().name.clone()}</A>
        </li>
    }
}

#[component]
fn Details() -> impl IntoView {
    let params = use_params_map();
    let id = move || params.read().get("id").unwrap_or_default();
    // The response waits for it, because it decides the title and the status.
    let options = QueryOptions::default().on_server(OnServer::Blocking);
    let organization = use_query_with(get, move || get::Args { id: id() }, options);
    view! {
        // Keeps the old organization in the page while the next one loads.
        <Transition fallback=|| view! { <p class="quiet" data-testid="organization-loading">"Loading…"</p> }>
            {move || organization.get().map(|result| match result {
                Ok(Some(Doc { name, .. })) => view! {
                    <Title text=name.clone()/>
                    <h1 data-testid="organization">{name}</h1>
                    <p class="quiet">"Only its members can open this page."</p>
                }
                .into_any(),
                Ok(None) => view! { <NotFound/> }.into_any(),
                Err(error) => view! { <p class="problem" role="alert">{error.to_string()}</p> }.into_any(),
            })}
        </Transition>
        <p><A href="/organizations">"All organizations"</A></p>
    }
}
