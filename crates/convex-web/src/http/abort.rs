//! Timeouts and cancellation of browser requests. Shared with `convex-leptos`.

use futures_util::future::{Either, select};
use gloo_timers::future::TimeoutFuture;
use std::{future::Future, pin::pin, time::Duration};
use web_sys::{AbortController, AbortSignal};

/// Aborts a browser request when it is dropped. A browser opens only a few connections to one host,
/// so requests that are no longer needed must not keep theirs.
#[derive(Debug)]
pub struct AbortOnDrop(AbortController);

impl Default for AbortOnDrop {
    fn default() -> Self {
        Self(AbortController::new().expect("a browser that runs WASM has abort controllers"))
    }
}

impl AbortOnDrop {
    /// The signal to pass to the request.
    pub fn signal(&self) -> AbortSignal {
        self.0.signal()
    }
}

impl Drop for AbortOnDrop {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Awaits `request` for at most `timeout`; `None` if it takes longer. Then it is dropped.
pub async fn with_timeout<T>(timeout: Duration, request: impl Future<Output = T>) -> Option<T> {
    // A browser's timer fires at once if its delay does not fit into an `i32`.
    let millis = timeout.as_millis().min(i32::MAX as u128) as u32;
    match select(pin!(request), TimeoutFuture::new(millis)).await {
        Either::Left((output, _)) => Some(output),
        Either::Right(_) => None,
    }
}
