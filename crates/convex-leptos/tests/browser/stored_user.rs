//! Signed in once the app's own database knows the person.

use crate::{
    people::People,
    stage::{Page, client, deployment, put, ran, restart, sent},
};
use convex_leptos::{
    AuthLoading, AuthState, Authenticated, ConvexClient, ConvexProviderWithAuth, IntoQueryArgs,
    Unauthenticated, UseConvexAuth, UseStoredUser, use_authenticated_query, use_convex_auth, use_stored_user,
};
use convex_testkit_web::{FakeDeployment, turns, until};
use leptos::{prelude::*, reactive::effect::ImmediateEffect};
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
    page_with(client(fake), people, ())
}

/// [`page`] of this client, with arguments.
fn page_with(
    client: ConvexClient,
    people: People,
    args: impl IntoQueryArgs + Clone,
) -> (Page, StoredValue<Option<UseStoredUser>>, StoredValue<Vec<&'static str>>) {
    let (user, states) = (StoredValue::new(None), StoredValue::new(Vec::new()));
    let page = Page::show(move || {
        let app = move || {
            let stored = use_stored_user("people:store", args);
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

/// The `name` argument of every run of the mutation.
fn stored_names(fake: &FakeDeployment) -> Vec<String> {
    fake.deployment(|deployment, _| {
        let runs = deployment.executions().iter().filter(|run| run.path == "people:store");
        runs.map(|run| run.args["name"].as_str().unwrap_or("?").to_owned()).collect()
    })
}

/// Auth contract §4, line 52.
#[wasm_bindgen_test]
async fn the_same_user_is_stored_again_at_every_sign_in() {
    let fake = deployment();
    let client = client(&fake);
    let people = People::signed_in(&fake, "ada");
    let (page, ..) = page_with(client, people, ());
    page.until_text("A").await;
    assert_eq!(ran(&fake, "people:store"), 1);

    people.sign_out();
    page.until_text("U").await;
    people.sign_in("ada");
    page.until_text("L").await;
    page.until_text("A").await;
    assert_eq!(ran(&fake, "people:store"), 2, "after a sign-out at the provider");

    client.sign_out();
    client.reauthenticate();
    page.until_text("L").await;
    page.until_text("A").await;
    assert_eq!(ran(&fake, "people:store"), 3, "after a sign-out by the app, though it lasted no time");

    client.clear_auth();
    page.until_text("U").await;
    client.set_auth(people);
    page.until_text("A").await;
    assert_eq!(ran(&fake, "people:store"), 4, "after the provider was removed");

    client.reauthenticate();
    until("the token was replaced", || people.fetches() == 5).await;
    turns(20).await;
    assert_eq!((page.text().as_str(), ran(&fake, "people:store")), ("A", 4), "a refresh is no sign-in");
}

/// Auth contract §4, line 52.
#[wasm_bindgen_test]
async fn a_user_is_stored_again_after_a_rejection() {
    let fake = deployment();
    let client = client(&fake);
    let people = People::signed_in(&fake, "ada");
    let (page, ..) = page_with(client, people, ());
    page.until_text("A").await;
    fake.deployment(|deployment, now| {
        deployment.reject_all_tokens(Some("No auth provider found".into()));
        let connection = deployment.connections().next().expect("it is connected");
        deployment.revoke_identity(now, connection, "revoked");
    });
    page.until_text("U").await;
    fake.deployment(|deployment, _| deployment.reject_all_tokens(None));
    client.reauthenticate();
    page.until_text("A").await;
    assert_eq!(ran(&fake, "people:store"), 2);
}

/// Auth contract §4, line 52.
#[wasm_bindgen_test]
async fn a_name_that_is_known_only_after_sign_in_is_waited_for() {
    let fake = deployment();
    let people = People::signed_in(&fake, "ada");
    let name = RwSignal::new(None::<&str>);
    let args = move || name.get().map(|name| [("name", name)]);
    let (page, ..) = page_with(client(&fake), people, args);
    until("she is authenticated", || sent(&fake, "Authenticate") > 0).await;
    turns(20).await;
    assert_eq!((page.text().as_str(), ran(&fake, "people:store")), ("L", 0));
    name.set(Some("Ada"));
    page.until_text("A").await;
    assert_eq!(stored_names(&fake), ["Ada"]);
    name.set(None);
    turns(10).await;
    assert_eq!((page.text().as_str(), ran(&fake, "people:store")), ("A", 1), "skipped now, but stored");
}

#[wasm_bindgen_test]
async fn changed_arguments_store_the_user_again_once_per_change() {
    let fake = deployment();
    let people = People::signed_in(&fake, "ada");
    let name = RwSignal::new("a");
    let (page, _, states) = page_with(client(&fake), people, move || [("name", name.get())]);
    page.until_text("A").await;
    name.set("b");
    until("the new name is stored", || ran(&fake, "people:store") == 2).await;
    name.set("b");
    turns(10).await;
    assert_eq!(stored_names(&fake), ["a", "b"]);

    fake.hold();
    name.set("c");
    turns(5).await;
    for next in ["d", "e", "f"] {
        name.set(next);
        turns(1).await;
    }
    fake.release();
    until("the last name is stored", || stored_names(&fake).last().is_some_and(|last| last == "f")).await;
    turns(10).await;
    assert_eq!(stored_names(&fake), ["a", "b", "c", "f"], "only the last change during a run counts");
    assert_eq!(states.get_value(), ["loading", "in"], "a user who was stored stays in meanwhile");
}

#[wasm_bindgen_test]
async fn a_change_that_cannot_be_stored_is_shown_and_locks_nobody_out() {
    let fake = deployment();
    let people = People::signed_in(&fake, "ada");
    let name = RwSignal::new("a");
    let (page, user, states) = page_with(client(&fake), people, move || [("name", name.get())]);
    page.until_text("A").await;
    put(&fake, &[("full", "yes")]);
    name.set("b");
    until("it failed", || page.text().contains("the house is full")).await;
    assert!(page.text().starts_with('A'));
    user.get_value().expect("the page was built").retry();
    until("it was tried again", || ran(&fake, "people:store") == 3).await;
    turns(5).await;
    people.sign_in("bob");
    turns(1).await;
    assert_eq!(page.text(), "L", "the error was ada's");
    assert_eq!(states.get_value(), ["loading", "in", "loading"]);
}

#[wasm_bindgen_test]
async fn a_switch_while_a_user_is_being_stored_stores_the_next() {
    let fake = deployment();
    let people = People::signed_in(&fake, "ada");
    let client = client(&fake);
    let (page, _, states) = page_with(client, people, ());
    let held = StoredValue::new_local(fake.clone());
    // The answer to her mutation is held back.
    let holding = ImmediateEffect::new(move || {
        if client.use_auth().is_authenticated.get() {
            held.with_value(FakeDeployment::hold);
        }
    });
    until("her mutation was sent", || sent(&fake, "people:store") == 1).await;
    drop(holding);
    people.sign_in("bob");
    fake.release();
    page.until_text("A").await;
    let last = fake.deployment(|deployment, _| {
        let run = deployment.executions().iter().rfind(|run| run.path == "people:store");
        run.and_then(|run| run.identity.as_ref()).map(|identity| identity.subject.clone())
    });
    assert_eq!(last.as_deref(), Some("bob"));
    let states = states.get_value();
    assert!(!states[..states.len() - 1].contains(&"in"), "ada was not let in: {states:?}");
}
