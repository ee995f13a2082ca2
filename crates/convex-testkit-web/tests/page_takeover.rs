//! A client takes over a page that a web server rendered.
#![cfg(target_family = "wasm")]

mod chat;

use chat::{args, client, deployment, is_authenticated, json, path, send, subscribe, updates};
use convex_testkit_web::{FakeDeployment, turns, until};
use convex_web::{
    TokenFetcher, TokenRequest, Update,
    sync::{AuthPolicy, AuthState, EncodedValue, PageIdentity, Session, UnauthenticatedReason},
};
use futures_util::{FutureExt, future};
use std::{cell::RefCell, rc::Rc};
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

wasm_bindgen_test_configure!(run_in_browser);

/// The page's identity: the user with this session key, which is also the subject of the token.
fn page_of(fake: &FakeDeployment, user: &str) -> PageIdentity {
    PageIdentity::of_user(user, fake.token(user).expose())
}

fn fetcher(fake: &FakeDeployment, user: &'static str) -> (TokenFetcher, Rc<RefCell<Vec<TokenRequest>>>) {
    let requests = Rc::new(RefCell::new(Vec::new()));
    let fetcher: TokenFetcher = Box::new({
        let (fake, requests) = (fake.clone(), Rc::clone(&requests));
        move |request| {
            requests.borrow_mut().push(request);
            future::ready(Ok(Some(fake.token(user)))).boxed_local()
        }
    });
    (fetcher, requests)
}

fn value(text: &str) -> EncodedValue {
    EncodedValue::encode(text).expect("a text can be encoded")
}

/// docs/auth.md §4, line 22.
#[wasm_bindgen_test]
async fn token_of_a_presumed_user_is_fetched_once() {
    let fake = deployment();
    let client = client(&fake);
    client.presume(page_of(&fake, "alice"));
    assert!(is_authenticated(&client));
    turns(3).await;
    assert_eq!(client.token_problem(), None, "there is no fetcher yet, and that is no problem");

    let (updates, _listener) = updates(&client);
    let (fetcher, requests) = fetcher(&fake, "alice");
    client.switch_provider(Session::Loading, fetcher);
    until("the server has confirmed the token", || client.claims().is_some()).await;
    client.set_session(Some(Session::signed_in("alice")));
    let current = subscribe(&client, "users:current");
    until("the query has run as alice", || json(&client, current).as_deref() == Some(r#""alice""#)).await;
    turns(20).await;
    assert_eq!(*requests.borrow(), [TokenRequest { force: false }]);
    assert!(is_authenticated(&client));
    assert_eq!(updates.borrow().iter().filter(|update| update.auth).count(), 0);
}

/// docs/auth.md §4, line 9.
#[wasm_bindgen_test]
async fn seed_is_shown_until_the_query_has_run_as_the_user() {
    let fake = deployment();
    let client = client(&fake);
    client.presume(page_of(&fake, "alice"));
    let (updates, _listener) = updates(&client);
    let current = subscribe(&client, "users:current");
    client.seed(current, Ok(value("alice, from the page")));
    assert_eq!(json(&client, current).as_deref(), Some(r#""alice, from the page""#));
    assert_eq!(*updates.borrow(), [Update { queries: vec![current], ..Update::default() }]);

    turns(20).await;
    assert_eq!(json(&client, current).as_deref(), Some(r#""alice, from the page""#));
    let (fetcher, _) = fetcher(&fake, "alice");
    client.switch_provider(Session::signed_in("alice"), fetcher);
    until("the query has run as alice", || json(&client, current).as_deref() == Some(r#""alice""#)).await;
    let changes = updates.borrow().iter().filter(|update| update.queries.contains(&current)).count();
    assert_eq!(changes, 2, "the seed and the live result, without an empty one between");
}

/// docs/auth.md §4, line 19.
#[wasm_bindgen_test]
async fn seed_is_removed_when_the_provider_reports_another_user() {
    let fake = deployment();
    let client = client(&fake);
    client.presume(page_of(&fake, "alice"));
    let current = subscribe(&client, "users:current");
    client.seed(current, Ok(value("alice")));
    let (fetcher, _) = fetcher(&fake, "bob");
    client.switch_provider(Session::signed_in("bob"), fetcher);
    assert_eq!(json(&client, current), None, "in the same tick");
    until("the query has run as bob", || json(&client, current).as_deref() == Some(r#""bob""#)).await;
}

#[wasm_bindgen_test]
async fn presumed_anonymous_page_waits_for_nothing() {
    let fake = deployment();
    let client = client(&fake);
    client.presume(PageIdentity::Anonymous);
    assert_eq!(client.auth(), AuthState::Unauthenticated { reason: UnauthenticatedReason::SignedOut });
    let sent = send(&client, "hello");
    until("the mutation has run", || fake.sent().iter().any(|frame| frame.contains("messages:send"))).await;
    assert!(sent.await.is_ok());
}

#[wasm_bindgen_test]
async fn seed_of_a_first_page_is_shown_in_its_list() {
    let fake = deployment();
    let client = client(&fake);
    let (updates, _listener) = updates(&client);
    let list = client.subscribe_paginated(&path("messages:page"), &args(()), AuthPolicy::Settled, 1);
    let first = client.first_page(list).expect("a list has a first page");
    let page = serde_json::json!({ "page": ["hello"], "isDone": true, "continueCursor": "end" });
    client.seed(first, Ok(EncodedValue::encode(&page).expect("a page can be encoded")));
    let pages = client.paginated(list).map(|result| result.pages).unwrap_or_default();
    assert_eq!(pages.iter().map(|page| page.as_json()).collect::<Vec<_>>(), [r#"["hello"]"#]);
    assert!(updates.borrow().iter().any(|update| update.paginated == [list]));
}
