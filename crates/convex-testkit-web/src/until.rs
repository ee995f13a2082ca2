//! Waiting in tests.

use gloo_timers::future::TimeoutFuture;

/// Longer than any condition should take, in milliseconds.
const TIMEOUT_MS: f64 = 10_000.0;

/// Waits until `condition` holds. After ten seconds it panics with `what`, which describes the
/// condition.
pub async fn until(what: &str, condition: impl Fn() -> bool) {
    wait(condition, || what.to_owned()).await;
}

/// As [`until`], with a description that is created when the wait has failed.
pub(crate) async fn wait(condition: impl Fn() -> bool, what: impl Fn() -> String) {
    let start = js_sys::Date::now();
    while !condition() {
        assert!(js_sys::Date::now() - start < TIMEOUT_MS, "timed out waiting until {}", what());
        TimeoutFuture::new(1).await;
    }
}

/// Waits for `count` tasks of the event loop, so that everything in flight arrives. For tests that
/// something does not happen.
pub async fn turns(count: usize) {
    for _ in 0..count {
        TimeoutFuture::new(0).await;
    }
}
