//! `use_stored_user`: authenticated once the app's database has stored the user.

use crate::{
    fixture::{Page, client, deployment, put, ran, restart, sent},
    test_provider::TestProvider,
};
use convex_leptos::{
    AuthLoading, AuthState, Authenticated, ConvexClient, ConvexProviderWithAuth, Dynamic, IntoQueryArgs,
    Unauthenticated, UseConvexAuth, UseStoredUser, use_authenticated_query, use_convex_auth, use_stored_user,
};
use convex_testkit_web::{FakeDeployment, turns, until};
use leptos::{prelude::*, reactive::effect::ImmediateEffect};
use wasm_bindgen_test::wasm_bindgen_test;

/// The gates of a state. The text has a letter per open gate.
#[component]
fn Gates(#[prop(into)] auth: UseConvexAuth) -> impl IntoView {
    view! {
        <AuthLoading auth>"L"</AuthLoading>
        <Unauthenticated auth>"U"</Unauthenticated>
        <Authenticated auth>"A"</Authenticated>
    }
}

/// A page that stores its user, and the history of its auth states.
fn page(
    fake: &FakeDeployment,
    provider: TestProvider,
) -> (Page, StoredValue<Option<UseStoredUser>>, StoredValue<Vec<&'static str>>) {
    page_with(client(fake), provider, ())
}

/// [`page`] with a given client and arguments.
fn page_with<M: 'static>(
    client: ConvexClient,
    provider: TestProvider,
    args: impl IntoQueryArgs<Dynamic, M> + Clone + Send + Sync + 'static,
) -> (Page, StoredValue<Option<UseStoredUser>>, StoredValue<Vec<&'static str>>) {
    let (user, states) = (StoredValue::new(None), StoredValue::new(Vec::new()));
    let page = Page::show(move || {
        let app = move || {
            let stored = use_stored_user("users:store", args);
            user.set_value(Some(stored));
            Effect::new(move |_| {
                states.update_value(|states| {
                    states.push(match stored.auth().state() {
                        AuthState::Loading { .. } => "loading",
                        AuthState::Authenticated { .. } => "in",
                        AuthState::Unauthenticated { .. } => "out",
                    });
                });
            });
            view! {
                <Gates auth=stored/>
                {move || stored.error().map(|error| format!(" {error}"))}
            }
        };
        view! { <ConvexProviderWithAuth client auth=provider>{app()}</ConvexProviderWithAuth> }
    });
    (page, user, states)
}

