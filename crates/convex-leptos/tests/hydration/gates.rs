//! The auth and connection states of a page that the browser takes over.

use crate::{
    fixture::{Page, client, deployment},
    page::ServerPage,
    page_provider::{PageProvider, TokenAnswer},
};
use convex_leptos::*;
use convex_testkit_web::{FakeDeployment, turns, until};
use leptos::prelude::*;
use wasm_bindgen_test::wasm_bindgen_test;

/// Every gate. The text has a letter per open gate.
#[component]
pub fn Gates() -> impl IntoView {
    view! {
        <AuthLoading fallback=|| "-">"L"</AuthLoading>
        <Unauthenticated fallback=|| "-">"U"</Unauthenticated>
        <Authenticated fallback=|| "-">"A"</Authenticated>
        <AuthRefreshing fallback=|| "-">"R"</AuthRefreshing>
    }
}

pub fn show(fake: &FakeDeployment, auth: PageProvider) -> Page {
    let client = client(fake);
    Page::show(move || view! { <ConvexProviderWithAuth client auth><Gates/></ConvexProviderWithAuth> })
}

#[wasm_bindgen_test]
async fn a_page_without_an_identity_is_loading_until_it_is_hydrated() {
    let fake = deployment();
    let hydration = ServerPage::without_identity().hydrate();
    let auth = hydration.with(|| PageProvider::signed_in(&fake, "ada"));
    let page = hydration.with(|| show(&fake, auth));
    until("the client is connected", || fake.open_sockets() == 1).await;
    assert_eq!((page.text().as_str(), auth.fetches()), ("L---", 0));
    hydration.complete();
    page.until_text("--A-").await;
}

#[wasm_bindgen_test]
async fn a_page_starts_in_the_state_that_it_was_rendered_in() {
    let fake = deployment();
    let pages = [(ServerPage::of_user(&fake, "ada"), "--A-"), (ServerPage::of_anonymous(), "-U--")];
    for (server_page, gates) in pages {
        let hydration = server_page.hydrate();
        let auth = hydration.with(|| PageProvider::new(&fake));
        auth.answer(TokenAnswer::Waiting);
        let page = hydration.with(|| show(&fake, auth));
        assert_eq!(page.text(), gates);
        hydration.complete();
        turns(5).await;
        assert_eq!(page.text(), gates, "the provider is loading");
    }
}

#[wasm_bindgen_test]
async fn a_page_with_a_plain_provider_is_unauthenticated() {
    let fake = deployment();
    // The identity belongs to another client of the page.
    let hydration = ServerPage::of_user(&fake, "ada").with("users:me", (), "ada").hydrate();
    let client = hydration.with(|| client(&fake));
    let page = hydration.show(move || {
        let me = client.use_query::<_, Option<String>, _>("users:me", ());
        view! {
            <ConvexProvider client><Gates/></ConvexProvider>
            <Suspense fallback=|| "waiting">{move || me.value().map(|me| format!("{me:?}"))}</Suspense>
        }
    });
    turns(1).await;
    assert_eq!(page.text(), "-U--waiting");
    hydration.complete();
    page.until_text("-U--None").await;
}

#[wasm_bindgen_test]
async fn the_connection_is_idle_until_the_page_is_hydrated() {
    let fake = deployment();
    let hydration = ServerPage::without_identity().hydrate();
    let connection = hydration.with(|| client(&fake).use_connection_state());
    until("the client is connected", || fake.open_sockets() == 1).await;
    assert_eq!(untrack(|| connection.state()), ConnectionState::Idle);
    assert_eq!(untrack(|| connection.raw_state()), ConnectionState::Idle);
    hydration.complete();
    until("the connection is shown", || untrack(|| connection.state()) == ConnectionState::Live).await;
}
