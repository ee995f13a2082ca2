//! Results that a web server wrote into the page.

use crate::{
    fixture::{Page, client, deployment, put, ran},
    page::{ServerPage, query_place, user_identity},
    page_provider::PageProvider,
};
use convex_leptos::{AuthPolicy, ConvexClient, UseQuery};
use convex_testkit_web::{FakeDeployment, turns, until};
use convex_web::sync::PageIdentity;
use leptos::{prelude::*, reactive::effect::ImmediateEffect};
use serde_json::{Value, json};
use wasm_bindgen_test::wasm_bindgen_test;

/// The arguments of `items:label`.
pub fn item(name: &str) -> Value {
    json!({ "name": name })
}

/// The page of a deployment without users, with the label "one" of the item "a".
pub fn page_with_label() -> ServerPage {
    ServerPage::without_identity().with("items:label", item("a"), "one")
}

pub fn use_label(client: ConvexClient, name: &'static str) -> UseQuery<String> {
    client.use_query("items:label", item(name))
}

/// A label as a reader outside of a boundary sees it.
pub fn describe(label: UseQuery<String>) -> String {
    match label.get() {
        None => format!("{:?}", label.status()),
        Some(Ok(value)) => format!("{:?} {value}", label.status()),
        Some(Err(error)) => format!("{:?} {error}", label.status()),
    }
}

/// The label of "a" in a boundary.
fn suspense(client: ConvexClient) -> impl IntoView {
    let label = use_label(client, "a");
    view! { <Suspense fallback=|| "waiting">{move || describe(label)}</Suspense> }
}

#[wasm_bindgen_test]
async fn boundaries_show_a_result_of_the_page_at_once() {
    let fake = deployment();
    fake.hang_dials();
    let hydration = page_with_label().hydrate();
    let client = hydration.with(|| client(&fake));
    let page = hydration.show(move || {
        let label = use_label(client, "a");
        let length = label.select(String::len);
        view! {
            <Suspense fallback=|| "waiting">{move || label.value()}</Suspense>
            <Suspense fallback=|| "waiting">{move || length.get()}</Suspense>
            <Suspense fallback=|| "waiting">{move || Suspend::new(async move { label.await })}</Suspense>
            <Transition fallback=|| "waiting">{move || label.value()}</Transition>
            <Transition fallback=|| "waiting">{move || length.get()}</Transition>
            <Transition fallback=|| "waiting">{move || Suspend::new(async move { label.await })}</Transition>
        }
    });
    assert_eq!(page.text(), "one3oneone3one");
    turns(5).await;
    assert_eq!(page.text(), "one3oneone3one");
    hydration.complete();
    turns(5).await;
    assert_eq!(page.text(), "one3oneone3one");
}

#[wasm_bindgen_test]
async fn other_readers_show_a_result_once_the_page_is_hydrated() {
    let fake = deployment();
    put(&fake, &[("a", "one"), ("b", "live")]);
    let hydration = page_with_label().hydrate();
    let client = hydration.with(|| client(&fake));
    let page = hydration.show(move || {
        let [a, b] = ["a", "b"].map(|name| use_label(client, name));
        let part = a.select(String::len);
        move || format!("{} {:?}, {}", describe(a), part.get(), describe(b))
    });
    until("the live results have arrived", || ran(&fake, "items:label") == 2).await;
    turns(5).await;
    assert_eq!(page.text(), "Loading None, Loading");
    hydration.complete();
    page.until_text("Ready one Some(3), Ready live").await;
}

#[wasm_bindgen_test]
async fn a_live_result_replaces_that_of_the_page() {
    let fake = deployment();
    put(&fake, &[("a", "live")]);
    let hydration = page_with_label().hydrate();
    let client = hydration.with(|| client(&fake));
    let page = hydration.show(move || suspense(client));
    assert_eq!(page.text(), "Ready one");
    hydration.complete();
    page.until_text("Ready live").await;
    put(&fake, &[("a", "changed")]);
    page.until_text("Ready changed").await;
}

