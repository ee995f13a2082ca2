//! Waiting in tests.

use gloo_timers::future::TimeoutFuture;

/// Longer than anything should take, in milliseconds.
const PATIENCE: f64 = 10_000.0;

/// Waits until `condition` holds; fails the test, saying `what` did not come true, when it does not
/// for ten seconds.
pub async fn until(what: &str, condition: impl Fn() -> bool) {
    wait(condition, || format!("until {what}")).await;
}

/// Waits until `condition` holds, or fails the test with what was waited for in vain.
pub(crate) async fn wait(condition: impl Fn() -> bool, what: impl Fn() -> String) {
    let start = js_sys::Date::now();
    while !condition() {
        assert!(js_sys::Date::now() - start < PATIENCE, "waited in vain {}", what());
        TimeoutFuture::new(1).await;
    }
}

/// Lets everything happen that is already on its way, for tests that nothing does.
pub async fn turns(count: usize) {
    for _ in 0..count {
        TimeoutFuture::new(0).await;
    }
}
