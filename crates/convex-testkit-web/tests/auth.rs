//! Tokens are fetched when the core asks for them, and fetches end when it no longer does.
#![cfg(target_family = "wasm")]

mod chat;

use chat::{client, deployment, is_authenticated, json, subscribe};
use convex_testkit_web::{FakeDeployment, turns, until};
use convex_web::{
    ConvexClient, TokenFetcher, TokenRequest,
    sync::{AuthState, Session, TokenError, UnauthenticatedReason},
};
use futures_util::{FutureExt, future};
use std::{
    cell::{Cell, RefCell},
    rc::Rc,
    time::Duration,
};
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

wasm_bindgen_test_configure!(run_in_browser);

fn sign_in(
    client: &ConvexClient,
    fake: &FakeDeployment,
    person: &'static str,
) -> Rc<RefCell<Vec<TokenRequest>>> {
    let requests = Rc::new(RefCell::new(Vec::new()));
    client.set_token_fetcher(Some(Box::new({
        let (fake, requests) = (fake.clone(), Rc::clone(&requests));
        move |request| {
            requests.borrow_mut().push(request);
            future::ready(Ok(Some(fake.token(person)))).boxed_local()
        }
    })));
    client.set_session(Some(Session::signed_in(person)));
    requests
}

/// Auth contract §4, line 22.
#[wasm_bindgen_test]
async fn a_person_is_signed_in_with_one_token() {
    let fake = deployment();
    let client = client(&fake);
    let current = subscribe(&client, "users:current");
    let requests = sign_in(&client, &fake, "alice");
    until("the server confirmed it", || is_authenticated(&client)).await;
    assert_eq!(client.claims().and_then(|claims| claims.subject).as_deref(), Some("alice"));
    until("the query ran as her", || json(&client, current).as_deref() == Some(r#""alice""#)).await;

    turns(20).await;
    assert_eq!(*requests.borrow(), [TokenRequest { force: false }; 1]);
    let authenticates = fake.sent().iter().filter(|frame| frame.contains(r#""Authenticate""#)).count();
    assert_eq!(authenticates, 1);
    let as_nobody = fake.deployment(|deployment, _| {
        deployment.take_executions().iter().filter(|execution| execution.identity.is_none()).count()
    });
    assert_eq!(as_nobody, 0);
}

/// Auth contract §4, line 17.
#[wasm_bindgen_test]
async fn a_fetch_nobody_waits_for_is_dropped() {
    struct Flag(Rc<Cell<bool>>);
    impl Drop for Flag {
        fn drop(&mut self) {
            self.0.set(true);
        }
    }

    let fake = deployment();
    let client = client(&fake);
    let dropped = Rc::new(Cell::new(false));
    client.set_token_fetcher(Some(Box::new({
        let dropped = Rc::clone(&dropped);
        move |_| {
            let flag = Flag(Rc::clone(&dropped));
            async move {
                let _flag = flag;
                future::pending().await
            }
            .boxed_local()
        }
    })));
    client.set_session(Some(Session::signed_in("alice")));
    turns(3).await;
    assert!(!dropped.get());
    client.sign_out();
    assert_eq!(client.auth(), AuthState::Unauthenticated { reason: UnauthenticatedReason::SignedOutByApp });
    turns(3).await;
    assert!(dropped.get());
}

/// A fetcher whose fetches never end, and how many there were and still are.
fn hanging() -> (TokenFetcher, Rc<Cell<usize>>, Rc<()>) {
    let (fetches, alive) = (Rc::new(Cell::new(0)), Rc::new(()));
    let fetcher: TokenFetcher = Box::new({
        let (fetches, alive) = (Rc::clone(&fetches), Rc::clone(&alive));
        move |_| {
            fetches.set(fetches.get() + 1);
            let alive = Rc::clone(&alive);
            async move {
                let _alive = alive;
                future::pending().await
            }
            .boxed_local()
        }
    });
    (fetcher, fetches, alive)
}

#[wasm_bindgen_test]
async fn a_fetch_under_way_is_made_again_by_the_next_fetcher() {
    let fake = deployment();
    let client = client(&fake);
    let (fetcher, fetches, alive) = hanging();
    client.set_token_fetcher(Some(fetcher));
    client.set_session(Some(Session::signed_in("alice")));
    turns(3).await;
    assert_eq!(fetches.get(), 1);
    client.set_token_fetcher(None);
    turns(3).await;
    assert_eq!(Rc::strong_count(&alive), 1, "neither the fetcher nor its fetch is left");

    let (again, repeated, _alive) = hanging();
    client.set_token_fetcher(Some(again));
    assert_eq!(repeated.get(), 1);
    let requests = sign_in(&client, &fake, "alice");
    until("the server confirmed the token", || is_authenticated(&client)).await;
    assert_eq!(*requests.borrow(), [TokenRequest { force: false }]);
}

#[wasm_bindgen_test]
async fn another_provider_is_asked_once_and_for_its_own_session() {
    let fake = deployment();
    for session in ["alice", "bob"] {
        let client = client(&fake);
        let (fetcher, fetches, alive) = hanging();
        client.switch_provider(Session::signed_in("alice"), fetcher);
        turns(3).await;
        let asked = Rc::new(Cell::new(0));
        client.switch_provider(
            Session::signed_in(session),
            Box::new({
                let (fake, asked) = (fake.clone(), Rc::clone(&asked));
                move |_| {
                    asked.set(asked.get() + 1);
                    future::ready(Ok(Some(fake.token(session)))).boxed_local()
                }
            }),
        );
        until("the server confirmed the token", || is_authenticated(&client)).await;
        assert_eq!((fetches.get(), asked.get(), Rc::strong_count(&alive)), (1, 1, 1), "{session}");
    }
}

#[wasm_bindgen_test]
async fn a_fetch_that_fails_is_tried_again() {
    let fake = deployment();
    let client = client(&fake);
    let fetches = Rc::new(Cell::new(0));
    client.set_token_fetcher(Some(Box::new({
        let (fake, fetches) = (fake.clone(), Rc::clone(&fetches));
        move |_| {
            fetches.set(fetches.get() + 1);
            let token = if fetches.get() == 1 {
                Err(TokenError::new("the server is asleep"))
            } else {
                Ok(Some(fake.token("alice")))
            };
            future::ready(token).boxed_local()
        }
    })));
    client.set_session(Some(Session::signed_in("alice")));
    until("she is signed in", || is_authenticated(&client)).await;
    assert_eq!(fetches.get(), 2);
}

#[wasm_bindgen_test]
async fn the_results_of_a_person_are_gone_when_sign_out_returns() {
    let fake = deployment();
    let client = client(&fake);
    let current = subscribe(&client, "users:current");
    sign_in(&client, &fake, "alice");
    until("the query ran as her", || json(&client, current).as_deref() == Some(r#""alice""#)).await;
    let told = Rc::new(Cell::new(false));
    let _listener = client.on_update({
        let (client, told) = (client.clone(), Rc::clone(&told));
        move |update| {
            told.set(
                told.get() || update.auth && update.queries == [current] && client.result(current).is_none(),
            )
        }
    });
    client.sign_out();
    assert!(told.get());
    until("the query ran as nobody", || json(&client, current).as_deref() == Some("null")).await;
}

/// Auth contract §4, line 27.
#[wasm_bindgen_test]
async fn a_listener_is_told_of_a_person_not_of_tokens() {
    let fake = deployment();
    let client = client(&fake);
    let states = Rc::new(RefCell::new(Vec::new()));
    let listener = client.on_auth_change({
        let states = Rc::clone(&states);
        move |auth| states.borrow_mut().push(auth.clone())
    });
    let lives = Cell::new(3600);
    client.set_token_fetcher(Some(Box::new({
        let fake = fake.clone();
        move |_| {
            // Tokens of one second are equal, but for their lives.
            lives.set(lives.get() + 1);
            future::ready(Ok(Some(fake.token_for("alice", Duration::from_secs(lives.get()))))).boxed_local()
        }
    })));
    client.set_session(Some(Session::signed_in("alice")));
    until("the server confirmed it", || is_authenticated(&client)).await;
    let seen = states.borrow().len();
    let waits = |auth: &AuthState| matches!(auth, AuthState::Loading { .. });
    assert!(states.borrow()[..seen - 1].iter().all(waits), "{:?}", states.borrow());
    assert_eq!(states.borrow().last(), Some(&AuthState::Authenticated { refreshing: false }));

    client.reauthenticate();
    let rotated = || fake.sent().iter().filter(|frame| frame.contains(r#""Authenticate""#)).count() > 1;
    until("another token was sent", rotated).await;
    turns(20).await;
    assert_eq!(states.borrow().len(), seen, "{:?}", states.borrow());

    drop(listener);
    client.sign_out();
    assert_eq!(states.borrow().len(), seen);
}
