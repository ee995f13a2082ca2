//! Listeners of updates: order, nested commands, exceptions.
#![cfg(target_family = "wasm")]

mod chat;

use chat::{client, deployment, json, subscribe, updates};
use convex_testkit_web::{testkit::object, until};
use convex_web::{
    Listener,
    sync::{QueryHandle, Session},
};
use js_sys::Function;
use std::{
    cell::{Cell, RefCell},
    rc::Rc,
};
use wasm_bindgen::{JsCast, JsValue, prelude::Closure};
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

wasm_bindgen_test_configure!(run_in_browser);

#[wasm_bindgen_test]
async fn a_command_notifies_listeners_before_it_returns() {
    let fake = deployment();
    let client = client(&fake);
    let (updates, _listener) = updates(&client);
    client.set_session(Some(Session::Loading));
    assert!(updates.borrow().iter().any(|update| update.auth));
    updates.borrow_mut().clear();
    client.set_session(Some(Session::SignedOut));
    assert!(updates.borrow().iter().any(|update| update.auth));
}

#[wasm_bindgen_test]
async fn a_listener_may_subscribe() {
    let fake = deployment();
    let client = client(&fake);
    let list = subscribe(&client, "messages:list");
    let count: Rc<Cell<Option<QueryHandle>>> = Rc::default();
    let _listener = client.on_update({
        let (client, count) = (client.clone(), Rc::clone(&count));
        move |update| {
            if update.queries.contains(&list) && count.get().is_none() {
                count.set(Some(subscribe(&client, "messages:count")));
            }
        }
    });
    until("both have results", || count.get().is_some_and(|count| client.result(count).is_some())).await;
}

/// All listeners receive updates in the same order, even if one of them causes the second update
/// while the first is being delivered.
#[wasm_bindgen_test]
async fn updates_caused_by_a_listener_follow_the_current_one() {
    let fake = deployment();
    let client = client(&fake);
    let (depth, received) = (Rc::new(Cell::new(0)), Rc::new(RefCell::new(Vec::new())));
    let _first = client.on_update({
        let (client, depth) = (client.clone(), Rc::clone(&depth));
        move |_| {
            assert_eq!(depth.replace(depth.get() + 1), 0, "listener calls are not nested");
            client.set_session(Some(Session::SignedOut));
            depth.set(0);
        }
    });
    let _second = client.on_update({
        let (client, received) = (client.clone(), Rc::clone(&received));
        move |update| received.borrow_mut().push((update.auth, client.auth()))
    });
    client.set_session(Some(Session::Loading));
    assert_eq!(received.borrow().len(), 2, "{received:?}");
    assert_eq!(received.borrow()[1], (true, client.auth()));
}

#[wasm_bindgen_test]
async fn a_listener_is_not_called_after_it_was_dropped() {
    let fake = deployment();
    let client = client(&fake);
    let second: Rc<RefCell<Option<Listener>>> = Rc::default();
    let _first = client.on_update({
        let second = Rc::clone(&second);
        move |_| drop(second.take())
    });
    let called = Rc::new(Cell::new(false));
    second.replace(Some(client.on_update({
        let called = Rc::clone(&called);
        move |_| called.set(true)
    })));
    client.set_session(Some(Session::Loading));
    assert!(!called.get());
}

#[wasm_bindgen_test]
async fn a_listener_may_close_the_client() {
    let fake = deployment();
    let client = client(&fake);
    let list = subscribe(&client, "messages:list");
    let _listener = client.on_update({
        let client = client.clone();
        move |update| {
            if update.queries.contains(&list) {
                client.close();
            }
        }
    });
    until("the result has arrived", || client.result(list).is_some()).await;
    assert_eq!((fake.open_sockets(), fake.opening_sockets()), (0, 0));
}

/// docs/auth.md §4, line 38.
#[wasm_bindgen_test]
async fn an_exception_in_a_listener_does_not_stop_the_client() {
    let fake = deployment();
    let client = client(&fake);
    let list = subscribe(&client, "messages:list");
    until("the first result has arrived", || client.result(list).is_some()).await;

    let throwing = client.on_update(|_| wasm_bindgen::throw_str("a mistake in a listener"));
    let command = Closure::<dyn FnMut()>::new({
        let client = client.clone();
        move || client.set_session(Some(Session::SignedOut))
    });
    command.as_ref().unchecked_ref::<Function>().call0(&JsValue::NULL).expect_err("the listener throws");
    drop(throwing);

    fake.deployment(|deployment, now| {
        deployment.edit(now, |db| db.insert("messages", object! { "body" => "hi" }))
    });
    let (updates, _listener) = updates(&client);
    until("the change has arrived", || json(&client, list).as_deref() == Some(r#"["hi"]"#)).await;
    assert!(updates.borrow().iter().any(|update| update.queries == [list]), "listeners are still called");
}

/// As the test above, but the update is caused by the browser, not by a command.
#[wasm_bindgen_test]
async fn an_exception_during_a_server_update_does_not_stop_the_client() {
    let fake = deployment();
    let client = client(&fake);
    let list = subscribe(&client, "messages:list");
    until("the first result has arrived", || client.result(list).is_some()).await;

    let thrown = Rc::new(Cell::new(false));
    let throwing = client.on_update({
        let thrown = Rc::clone(&thrown);
        move |_| {
            thrown.set(true);
            wasm_bindgen::throw_str("a mistake in a listener")
        }
    });
    fake.deployment(|deployment, now| {
        deployment.edit(now, |db| db.insert("messages", object! { "body" => "hi" }))
    });
    until("the listener has thrown", || thrown.get()).await;
    drop(throwing);

    let other = subscribe(&client, "messages:count");
    until("another query has its result", || json(&client, other).as_deref() == Some("1.0")).await;
}
