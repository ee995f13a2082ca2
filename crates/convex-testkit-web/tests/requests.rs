//! Mutations and actions: outcomes, optimistic updates, cancellation and timeouts.
#![cfg(target_family = "wasm")]

mod chat;

use chat::{args, client, deployment, json, path, send, subscribe, updates};
use convex_testkit_web::{FakeDeployment, until};
use convex_web::{
    ConvexClient,
    sync::{AuthPolicy, ConvexError, EncodedValue, NotSentReason, OptimisticError, RequestOptions},
};
use futures_util::FutureExt;
use std::{
    cell::{Cell, RefCell},
    rc::Rc,
    time::Duration,
};
use wasm_bindgen_futures::spawn_local;
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};
use web_sys::{Event, EventInit};

wasm_bindgen_test_configure!(run_in_browser);

#[wasm_bindgen_test]
async fn a_mutation_resolves_after_the_update_with_its_writes() {
    let fake = deployment();
    let client = client(&fake);
    let list = subscribe(&client, "messages:list");
    let future = Rc::new(RefCell::new(send(&client, "hi")));
    let was_visible = Rc::new(Cell::new(false));
    let _listener = client.on_update({
        let (client, future, was_visible) = (client.clone(), Rc::clone(&future), Rc::clone(&was_visible));
        move |_| {
            let is_visible = json(&client, list).as_deref() == Some(r#"["hi"]"#);
            let has_resolved = (&mut *future.borrow_mut()).now_or_never().is_some();
            assert!(!has_resolved, "the update is delivered before the future resolves");
            was_visible.set(is_visible);
        }
    });
    let done = || (&mut *future.borrow_mut()).now_or_never().is_some_and(|outcome| outcome.is_ok());
    until("the future has resolved", done).await;
    assert!(was_visible.get());
}

#[wasm_bindgen_test]
async fn errors_and_logs_of_functions_are_received() {
    let fake = deployment();
    let client = client(&fake);
    let (updates, _listener) = updates(&client);
    let error = send(&client, "").await.expect_err("the body is empty");
    assert_eq!(error.data().map(|data| data.as_json()), Some(r#""say something""#));

    send(&client, "hi").await.expect("the mutation succeeds");
    let logs: Vec<_> = updates.borrow().iter().flat_map(|update| update.logs.clone()).collect();
    assert!(
        logs.len() == 1 && logs[0].0 == path("messages:send") && logs[0].1[0].contains("sent"),
        "{logs:?}"
    );
}

/// docs/auth.md §4, lines 38 and 39.
#[wasm_bindgen_test]
async fn an_optimistic_update_is_visible_at_once() {
    let fake = deployment();
    let client = client(&fake);
    let list = subscribe(&client, "messages:list");
    until("the list is loaded", || json(&client, list).as_deref() == Some("[]")).await;
    let (updates, _listener) = updates(&client);
    let hi = serde_json::json!({ "body": "hi" });
    let sent = client.mutate_optimistically(path("messages:send"), args(hi), AuthPolicy::Settled, |store| {
        let expected =
            EncodedValue::encode(&["hi"]).map_err(|error| OptimisticError::new(error.to_string()))?;
        store.set(&path("messages:list"), &args(serde_json::json!({})), expected);
        Ok(())
    });
    assert_eq!(json(&client, list).as_deref(), Some(r#"["hi"]"#), "before a frame is sent");
    assert_eq!(updates.borrow().len(), 1, "listeners were called");
    sent.await.expect("the mutation succeeds");
    assert_eq!(json(&client, list).as_deref(), Some(r#"["hi"]"#));
    let changed: Vec<_> = updates.borrow().iter().flat_map(|update| update.queries.clone()).collect();
    assert_eq!(changed, [list], "the server's result equals the optimistic one");

    let failing = client.mutate_optimistically(
        path("messages:send"),
        args(serde_json::json!({ "body": "again" })),
        AuthPolicy::Settled,
        |_| Err(OptimisticError::new("not today")),
    );
    let reported = updates.borrow().last().is_some_and(|update| update.failed_updates.len() == 1);
    assert!(reported, "the failed update is reported");
    failing.await.expect("its mutation still runs");
}

#[wasm_bindgen_test]
async fn an_action_returns_its_result() {
    let fake = deployment();
    let client = client(&fake);
    let outcome = client
        .act(path("slow:echo"), args(serde_json::json!({ "text": "hello" })), AuthPolicy::Settled)
        .await;
    assert_eq!(outcome.expect("the action succeeds").as_json(), r#""hello""#);
}

#[wasm_bindgen_test]
async fn a_mutation_runs_after_its_future_was_dropped() {
    let fake = deployment();
    let client = client(&fake);
    let list = subscribe(&client, "messages:list");
    drop(send(&client, "hi"));
    until("the mutation has run", || json(&client, list).as_deref() == Some(r#"["hi"]"#)).await;
}

#[wasm_bindgen_test]
async fn closing_the_client_settles_its_requests() {
    let fake = deployment();
    let client = client(&fake);
    let queued = send(&client, "hi");
    client.close();
    assert_eq!(queued.now_or_never(), Some(Err(ConvexError::NotSent(NotSentReason::ClientClosed))));
    assert_eq!(
        send(&client, "again").now_or_never(),
        Some(Err(ConvexError::NotSent(NotSentReason::ClientClosed)))
    );
}

#[wasm_bindgen_test]
async fn dropping_the_last_handle_settles_its_requests() {
    let fake = deployment();
    let client = client(&fake);
    let queued = send(&client, "hi");
    drop(client.clone());
    let mut queued = queued;
    assert_eq!((&mut queued).now_or_never(), None, "another handle exists");
    drop(client);
    assert_eq!(queued.now_or_never(), Some(Err(ConvexError::NotSent(NotSentReason::ClientClosed))));
}

/// A pending future does not keep the client alive: its task may own and drop the last handle.
#[wasm_bindgen_test]
async fn a_task_may_hold_the_last_handle() {
    let fake = deployment();
    let done = Rc::new(Cell::new(false));
    spawn_local({
        let (client, done): (ConvexClient, _) = (client(&fake), Rc::clone(&done));
        async move {
            send(&client, "hi").await.expect("the mutation succeeds");
            drop(client);
            done.set(true);
        }
    });
    until("the task is done", || done.get()).await;
    assert_eq!((fake.open_sockets(), fake.opening_sockets()), (0, 0));
}

/// docs/auth.md §4, line 35.
#[wasm_bindgen_test]
async fn cancelling_an_unsent_request_settles_it() {
    let fake = deployment();
    fake.refuse_dials();
    let client = client(&fake);
    let queued = send(&client, "hi");
    queued.cancel();
    assert_eq!(queued.now_or_never(), Some(Err(ConvexError::NotSent(NotSentReason::Cancelled))));
}

/// docs/auth.md §4, line 35.
#[wasm_bindgen_test]
async fn an_unsent_request_times_out() {
    let fake = deployment();
    fake.refuse_dials();
    let client = client(&fake);
    let options = RequestOptions { timeout: Some(Duration::from_millis(50)), ..RequestOptions::default() };
    let outcome =
        client.mutate(path("messages:send"), args(serde_json::json!({ "body": "hi" })), options).await;
    assert_eq!(outcome, Err(ConvexError::NotSent(NotSentReason::TimedOut)));
}

/// Whether the browser would warn before it leaves the page.
fn warns_before_leaving() -> bool {
    let options = EventInit::new();
    options.set_cancelable(true);
    let event = Event::new_with_event_init_dict("beforeunload", &options).expect("a valid event");
    let window = web_sys::window().expect("a page");
    !window.dispatch_event(&event).expect("the event was not dispatched before")
}

/// docs/auth.md §4, line 36.
#[wasm_bindgen_test]
async fn leaving_the_page_warns_while_requests_are_unsettled() {
    let fake = deployment();
    fake.refuse_dials();
    let client = client(&fake);
    assert!(!warns_before_leaving(), "nothing is unsaved");
    let unsent = send(&client, "hi");
    assert!(warns_before_leaving(), "an unsent request would be lost");
    unsent.cancel();
    assert!(!warns_before_leaving());
    let _unsent = send(&client, "hi");
    client.close();
    assert!(!warns_before_leaving(), "a closed client does not warn");
}

#[wasm_bindgen_test]
async fn the_unload_warning_can_be_turned_off() {
    let fake = deployment();
    fake.refuse_dials();
    let builder = ConvexClient::builder(FakeDeployment::URL).dial(fake.clone());
    let client = builder.unsaved_changes_warning(false).build();
    let _unsent = send(&client, "hi");
    assert!(!warns_before_leaving());
}
