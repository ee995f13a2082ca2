//! Results that cross a serialized border, such as the props of an island.

use crate::{
    fixture::{Page, client, deployment, ran},
    page::{ServerPage, user_identity},
    page_provider::{PageProvider, TokenAnswer},
};
use convex_leptos::{AuthState, Authenticated, ConvexClient, ConvexProviderWithAuth, Preloaded};
use convex_testkit_web::{FakeDeployment, turns, until};
use convex_web::sync::PageIdentity;
use leptos::{prelude::*, reactive::effect::ImmediateEffect};
use serde_json::json;
use wasm_bindgen_test::wasm_bindgen_test;

/// The result "page" of `users:me` for this identity, as a prop of an island.
fn preloaded(identity: PageIdentity) -> Preloaded<Option<String>> {
    let identity = match identity {
        PageIdentity::Anonymous => json!("Anonymous"),
        PageIdentity::User { session, subject } => {
            json!({ "User": { "session": session, "subject": subject } })
        }
    };
    let prop = json!({ "function": "users:me", "args": "{}", "identity": identity, "value": "\"page\"" });
    serde_json::from_str(&prop.to_string()).expect("a valid prop")
}

/// The live result in a boundary.
fn live(client: ConvexClient, preloaded: Preloaded<Option<String>>) -> impl IntoView {
    let me = client.use_preloaded_query(preloaded);
    let name = move || me.value().map(|me| me.unwrap_or_else(|| "anonymous".to_owned()));
    view! { <Suspense fallback=|| "waiting">{name}</Suspense> }
}

/// A client of a page that is not hydrated, with this user.
async fn signed_in(fake: &FakeDeployment, user: &'static str) -> ConvexClient {
    let client = client(fake);
    client.set_auth(PageProvider::signed_in(fake, user));
    let is_authenticated =
        || matches!(untrack(|| client.use_auth().state()), AuthState::Authenticated { .. });
    until("the client is authenticated", is_authenticated).await;
    client
}

#[wasm_bindgen_test]
async fn a_preloaded_result_is_shown_to_its_user_until_the_live_one() {
    let fake = deployment();
    let client = signed_in(&fake, "ada").await;
    let of_ada = preloaded(user_identity(&fake, "ada"));
    assert_eq!(of_ada.value().as_deref(), Some("page"));
    let page = Page::show(move || live(client, of_ada));
    assert_eq!(page.text(), "page");
    page.until_text("ada").await;
}

#[wasm_bindgen_test]
async fn a_preloaded_result_is_not_shown_to_another_user() {
    let fake = deployment();
    let client = signed_in(&fake, "bob").await;
    let of_ada = preloaded(user_identity(&fake, "ada"));
    let page = Page::show(move || live(client, of_ada));
    turns(1).await;
    assert_ne!(page.text(), "page");
    page.until_text("bob").await;
}

#[wasm_bindgen_test]
async fn a_users_preloaded_result_is_not_shown_without_a_user() {
    let fake = deployment();
    let client = client(&fake);
    let of_ada = preloaded(user_identity(&fake, "ada"));
    let page = Page::show(move || live(client, of_ada));
    turns(1).await;
    assert_ne!(page.text(), "page");
    page.until_text("anonymous").await;
}

/// As every anonymous result, see docs/auth.md, rule 8.
#[wasm_bindgen_test]
async fn an_anonymous_preloaded_result_is_shown_to_everybody() {
    let fake = deployment();
    for client in [client(&fake), signed_in(&fake, "ada").await] {
        let page = Page::show(move || live(client, preloaded(PageIdentity::Anonymous)));
        assert_eq!(page.text(), "page");
    }
}

/// Inside of `<Authenticated>`, the policy is `Required`.
#[wasm_bindgen_test]
async fn a_required_query_starts_with_results_of_its_user_only() {
    let fake = deployment();
    let of_ada = user_identity(&fake, "ada");
    for (identity, start) in [(of_ada, "page"), (PageIdentity::Anonymous, "waiting")] {
        let fake = deployment();
        let hydration = ServerPage::of_user(&fake, "ada").hydrate();
        let (client, auth) = hydration.with(|| (client(&fake), PageProvider::signed_in(&fake, "ada")));
        auth.answer(TokenAnswer::Waiting);
        let page = hydration.show(move || {
            view! {
                <ConvexProviderWithAuth client auth>
                    <Authenticated>{live(client, preloaded(identity))}</Authenticated>
                </ConvexProviderWithAuth>
            }
        });
        turns(1).await;
        assert_eq!(page.text(), start);
        hydration.complete();
        turns(5).await;
        assert_eq!(page.text(), start);
        auth.answer(TokenAnswer::Of("ada"));
        page.until_text("ada").await;
    }
}

/// docs/auth.md §4, line 19.
#[wasm_bindgen_test]
async fn an_identity_change_removes_a_preloaded_result() {
    let fake = deployment();
    let hydration = ServerPage::of_user(&fake, "ada").hydrate();
    let of_ada = user_identity(&fake, "ada");
    let client = hydration.with(|| {
        let client = client(&fake);
        client.set_auth(PageProvider::signed_in(&fake, "bob"));
        client
    });
    let page = hydration.show(move || live(client, preloaded(of_ada)));
    assert_eq!(page.text(), "page");
    fake.pause_delivery();
    hydration.complete();
    until("the result is removed", || page.text() != "page").await;
    fake.resume_delivery();
    page.until_text("bob").await;
}

/// The next page of the app is rendered in the browser only.
#[wasm_bindgen_test]
async fn a_query_that_was_preloaded_in_the_browser_is_shown_at_once() {
    let fake = deployment();
    let client = client(&fake);
    let texts = StoredValue::new(Vec::new());
    let page = Page::show(move || {
        let preloaded = Resource::new(
            || (),
            move |()| async move { client.preload_query::<_, Option<String>, _>("users:me", ()).await.ok() },
        );
        let content = move || {
            Suspend::new(async move {
                preloaded.await.map(|preloaded| {
                    let me = client.use_preloaded_query(preloaded);
                    let text = move || format!("{:?} {:?}", me.status(), me.value().map(|me| me.is_some()));
                    ImmediateEffect::new_scoped(move || texts.update_value(|texts| texts.push(text())));
                    text
                })
            })
        };
        view! { <Suspense fallback=|| "waiting">{content}</Suspense> }
    });
    page.until_text("Ready Some(false)").await;
    assert_eq!(texts.get_value(), ["Ready Some(false)"]);
    assert_eq!(ran(&fake, "users:me"), 1);
}
