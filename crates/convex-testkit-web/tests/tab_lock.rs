//! One tab at a time. (Two locks of one page keep each other out as those of two tabs do.)
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

/// Whether the page has Web Locks, from now on.
fn set_web_locks(there: bool) {
    let code = if there {
        "delete navigator.locks"
    } else {
        "Object.defineProperty(navigator, 'locks', { value: undefined, configurable: true })"
    };
    js_sys::eval(code).expect("it runs");
}

/// Has three tabs do something under one lock, and tells who was inside together with whom.
async fn most_at_once(name: &str) -> usize {
    let (inside, most, done) = (Rc::new(Cell::new(0)), Rc::new(Cell::new(0)), Rc::new(Cell::new(0)));
    for _ in 0..3 {
        let (lock, inside, most, done) =
            (TabLock::new(name), Rc::clone(&inside), Rc::clone(&most), Rc::clone(&done));
        spawn_local(async move {
            let task = async {
                inside.set(inside.get() + 1);
                most.set(most.get().max(inside.get()));
                turns(5).await;
                inside.set(inside.get() - 1);
                Ok(())
            };
            lock.run(task).await.expect("its turn comes");
            done.set(done.get() + 1);
        });
    }
    until("all had their turn", || done.get() == 3).await;
    most.get()
}

/// Auth contract §4, line 26.
#[wasm_bindgen_test]
async fn tabs_take_turns() {
    assert_eq!(most_at_once("turns").await, 1);
}

/// Auth contract §4, line 26.
#[wasm_bindgen_test]
async fn tabs_take_turns_without_web_locks() {
    set_web_locks(false);
    let most = most_at_once("turns without").await;
    set_web_locks(true);
    assert_eq!(most, 1);
}

/// What is dropped lets go, or waits no longer: the next has its turn.
async fn a_tab_that_goes_lets_go(name: &str) {
    let lock = TabLock::new(name);
    let holds = Rc::new(Cell::new(false));
    let mut holder = Box::pin(lock.run({
        let holds = Rc::clone(&holds);
        async move {
            holds.set(true);
            future::pending::<Result<(), TokenError>>().await
        }
    }));
    while !holds.get() {
        assert!((&mut holder).now_or_never().is_none());
        turns(1).await;
    }
    let mut waiting = Box::pin(lock.run(async { Ok(()) }));
    assert!((&mut waiting).now_or_never().is_none());
    turns(5).await;
    assert!((&mut waiting).now_or_never().is_none(), "it waits");
    drop(waiting);
    drop(holder);
    lock.run(async { Ok(()) }).await.expect("nobody holds it");
}

#[wasm_bindgen_test]
async fn a_dropped_fetch_lets_go() {
    a_tab_that_goes_lets_go("dropped").await;
}

#[wasm_bindgen_test]
async fn a_dropped_fetch_lets_go_without_web_locks() {
    set_web_locks(false);
    a_tab_that_goes_lets_go("dropped without").await;
    set_web_locks(true);
}

#[wasm_bindgen_test]
async fn a_tab_that_was_killed_holds_up_nobody_for_long() {
    set_web_locks(false);
    let storage = web_sys::window().and_then(|window| window.local_storage().ok()?).expect("a storage");
    let long_ago = js_sys::Date::now() - 1.0;
    storage.set_item("convex-tab-lock/killed", &format!("somebody {long_ago}")).expect("it is set");
    let outcome = TabLock::new("killed").run(async { Ok(7) }).await;
    set_web_locks(true);
    assert_eq!(outcome, Ok(7));
    assert_eq!(storage.get_item("convex-tab-lock/killed"), Ok(None), "and it leaves nothing behind");
}

#[wasm_bindgen_test]
async fn nobody_waits_for_ever() {
    let holder = TabLock::new("hung");
    let outcomes = Rc::new(RefCell::new(Vec::new()));
    let hung = Rc::new(Cell::new(false));
    let held = {
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
    let waits = {
        let (hung, outcomes) = (Rc::clone(&hung), Rc::clone(&outcomes));
        async move {
            until("the other tab has it", || hung.get()).await;
            let outcome = TabLock::new("hung").run(async { Ok(()) }).await;
            outcomes.borrow_mut().push(outcome);
        }
    };
    future::select(Box::pin(held), Box::pin(waits)).await;
    let error = outcomes.borrow()[0].clone().expect_err("it was not to be had");
    assert!(error.to_string().contains("another tab has held the lock `hung` for 10 s"), "{error}");
}
