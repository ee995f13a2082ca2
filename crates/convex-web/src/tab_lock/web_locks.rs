//! The browser's Web Locks.

use js_sys::{Function, Object, Promise, Reflect};
use std::{cell::RefCell, rc::Rc};
use wasm_bindgen::{JsCast, JsValue, closure::Closure, prelude::wasm_bindgen};
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::AbortController;

#[wasm_bindgen]
extern "C" {
    /// `navigator.locks`
    pub(super) type LockManager;

    #[wasm_bindgen(method)]
    fn request(this: &LockManager, name: &str, options: &Object, granted: &Function) -> Promise;
}

/// The page's locks, where it has any.
pub(super) fn locks() -> Option<LockManager> {
    let navigator = Reflect::get(&js_sys::global(), &"navigator".into()).ok()?;
    let locks = Reflect::get(&navigator, &"locks".into()).ok()?;
    locks.is_object().then(|| locks.unchecked_into())
}

/// A lock that is held, until this is dropped.
#[derive(Debug)]
pub(super) struct Held(Rc<Request>);

/// One request for a lock.
#[derive(Debug)]
struct Request {
    /// Ends the waiting.
    abort: AbortController,
    /// Ends the holding; there once it has begun.
    release: RefCell<Option<Function>>,
}

/// Waits for the lock. Dropping the future ends the waiting.
pub(super) async fn acquire(locks: &LockManager, name: &str) -> Held {
    let abort = AbortController::new().expect("a browser that has locks has abort controllers");
    let options = Object::new();
    Reflect::set(&options, &"signal".into(), &abort.signal()).expect("a new object takes fields");
    let held = Held(Rc::new(Request { abort, release: RefCell::default() }));

    let mut tell = None;
    let granted = Promise::new(&mut |resolve, _| tell = Some(resolve));
    let tell: Function = tell.expect("a promise runs its executor at once");
    let on_granted = Closure::once(grant(Rc::downgrade(&held.0), tell));
    let over = locks.request(name, &options, on_granted.as_ref().unchecked_ref());
    spawn_local(async move {
        // It ends when the lock is released, or with an error when the waiting was given up. Until
        // then it needs the closure.
        let _ = JsFuture::from(over).await;
        drop(on_granted);
    });
    // It is never rejected.
    let _ = JsFuture::from(granted).await;
    held
}

/// What is done when the lock is there: it is held for as long as the promise it gives is not
/// resolved.
fn grant(request: std::rc::Weak<Request>, tell: Function) -> impl FnOnce(JsValue) -> Promise {
    move |_lock| {
        // Nobody may be waiting any more.
        let Some(request) = request.upgrade() else { return Promise::resolve(&JsValue::UNDEFINED) };
        let held = Promise::new(&mut |resolve, _| *request.release.borrow_mut() = Some(resolve));
        tell.call0(&JsValue::UNDEFINED).expect("resolving does not throw");
        held
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        match self.0.release.take() {
            Some(release) => drop(release.call0(&JsValue::UNDEFINED)),
            None => self.0.abort.abort(),
        }
    }
}