/// docs/auth.md §4, lines 12, 14 and 22.
#[wasm_bindgen_test]
async fn a_user_is_stored_once_before_the_gate_opens() {
    let fake = deployment();
    let provider = TestProvider::signed_in(&fake, "ada");
    let (page, _, states) = page(&fake, provider);
    assert_eq!(page.text(), "L");
    page.until_text("A").await;
    assert_eq!((ran(&fake, "users:store"), states.get_value()), (1, vec!["loading", "in"]));

    let connects = sent(&fake, r#""Connect""#);
    restart(&fake);
    until("the client has reconnected", || sent(&fake, r#""Connect""#) > connects).await;
    turns(20).await;
    assert_eq!(
        (page.text().as_str(), ran(&fake, "users:store")),
        ("A", 1),
        "a reconnect does not store the user again"
    );
    assert_eq!(states.get_value(), ["loading", "in"]);

    provider.sign_in("bob");
    turns(1).await;
    assert_eq!(page.text(), "L", "bob is not stored yet");
    page.until_text("A").await;
    assert_eq!(ran(&fake, "users:store"), 2);
    provider.sign_out();
    page.until_text("U").await;
}

#[wasm_bindgen_test]
async fn a_failed_store_stays_loading_with_the_error() {
    let fake = deployment();
    put(&fake, &[("full", "yes")]);
    let provider = TestProvider::signed_in(&fake, "ada");
    let (page, user, states) = page(&fake, provider);
    until("the call failed", || page.text().contains("the table is full")).await;
    assert!(page.text().starts_with('L'), "{}", page.text());
    turns(20).await;
    assert_eq!(ran(&fake, "users:store"), 1, "a mutation that threw is not retried");

    fake.deployment(|deployment, now| {
        deployment.edit(now, |db| {
            let full = db.query("items").eq("name", "full").first().expect("the document exists");
            let id = full["_id"].as_str().expect("ids are strings").to_owned();
            db.delete(&id).expect("the document exists");
        });
    });
    user.get_value().expect("the page was built").retry();
    page.until_text("A").await;
    assert_eq!(states.get_value(), ["loading", "in"]);
}

#[wasm_bindgen_test]
async fn a_query_can_be_a_gates_condition() {
    let fake = deployment();
    let client = client(&fake);
    let provider = TestProvider::signed_in(&fake, "ada");
    let page = Page::show(move || {
        let app = || {
            let known = use_authenticated_query::<_, Option<String>, _>("users:known", ());
            let auth = use_convex_auth().when(move || matches!(known.value(), Some(Some(_))));
            view! { <Gates auth/> }
        };
        view! { <ConvexProviderWithAuth client auth=provider>{app()}</ConvexProviderWithAuth> }
    });
    until("the query ran", || ran(&fake, "users:known") == 1).await;
    turns(20).await;
    assert_eq!(page.text(), "L", "ada is signed in, but not stored");
    client.use_mutation::<_, ()>("users:store").call(()).await.expect("the mutation succeeds");
    page.until_text("A").await;
}

/// The `name` argument of every run of the mutation.
fn stored_names(fake: &FakeDeployment) -> Vec<String> {
    fake.deployment(|deployment, _| {
        let runs = deployment.executions().iter().filter(|run| run.path == "users:store");
        runs.map(|run| run.args["name"].as_str().unwrap_or("?").to_owned()).collect()
    })
}

/// docs/auth.md §4, line 52.
#[wasm_bindgen_test]
async fn the_same_user_is_stored_again_at_every_sign_in() {
    let fake = deployment();
    let client = client(&fake);
    let provider = TestProvider::signed_in(&fake, "ada");
    let (page, ..) = page_with(client, provider, ());
    page.until_text("A").await;
    assert_eq!(ran(&fake, "users:store"), 1);

    provider.sign_out();
    page.until_text("U").await;
    provider.sign_in("ada");
    page.until_text("L").await;
    page.until_text("A").await;
    assert_eq!(ran(&fake, "users:store"), 2, "after a sign-out at the provider");

    client.sign_out();
    client.reauthenticate();
    page.until_text("L").await;
    page.until_text("A").await;
    assert_eq!(ran(&fake, "users:store"), 3, "after a sign-out by the app, even within one tick");

    client.clear_auth();
    page.until_text("U").await;
    client.set_auth(provider);
    page.until_text("A").await;
    assert_eq!(ran(&fake, "users:store"), 4, "after the provider was removed");

    client.reauthenticate();
    until("the token was replaced", || provider.fetches() == 5).await;
    turns(20).await;
    assert_eq!((page.text().as_str(), ran(&fake, "users:store")), ("A", 4), "a refresh is not a sign-in");
}

/// docs/auth.md §4, line 52.
#[wasm_bindgen_test]
async fn a_user_is_stored_again_after_a_rejection() {
    let fake = deployment();
    let client = client(&fake);
    let provider = TestProvider::signed_in(&fake, "ada");
    let (page, ..) = page_with(client, provider, ());
    page.until_text("A").await;
    fake.deployment(|deployment, now| {
        deployment.reject_all_tokens(Some("No auth provider found".into()));
        let connection = deployment.connections().next().expect("the client is connected");
        deployment.revoke_identity(now, connection, "revoked");
    });
    page.until_text("U").await;
    fake.deployment(|deployment, _| deployment.reject_all_tokens(None));
    client.reauthenticate();
    page.until_text("A").await;
    assert_eq!(ran(&fake, "users:store"), 2);
}

/// docs/auth.md §4, line 52.
#[wasm_bindgen_test]
async fn storing_waits_for_arguments_that_arrive_after_sign_in() {
    let fake = deployment();
    let provider = TestProvider::signed_in(&fake, "ada");
    let name = RwSignal::new(None::<&str>);
    let args = move || name.get().map(|name| [("name", name)]);
    let (page, ..) = page_with(client(&fake), provider, args);
    until("ada is authenticated", || sent(&fake, "Authenticate") > 0).await;
    turns(20).await;
    assert_eq!((page.text().as_str(), ran(&fake, "users:store")), ("L", 0));
    name.set(Some("Ada"));
    page.until_text("A").await;
    assert_eq!(stored_names(&fake), ["Ada"]);
    name.set(None);
    turns(10).await;
    assert_eq!(
        (page.text().as_str(), ran(&fake, "users:store")),
        ("A", 1),
        "skipped arguments keep the stored user"
    );
}

#[wasm_bindgen_test]
async fn changed_arguments_store_the_user_again_once_per_change() {
    let fake = deployment();
    let provider = TestProvider::signed_in(&fake, "ada");
    let name = RwSignal::new("a");
    let (page, _, states) = page_with(client(&fake), provider, move || [("name", name.get())]);
    page.until_text("A").await;
    name.set("b");
    until("the new name is stored", || ran(&fake, "users:store") == 2).await;
    name.set("b");
    turns(10).await;
    assert_eq!(stored_names(&fake), ["a", "b"]);

    fake.pause_delivery();
    name.set("c");
    turns(5).await;
    for next in ["d", "e", "f"] {
        name.set(next);
        turns(1).await;
    }
    fake.resume_delivery();
    until("the last name is stored", || stored_names(&fake).last().is_some_and(|last| last == "f")).await;
    turns(10).await;
    assert_eq!(stored_names(&fake), ["a", "b", "c", "f"], "only the last change during a run counts");
    assert_eq!(states.get_value(), ["loading", "in"], "a stored user stays authenticated meanwhile");
}

#[wasm_bindgen_test]
async fn a_failed_update_of_a_stored_user_keeps_the_gate_open() {
    let fake = deployment();
    let provider = TestProvider::signed_in(&fake, "ada");
    let name = RwSignal::new("a");
    let (page, user, states) = page_with(client(&fake), provider, move || [("name", name.get())]);
    page.until_text("A").await;
    put(&fake, &[("full", "yes")]);
    name.set("b");
    until("the call failed", || page.text().contains("the table is full")).await;
    assert!(page.text().starts_with('A'));
    user.get_value().expect("the page was built").retry();
    until("the mutation ran again", || ran(&fake, "users:store") == 3).await;
    turns(5).await;
    provider.sign_in("bob");
    turns(1).await;
    assert_eq!(page.text(), "L", "ada's error is cleared");
    assert_eq!(states.get_value(), ["loading", "in", "loading"]);
}

#[wasm_bindgen_test]
async fn a_switch_of_users_while_storing_stores_the_next_user() {
    let fake = deployment();
    let provider = TestProvider::signed_in(&fake, "ada");
    let client = client(&fake);
    let (page, _, states) = page_with(client, provider, ());
    let deployment = StoredValue::new_local(fake.clone());
    // Holds the response of ada's mutation.
    let holding = ImmediateEffect::new(move || {
        if client.use_auth().is_authenticated() {
            deployment.with_value(FakeDeployment::pause_delivery);
        }
    });
    until("ada's mutation was sent", || sent(&fake, "users:store") == 1).await;
    drop(holding);
    provider.sign_in("bob");
    fake.resume_delivery();
    page.until_text("A").await;
    let last = fake.deployment(|deployment, _| {
        let run = deployment.executions().iter().rfind(|run| run.path == "users:store");
        run.and_then(|run| run.identity.as_ref()).map(|identity| identity.subject.clone())
    });
    assert_eq!(last.as_deref(), Some("bob"));
    let states = states.get_value();
    assert!(!states[..states.len() - 1].contains(&"in"), "ada was never authenticated: {states:?}");
}