#[wasm_bindgen_test]
async fn an_equal_live_result_notifies_nobody() {
    let fake = deployment();
    put(&fake, &[("a", "one"), ("b", "two")]);
    let hydration = page_with_label().hydrate();
    let client = hydration.with(|| client(&fake));
    let runs = StoredValue::new(0);
    let page = hydration.show(move || {
        let [a, b] = ["a", "b"].map(|name| use_label(client, name));
        let count_runs = move || {
            a.status();
            runs.update_value(|runs| *runs += 1);
            a.value()
        };
        view! {
            <Suspense>{count_runs}</Suspense>
            {move || b.value()}
        }
    });
    hydration.complete();
    page.until_text("onetwo").await;
    assert_eq!((ran(&fake, "items:label"), runs.get_value()), (2, 1));
}

#[wasm_bindgen_test]
async fn an_error_in_the_page_is_shown_until_the_live_result() {
    let fake = deployment();
    let hydration = ServerPage::without_identity().with_error("items:check", (), "it was broken").hydrate();
    let client = hydration.with(|| client(&fake));
    let page = hydration.show(move || {
        let check = client.use_query("items:check", ());
        view! { <Suspense fallback=|| "waiting">{move || describe(check)}</Suspense> }
    });
    assert!(page.text().starts_with("Error ") && page.text().contains("it was broken"), "{}", page.text());
    hydration.complete();
    page.until_text("Ready it works").await;
}

#[wasm_bindgen_test]
async fn a_value_of_another_type_is_an_error_until_the_live_result() {
    let fake = deployment();
    put(&fake, &[("a", "live")]);
    let hydration = ServerPage::without_identity().with("items:label", item("a"), 1.5).hydrate();
    let client = hydration.with(|| client(&fake));
    let page = hydration.show(move || suspense(client));
    assert!(page.text().starts_with("Error "), "{}", page.text());
    hydration.complete();
    page.until_text("Ready live").await;
}

