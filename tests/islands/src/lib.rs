//! A page of islands: the provider is an island, and the islands among its children find its
//! client. All else is rendered on the server only.
//!
//! The end-to-end test finds these elements by `data-testid`: `sign-in`, `user`, `organizations`,
//! `messages`.

use convex_leptos::{
    Authenticated, BetterAuth, ConvexProviderWithAuth, ForEach, Preloaded, QueryRef, Unauthenticated,
    preload_query, use_preloaded_query, use_query,
};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Message {
    #[serde(rename = "_id")]
    id: String,
    body: String,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
struct Organization {
    #[serde(rename = "_id")]
    id: String,
    name: String,
}

const MESSAGES: QueryRef<(), Vec<Message>> = QueryRef::new("messages:list");
const ORGANIZATIONS: QueryRef<(), Vec<Organization>> = QueryRef::new("organizations:list");

/// The document.
pub fn shell(options: LeptosOptions) -> impl IntoView {
    view! {
        <!DOCTYPE html>
        <html lang="en">
            <head>
                <title>"Islands"</title>
                <HydrationScripts options islands=true/>
            </head>
            <body>
                <Page/>
            </body>
        </html>
    }
}

#[component]
pub fn Page() -> impl IntoView {
    let url = std::env::var("CONVEX_URL").unwrap_or_default();
    view! {
        <Convex url>
            <h1>"Islands"</h1>
            <Organizations/>
            <PreloadedMessages/>
        </Convex>
    }
}

#[island]
fn Convex(url: String, children: Children) -> impl IntoView {
    let auth = BetterAuth::new("");
    view! { <ConvexProviderWithAuth url auth>{children()}</ConvexProviderWithAuth> }
}

#[island]
fn Organizations() -> impl IntoView {
    view! {
        <Unauthenticated>
            <p data-testid="sign-in">"Please sign in."</p>
        </Unauthenticated>
        <Authenticated>
            <OrganizationList/>
        </Authenticated>
    }
}

#[component]
fn OrganizationList() -> impl IntoView {
    let organizations = use_query(ORGANIZATIONS, ());
    view! {
        <Suspense fallback=|| "Loading…">
            <ul data-testid="organizations">
                <ForEach each=organizations key=|organization| organization.id.clone() let:organization>
                    <li>{move || organization.read().name.clone()}</li>
                </ForEach>
            </ul>
        </Suspense>
    }
}

/// Runs on the server only, and passes the result to an island.
#[component]
fn PreloadedMessages() -> impl IntoView {
    let messages = preload_query(MESSAGES, ());
    view! {
        <Suspense fallback=|| "Loading…">
            {Suspend::new(async move { messages.await.map(|messages| view! { <Messages messages/> }) })}
        </Suspense>
    }
}

#[island]
fn Messages(messages: Preloaded<Vec<Message>>) -> impl IntoView {
    let messages = use_preloaded_query(messages);
    view! {
        <Suspense fallback=|| "Loading…">
            <ul data-testid="messages">
                <ForEach each=messages key=|message| message.id.clone() let:message>
                    <li>{move || message.read().body.clone()}</li>
                </ForEach>
            </ul>
        </Suspense>
    }
}

/// The page's script calls it before it hydrates the islands.
#[cfg(feature = "hydrate")]
#[wasm_bindgen::prelude::wasm_bindgen]
pub fn hydrate() {
    console_error_panic_hook::set_once();
    hydrate_islands();
}
