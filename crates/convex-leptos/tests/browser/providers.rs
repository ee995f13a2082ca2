//! What providers give their children, and what they leave behind.

use crate::{
    people::People,
    stage::{Page, client, deployment},
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
async fn without_a_provider_of_identity_it_is_settled_that_nobody_is_signed_in() {
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
                        format!("{} {:?}", auth.state.get() == no_provider, auth.is_authorized())
                    }
                }
            </ConvexProvider>
        }
    });
    assert_eq!(page.text(), "true Some(false)");
}

#[wasm_bindgen_test]
async fn a_client_that_was_given_goes_on_after_its_provider_anonymously() {
    let fake = deployment();
    let client = client(&fake);
    let auth = People::signed_in(&fake, "ada");
    let page = Page::show(move || {
        view! {
            <ConvexProviderWithAuth client auth>
                {
                    let me = use_query::<Option<String>>("people:me", ());
                    move || me.data().flatten()
                }
            </ConvexProviderWithAuth>
        }
    });
    page.until_text("ada").await;
    drop(page);
    let page = Page::show(move || {
        let me = client.use_query::<Option<String>>("people:me", ());
        move || me.data().map(|me| me.unwrap_or("nobody".to_owned()))
    });
    page.until_text("nobody").await;
    assert_eq!(fake.open_sockets(), 1);
}

/// Auth contract §4, line 34.
#[wasm_bindgen_test]
async fn a_client_that_is_closed_leaves_no_socket() {
    let fake = deployment();
    let client = client(&fake);
    until("it is connected", || fake.open_sockets() == 1).await;
    client.close();
    until("its socket is gone", || fake.open_sockets() == 0).await;
}

#[wasm_bindgen_test]
async fn a_client_goes_with_its_owner() {
    let fake = deployment();
    let page = Page::show({
        let fake = fake.clone();
        move || {
            let client = client(&fake);
            view! { <ConvexProvider client>"…"</ConvexProvider> }
        }
    });
    until("it is connected", || fake.open_sockets() == 1).await;
    drop(page);
    until("its socket is gone", || fake.open_sockets() == 0).await;
}
