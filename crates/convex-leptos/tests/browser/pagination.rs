//! `use_paginated_query`: rows, `load_more`, splits, errors and optimistic inserts.

use crate::fixture::{Page, client, sent};
use convex_leptos::{
    ConvexError, ForEach, OptimisticError, OptimisticLocalStore, PaginationOptions, PaginationStatus,
    QueryArgs, UsePaginatedQuery,
};
use convex_testkit_web::{
    FakeDeployment,
    testkit::{FunctionError, Functions, Order, PageLimits, Value, object},
    turns, until,
};
use leptos::prelude::*;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::json;
use std::sync::atomic::{AtomicUsize, Ordering};
use wasm_bindgen_test::wasm_bindgen_test;

pub const TWO: PaginationOptions = PaginationOptions::new(2);

/// A deployment with lists of messages, newest first.
pub fn deployment() -> FakeDeployment {
    let functions = Functions::new().query("messages:page", |ctx, args| {
        let options = args.pagination()?;
        if ctx.db().query("faults").first().is_some() {
            return Err(FunctionError::thrown("out of order"));
        }
        let channel = args.string("channel")?;
        let mut db = ctx.db();
        let messages = db.query("messages").eq("channel", channel).order(Order::Descending);
        let messages = messages.page_limits(PageLimits { recommended: 3, required: 10 });
        messages.paginate(&options).map(Value::from)
    });
    let functions = functions.mutation("messages:send", |ctx, args| {
        let (channel, body) = (args.string("channel")?, args.string("body")?);
        ctx.db().insert("messages", object! { "channel" => channel, "body" => body });
        Ok(Value::Null)
    });
    FakeDeployment::new(functions)
}

pub fn send(fake: &FakeDeployment, channel: &str, bodies: &[&str]) {
    fake.deployment(|deployment, now| {
        deployment.edit(now, |db| {
            for body in bodies {
                db.insert("messages", object! { "channel" => channel, "body" => *body });
            }
        });
    });
}

fn edit(fake: &FakeDeployment, from: &str, to: &str) {
    fake.deployment(|deployment, now| {
        deployment.edit(now, |db| {
            let message = db.query("messages").eq("body", from).first().expect("the message was sent");
            db.patch(message["_id"].as_str().expect("ids are strings"), object! { "body" => to })
                .expect("the document exists");
        });
    });
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Message {
    _id: String,
    pub body: String,
}

pub fn bodies(messages: UsePaginatedQuery<Message>) -> String {
    let bodies: Vec<_> = messages.results().into_iter().map(|message| message.body).collect();
    format!("{:?} {}", messages.status(), bodies.join(" "))
}

/// A slot for the list that a component creates.
pub fn handle<T: 'static>() -> StoredValue<Option<UsePaginatedQuery<T>>> {
    StoredValue::new(None)
}

