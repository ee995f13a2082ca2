//! Islands: each is hydrated by itself, and Leptos never reports that hydration is complete.

use crate::{
    fixture::{Page, client, deployment},
    gates,
    page::ServerPage,
    page_provider::PageProvider,
};
use convex_leptos::Session;
use convex_testkit_web::{turns, until};
use js_sys::Promise;
use leptos::prelude::*;
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::JsFuture;
use wasm_bindgen_test::wasm_bindgen_test;

#[wasm_bindgen_test]
async fn an_island_shows_the_live_state_once_it_is_hydrated() {
    let fake = deployment();
    let islands = ServerPage::without_identity().hydrate_islands();
    let page = islands.hydrate_island(move || {
        let auth = PageProvider::new(&fake);
        auth.report(Session::SignedOut);
        gates::show(&fake, auth)
    });
    assert_eq!(page.text(), "L---");
    page.until_text("-U--").await;
}

/// An island that is loaded lazily is hydrated over several turns.
#[wasm_bindgen_test]
async fn an_island_shows_the_loading_state_until_it_is_hydrated() {
    let fake = deployment();
    let islands = ServerPage::without_identity().hydrate_islands();
    islands.set_island(true);
    let page = islands.with(|| {
        let auth = PageProvider::new(&fake);
        auth.report(Session::SignedOut);
        gates::show(&fake, auth)
    });
    until("the client is connected", || fake.open_sockets() == 1).await;
    assert_eq!(page.text(), "L---");
    islands.set_island(false);
    page.until_text("-U--").await;
}

/// The client belongs to the first island, and the second one finds its data in the page.
#[wasm_bindgen_test]
async fn a_later_island_starts_from_the_page_too() {
    let fake = deployment();
    fake.hang_dials();
    let server_page = ServerPage::of_user(&fake, "ada");
    let islands = server_page.with("users:me", (), "ada").hydrate_islands();
    let client = islands.hydrate_island(move || {
        let client = client(&fake);
        client.set_auth(PageProvider::signed_in(&fake, "ada"));
        client
    });
    turns(5).await;
    let page = islands.hydrate_island(move || {
        Page::show(move || {
            let me = client.use_query::<_, String, _>("users:me", ());
            view! {
                <Suspense fallback=|| "waiting">{move || me.value()}</Suspense>
                {move || me.value()}
            }
        })
    });
    assert_eq!(page.text(), "ada");
    page.until_text("adaada").await;
}

/// The body of an island runs before the closures of its view, and in a microtask of its own.
#[wasm_bindgen_test]
async fn closures_of_a_later_island_start_from_the_page_too() {
    let fake = deployment();
    fake.hang_dials();
    let server_page = ServerPage::of_user(&fake, "ada");
    let islands = server_page.with("users:me", (), "ada").hydrate_islands();
    let client = islands.hydrate_island(move || {
        let client = client(&fake);
        client.set_auth(PageProvider::signed_in(&fake, "ada"));
        client
    });
    for _ in 0..5 {
        JsFuture::from(Promise::resolve(&JsValue::NULL)).await.expect("it is resolved");
    }
    let page = islands.with(|| {
        let view = Owner::with_hydration(move || {
            move || {
                let me = client.use_query::<_, String, _>("users:me", ());
                view! { <Suspense fallback=|| "waiting">{move || me.value()}</Suspense> }
            }
        });
        Page::show(move || view)
    });
    page.until_text("ada").await;
}
