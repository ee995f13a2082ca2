//! The browser's Web Locks.

use js_sys::{Function, Object, Promise, Reflect};
use std::{
    cell::RefCell,
    rc::{Rc, Weak},
};
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

/// The lock manager, if the page has one.
pub(super) fn locks() -> Option<LockManager> {
    let navigator = Reflect::get(&js_sys::global(), &"navigator".into()).ok()?;
    let locks = Reflect::get(&navigator, &"locks".into()).ok()?;
    locks.is_object().then(|| locks.unchecked_into())
}

/// Holds a lock until it is dropped.
#[derive(Debug)]
pub(super) struct WebLockGuard(Rc<LockRequest>);

#[derive(Debug)]
struct LockRequest {
    /// Cancels the request while it is pending.
    abort: AbortController,
    /// Releases the lock; `None` until it is granted.
    release: RefCell<Option<Function>>,
}

/// Waits for the lock. Dropping the future cancels the request.
pub(super) async fn acquire(locks: &LockManager, name: &str) -> WebLockGuard {
    let abort = AbortController::new().expect("a browser that has locks has abort controllers");
    let options = Object::new();
    Reflect::set(&options, &"signal".into(), &abort.signal()).expect("a new object takes fields");
    let guard = WebLockGuard(Rc::new(LockRequest { abort, release: RefCell::default() }));

    let mut resolve_granted = None;
    let granted = Promise::new(&mut |resolve, _| resolve_granted = Some(resolve));
    let resolve_granted: Function = resolve_granted.expect("a promise runs its executor at once");
    let on_granted = Closure::once(hold_lock(Rc::downgrade(&guard.0), resolve_granted));
    let finished = locks.request(name, &options, on_granted.as_ref().unchecked_ref());
    spawn_local(async move {
        // Resolves when the lock is released, and rejects when the request is cancelled. The
        // closure must live until then.
        let _ = JsFuture::from(finished).await;
        drop(on_granted);
    });
    // It is never rejected.
    let _ = JsFuture::from(granted).await;
    guard
}

/// The callback for the granted lock. The browser holds the lock until the returned promise
/// resolves.
fn hold_lock(request: Weak<LockRequest>, resolve_granted: Function) -> impl FnOnce(JsValue) -> Promise {
    move |_lock| {
        // The request may have been dropped meanwhile.
        let Some(request) = request.upgrade() else { return Promise::resolve(&JsValue::UNDEFINED) };
        let released = Promise::new(&mut |resolve, _| *request.release.borrow_mut() = Some(resolve));
        resolve_granted.call0(&JsValue::UNDEFINED).expect("resolving does not throw");
        released
    }
}

impl Drop for WebLockGuard {
    fn drop(&mut self) {
        match self.0.release.take() {
            Some(release) => drop(release.call0(&JsValue::UNDEFINED)),
            None => self.0.abort.abort(),
        }
    }
}
