//! The data of queries in the HTML.

use crate::{
    deployment::Deployment,
    page::{SsrMode, render},
};
use convex_leptos::*;
use leptos::prelude::*;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::sync::{Arc, Mutex};

#[derive(Debug, Clone, PartialEq, Deserialize)]
struct Message {
    body: String,
}

#[derive(Serialize)]
struct CounterArgs {
    name: &'static str,
}

const MESSAGES: QueryRef<(), Vec<Message>> = QueryRef::new("messages:list");
const MESSAGE_PAGES: PaginatedQueryRef<(), Message> = PaginatedQueryRef::new("messages:page");
const COUNTER: QueryRef<CounterArgs, f64> = QueryRef::new("counters:get");

const FIRST: &str = "Anybody can read this";

#[component]
fn Messages() -> impl IntoView {
    let messages = use_query(MESSAGES, ());
    view! {
        <Suspense fallback=|| "waiting">
            <ForEach each=messages key=|message: &Message| message.body.clone() let:message>
                <li>{move || message.read().body.clone()}</li>
            </ForEach>
        </Suspense>
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_query_read_inside_suspense_is_in_the_html() {
    let deployment = Deployment::start().await;
    for mode in [SsrMode::InOrder, SsrMode::Async, SsrMode::OutOfOrder] {
        let url = deployment.url();
        let page = render(mode, RequestIdentity::Anonymous, move || {
            view! { <ConvexProvider url><Messages/></ConvexProvider> }
        })
        .await;
        assert!(page.contains(FIRST), "{mode:?}: {page:?}");
        assert!(page.contains("waiting") == (mode == SsrMode::OutOfOrder), "{mode:?}: {page:?}");
    }
    assert_eq!(deployment.executions("messages:list").await, [None, None, None]);
}

#[tokio::test(flavor = "multi_thread")]
async fn each_way_to_read_a_query_waits_for_it() {
    let deployment = Deployment::start().await;
    let url = deployment.url();
    let page = render(SsrMode::InOrder, RequestIdentity::Anonymous, move || {
        view! {
            <ConvexProvider url>
                {
                    let messages = use_query(MESSAGES, ());
                    let count = messages.select(Vec::len);
                    let list = use_paginated_query(MESSAGE_PAGES, (), PaginationOptions::new(2));
                    let set = use_queries(move || [("left", COUNTER, CounterArgs { name: "left" })]);
                    view! {
                        <Suspense>"value "{move || messages.value().map(|messages| messages.len())}</Suspense>
                        <Suspense>"with "{move || messages.map(|messages| messages.map(Vec::len).ok())}</Suspense>
                        <Suspense>"status "{move || {
                            messages.value();
                            format!("{:?}", messages.status())
                        }}</Suspense>
                        <Suspense>"select "{move || count.get()}</Suspense>
                        <Transition>"await "{move || Suspend::new(async move {
                            messages.await.map(|messages| messages.len()).ok()
                        })}</Transition>
                        <Suspense>"list "{move || list.results().len()}</Suspense>
                        <Suspense>"set "{move || set.query(&"left").and_then(|left| left.value())}</Suspense>
                    }
                }
            </ConvexProvider>
        }
    })
    .await;
    let text = text_of(&page.html);
    for expected in ["value 3", "with 3", "status Ready", "select 3", "await 3", "list 2", "set 0"] {
        assert!(text.contains(expected), "{expected} in {text}");
    }
    assert_eq!(deployment.executions("messages:list").await.len(), 1, "hooks share one fetch");
}

/// The text between tags and comments.
fn text_of(html: &str) -> String {
    let parts = html.split('<').map(|part| part.split_once('>').map_or(part, |(_, text)| text));
    parts.collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_query_read_outside_of_a_boundary_is_loading() {
    let deployment = Deployment::start().await;
    let url = deployment.url();
    let page = render(SsrMode::Async, RequestIdentity::Anonymous, move || {
        view! {
            <ConvexProvider url>
                {
                    let messages = use_query(MESSAGES, ());
                    view! {
                        <p>{format!("built {:?} {:?}", messages.status(), messages.value().is_some())}</p>
                        <Suspense><p>"inside "{move || messages.value().map(|m| m.len())}</p></Suspense>
                        <p>{move || format!("outside {:?} {:?}", messages.status(), messages.value().is_some())}</p>
                    }
                }
            </ConvexProvider>
        }
    })
    .await;
    let text = text_of(&page.html);
    for expected in ["built Loading false", "inside 3", "outside Loading false"] {
        assert!(text.contains(expected), "{expected} in {text}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_query_can_depend_on_another() {
    let deployment = Deployment::start().await;
    let url = deployment.url();
    let page = render(SsrMode::InOrder, RequestIdentity::Anonymous, move || {
        view! {
            <ConvexProvider url>
                {
                    let messages = use_query(MESSAGES, ());
                    let left = use_query(COUNTER, move || messages.value().map(|_| CounterArgs { name: "left" }));
                    let skipped = use_query(COUNTER, move || {
                        let is_empty = messages.value()?.is_empty();
                        is_empty.then_some(CounterArgs { name: "right" })
                    });
                    let set = use_queries(move || {
                        messages.value().map(|_| ("left", COUNTER, CounterArgs { name: "left" }))
                    });
                    view! {
                        <p>{move || format!("outside {:?} {:?}", left.status(), skipped.status())}</p>
                        <Suspense>"left "{move || left.value()}</Suspense>
                        <Suspense>"awaited "{Suspend::new(async move { left.await.ok() })}</Suspense>
                        <Suspense>{move || { skipped.value(); format!("skipped {:?}", skipped.status()) }}</Suspense>
                        <Suspense>"set "{move || set.query(&"left").and_then(|left| left.value())}</Suspense>
                    }
                }
            </ConvexProvider>
        }
    })
    .await;
    let text = text_of(&page.html);
    for expected in ["outside Loading Loading", "left 0", "awaited 0", "skipped Skipped", "set 0"] {
        assert!(text.contains(expected), "{expected} in {text}");
    }
    assert_eq!(deployment.executions("counters:get").await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn queries_after_an_await_and_in_nested_boundaries_are_rendered() {
    let deployment = Deployment::start().await;
    let url = deployment.url();
    let page = render(SsrMode::InOrder, RequestIdentity::Anonymous, move || {
        view! {
            <ConvexProvider url>
                <Suspense>
                    {move || {
                        let (messages, client) = (use_query(MESSAGES, ()), use_convex());
                        Suspend::new(async move {
                            let count = messages.await.map_or(0, |messages| messages.len());
                            let left = client.use_query(COUNTER, CounterArgs { name: "left" });
                            let left = left.await.unwrap_or(-1.0);
                            view! { {count}" then "{left} <Messages/> }
                        })
                    }}
                </Suspense>
            </ConvexProvider>
        }
    })
    .await;
    assert!(text_of(&page.html).contains("3 then 0") && page.contains(FIRST), "{page:?}");
    assert_eq!(deployment.executions("messages:list").await.len(), 1);
    assert_eq!(deployment.executions("counters:get").await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_skipped_query_suspends_nothing() {
    let deployment = Deployment::start().await;
    let url = deployment.url();
    let page = render(SsrMode::InOrder, RequestIdentity::Anonymous, move || {
        view! {
            <ConvexProvider url>
                {
                    let messages = use_query::<_, Vec<Message>, _>("messages:list", Skip);
                    view! {
                        <p>{format!("{:?}", messages.status())}</p>
                        <Suspense fallback=|| "waiting">"rendered "{move || messages.value().is_none()}</Suspense>
                    }
                }
            </ConvexProvider>
        }
    })
    .await;
    let text = text_of(&page.html);
    assert!(text.contains("Skipped") && text.contains("rendered true"), "{text}");
    assert!(!text.contains("waiting"), "{text}");
    assert!(deployment.executions("messages:list").await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn lists_with_the_same_first_page_share_one_fetch() {
    let deployment = Deployment::start().await;
    let url = deployment.url();
    let page = render(SsrMode::InOrder, RequestIdentity::Anonymous, move || {
        let list = || {
            let list = use_paginated_query(MESSAGE_PAGES, (), PaginationOptions::new(2));
            view! {
                <Suspense>{move || format!("{} {:?};", list.results().len(), list.status())}</Suspense>
            }
        };
        view! { <ConvexProvider url>{list()}{list()}</ConvexProvider> }
    })
    .await;
    assert_eq!(page.html.matches("2 CanLoadMore;").count(), 2, "{page:?}");
    assert_eq!(deployment.executions("messages:page").await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_blocking_query_is_known_before_the_response_starts() {
    let deployment = Deployment::start().await;
    deployment.turn(json!({ "latencyMs": 50 })).await;
    for (on_server, is_known) in [(OnServer::Blocking, true), (OnServer::Stream, false)] {
        let url = deployment.url();
        let reads = Arc::new(Mutex::new(Vec::new()));
        let recorded = Arc::clone(&reads);
        render(SsrMode::OutOfOrder, RequestIdentity::Anonymous, move || {
            view! {
                <ConvexProvider url>
                    {
                        let options = QueryOptions::default().on_server(on_server);
                        let messages = use_query_with(MESSAGES, (), options);
                        let read = move || recorded.lock().expect("no panic").push(messages.value().is_some());
                        view! { <Suspense>{read}</Suspense> }
                    }
                </ConvexProvider>
            }
        })
        .await;
        // The first read is where a `<Title>` is found, and the status code.
        assert_eq!(reads.lock().expect("no panic").first(), Some(&is_known), "{on_server:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_query_that_never_runs_on_the_server_is_left_to_the_browser() {
    let deployment = Deployment::start().await;
    let url = deployment.url();
    let page = render(SsrMode::InOrder, RequestIdentity::Anonymous, move || {
        view! {
            <ConvexProvider url>
                {
                    let never = QueryOptions::default().on_server(OnServer::Never);
                    let messages = use_query_with(MESSAGES, (), never);
                    view! {
                        <Suspense fallback=|| "waiting">{move || messages.value().map(|m| m.len())}</Suspense>
                        <Suspense fallback=|| "waiting">{Suspend::new(async move { messages.await.is_ok() })}</Suspense>
                    }
                }
            </ConvexProvider>
        }
    })
    .await;
    assert_eq!(page.html.matches("waiting").count(), 2, "{page:?}");
    assert!(deployment.executions("messages:list").await.is_empty());
    assert!(page.data.contains("__INCOMPLETE_CHUNKS=[0,"), "{page:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_clients_query_runs_over_http() {
    let deployment = Deployment::start().await;
    let url = deployment.url();
    let page = render(SsrMode::InOrder, RequestIdentity::Anonymous, move || {
        view! {
            <ConvexProvider url>
                {
                    let client = use_convex();
                    let count = Resource::new(
                        || (),
                        move |()| async move { client.query(MESSAGES, ()).await.map(|m| m.len()).ok() },
                    );
                    view! { <Suspense>"count "{move || count.get().flatten()}</Suspense> }
                }
            </ConvexProvider>
        }
    })
    .await;
    assert!(text_of(&page.html).contains("count 3"), "{page:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_preloaded_query_is_rendered_without_a_second_run() {
    let deployment = Deployment::start().await;
    let alice = deployment.sign_in("alice").await;
    let url = deployment.url();
    let page = render(SsrMode::InOrder, alice, move || {
        let provider = auth_fn(|| Session::Loading, |_| async { Ok(None) });
        view! {
            <ConvexProviderWithAuth url auth=provider>
                {
                    let client = use_convex();
                    let preloaded = Resource::new(|| (), move |()| async move {
                        client.preload_query(MESSAGES, ()).await.ok()
                    });
                    view! {
                        <Suspense>
                            {move || Suspend::new(async move {
                                preloaded.await.map(|preloaded| {
                                    let (count, live) = (preloaded.value().len(), client.use_preloaded_query(preloaded));
                                    view! { "preloaded "{count}<Suspense>" live "{move || live.value().map(|m| m.len())}</Suspense> }
                                })
                            })}
                        </Suspense>
                    }
                }
            </ConvexProviderWithAuth>
        }
    })
    .await;
    let text = text_of(&page.html);
    assert!(text.contains("preloaded 3") && text.contains("live 3"), "{text}");
    assert_eq!(deployment.executions("messages:list").await.len(), 1);
}
