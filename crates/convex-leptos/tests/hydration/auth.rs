//! The auth state of a page that the browser takes over.

use crate::{
    fixture::{Page, client, deployment},
    page::{hydrating_page, identity, page_of_islands},
    test_provider::TestProvider,
};
use convex_leptos::*;
use convex_testkit_web::{FakeDeployment, turns, until};
use convex_web::sync::PageIdentity;
use hydration_context::SharedContext;
use leptos::prelude::*;
use wasm_bindgen_test::wasm_bindgen_test;

/// Every gate. The text has a letter per open gate.
#[component]
fn Gates() -> impl IntoView {
    view! {
        <AuthLoading fallback=|| "-">"L"</AuthLoading>
        <Unauthenticated fallback=|| "-">"U"</Unauthenticated>
        <Authenticated fallback=|| "-">"A"</Authenticated>
        <AuthRefreshing fallback=|| "-">"R"</AuthRefreshing>
    }
}

fn show(fake: &FakeDeployment, auth: TestProvider) -> Page {
    let client = client(fake);
    Page::show(move || view! { <ConvexProviderWithAuth client auth><Gates/></ConvexProviderWithAuth> })
}

#[wasm_bindgen_test]
async fn a_page_without_an_identity_is_loading_until_it_is_hydrated() {
    let fake = deployment();
    let context = hydrating_page([]);
    let owner = Owner::new_root(Some(context.clone()));
    let auth = owner.with(|| TestProvider::signed_in(&fake, "ada"));
    let page = owner.with(|| show(&fake, auth));
    until("the client is connected", || fake.open_sockets() == 1).await;
    assert_eq!((page.text().as_str(), auth.fetches()), ("L---", 0));
    context.hydration_complete();
    page.until_text("--A-").await;
}

#[wasm_bindgen_test]
async fn a_page_of_a_user_starts_authenticated() {
    let fake = deployment();
    let of_ada = PageIdentity::of_user("ada", fake.token("ada").expose());
    let context = hydrating_page([identity(FakeDeployment::URL, of_ada)]);
    let owner = Owner::new_root(Some(context.clone()));
    let auth = owner.with(|| TestProvider::signed_in(&fake, "ada"));
    let page = owner.with(|| show(&fake, auth));
    assert_eq!(page.text(), "--A-");
    context.hydration_complete();
    until("the token is confirmed", || crate::fixture::sent(&fake, "Authenticate") == 1).await;
    assert_eq!((page.text().as_str(), auth.fetches()), ("--A-", 1));
}

/// Such as Clerk, which has no token until it is loaded.
#[wasm_bindgen_test]
async fn a_provider_without_a_token_while_it_loads_signs_nobody_out() {
    let fake = deployment();
    let of_ada = PageIdentity::of_user("ada", fake.token("ada").expose());
    let context = hydrating_page([identity(FakeDeployment::URL, of_ada)]);
    let owner = Owner::new_root(Some(context.clone()));
    let auth = owner.with(|| TestProvider::new(&fake));
    let page = owner.with(|| show(&fake, auth));
    context.hydration_complete();
    until("the fetch has ended without a token", || auth.fetches() == 1).await;
    turns(3).await;
    assert_eq!(page.text(), "--A-");
    auth.sign_in("ada");
    until("the token is confirmed", || crate::fixture::sent(&fake, "Authenticate") == 1).await;
    assert_eq!(page.text(), "--A-");
}

#[wasm_bindgen_test]
async fn the_connection_is_idle_until_the_page_is_hydrated() {
    let fake = deployment();
    let context = hydrating_page([]);
    let owner = Owner::new_root(Some(context.clone()));
    let connection = owner.with(|| client(&fake).use_connection_state());
    until("the client is connected", || fake.open_sockets() == 1).await;
    assert_eq!(untrack(|| connection.state()), ConnectionState::Idle);
    assert_eq!(untrack(|| connection.raw_state()), ConnectionState::Idle);
    context.hydration_complete();
    until("the connection is shown", || untrack(|| connection.state()) == ConnectionState::Live).await;
}

/// With islands, Leptos never reports that hydration is complete.
#[wasm_bindgen_test]
async fn an_island_shows_the_live_state_once_it_is_hydrated() {
    let fake = deployment();
    // The same as `hydrate_islands`, and the function of an island.
    let islands = Owner::new_root(Some(page_of_islands([])));
    let page = islands.with(|| {
        Owner::with_hydration(move || {
            let auth = TestProvider::new(&fake);
            auth.sign_out();
            show(&fake, auth)
        })
    });
    assert_eq!(page.text(), "L---");
    page.until_text("-U--").await;
}

/// An island that is loaded lazily is hydrated over several turns.
#[wasm_bindgen_test]
async fn an_island_shows_the_loading_state_until_it_is_hydrated() {
    let fake = deployment();
    let context = hydrating_page([]);
    let islands = Owner::new_root(Some(context.clone()));
    let page = islands.with(|| {
        let auth = TestProvider::new(&fake);
        auth.sign_out();
        show(&fake, auth)
    });
    until("the client is connected", || fake.open_sockets() == 1).await;
    assert_eq!(page.text(), "L---");
    context.set_is_hydrating(false);
    page.until_text("-U--").await;
}
