//! Paginated lists, rows and optimistic updates that start from the results of the page.

use crate::{
    fixture::{self, client, deployment, put},
    page::ServerPage,
    results::{describe, page_with_label, use_label},
};
use convex_leptos::{
    ConvexClient, ForEach, OptimisticError, OptimisticLocalStore, PaginationOptions, PaginationStatus,
    UsePaginatedQuery,
};
use convex_testkit_web::{
    FakeDeployment,
    testkit::{Functions, Order, Value, object},
    turns, until,
};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};
use serde_json::json;
use wasm_bindgen_test::wasm_bindgen_test;

const TWO: PaginationOptions = PaginationOptions::new(2);

/// A deployment with a list of these messages, newest first.
pub fn chat(bodies: &[&str]) -> FakeDeployment {
    let fake = FakeDeployment::new(Functions::new().query("messages:page", |ctx, args| {
        let options = args.pagination()?;
        ctx.db().query("messages").order(Order::Descending).paginate(&options).map(Value::from)
    }));
    send(&fake, bodies);
    fake
}

pub fn send(fake: &FakeDeployment, bodies: &[&str]) {
    fake.deployment(|deployment, now| {
        deployment.edit(now, |db| {
            for body in bodies {
                db.insert("messages", object! { "body" => *body });
            }
        });
    });
}

