//! Mutations and actions end, each in its time.
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
async fn a_mutation_is_done_after_the_update_that_shows_it() {
    let fake = deployment();
    let client = client(&fake);
    let list = subscribe(&client, "messages:list");
    let future = Rc::new(RefCell::new(send(&client, "hi")));
    let shown_first = Rc::new(Cell::new(false));
    let _listener = client.on_update({
        let (client, future, shown_first) = (client.clone(), Rc::clone(&future), Rc::clone(&shown_first));
        move |_| {
            let is_shown = json(&client, list).as_deref() == Some(r#"["hi"]"#);
            let is_done = (&mut *future.borrow_mut()).now_or_never().is_some();
            assert!(!is_done, "the update comes before the future is ready");
            shown_first.set(is_shown);
        }
    });
    let done = || (&mut *future.borrow_mut()).now_or_never().is_some_and(|outcome| outcome.is_ok());
    until("the future is ready", done).await;
    assert!(shown_first.get());
}

#[wasm_bindgen_test]
async fn what_a_function_throws_and_logs_arrives() {
    let fake = deployment();
    let client = client(&fake);
    let (updates, _listener) = updates(&client);
    let error = send(&client, "").await.expect_err("there is nothing to send");
    assert_eq!(error.data().map(|data| data.as_json()), Some(r#""say something""#));

    send(&client, "hi").await.expect("it is sent");
    let logs: Vec<_> = updates.borrow().iter().flat_map(|update| update.logs.clone()).collect();
    assert!(
        logs.len() == 1 && logs[0].0 == path("messages:send") && logs[0].1[0].contains("sent"),
        "{logs:?}"
    );
}

/// Auth contract §4, lines 38 and 39.
#[wasm_bindgen_test]
async fn a_mutation_is_shown_at_once() {
    let fake = deployment();
    let client = client(&fake);
    let list = subscribe(&client, "messages:list");
    until("the list is there", || json(&client, list).as_deref() == Some("[]")).await;
    let (updates, _listener) = updates(&client);
    let hi = serde_json::json!({ "body": "hi" });
    let sent = client.mutate_optimistically(path("messages:send"), args(hi), AuthPolicy::Settled, |store| {
        let expected =
            EncodedValue::encode(&["hi"]).map_err(|error| OptimisticError::new(error.to_string()))?;
        store.set(&path("messages:list"), &args(serde_json::json!({})), expected);
        Ok(())
    });
    assert_eq!(json(&client, list).as_deref(), Some(r#"["hi"]"#), "before anything was sent");
    assert_eq!(updates.borrow().len(), 1, "and it was told");
    sent.await.expect("it is sent");
    assert_eq!(json(&client, list).as_deref(), Some(r#"["hi"]"#));
    let shown: Vec<_> = updates.borrow().iter().flat_map(|update| update.queries.clone()).collect();
    assert_eq!(shown, [list], "what the server then sent was shown already");

    let failing = client.mutate_optimistically(
        path("messages:send"),
        args(serde_json::json!({ "body": "again" })),
        AuthPolicy::Settled,
        |_| Err(OptimisticError::new("not today")),
    );
    let told = updates.borrow().last().is_some_and(|update| update.failed_updates.len() == 1);
    assert!(told, "a failed update is told of");
    failing.await.expect("its mutation runs all the same");
}

#[wasm_bindgen_test]
async fn an_action_answers() {
    let fake = deployment();
    let client = client(&fake);
    let answer = client
        .act(path("slow:echo"), args(serde_json::json!({ "text": "hello" })), AuthPolicy::Settled)
        .await;
    assert_eq!(answer.expect("it answers").as_json(), r#""hello""#);
}

#[wasm_bindgen_test]
async fn a_mutation_runs_without_its_future() {
    let fake = deployment();
    let client = client(&fake);
    let list = subscribe(&client, "messages:list");
    drop(send(&client, "hi"));
    until("it was executed", || json(&client, list).as_deref() == Some(r#"["hi"]"#)).await;
}

#[wasm_bindgen_test]
async fn closing_the_client_settles_everything() {
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
async fn dropping_the_last_handle_settles_everything() {
    let fake = deployment();
    let client = client(&fake);
    let queued = send(&client, "hi");
    drop(client.clone());
    let mut queued = queued;
    assert_eq!((&mut queued).now_or_never(), None, "there is another handle");
    drop(client);
    assert_eq!(queued.now_or_never(), Some(Err(ConvexError::NotSent(NotSentReason::ClientClosed))));
}

/// Whoever awaits holds no handle: the last one may go while the future's own task runs.
#[wasm_bindgen_test]
async fn a_task_may_hold_the_last_handle() {
    let fake = deployment();
    let done = Rc::new(Cell::new(false));
    spawn_local({
        let (client, done): (ConvexClient, _) = (client(&fake), Rc::clone(&done));
        async move {
            send(&client, "hi").await.expect("it is sent");
            drop(client);
            done.set(true);
        }
    });
    until("the task is done", || done.get()).await;
    assert_eq!((fake.open_sockets(), fake.opening_sockets()), (0, 0));
}

/// Auth contract §4, line 35.
#[wasm_bindgen_test]
async fn a_request_can_be_cancelled() {
    let fake = deployment();
    fake.refuse_dials();
    let client = client(&fake);
    let queued = send(&client, "hi");
    queued.cancel();
    assert_eq!(queued.now_or_never(), Some(Err(ConvexError::NotSent(NotSentReason::Cancelled))));
}

/// Auth contract §4, line 35.
#[wasm_bindgen_test]
async fn a_request_that_takes_too_long_ends() {
    let fake = deployment();
    fake.refuse_dials();
    let client = client(&fake);
    let options = RequestOptions { timeout: Some(Duration::from_millis(50)), ..RequestOptions::default() };
    let outcome =
        client.mutate(path("messages:send"), args(serde_json::json!({ "body": "hi" })), options).await;
    assert_eq!(outcome, Err(ConvexError::NotSent(NotSentReason::TimedOut)));
}

/// Whether the browser would ask before it leaves the page.
fn asks_before_leaving() -> bool {
    let options = EventInit::new();
    options.set_cancelable(true);
    let event = Event::new_with_event_init_dict("beforeunload", &options).expect("a page makes events");
    let window = web_sys::window().expect("a page");
    !window.dispatch_event(&event).expect("it is dispatched")
}

/// Auth contract §4, line 36.
#[wasm_bindgen_test]
async fn the_page_is_not_left_silently_while_something_is_unsaved() {
    let fake = deployment();
    fake.refuse_dials();
    let client = client(&fake);
    assert!(!asks_before_leaving(), "there is nothing to lose");
    let unsent = send(&client, "hi");
    assert!(asks_before_leaving(), "it never left, and would be lost");
    unsent.cancel();
    assert!(!asks_before_leaving());
    let _unsent = send(&client, "hi");
    client.close();
    assert!(!asks_before_leaving(), "nothing of a closed client stays on the page");
}

#[wasm_bindgen_test]
async fn an_app_may_do_without_the_prompt() {
    let fake = deployment();
    fake.refuse_dials();
    let builder = ConvexClient::builder(FakeDeployment::URL).dial(fake.clone());
    let client = builder.unsaved_changes_warning(false).build();
    let _unsent = send(&client, "hi");
    assert!(!asks_before_leaving());
}
