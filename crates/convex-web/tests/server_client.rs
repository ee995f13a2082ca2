//! The client on a server: it has a page's identity and results, and never connects.

#![cfg(not(target_family = "wasm"))]
#![allow(clippy::unwrap_used, reason = "helpers of tests")]

use convex_web::{
    ConvexClient, TokenFetcher,
    sync::{
        Arguments, AuthPolicy, AuthState, ConnectionState, ConvexError, EncodedValue, FunctionError,
        FunctionPath, NotSentReason, PageIdentity, PaginationStatus, QueryHandle, Session,
        UnauthenticatedReason, WaitingFor,
    },
};
use futures_util::FutureExt;
use serde_json::json;
use std::thread;

const URL: &str = "https://happy-animal-123.convex.cloud";
const SESSIONS: [Session; 2] = [Session::Loading, Session::SignedOut];

fn client() -> ConvexClient {
    ConvexClient::builder(URL).build()
}

fn subscribe(client: &ConvexClient, function: &str) -> QueryHandle {
    client.subscribe(&path(function), &no_args(), AuthPolicy::Settled)
}

fn path(function: &str) -> FunctionPath {
    FunctionPath::parse(function).unwrap()
}

fn no_args() -> Arguments {
    Arguments::encode(&()).unwrap().unwrap()
}

fn value(value: impl serde::Serialize) -> Result<EncodedValue, FunctionError> {
    Ok(EncodedValue::encode(&value).unwrap())
}

fn ada() -> PageIdentity {
    PageIdentity::of_user("login_1", "e30.eyJzdWIiOiJhZGEifQ.c2ln")
}

/// On a server, no token is fetched.
fn fetcher() -> TokenFetcher {
    Box::new(|_| panic!("a token was fetched"))
}

/// A provider reports every session, in both ways, and is removed.
fn report_sessions(client: &ConvexClient) {
    client.set_token_fetcher(Some(fetcher()));
    for session in SESSIONS.into_iter().chain([Session::signed_in("login_1"), Session::signed_in("login_2")])
    {
        client.set_session(Some(session.clone()));
        client.switch_provider(session, fetcher());
    }
    client.set_session(None);
}

#[test]
fn client_without_provider_is_unauthenticated() {
    let client = client();
    assert_eq!(client.auth(), AuthState::Unauthenticated { reason: UnauthenticatedReason::NoProvider });
    assert!(client.is_identity(PageIdentity::Anonymous));
    assert!(!client.is_identity(ada()));
}

#[test]
fn client_with_a_provider_and_no_identity_is_loading() {
    let client = client();
    report_sessions(&client);
    assert!(
        matches!(client.auth(), AuthState::Loading { waiting_for: WaitingFor::Provider, .. }),
        "{:?}",
        client.auth()
    );
    assert!(!client.is_identity(PageIdentity::Anonymous), "it is unknown");
}

#[test]
fn presumed_identity_stays_whatever_a_provider_reports() {
    for (identity, other, auth) in [
        (ada(), PageIdentity::Anonymous, AuthState::Authenticated { refreshing: false }),
        (
            PageIdentity::Anonymous,
            ada(),
            AuthState::Unauthenticated { reason: UnauthenticatedReason::SignedOut },
        ),
    ] {
        let client = client();
        client.presume(identity);
        let query = subscribe(&client, "messages:list");
        client.seed(query, value("hello"));
        report_sessions(&client);
        client.presume(other);
        assert_eq!(client.auth(), auth);
        assert!(client.is_identity(identity) && !client.is_identity(other));
        assert_eq!(client.result(query), Some(value("hello")));
    }
}

#[test]
fn identity_is_not_presumed_after_a_provider_was_added() {
    let client = client();
    client.set_session(Some(Session::signed_in("login_1")));
    client.presume(ada());
    assert!(matches!(client.auth(), AuthState::Loading { .. }), "{:?}", client.auth());
}

#[test]
fn connection_is_idle() {
    let client = client();
    subscribe(&client, "messages:list");
    client.presume(ada());
    client.reconnect_now();
    assert_eq!(client.connection(), ConnectionState::Idle);
}

#[test]
fn requests_are_not_sent() {
    let client = client();
    let (function, args) = (path("messages:send"), no_args());
    let expected = Some(Err(ConvexError::NotSent(NotSentReason::ClientClosed)));
    for request in [
        client.query(function.clone(), args.clone(), AuthPolicy::Immediate),
        client.mutate(function.clone(), args.clone(), AuthPolicy::Settled),
        client.act(function.clone(), args.clone(), AuthPolicy::Required),
    ] {
        assert_eq!(request.now_or_never(), expected);
    }
}

#[test]
fn first_seed_of_a_query_is_its_result() {
    let client = client();
    let query = subscribe(&client, "messages:list");
    assert_eq!(client.result(query), None);
    let thrown = Err(FunctionError { message: "no".into(), data: None });
    client.seed(query, thrown.clone());
    client.seed(query, value("too late"));
    assert_eq!(client.result(query), Some(thrown));
    assert_eq!(client.query_call(query), Some((path("messages:list"), no_args(), AuthPolicy::Settled)));
    assert_eq!(client.query_call(QueryHandle::NONE), None);
    client.seed(QueryHandle::NONE, value("no query"));
}

/// Leptos renders the children of a `<Suspense>` again when their data has arrived.
#[test]
fn query_that_is_subscribed_again_has_its_result() {
    let client = client();
    let query = subscribe(&client, "messages:list");
    client.seed(query, value("hello"));
    client.unsubscribe(query);
    assert_eq!(client.result(subscribe(&client, "messages:list")), Some(value("hello")));
}

#[test]
fn seeded_first_page_is_the_page_of_its_list() {
    let client = client();
    let list = client.subscribe_paginated(&path("messages:page"), &no_args(), AuthPolicy::Settled, 20);
    let first = client.first_page(list).expect("a list has a first page");
    let (function, args, _) = client.query_call(first).expect("the page is a query");
    assert_eq!(function, path("messages:page"));
    assert!(args.as_json().contains(r#""numItems":20"#), "{}", args.as_json());

    client.seed(first, value(json!({ "page": ["hello"], "isDone": false, "continueCursor": "c1" })));
    let result = client.paginated(list).expect("it is subscribed to");
    assert_eq!(result.status, PaginationStatus::CanLoadMore);
    assert_eq!(result.pages.iter().map(|page| page.as_json()).collect::<Vec<_>>(), [r#"["hello"]"#]);
    client.unsubscribe_paginated(list);
    assert_eq!(client.first_page(list), None);
}

/// Threads render one page: each subscribes to queries, shared and its own, and seeds them.
#[test]
fn threads_share_a_client() {
    let client = client();
    client.presume(ada());
    let shared = subscribe(&client, "users:current");
    thread::scope(|scope| {
        for number in 0..8 {
            let client = client.clone();
            scope.spawn(move || {
                for index in 0..50 {
                    let query = subscribe(&client, &format!("module{number}:query{index}"));
                    client.seed(query, value(index));
                    client.seed(shared, value("ada"));
                    assert_eq!(client.result(query), Some(value(index)));
                    assert_eq!(client.result(shared), Some(value("ada")));
                    assert!(client.is_identity(ada()));
                    client.unsubscribe(query);
                }
            });
        }
    });
    assert_eq!(client.result(shared), Some(value("ada")));
}