/// The page of a server that has run the first page of the list against this deployment.
pub async fn page_with_messages(fake: &FakeDeployment) -> ServerPage {
    let args = json!({ "paginationOpts": { "cursor": null, "id": 0, "numItems": 2 } });
    let server = client(fake);
    let first_page: serde_json::Value =
        server.query("messages:page", args.clone()).await.expect("it has run");
    server.close();
    fake.take_sent();
    ServerPage::without_identity().with("messages:page", args, first_page)
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Message {
    _id: String,
    body: String,
}

pub fn use_messages(client: ConvexClient) -> UsePaginatedQuery<Message> {
    client.use_paginated_query("messages:page", (), TWO)
}

fn bodies(messages: UsePaginatedQuery<Message>) -> String {
    let bodies: Vec<_> = messages.results().into_iter().map(|message| message.body).collect();
    format!("{:?} {}", messages.status(), bodies.join(" "))
}

#[wasm_bindgen_test]
async fn a_list_starts_with_the_first_page_of_the_page() {
    let fake = chat(&["a", "b", "c"]);
    let hydration = page_with_messages(&fake).await.hydrate();
    send(&fake, &["d"]);
    fake.pause_delivery();
    let client = hydration.with(|| client(&fake));
    let page = hydration.show(move || {
        let messages = use_messages(client);
        view! {
            <Suspense fallback=|| "waiting">{move || bodies(messages)}</Suspense> ", "
            {move || bodies(messages)}
        }
    });
    assert_eq!(page.text(), "CanLoadMore c b, LoadingFirstPage ");
    hydration.complete();
    page.until_text("CanLoadMore c b, CanLoadMore c b").await;
    fake.resume_delivery();
    page.until_text("CanLoadMore d c, CanLoadMore d c").await;
}

#[wasm_bindgen_test]
async fn load_more_before_the_connection_continues_the_first_page() {
    let fake = chat(&["a", "b", "c", "d", "e"]);
    let hydration = page_with_messages(&fake).await.hydrate();
    fake.pause_delivery();
    let client = hydration.with(|| client(&fake));
    let list = StoredValue::new(None);
    let page = hydration.show(move || {
        let messages = use_messages(client);
        list.set_value(Some(messages));
        view! { <Suspense fallback=|| "waiting">{move || bodies(messages)}</Suspense> }
    });
    let list = list.get_value().expect("the component was built");
    list.load_more(2);
    assert_eq!(list.status(), PaginationStatus::LoadingFirstPage, "it is outside of a boundary");
    hydration.complete();
    page.until_text("LoadingMore e d").await;
    turns(5).await;
    assert_eq!(page.text(), "LoadingMore e d");
    fake.resume_delivery();
    page.until_text("CanLoadMore e d c b").await;
}

#[wasm_bindgen_test]
async fn the_list_of_another_length_does_not_start_from_the_page() {
    let fake = chat(&["a", "b", "c"]);
    let hydration = page_with_messages(&fake).await.hydrate();
    fake.pause_delivery();
    let client = hydration.with(|| client(&fake));
    let page = hydration.show(move || {
        let messages = client.use_paginated_query("messages:page", (), PaginationOptions::new(1));
        view! { <Suspense fallback=|| "waiting">{move || bodies(messages)}</Suspense> }
    });
    turns(1).await;
    assert_eq!(page.text(), "waiting");
    hydration.complete();
    fake.resume_delivery();
    page.until_text("CanLoadMore c").await;
}

#[wasm_bindgen_test]
async fn an_identity_change_removes_the_first_page() {
    let fake = chat(&["a"]);
    let messages = json!({ "page": [{ "_id": "1", "body": "ada's" }], "isDone": true, "continueCursor": "" });
    let args = json!({ "paginationOpts": { "cursor": null, "id": 0, "numItems": 2 } });
    let hydration = ServerPage::of_user(&fake, "ada").with("messages:page", args, messages).hydrate();
    let client = hydration.with(|| {
        let client = client(&fake);
        client.set_auth(crate::page_provider::PageProvider::signed_in(&fake, "bob"));
        client
    });
    let page = hydration.show(move || {
        let messages = use_messages(client);
        view! { <Transition fallback=|| "waiting">{move || bodies(messages)}</Transition> }
    });
    assert_eq!(page.text(), "Exhausted ada's");
    fake.pause_delivery();
    hydration.complete();
    until("the first page is removed", || !page.text().contains("ada's")).await;
    fake.resume_delivery();
    page.until_text("Exhausted a").await;
}

#[wasm_bindgen_test]
async fn rows_of_the_page_become_live_without_a_rebuild() {
    let fake = deployment();
    put(&fake, &[("a", "one"), ("b", "two")]);
    let rows = json!([{ "name": "a", "label": "one" }, { "name": "b", "label": "page" }]);
    let hydration = ServerPage::without_identity().with("items:list", (), rows).hydrate();
    let client = hydration.with(|| client(&fake));
    let page = hydration.show(move || {
        let items = client.use_query::<_, Vec<serde_json::Value>, _>("items:list", ());
        view! {
            <Suspense fallback=|| "waiting">
                <ForEach each=items key=|item| item["name"].to_string() let:item>
                    <li>{move || item.read()["label"].as_str().map(str::to_owned)}</li>
                </ForEach>
            </Suspense>
        }
    });
    assert_eq!(page.texts("li"), ["one", "page"]);
    let second = page.find("li:nth-child(2)");
    hydration.complete();
    page.until_text("onetwo").await;
    assert_eq!(page.find("li:nth-child(2)"), second);
}

#[derive(Serialize)]
struct Put {
    name: &'static str,
    label: &'static str,
}

fn show_label(store: &mut OptimisticLocalStore<'_, '_>, args: &Put) -> Result<(), OptimisticError> {
    let label: String = store.get("items:label", json!({ "name": args.name }))?.unwrap_or_default();
    store.set("items:label", json!({ "name": args.name }), &format!("{label}, soon {}", args.label))
}

#[wasm_bindgen_test]
async fn an_optimistic_update_applies_to_the_result_of_the_page() {
    let fake = deployment();
    put(&fake, &[("a", "one")]);
    fake.pause_delivery();
    let hydration = page_with_label().hydrate();
    let client = hydration.with(|| client(&fake));
    let page = hydration.show(move || {
        let label = use_label(client, "a");
        view! { <Suspense fallback=|| "waiting">{move || describe(label)}</Suspense> }
    });
    let rename = hydration.with(|| {
        let rename = client.use_mutation::<_, String>("items:put").with_optimistic_update(show_label);
        rename.call(Put { name: "a", label: "two" })
    });
    turns(5).await;
    assert_eq!(page.text(), "Ready one", "the rest of the page may not be hydrated yet");
    hydration.complete();
    page.until_text("Ready one, soon two").await;
    fake.resume_delivery();
    page.until_text("Ready two").await;
    assert_eq!(rename.await.as_deref(), Ok("two"));
    assert_eq!(fixture::ran(&fake, "items:put"), 1);
}
