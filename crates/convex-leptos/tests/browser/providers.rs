//! Provider components: context for hooks, and the client's lifetime.

use crate::{
    fixture::{Page, client, deployment},
    test_provider::TestProvider,
};
use convex_leptos::{
    AuthState, ConvexProvider, ConvexProviderWithAuth, UnauthenticatedReason, try_use_convex, use_convex,
    use_convex_auth, use_query,
};
use convex_testkit_web::until;
use leptos::prelude::*;
use wasm_bindgen_test::wasm_bindgen_test;

#[wasm_bindgen_test]
async fn hooks_find_the_nearest_provider() {
    let (near, far) = (deployment(), deployment());
    let (near, far) = (client(&near), client(&far));
    let page = Page::show(move || {
        view! {
            {try_use_convex().is_none()}
            <ConvexProvider client=far>
                {use_convex() == far}
                <ConvexProvider client=near>{use_convex() == near}</ConvexProvider>
                {use_convex() == far}
            </ConvexProvider>
            {try_use_convex().is_none()}
        }
    });
    assert_eq!(page.text(), "truetruetruetruetrue");
}

#[wasm_bindgen_test]
async fn without_an_auth_provider_the_state_is_no_provider_at_once() {
    let fake = deployment();
    fake.hang_dials();
    let client = client(&fake);
    let page = Page::show(move || {
        view! {
            <ConvexProvider client>
                {
                    let auth = use_convex_auth();
                    move || {
                        let no_provider = AuthState::Unauthenticated { reason: UnauthenticatedReason::NoProvider };
                        format!("{} {:?}", auth.state() == no_provider, auth.is_authorized())
                    }
                }
            </ConvexProvider>
        }
    });
    assert_eq!(page.text(), "true Some(false)");
}

#[wasm_bindgen_test]
async fn a_given_client_becomes_anonymous_without_its_provider() {
    let fake = deployment();
    let client = client(&fake);
    let auth = TestProvider::signed_in(&fake, "ada");
    let page = Page::show(move || {
        view! {
            <ConvexProviderWithAuth client auth>
                {
                    let me = use_query::<_, Option<String>, _>("users:me", ());
                    move || me.value().flatten()
                }
            </ConvexProviderWithAuth>
        }
    });
    page.until_text("ada").await;
    drop(page);
    let page = Page::show(move || {
        let me = client.use_query::<_, Option<String>, _>("users:me", ());
        move || me.value().map(|me| me.unwrap_or("anonymous".to_owned()))
    });
    page.until_text("anonymous").await;
    assert_eq!(fake.open_sockets(), 1);
}

/// docs/auth.md §4, line 34.
#[wasm_bindgen_test]
async fn closing_a_client_closes_its_socket() {
    let fake = deployment();
    let client = client(&fake);
    until("the client is connected", || fake.open_sockets() == 1).await;
    client.close();
    until("the socket is closed", || fake.open_sockets() == 0).await;
}

#[wasm_bindgen_test]
async fn a_client_closes_with_its_owner() {
    let fake = deployment();
    let page = Page::show({
        let fake = fake.clone();
        move || {
            let client = client(&fake);
            view! { <ConvexProvider client>"…"</ConvexProvider> }
        }
    });
    until("the client is connected", || fake.open_sockets() == 1).await;
    drop(page);
    until("the socket is closed", || fake.open_sockets() == 0).await;
}
