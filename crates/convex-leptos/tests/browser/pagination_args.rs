//! A paginated list while its arguments change, and `load_more` before its first page.

use crate::{
    fixture::{Page, client, sent},
    pagination::{Message, TWO, bodies, deployment, handle, send},
    test_provider::TestProvider,
};
use convex_leptos::{
    ConvexClient, ForEach, QueryArgs, QueryOptions, SuspendedResults, Suspension, UsePaginatedQuery,
    sync::Arguments,
};
use convex_testkit_web::{FakeDeployment, turns, until};
use leptos::prelude::*;
use serde::Deserialize;
use serde_json::json;
use wasm_bindgen_test::wasm_bindgen_test;

type ListSlot = StoredValue<Option<UsePaginatedQuery<Message>>>;

/// A page with the messages of a channel.
fn list_of(
    client: ConvexClient,
    channel: RwSignal<Option<&'static str>>,
    list: ListSlot,
    options: QueryOptions,
) -> Page {
    Page::show(move || {
        let args = move || QueryArgs::from(channel.get().map(|channel| json!({ "channel": channel })));
        let messages = client.use_paginated_query_with("messages:page", args, TWO, options);
        list.set_value(Some(messages));
        move || bodies(messages)
    })
}

fn load_more(list: ListSlot, num_items: u32) {
    list.get_value().expect("the component was built").load_more(num_items);
}

/// Suspends the lists of one channel until the guard is dropped.
fn suspend(client: ConvexClient, channel: &'static str) -> Suspension {
    #[derive(Deserialize)]
    struct ChannelArgs {
        channel: String,
    }
    let matches = move |_: &str, args: &Arguments| {
        args.decode::<ChannelArgs>().is_ok_and(|args| args.channel == channel)
    };
    client.cancel_queries(SuspendedResults::Keep, matches)
}

fn two_channels() -> FakeDeployment {
    let fake = deployment();
    send(&fake, "general", &["a", "b", "c"]);
    send(&fake, "random", &["w", "x", "y", "z"]);
    fake
}