#[wasm_bindgen_test]
async fn load_more_grows_a_live_list() {
    let fake = deployment();
    send(&fake, "general", &["a", "b", "c", "d"]);
    let client = client(&fake);
    let list = handle();
    let page = Page::show(move || {
        let messages = client.use_paginated_query("messages:page", [("channel", "general")], TWO);
        list.set_value(Some(messages));
        move || format!("{} {}", bodies(messages), messages.pending())
    });
    page.until_text("LoadingFirstPage  true").await;
    page.until_text("CanLoadMore d c false").await;
    let list = list.get_value().expect("the component was built");
    list.load_more(1);
    assert_eq!(list.status(), PaginationStatus::LoadingMore);
    list.load_more(1);
    page.until_text("CanLoadMore d c b false").await;
    send(&fake, "general", &["e"]);
    page.until_text("CanLoadMore e d c b false").await;
    list.load_more(5);
    page.until_text("Exhausted e d c b a false").await;
    list.load_more(5);
    turns(3).await;
    assert_eq!(sent(&fake, r#""type":"Add""#), 3, "no request beyond the end of the list");
    drop(page);
    until("the pages are unsubscribed", || sent(&fake, r#""type":"Remove""#) == 3).await;
}

#[wasm_bindgen_test]
async fn suspense_waits_for_the_first_page_only() {
    let fake = deployment();
    send(&fake, "general", &["a", "b", "c"]);
    send(&fake, "random", &["x"]);
    let client = client(&fake);
    let channel = RwSignal::new("general");
    let list = handle();
    let page = Page::show(move || {
        let args = move || json!({ "channel": channel.get() });
        let messages = client.use_paginated_query("messages:page", args, TWO);
        list.set_value(Some(messages));
        view! { <Suspense fallback=|| "waiting">{move || bodies(messages)}</Suspense> }
    });
    page.until_text("waiting").await;
    page.until_text("CanLoadMore c b").await;
    fake.pause_delivery();
    list.get_value().expect("the component was built").load_more(2);
    turns(3).await;
    assert_eq!(page.text(), "LoadingMore c b");
    fake.resume_delivery();
    page.until_text("Exhausted c b a").await;
    fake.pause_delivery();
    channel.set("random");
    page.until_text("waiting").await;
    fake.resume_delivery();
    page.until_text("Exhausted x").await;
}

#[wasm_bindgen_test]
async fn new_args_restart_the_list_and_skip_unsubscribes() {
    let fake = deployment();
    send(&fake, "general", &["a", "b", "c"]);
    send(&fake, "random", &["x", "y", "z"]);
    let client = client(&fake);
    let channel = RwSignal::new(Some("general"));
    let list = handle();
    let page = Page::show(move || {
        let args = move || QueryArgs::from(channel.get().map(|channel| json!({ "channel": channel })));
        let messages = client.use_paginated_query("messages:page", args, TWO);
        list.set_value(Some(messages));
        move || bodies(messages)
    });
    page.until_text("CanLoadMore c b").await;
    list.get_value().expect("the component was built").load_more(2);
    page.until_text("Exhausted c b a").await;
    channel.set(Some("random"));
    page.until_text("CanLoadMore z y").await;
    channel.set(None);
    page.until_text("LoadingFirstPage ").await;
    turns(3).await;
    assert_eq!(sent(&fake, r#""type":"Remove""#), 3);
    send(&fake, "general", &["d"]);
    channel.set(Some("general"));
    page.until_text("CanLoadMore d c").await;
}

#[wasm_bindgen_test]
async fn an_item_that_did_not_change_is_not_decoded_again() {
    static DECODED: AtomicUsize = AtomicUsize::new(0);
    #[derive(Clone)]
    struct Counted(String);
    impl<'de> Deserialize<'de> for Counted {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            DECODED.fetch_add(1, Ordering::Relaxed);
            Message::deserialize(deserializer).map(|message| Self(message.body))
        }
    }
    let fake = deployment();
    send(&fake, "general", &["a", "b", "c", "d"]);
    let client = client(&fake);
    let list = handle();
    let page = Page::show(move || {
        let messages =
            client.use_paginated_query::<_, Counted, _>("messages:page", [("channel", "general")], TWO);
        list.set_value(Some(messages));
        move || messages.results().into_iter().map(|message| message.0).collect::<String>()
    });
    page.until_text("dc").await;
    list.get_value().expect("the component was built").load_more(2);
    page.until_text("dcba").await;
    assert_eq!(DECODED.load(Ordering::Relaxed), 4);
    edit(&fake, "a", "A");
    page.until_text("dcbA").await;
    assert_eq!(DECODED.load(Ordering::Relaxed), 5, "only the changed item");
}

#[wasm_bindgen_test]
async fn rows_stay_when_pages_are_split() {
    let fake = deployment();
    send(&fake, "general", &["a", "b"]);
    let client = client(&fake);
    let built = StoredValue::new(0);
    let page = Page::show(move || {
        let messages =
            client.use_paginated_query::<_, Message, _>("messages:page", [("channel", "general")], TWO);
        view! {
            <ForEach each=messages key=|message: &Message| message._id.clone() let:message>
                {
                    built.update_value(|built| *built += 1);
                    view! { <p>{move || message.read().body.clone()}</p> }
                }
            </ForEach>
        }
    });
    page.until_text("ba").await;
    send(&fake, "general", &["c", "d", "e"]);
    page.until_text("edcba").await;
    until("the page is split", || sent(&fake, "endCursor") == 2).await;
    edit(&fake, "d", "D");
    page.until_text("eDcba").await;
    assert_eq!(built.get_value(), 5, "each row is built once");
}

#[wasm_bindgen_test]
async fn a_failed_page_recovers() {
    let fake = deployment();
    send(&fake, "general", &["a", "b"]);
    fake.deployment(|deployment, now| deployment.edit(now, |db| drop(db.insert("faults", object! {}))));
    let client = client(&fake);
    let page = Page::show(move || {
        let messages =
            client.use_paginated_query::<_, Message, _>("messages:page", [("channel", "general")], TWO);
        move || match messages.error() {
            Some(ConvexError::Function(error)) if error.message.contains("out of order") => {
                "broken".to_owned()
            }
            Some(other) => other.to_string(),
            None => bodies(messages),
        }
    });
    page.until_text("broken").await;
    fake.deployment(|deployment, now| {
        deployment.edit(now, |db| {
            let fault = db.query("faults").first().expect("the fault was inserted");
            db.delete(fault["_id"].as_str().expect("ids are strings")).expect("the document exists");
        });
    });
    page.until_text("CanLoadMore b a").await;
}

#[wasm_bindgen_test]
async fn an_invalid_path_or_item_is_an_error() {
    let fake = deployment();
    send(&fake, "general", &["a"]);
    let client = client(&fake);
    let page = Page::show(move || {
        let nowhere = client.use_paginated_query::<_, Message, _>("no function", (), TWO);
        let numbers = client.use_paginated_query::<_, f64, _>("messages:page", [("channel", "general")], TWO);
        move || {
            let is_path = matches!(nowhere.error(), Some(ConvexError::Path(_)));
            let is_result = matches!(numbers.error(), Some(ConvexError::Result(_)));
            format!("{is_path} {:?} {is_result} {:?}", nowhere.status(), numbers.status())
        }
    });
    page.until_text("true Error true Error").await;
}

#[derive(Clone, Serialize)]
struct Send {
    channel: String,
    body: String,
}

fn at_top(store: &mut OptimisticLocalStore, args: &Send) -> Result<(), OptimisticError> {
    let message = json!({ "_id": "sending", "body": format!("({})", args.body) });
    store.insert_at_top("messages:page", json!({ "channel": args.channel }), &message)
}

#[wasm_bindgen_test]
async fn an_optimistic_insert_is_replaced_by_its_document() {
    let fake = deployment();
    send(&fake, "general", &["a", "b"]);
    let client = client(&fake);
    let seen = StoredValue::new(Vec::new());
    let calls = StoredValue::new(None);
    let page = Page::show(move || {
        let messages = client.use_paginated_query("messages:page", [("channel", "general")], TWO);
        let send = client.use_mutation::<_, ()>("messages:send").with_optimistic_update(at_top);
        calls.set_value(Some(send));
        move || {
            let shown = bodies(messages);
            seen.update_value(|seen| seen.push(shown.clone()));
            shown
        }
    });
    page.until_text("CanLoadMore b a").await;
    seen.set_value(Vec::new());
    let send = calls.get_value().expect("the component was built");
    send.dispatch(Send { channel: "general".to_owned(), body: "c".to_owned() });
    page.until_text("CanLoadMore (c) b a").await;
    page.until_text("CanLoadMore c b a").await;
    assert_eq!(seen.get_value(), ["CanLoadMore (c) b a", "CanLoadMore c b a"]);
}
