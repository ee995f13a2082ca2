//! Several provider components of one client: the newest is followed, in any order of unmounts.

use crate::{
    fixture::{Page, client, deployment, sent},
    test_provider::TestProvider,
};
use convex_leptos::{AuthState, Authenticated, ConvexClient, ConvexProviderWithAuth, Session, auth_fn};
use convex_testkit_web::{FakeDeployment, turns, until};
use leptos::{prelude::*, reactive::effect::ImmediateEffect};
use wasm_bindgen_test::wasm_bindgen_test;

/// A root with a provider component for this client.
fn root(client: ConvexClient, auth: TestProvider) -> Page {
    Page::show(move || view! { <ConvexProviderWithAuth client auth>"…"</ConvexProviderWithAuth> })
}

/// A page outside of the providers with the user that a query runs as, and the history of states.
fn observer(client: ConvexClient) -> (Page, StoredValue<Vec<&'static str>>) {
    let states = StoredValue::new(Vec::new());
    let page = Page::show(move || {
        let auth = client.use_auth();
        ImmediateEffect::new_scoped(move || {
            let state = match auth.state() {
                AuthState::Loading { .. } => "loading",
                AuthState::Authenticated { .. } => "in",
                AuthState::Unauthenticated { .. } => "out",
            };
            states.update_value(|states| states.push(state));
        });
        let me = client.use_query::<_, Option<String>, _>("users:me", ());
        move || me.value().map(|me| me.unwrap_or("anonymous".to_owned()))
    });
    (page, states)
}