#[wasm_bindgen_test]
async fn a_payload_that_is_not_a_result_is_ignored() {
    let place = query_place(PageIdentity::Anonymous, AuthPolicy::Settled, "items:label", item("a"));
    let other = query_place(PageIdentity::Anonymous, AuthPolicy::Settled, "items:label", item("b"));
    let of_another_place = other.write_json("\"wrong\"");
    for payload in ["", "null", "[]", "{", r#"{"v":"wrong"}"#, r#"{"k":"x","v":"wrong"}"#, &of_another_place]
    {
        let fake = deployment();
        fake.pause_delivery();
        put(&fake, &[("a", "live")]);
        let hydration = ServerPage::without_identity().with_payload(place, payload).hydrate();
        let client = hydration.with(|| client(&fake));
        let page = hydration.show(move || suspense(client));
        turns(1).await;
        assert_eq!(page.text(), "waiting", "{payload}");
        hydration.complete();
        fake.resume_delivery();
        page.until_text("Ready live").await;
    }
}

#[wasm_bindgen_test]
async fn a_result_of_another_identity_is_ignored() {
    let fake = deployment();
    let [ada, bob] = ["ada", "bob"].map(|user| user_identity(&fake, user));
    let pages = [
        (ServerPage::of_user(&fake, "ada"), bob),
        (ServerPage::of_user(&fake, "ada"), PageIdentity::Anonymous),
        (ServerPage::of_anonymous(), ada),
        (ServerPage::without_identity(), ada),
        // The server did not know who sent the request, and ran nothing.
        (ServerPage::without_identity(), PageIdentity::Anonymous),
    ];
    for (server_page, other) in pages {
        let place = query_place(other, AuthPolicy::Settled, "users:me", ());
        let hydration = server_page.with_payload(place, place.write_json("\"wrong\"")).hydrate();
        let page = hydration.with(|| show_me(&fake, AuthPolicy::Settled));
        turns(1).await;
        assert_eq!(page.text(), "waiting", "{other:?}");
    }
}

#[wasm_bindgen_test]
async fn an_immediate_result_is_shown_to_every_identity() {
    let fake = deployment();
    for server_page in
        [ServerPage::of_user(&fake, "ada"), ServerPage::of_anonymous(), ServerPage::without_identity()]
    {
        let page = server_page.with_policy(AuthPolicy::Immediate, "users:me", (), "all");
        let hydration = page.hydrate();
        let page = hydration.with(|| show_me(&fake, AuthPolicy::Immediate));
        assert_eq!(page.text(), "all");
    }
}

/// The query `users:me` of a client with a provider that is loading.
fn show_me(fake: &FakeDeployment, policy: AuthPolicy) -> Page {
    let client = client(fake);
    client.set_auth(PageProvider::new(fake));
    Page::show(move || {
        let me = client.use_query_with::<_, String, _>("users:me", (), policy);
        view! { <Suspense fallback=|| "waiting">{move || me.value()}</Suspense> }
    })
}

#[wasm_bindgen_test]
async fn a_query_that_is_created_after_an_await_starts_from_the_page() {
    let fake = deployment();
    fake.hang_dials();
    let hydration = page_with_label().with("items:label", item("one"), "two").hydrate();
    let client = hydration.with(|| client(&fake));
    let page = hydration.show(move || {
        let label = use_label(client, "a");
        let follow = move || {
            Suspend::new(async move {
                let name = label.await.unwrap_or_default();
                let next = client.use_query::<_, String, _>("items:label", item(&name));
                move || next.value()
            })
        };
        view! { <Suspense fallback=|| "waiting">{follow}</Suspense> }
    });
    assert_eq!(page.text(), "two");
}

#[wasm_bindgen_test]
async fn a_query_that_is_created_after_hydration_ignores_the_page() {
    let fake = deployment();
    fake.hang_dials();
    let hydration = page_with_label().hydrate();
    let client = hydration.with(|| client(&fake));
    hydration.complete();
    turns(2).await;
    let page = hydration.show(move || suspense(client));
    turns(1).await;
    assert_eq!(page.text(), "waiting", "the result may be stale");
}

#[wasm_bindgen_test]
async fn hooks_with_one_query_share_its_result() {
    let fake = deployment();
    put(&fake, &[("a", "live")]);
    let hydration = page_with_label().hydrate();
    let client = hydration.with(|| client(&fake));
    let page = hydration.show(move || view! { {suspense(client)} ", " {suspense(client)} });
    assert_eq!(page.text(), "Ready one, Ready one");
    hydration.complete();
    page.until_text("Ready live, Ready live").await;
    assert_eq!(ran(&fake, "items:label"), 1);
}

#[wasm_bindgen_test]
async fn new_arguments_keep_the_result_of_the_page_while_they_load() {
    let fake = deployment();
    put(&fake, &[("b", "two")]);
    let hydration = page_with_label().hydrate();
    let (client, name) = hydration.with(|| (client(&fake), RwSignal::new("a")));
    let page = hydration.show(move || {
        let label = client.use_query::<_, String, _>("items:label", move || item(name.get()));
        view! { <Transition fallback=|| "waiting">{move || describe(label)}</Transition> }
    });
    fake.pause_delivery();
    hydration.complete();
    turns(2).await;
    name.set("b");
    page.until_text("Loading one").await;
    fake.resume_delivery();
    page.until_text("Ready two").await;
}

/// Once hydration ends, an effect outside of a boundary sees the result in the same tick in which
/// the status changes.
#[wasm_bindgen_test]
async fn value_and_status_appear_together() {
    let fake = deployment();
    fake.hang_dials();
    let hydration = page_with_label().hydrate();
    let (client, seen) = hydration.with(|| (client(&fake), StoredValue::new(Vec::new())));
    let _page = hydration.show(move || {
        let label = use_label(client, "a");
        ImmediateEffect::new_scoped(move || seen.update_value(|seen| seen.push(describe(label))));
    });
    hydration.complete();
    until("the result is shown", || seen.with_value(|seen| seen.last() == Some(&"Ready one".to_owned())))
        .await;
    assert_eq!(seen.get_value(), ["Loading", "Ready one"]);
}
