//! Signed in once the app's own database knows the person.

use crate::{
    people::People,
    stage::{Page, client, deployment, put, ran, restart, sent},
};
use convex_leptos::{
    AuthLoading, AuthState, Authenticated, ConvexProviderWithAuth, Unauthenticated, UseConvexAuth,
    UseStoredUser, use_authenticated_query, use_convex_auth, use_stored_user,
};
use convex_testkit_web::{FakeDeployment, turns, until};
use leptos::prelude::*;
use wasm_bindgen_test::wasm_bindgen_test;

/// The gates of a state, saying which of them is open.
#[component]
fn Gates(#[prop(into)] auth: UseConvexAuth) -> impl IntoView {
    view! {
        <AuthLoading auth>"L"</AuthLoading>
        <Unauthenticated auth>"U"</Unauthenticated>
        <Authenticated auth>"A"</Authenticated>
    }
}

/// A page for whom the database must know, and every state it was in.
fn page(
    fake: &FakeDeployment,
    people: People,
) -> (Page, StoredValue<Option<UseStoredUser>>, StoredValue<Vec<&'static str>>) {
    let client = client(fake);
    let (user, states) = (StoredValue::new(None), StoredValue::new(Vec::new()));
    let page = Page::show(move || {
        let app = move || {
            let stored = use_stored_user("people:store", ());
            user.set_value(Some(stored));
            let state = stored.auth.state;
            Effect::new(move |_| {
                states.update_value(|states| {
                    states.push(match state.get() {
                        AuthState::Loading { .. } => "loading",
                        AuthState::Authenticated { .. } => "in",
                        AuthState::Unauthenticated { .. } => "out",
                    });
                });
            });
            view! {
                <Gates auth=stored/>
                {move || stored.error.get().map(|error| format!(" {error}"))}
            }
        };
        view! { <ConvexProviderWithAuth client auth=people>{app()}</ConvexProviderWithAuth> }
    });
    (page, user, states)
}

/// Auth contract §4, lines 12, 14 and 22.
#[wasm_bindgen_test]
async fn whoever_signs_in_is_stored_once_and_then_let_in() {
    let fake = deployment();
    let people = People::signed_in(&fake, "ada");
    let (page, _, states) = page(&fake, people);
    assert_eq!(page.text(), "L");
    page.until_text("A").await;
    assert_eq!((ran(&fake, "people:store"), states.get_value()), (1, vec!["loading", "in"]));

    let connects = sent(&fake, r#""Connect""#);
    restart(&fake);
    until("it has reconnected", || sent(&fake, r#""Connect""#) > connects).await;
    turns(20).await;
    assert_eq!((page.text().as_str(), ran(&fake, "people:store")), ("A", 1), "a reconnect stores nobody");
    assert_eq!(states.get_value(), ["loading", "in"]);

    people.sign_in("bob");
    turns(1).await;
    assert_eq!(page.text(), "L", "what was let in for ada is closed to bob");
    page.until_text("A").await;
    assert_eq!(ran(&fake, "people:store"), 2);
    people.sign_out();
    page.until_text("U").await;
}

#[wasm_bindgen_test]
async fn a_person_who_cannot_be_stored_waits_and_is_told_why() {
    let fake = deployment();
    put(&fake, &[("full", "yes")]);
    let people = People::signed_in(&fake, "ada");
    let (page, user, states) = page(&fake, people);
    until("it failed", || page.text().contains("the house is full")).await;
    assert!(page.text().starts_with('L'), "{}", page.text());
    turns(20).await;
    assert_eq!(ran(&fake, "people:store"), 1, "nothing repeats by itself what a function refused");

    fake.deployment(|deployment, now| {
        deployment.edit(now, |db| {
            let full = db.query("items").eq("name", "full").first().expect("it is there");
            let id = full["_id"].as_str().expect("an id").to_owned();
            db.delete(&id).expect("it is deleted");
        });
    });
    user.get_value().expect("the page was built").retry();
    page.until_text("A").await;
    assert_eq!(states.get_value(), ["loading", "in"]);
}

#[wasm_bindgen_test]
async fn a_query_may_tell_who_is_known() {
    let fake = deployment();
    let client = client(&fake);
    let people = People::signed_in(&fake, "ada");
    let page = Page::show(move || {
        let app = || {
            let known = use_authenticated_query::<Option<String>>("people:known", ());
            let auth = use_convex_auth().when(move || matches!(known.data(), Some(Some(_))));
            view! { <Gates auth/> }
        };
        view! { <ConvexProviderWithAuth client auth=people>{app()}</ConvexProviderWithAuth> }
    });
    until("the query ran", || ran(&fake, "people:known") == 1).await;
    turns(20).await;
    assert_eq!(page.text(), "L", "ada is signed in, and nobody knows her");
    client.use_mutation::<()>("people:store").call(()).await.expect("she is stored");
    page.until_text("A").await;
}