fn authenticates(fake: &FakeDeployment) -> usize {
    sent(fake, r#""type":"Authenticate""#)
}

/// docs/auth.md §4, line 50.
#[wasm_bindgen_test]
async fn the_newest_provider_is_followed_in_any_order_of_unmounts() {
    // The users of three roots, and the order in which these are unmounted.
    let cases = [
        (["ada", "ada", "ada"], [0, 1, 2]),
        (["ada", "bob", "ada"], [1, 2, 0]),
        (["ada", "bob", "cat"], [2, 1, 0]),
        (["ada", "bob", "cat"], [1, 0, 2]),
        (["ada", "bob", "cat"], [0, 2, 1]),
    ];
    for (users, unmounts) in cases {
        let fake = deployment();
        let client = client(&fake);
        let (page, _) = observer(client);
        let mut roots = users.map(|user| Some(root(client, TestProvider::signed_in(&fake, user))));
        page.until_text(users[2]).await;
        for unmounted in unmounts {
            roots[unmounted] = None;
            let newest = roots.iter().rposition(Option::is_some);
            page.until_text(newest.map_or("anonymous", |newest| users[newest])).await;
            turns(5).await;
            assert_eq!(
                page.text(),
                newest.map_or("anonymous", |newest| users[newest]),
                "{users:?} {unmounts:?}"
            );
        }
    }
}

/// docs/auth.md §4, line 50.
#[wasm_bindgen_test]
async fn unmounting_one_of_two_roots_of_a_user_changes_nothing() {
    for unmounts_the_newer in [false, true] {
        let fake = deployment();
        let client = client(&fake);
        let (page, states) = observer(client);
        // The same provider object twice.
        let auth = TestProvider::signed_in(&fake, "ada");
        let builds = StoredValue::new(0);
        let older = Page::show(move || {
            view! {
                <ConvexProviderWithAuth client auth>
                    <Authenticated>{builds.update_value(|builds| *builds += 1)} "in"</Authenticated>
                </ConvexProviderWithAuth>
            }
        });
        older.until_text("in").await;
        page.until_text("ada").await;
        let newer = root(client, auth);
        turns(5).await;
        let remaining = if unmounts_the_newer {
            drop(newer);
            older
        } else {
            drop(older);
            newer
        };
        turns(20).await;
        assert_eq!((page.text().as_str(), states.get_value().last()), ("ada", Some(&"in")));
        assert_eq!((auth.fetches(), authenticates(&fake)), (1, 1), "newer: {unmounts_the_newer}");
        assert!(!states.get_value()[1..].contains(&"out"), "{:?}", states.get_value());
        assert_eq!(builds.get_value(), 1);
        drop(remaining);
        page.until_text("anonymous").await;
    }
}

/// docs/auth.md §4, line 50.
#[wasm_bindgen_test]
async fn a_second_provider_that_loads_does_not_blank_the_page() {
    let fake = deployment();
    let client = client(&fake);
    let older = TestProvider::signed_in(&fake, "ada");
    let older_root = root(client, older);
    let (page, states) = observer(client);
    page.until_text("ada").await;
    let newer = TestProvider::new(&fake);
    let newer_root = root(client, newer);
    turns(5).await;
    assert_eq!(page.text(), "ada");
    newer.sign_in("ada");
    turns(5).await;
    assert_eq!((newer.fetches(), authenticates(&fake), page.text().as_str()), (0, 1, "ada"));
    assert_eq!(states.get_value().iter().filter(|state| **state == "in").count(), 1);

    newer.sign_in("bob");
    page.until_text("bob").await;
    older.sign_in("cat");
    turns(5).await;
    assert_eq!(page.text(), "bob", "the older provider is not followed");
    drop(newer_root);
    page.until_text("cat").await;
    drop(older_root);
    page.until_text("anonymous").await;
}

#[wasm_bindgen_test]
async fn the_state_is_loading_with_only_a_loading_provider() {
    let fake = deployment();
    let client = client(&fake);
    let older_root = root(client, TestProvider::signed_in(&fake, "ada"));
    let (page, states) = observer(client);
    page.until_text("ada").await;
    let newer = TestProvider::new(&fake);
    let _newer_root = root(client, newer);
    drop(older_root);
    page.until_text("").await;
    let states = states.get_value();
    assert_eq!(states.last(), Some(&"loading"));
    assert!(!states[1..].contains(&"out"), "no sign-in page in between: {states:?}");
    newer.sign_in("ada");
    page.until_text("ada").await;
}

#[wasm_bindgen_test]
async fn a_provider_component_that_is_rebuilt_keeps_its_user() {
    let fake = deployment();
    let client = client(&fake);
    let auth = TestProvider::signed_in(&fake, "ada");
    let rebuilds = RwSignal::new(0);
    let _root = Page::show(move || {
        move || {
            let rebuild = rebuilds.get();
            view! { <ConvexProviderWithAuth client auth>{rebuild}</ConvexProviderWithAuth> }
        }
    });
    let (page, states) = observer(client);
    page.until_text("ada").await;
    let before = states.get_value().len();
    for rebuild in 1..4 {
        rebuilds.set(rebuild);
        turns(5).await;
        assert_eq!(page.text(), "ada");
    }
    assert_eq!((states.get_value().len(), auth.fetches(), authenticates(&fake)), (before, 1, 1));
}

#[wasm_bindgen_test]
async fn a_fetch_of_an_unmounted_provider_moves_to_the_next() {
    let fake = deployment();
    let client = client(&fake);
    let (older, newer) = (TestProvider::signed_in(&fake, "ada"), TestProvider::signed_in(&fake, "ada"));
    older.hold_fetches();
    newer.hold_fetches();
    let (page, _) = observer(client);
    let _older_root = root(client, older);
    until("the older provider fetches", || older.fetches() == 1).await;
    let newer_root = root(client, newer);
    until("the newer provider fetches", || newer.fetches() == 1).await;
    drop(newer_root);
    older.release_fetches();
    page.until_text("ada").await;
    assert_eq!((older.fetches(), newer.fetches()), (2, 1));
}

#[wasm_bindgen_test]
async fn set_auth_adds_a_provider_and_clear_auth_removes_all() {
    let fake = deployment();
    let client = client(&fake);
    let (page, _) = observer(client);
    let [ada, bob, cat] = ["ada", "bob", "cat"].map(|user| TestProvider::signed_in(&fake, user));
    // Without an owner, the next call replaces the provider.
    client.set_auth(cat);
    client.set_auth(ada);
    page.until_text("ada").await;
    let component = root(client, bob);
    page.until_text("bob").await;
    drop(component);
    page.until_text("ada").await;
    let owner = Owner::new();
    owner.with(|| client.set_auth(bob));
    page.until_text("bob").await;
    owner.cleanup();
    page.until_text("ada").await;

    let component = root(client, bob);
    page.until_text("bob").await;
    client.clear_auth();
    assert!(!untrack(|| client.use_auth().is_loading() || client.use_auth().is_authenticated()));
    page.until_text("anonymous").await;
    bob.sign_in("bob again");
    drop(component);
    turns(5).await;
    assert_eq!(page.text(), "anonymous");
    client.set_auth(cat);
    page.until_text("cat").await;
}

#[wasm_bindgen_test]
async fn providers_of_a_closed_client_have_no_effect() {
    let fake = deployment();
    let client = client(&fake);
    let auth = TestProvider::signed_in(&fake, "ada");
    let first = root(client, auth);
    let (page, _) = observer(client);
    page.until_text("ada").await;
    let second = root(client, auth);
    client.close();
    let third = root(client, auth);
    drop((first, third, second));
    client.clear_auth();
    client.set_auth(auth);
    turns(5).await;
    assert_eq!(auth.fetches(), 1);
}

#[wasm_bindgen_test]
async fn an_app_sign_out_holds_when_providers_mount_and_unmount() {
    let fake = deployment();
    let client = client(&fake);
    let auth = TestProvider::signed_in(&fake, "ada");
    let _root = root(client, auth);
    let (page, _) = observer(client);
    page.until_text("ada").await;
    client.sign_out();
    page.until_text("anonymous").await;
    let second = root(client, auth);
    turns(5).await;
    drop(second);
    turns(5).await;
    assert_eq!((page.text().as_str(), auth.fetches()), ("anonymous", 1));
}

#[wasm_bindgen_test]
async fn a_provider_disposed_with_its_owner_fetches_no_more() {
    let fake = deployment();
    let client = client(&fake);
    let calls = StoredValue::new(0);
    let root = Page::show(move || {
        // Signals of this owner: reading them after its disposal would panic.
        let (name, is_released) = (RwSignal::new("ada"), RwSignal::new(false));
        client.set_auth(auth_fn(
            move || Session::signed_in(name.get()),
            move |_| {
                calls.update_value(|calls| *calls += 1);
                async move {
                    while !is_released.get_untracked() {
                        turns(1).await;
                    }
                    Ok(Some(name.get_untracked().to_owned()))
                }
            },
        ));
        "…"
    });
    until("it is subscribed", || calls.get_value() == 1).await;
    drop(root);
    let (page, _) = observer(client);
    page.until_text("anonymous").await;
    turns(10).await;
    assert_eq!(calls.get_value(), 1);
}
