//! Deployments that fail while a page is rendered: the page arrives, and the browser continues.

use crate::{
    deployment::Deployment,
    page::{Page, SsrMode, render},
};
use convex_leptos::*;
use leptos::prelude::*;
use serde_json::{Value as Json, json};
use std::time::Duration;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};

/// A page with the messages, read and awaited.
async fn messages(url: String, timeout: Duration) -> Page {
    render(SsrMode::InOrder, RequestIdentity::Anonymous, move || {
        let client = ConvexClient::with_options(url, ClientOptions::default().server_timeout(timeout));
        view! {
            <ConvexProvider client>
                {
                    let messages = use_query::<_, Vec<Json>, _>("messages:list", ());
                    view! {
                        <Suspense fallback=|| "waiting">{move || messages.value().map(|list| list.len())}</Suspense>
                        <Suspense fallback=|| "waiting">
                            {move || Suspend::new(async move { messages.await.map(|list| list.len()).ok() })}
                        </Suspense>
                        <p>"the rest"</p>
                    }
                }
            </ConvexProvider>
        }
    })
    .await
}

fn assert_left_to_browser(page: &Page) {
    assert_eq!(page.html.matches("waiting").count(), 2, "{page:?}");
    assert!(page.contains("the rest"), "{page:?}");
    assert!(
        page.data.contains("__RESOLVED_RESOURCES") && page.data.contains("] = \"\";"),
        "no outcome: {page:?}"
    );
}

const LONG: Duration = Duration::from_secs(20);

#[tokio::test(flavor = "multi_thread")]
async fn a_deployment_that_is_down() {
    let closed = TcpListener::bind("127.0.0.1:0").await.expect("a port").local_addr().expect("its address");
    assert_left_to_browser(&messages(format!("http://{closed}"), LONG).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deployment_that_hangs_costs_the_timeout() {
    let hanging = answering(|| None).await;
    assert_left_to_browser(&messages(hanging, Duration::from_millis(50)).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_no_deployment() {
    let html = answering(|| Some(("200 OK", "text/html", "<h1>Hello</h1>".to_owned()))).await;
    assert_left_to_browser(&messages(html, LONG).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deployment_that_rejects_the_request() {
    let body = r#"{"code":"Unauthenticated","message":"no"}"#;
    let rejecting = answering(move || Some(("401 Unauthorized", "application/json", body.to_owned()))).await;
    assert_left_to_browser(&messages(rejecting, LONG).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_huge_result_is_left_to_the_browser() {
    let large = answering(|| {
        let value = json!([{ "body": "x".repeat(2 << 20) }]);
        Some((
            "200 OK",
            "application/json",
            json!({ "status": "success", "value": value, "logLines": [] }).to_string(),
        ))
    });
    let page = messages(large.await, LONG).await;
    assert_left_to_browser(&page);
    assert!(page.text().len() < 10_000, "the page is small");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_result_of_another_type_is_an_error_on_both_sides() {
    let deployment = Deployment::start().await;
    let url = deployment.url();
    let page = render(SsrMode::InOrder, RequestIdentity::Anonymous, move || {
        view! {
            <ConvexProvider url>
                {
                    let messages = use_query::<_, f64, _>("messages:list", ());
                    view! { <Suspense>{move || messages.error().map(|error| error.to_string())}</Suspense> }
                }
            </ConvexProvider>
        }
    })
    .await;
    assert!(page.contains("invalid type: sequence, expected f64"), "{page:?}");
    assert!(page.data.contains("Anybody can read this"), "the browser decodes the same value: {page:?}");
}

/// Nothing waits for a query without an answer outside of a boundary either.
#[tokio::test(flavor = "multi_thread")]
async fn a_resource_that_awaits_an_unavailable_query_ends() {
    let page = render(SsrMode::InOrder, RequestIdentity::Unknown, || {
        let provider = crate::policies::provider();
        view! {
            <ConvexProviderWithAuth url="https://happy-animal-123.convex.cloud" auth=provider>
                {
                    let messages = use_query::<_, Vec<Json>, _>("messages:list", ());
                    let count = Resource::new(|| (), move |()| async move { messages.await.map(|m| m.len()).ok() });
                    view! { <Suspense fallback=|| "waiting">{move || count.get().map(|count| format!("{count:?}"))}</Suspense> }
                }
            </ConvexProviderWithAuth>
        }
    })
    .await;
    assert!(page.contains("None"), "{page:?}");
}

/// The URL of a server that answers each request so, or never.
async fn answering(
    answer: impl Fn() -> Option<(&'static str, &'static str, String)> + Send + Sync + 'static,
) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("its address");
    tokio::spawn(async move {
        while let Ok((mut socket, _)) = listener.accept().await {
            let answer = answer();
            tokio::spawn(async move {
                let mut request = [0; 4096];
                let _ = socket.read(&mut request).await;
                let Some((status, content_type, body)) = answer else {
                    // Open until the client gives up.
                    while socket.read(&mut request).await.is_ok_and(|read| read > 0) {}
                    return;
                };
                let length = body.len();
                let head = format!(
                    "HTTP/1.1 {status}\r\ncontent-type: {content_type}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n"
                );
                let _ = socket.write_all(head.as_bytes()).await;
                let _ = socket.write_all(body.as_bytes()).await;
            });
        }
    });
    format!("http://{address}")
}
