//! `TabLock`. (Two locks of one page exclude each other as those of two tabs do.)
#![cfg(target_family = "wasm")]

use convex_testkit_web::{turns, until};
use convex_web::{TabLock, sync::TokenError};
use futures_util::{FutureExt, future};
use std::{
    cell::{Cell, RefCell},
    rc::Rc,
};
use wasm_bindgen_futures::spawn_local;
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

wasm_bindgen_test_configure!(run_in_browser);

/// Shows or hides the page's Web Locks.
fn set_web_locks(available: bool) {
    let code = if available {
        "delete navigator.locks"
    } else {
        "Object.defineProperty(navigator, 'locks', { value: undefined, configurable: true })"
    };
    js_sys::eval(code).expect("the script is valid");
}

/// Runs three tasks under one lock, and returns how many ran at the same time.
async fn max_concurrency(name: &str) -> usize {
    let (running, max, done) = (Rc::new(Cell::new(0)), Rc::new(Cell::new(0)), Rc::new(Cell::new(0)));
    for _ in 0..3 {
        let (lock, running, max, done) =
            (TabLock::new(name), Rc::clone(&running), Rc::clone(&max), Rc::clone(&done));
        spawn_local(async move {
            let task = async {
                running.set(running.get() + 1);
                max.set(max.get().max(running.get()));
                turns(5).await;
                running.set(running.get() - 1);
                Ok(())
            };
            lock.run(task).await.expect("the lock becomes free");
            done.set(done.get() + 1);
        });
    }
    until("all tasks are done", || done.get() == 3).await;
    max.get()
}

/// docs/auth.md §4, line 26.
#[wasm_bindgen_test]
async fn one_tab_holds_the_lock_at_a_time() {
    assert_eq!(max_concurrency("turns").await, 1);
}

/// docs/auth.md §4, line 26.
#[wasm_bindgen_test]
async fn one_tab_holds_the_lease_at_a_time() {
    set_web_locks(false);
    let max = max_concurrency("turns without locks").await;
    set_web_locks(true);
    assert_eq!(max, 1);
}

/// Dropping a task releases the lock, and dropping a waiting task leaves the queue.
async fn assert_dropping_releases(name: &str) {
    let lock = TabLock::new(name);
    let is_running = Rc::new(Cell::new(false));
    let mut holder = Box::pin(lock.run({
        let is_running = Rc::clone(&is_running);
        async move {
            is_running.set(true);
            future::pending::<Result<(), TokenError>>().await
        }
    }));
    while !is_running.get() {
        assert!((&mut holder).now_or_never().is_none());
        turns(1).await;
    }
    let mut waiting = Box::pin(lock.run(async { Ok(()) }));
    assert!((&mut waiting).now_or_never().is_none());
    turns(5).await;
    assert!((&mut waiting).now_or_never().is_none(), "the lock is taken");
    drop(waiting);
    drop(holder);
    lock.run(async { Ok(()) }).await.expect("the lock is free");
}

#[wasm_bindgen_test]
async fn dropping_a_task_releases_the_lock() {
    assert_dropping_releases("dropped").await;
}

#[wasm_bindgen_test]
async fn dropping_a_task_releases_the_lease() {
    set_web_locks(false);
    assert_dropping_releases("dropped without").await;
    set_web_locks(true);
}

#[wasm_bindgen_test]
async fn an_expired_lease_is_taken_over() {
    set_web_locks(false);
    let storage = web_sys::window().and_then(|window| window.local_storage().ok()?).expect("a storage");
    let long_ago = js_sys::Date::now() - 1.0;
    storage
        .set_item("convex-tab-lock/killed", &format!("another-tab {long_ago}"))
        .expect("the storage has space");
    let outcome = TabLock::new("killed").run(async { Ok(7) }).await;
    set_web_locks(true);
    assert_eq!(outcome, Ok(7));
    assert_eq!(storage.get_item("convex-tab-lock/killed"), Ok(None), "the entry is removed");
}

#[wasm_bindgen_test]
async fn waiting_for_a_lock_times_out() {
    let holder = TabLock::new("hung");
    let outcomes = Rc::new(RefCell::new(Vec::new()));
    let hung = Rc::new(Cell::new(false));
    let holding = {
        let hung = Rc::clone(&hung);
        async move {
            holder
                .run(async {
                    hung.set(true);
                    future::pending::<Result<(), TokenError>>().await
                })
                .await
        }
    };
    let waiting = {
        let (hung, outcomes) = (Rc::clone(&hung), Rc::clone(&outcomes));
        async move {
            until("the other tab has the lock", || hung.get()).await;
            let outcome = TabLock::new("hung").run(async { Ok(()) }).await;
            outcomes.borrow_mut().push(outcome);
        }
    };
    future::select(Box::pin(holding), Box::pin(waiting)).await;
    let error = outcomes.borrow()[0].clone().expect_err("the lock is taken");
    assert!(error.to_string().contains("another tab has held the lock `hung` for 10 s"), "{error}");
}
