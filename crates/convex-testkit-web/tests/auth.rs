//! Token fetches: when they start, and when they are dropped.
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
    user: &'static str,
) -> Rc<RefCell<Vec<TokenRequest>>> {
    let requests = Rc::new(RefCell::new(Vec::new()));
    client.set_token_fetcher(Some(Box::new({
        let (fake, requests) = (fake.clone(), Rc::clone(&requests));
        move |request| {
            requests.borrow_mut().push(request);
            future::ready(Ok(Some(fake.token(user)))).boxed_local()
        }
    })));
    client.set_session(Some(Session::signed_in(user)));
    requests
}

/// docs/auth.md §4, line 22.
#[wasm_bindgen_test]
async fn one_token_fetch_signs_in_a_user() {
    let fake = deployment();
    let client = client(&fake);
    let current = subscribe(&client, "users:current");
    let requests = sign_in(&client, &fake, "alice");
    until("the server has confirmed the token", || is_authenticated(&client)).await;
    assert_eq!(client.claims().and_then(|claims| claims.subject).as_deref(), Some("alice"));
    until("the query has run as alice", || json(&client, current).as_deref() == Some(r#""alice""#)).await;

    turns(20).await;
    assert_eq!(*requests.borrow(), [TokenRequest { force: false }; 1]);
    let authenticates = fake.sent().iter().filter(|frame| frame.contains(r#""Authenticate""#)).count();
    assert_eq!(authenticates, 1);
    let anonymous = fake.deployment(|deployment, _| {
        deployment.take_executions().iter().filter(|execution| execution.identity.is_none()).count()
    });
    assert_eq!(anonymous, 0);
}

/// docs/auth.md §4, line 17.
#[wasm_bindgen_test]
async fn signing_out_drops_the_pending_token_fetch() {
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

/// A fetcher that never returns a token, the number of its fetches, and a count of pending ones.
fn hanging_fetcher() -> (TokenFetcher, Rc<Cell<usize>>, Rc<()>) {
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
async fn the_next_fetcher_restarts_a_pending_fetch() {
    let fake = deployment();
    let client = client(&fake);
    let (fetcher, fetches, alive) = hanging_fetcher();
    client.set_token_fetcher(Some(fetcher));
    client.set_session(Some(Session::signed_in("alice")));
    turns(3).await;
    assert_eq!(fetches.get(), 1);
    client.set_token_fetcher(None);
    turns(3).await;
    assert_eq!(Rc::strong_count(&alive), 1, "the fetcher and its fetch were dropped");

    let (second, second_fetches, _alive) = hanging_fetcher();
    client.set_token_fetcher(Some(second));
    assert_eq!(second_fetches.get(), 1);
    let requests = sign_in(&client, &fake, "alice");
    until("the server has confirmed the token", || is_authenticated(&client)).await;
    assert_eq!(*requests.borrow(), [TokenRequest { force: false }]);
}

#[wasm_bindgen_test]
async fn switching_providers_fetches_one_token_for_the_new_session() {
    let fake = deployment();
    for session in ["alice", "bob"] {
        let client = client(&fake);
        let (fetcher, fetches, alive) = hanging_fetcher();
        client.switch_provider(Session::signed_in("alice"), fetcher);
        turns(3).await;
        let new_fetches = Rc::new(Cell::new(0));
        client.switch_provider(
            Session::signed_in(session),
            Box::new({
                let (fake, new_fetches) = (fake.clone(), Rc::clone(&new_fetches));
                move |_| {
                    new_fetches.set(new_fetches.get() + 1);
                    future::ready(Ok(Some(fake.token(session)))).boxed_local()
                }
            }),
        );
        until("the server has confirmed the token", || is_authenticated(&client)).await;
        assert_eq!((fetches.get(), new_fetches.get(), Rc::strong_count(&alive)), (1, 1, 1), "{session}");
    }
}

#[wasm_bindgen_test]
async fn a_failed_token_fetch_is_retried() {
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
    until("the user is signed in", || is_authenticated(&client)).await;
    assert_eq!(fetches.get(), 2);
}

#[wasm_bindgen_test]
async fn sign_out_clears_results_before_it_returns() {
    let fake = deployment();
    let client = client(&fake);
    let current = subscribe(&client, "users:current");
    sign_in(&client, &fake, "alice");
    until("the query has run as alice", || json(&client, current).as_deref() == Some(r#""alice""#)).await;
    let notified = Rc::new(Cell::new(false));
    let _listener = client.on_update({
        let (client, notified) = (client.clone(), Rc::clone(&notified));
        move |update| {
            notified.set(
                notified.get()
                    || update.auth && update.queries == [current] && client.result(current).is_none(),
            )
        }
    });
    client.sign_out();
    assert!(notified.get());
    until("the query has run anonymously", || json(&client, current).as_deref() == Some("null")).await;
}

/// docs/auth.md §4, line 27.
#[wasm_bindgen_test]
async fn auth_listeners_are_not_called_for_token_rotation() {
    let fake = deployment();
    let client = client(&fake);
    let states = Rc::new(RefCell::new(Vec::new()));
    let listener = client.on_auth_change({
        let states = Rc::clone(&states);
        move |auth| states.borrow_mut().push(auth.clone())
    });
    let lifetime = Cell::new(3600);
    client.set_token_fetcher(Some(Box::new({
        let fake = fake.clone();
        move |_| {
            // Tokens of the same second differ in their lifetime only.
            lifetime.set(lifetime.get() + 1);
            future::ready(Ok(Some(fake.token_for("alice", Duration::from_secs(lifetime.get())))))
                .boxed_local()
        }
    })));
    client.set_session(Some(Session::signed_in("alice")));
    until("the server has confirmed the token", || is_authenticated(&client)).await;
    let count = states.borrow().len();
    let is_loading = |auth: &AuthState| matches!(auth, AuthState::Loading { .. });
    assert!(states.borrow()[..count - 1].iter().all(is_loading), "{:?}", states.borrow());
    assert_eq!(states.borrow().last(), Some(&AuthState::Authenticated { refreshing: false }));

    client.reauthenticate();
    let has_rotated = || fake.sent().iter().filter(|frame| frame.contains(r#""Authenticate""#)).count() > 1;
    until("another token was sent", has_rotated).await;
    turns(20).await;
    assert_eq!(states.borrow().len(), count, "{:?}", states.borrow());

    drop(listener);
    client.sign_out();
    assert_eq!(states.borrow().len(), count);
}