#[wasm_bindgen_test]
async fn old_rows_stay_until_new_arguments_have_a_page() {
    let (default, options) = (QueryOptions::default(), QueryOptions::default);
    for (options, keeps) in [
        (default, true),
        (options().keep_previous_data(true), true),
        (options().keep_previous_data(false), false),
    ] {
        let fake = two_channels();
        let (client, channel, list) = (client(&fake), RwSignal::new(Some("general")), handle());
        let page = list_of(client, channel, list, options);
        page.until_text("CanLoadMore c b").await;
        load_more(list, 2);
        page.until_text("Exhausted c b a").await;
        let suspension = suspend(client, "random");
        channel.set(Some("random"));
        turns(3).await;
        assert_eq!(page.text(), if keeps { "LoadingFirstPage c b a" } else { "LoadingFirstPage " });
        send(&fake, "general", &["d"]);
        if keeps {
            page.until_text("LoadingFirstPage d c b a").await;
        }
        drop(suspension);
        page.until_text("CanLoadMore z y").await;
        until("the old pages are unsubscribed", || sent(&fake, r#""type":"Remove""#) >= 2).await;
        send(&fake, "general", &["e"]);
        turns(5).await;
        assert_eq!(page.text(), "CanLoadMore z y");
    }
}

#[wasm_bindgen_test]
async fn old_rows_stay_through_several_changes_of_arguments() {
    let fake = two_channels();
    send(&fake, "third", &["q"]);
    let (client, channel, list) = (client(&fake), RwSignal::new(Some("general")), handle());
    let page = list_of(client, channel, list, QueryOptions::default());
    page.until_text("CanLoadMore c b").await;
    let suspensions = [suspend(client, "random"), suspend(client, "third")];
    for next in ["random", "third", "random", "third"] {
        channel.set(Some(next));
        turns(3).await;
        assert_eq!(page.text(), "LoadingFirstPage c b", "{next}");
    }
    drop(suspensions);
    page.until_text("Exhausted q").await;
}

#[wasm_bindgen_test]
async fn rows_of_foreach_stay_while_new_arguments_load() {
    let fake = two_channels();
    let (client, channel) = (client(&fake), RwSignal::new("general"));
    let page = Page::show(move || {
        let args = move || json!({ "channel": channel.get() });
        let messages = client.use_paginated_query::<_, Message, _>("messages:page", args, TWO);
        view! {
            <ForEach each=messages key=|message: &Message| message.body.clone() let:message>
                <p>{move || message.read().body.clone()}</p>
            </ForEach>
        }
    });
    page.until_text("cb").await;
    let suspension = suspend(client, "random");
    channel.set("random");
    turns(3).await;
    assert_eq!(page.text(), "cb");
    drop(suspension);
    page.until_text("zy").await;
}

#[wasm_bindgen_test]
async fn skipping_arguments_and_failed_pages_show_no_old_rows() {
    let fake = two_channels();
    let (client, channel, list) = (client(&fake), RwSignal::new(Some("general")), handle());
    let page = list_of(client, channel, list, QueryOptions::default());
    page.until_text("CanLoadMore c b").await;
    let suspension = suspend(client, "random");
    channel.set(Some("random"));
    channel.set(None);
    turns(3).await;
    assert_eq!(page.text(), "LoadingFirstPage ");
    channel.set(Some("general"));
    page.until_text("CanLoadMore c b").await;
    channel.set(Some("random"));
    turns(3).await;
    assert_eq!(page.text(), "LoadingFirstPage c b");
    fake.deployment(|deployment, now| {
        deployment.edit(now, |db| drop(db.insert("faults", convex_testkit_web::testkit::object! {})));
    });
    drop(suspension);
    page.until_text("Error ").await;
}

/// docs/auth.md §4, line 19.
#[wasm_bindgen_test]
async fn an_identity_change_clears_the_old_rows() {
    let changes: [fn(ConvexClient, TestProvider); 3] = [
        |_, provider| provider.sign_in("bob"),
        |_, provider| provider.sign_out(),
        |client, _| client.sign_out(),
    ];
    for change_identity in changes {
        let fake = two_channels();
        let (client, channel, list) = (client(&fake), RwSignal::new(Some("general")), handle());
        let provider = TestProvider::signed_in(&fake, "ada");
        let shown = Page::show(move || client.set_auth(provider));
        let page = list_of(client, channel, list, QueryOptions::default());
        page.until_text("CanLoadMore c b").await;
        let suspension = suspend(client, "random");
        channel.set(Some("random"));
        turns(3).await;
        assert_eq!(page.text(), "LoadingFirstPage c b");
        let adds = sent(&fake, "general");
        change_identity(client, provider);
        let results = untrack(|| list.get_value().expect("the component was built").results());
        assert_eq!(results, [], "in the same tick");
        turns(20).await;
        assert_eq!(page.text(), "LoadingFirstPage ");
        assert_eq!(sent(&fake, "general"), adds, "the old list is not queried for the next user");
        drop(suspension);
        page.until_text("CanLoadMore z y").await;
        drop(shown);
    }
}

#[wasm_bindgen_test]
async fn load_more_before_the_first_page_is_deferred() {
    let fake = two_channels();
    let (client, channel, list) = (client(&fake), RwSignal::new(Some("random")), handle());
    let page = list_of(client, channel, list, QueryOptions::default());
    load_more(list, 1);
    load_more(list, 2);
    page.until_text("CanLoadMore z y x").await;
    turns(5).await;
    assert_eq!(page.text(), "CanLoadMore z y x", "only the first of several calls counts");
}

#[wasm_bindgen_test]
async fn load_more_of_a_skipped_list_waits_for_arguments() {
    let fake = two_channels();
    let (client, channel, list) = (client(&fake), RwSignal::new(None), handle());
    let page = list_of(client, channel, list, QueryOptions::default());
    load_more(list, 1);
    load_more(list, 2);
    turns(3).await;
    channel.set(Some("random"));
    page.until_text("CanLoadMore z y x").await;
    channel.set(None);
    page.until_text("LoadingFirstPage ").await;
    channel.set(Some("general"));
    page.until_text("CanLoadMore c b").await;
    turns(5).await;
    assert_eq!(page.text(), "CanLoadMore c b", "the deferred call ran once");
}

/// docs/auth.md §4, line 19.
#[wasm_bindgen_test]
async fn an_identity_change_drops_load_more_of_a_skipped_list() {
    let fake = two_channels();
    let (client, channel, list) = (client(&fake), RwSignal::new(None), handle());
    let provider = TestProvider::new(&fake);
    let shown = Page::show(move || client.set_auth(provider));
    let page = list_of(client, channel, list, QueryOptions::default());
    load_more(list, 1);
    provider.sign_in("ada");
    until("ada is signed in", || untrack(|| client.use_auth().is_authenticated())).await;
    channel.set(Some("random"));
    page.until_text("CanLoadMore z y x").await;

    channel.set(None);
    page.until_text("LoadingFirstPage ").await;
    load_more(list, 1);
    provider.sign_in("bob");
    load_more(list, 2);
    channel.set(Some("random"));
    page.until_text("CanLoadMore z y x w").await;

    channel.set(None);
    page.until_text("LoadingFirstPage ").await;
    load_more(list, 1);
    provider.sign_in("cy");
    channel.set(Some("random"));
    page.until_text("CanLoadMore z y").await;
    turns(5).await;
    assert_eq!(page.text(), "CanLoadMore z y");
    drop(shown);
}

#[wasm_bindgen_test]
async fn load_more_while_old_rows_are_shown_loads_the_new_list() {
    let fake = two_channels();
    send(&fake, "third", &["p", "q", "r"]);
    let (client, channel, list) = (client(&fake), RwSignal::new(Some("general")), handle());
    let page = list_of(client, channel, list, QueryOptions::default());
    page.until_text("CanLoadMore c b").await;
    let suspension = suspend(client, "random");
    channel.set(Some("random"));
    load_more(list, 1);
    turns(3).await;
    assert_eq!(page.text(), "LoadingFirstPage c b", "the old list does not grow");
    drop(suspension);
    page.until_text("CanLoadMore z y x").await;

    let suspension = suspend(client, "general");
    channel.set(Some("general"));
    load_more(list, 1);
    channel.set(Some("third"));
    page.until_text("CanLoadMore r q").await;
    drop(suspension);
    turns(5).await;
    assert_eq!(page.text(), "CanLoadMore r q", "new arguments drop the deferred call");
}

#[wasm_bindgen_test]
async fn load_more_inside_an_optimistic_update_is_deferred() {
    for channel in [Some("random"), None] {
        let fake = two_channels();
        let (client, channel, list) = (client(&fake), RwSignal::new(channel), handle());
        let page = list_of(client, channel, list, QueryOptions::default());
        if channel.get_untracked().is_some() {
            page.until_text("CanLoadMore z y").await;
        }
        let updater = Page::show(move || {
            let mutation =
                client.use_mutation::<_, ()>("messages:send").with_optimistic_update(move |_, _| {
                    load_more(list, 1);
                    Ok(())
                });
            mutation.dispatch(json!({ "channel": "other", "body": "a" }));
        });
        channel.set(Some("random"));
        page.until_text("CanLoadMore z y x").await;
        drop(updater);
    }
}
