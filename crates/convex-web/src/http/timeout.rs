//! Timeouts, in a browser and on a server. Shared with `convex-leptos`.

use futures_util::future::{Either, select};
use std::{future::Future, pin::pin, time::Duration};

/// Awaits `task` for at most `timeout`; `None` if it takes longer. Then it is dropped.
///
/// On a server, this needs the feature `server`: without it, there is no timer, and `task` may take
/// any time.
///
/// # Panics
///
/// On a server, outside of a tokio runtime with timers.
pub async fn with_timeout<T>(timeout: Duration, task: impl Future<Output = T>) -> Option<T> {
    match select(pin!(task), pin!(sleep(timeout))).await {
        Either::Left((output, _)) => Some(output),
        Either::Right(_) => None,
    }
}

#[cfg(target_family = "wasm")]
fn sleep(duration: Duration) -> impl Future {
    // A browser's timer fires at once if its delay does not fit into an `i32`.
    let millis = duration.as_millis().min(i32::MAX as u128) as u32;
    gloo_timers::future::TimeoutFuture::new(millis)
}

#[cfg(all(not(target_family = "wasm"), feature = "server"))]
fn sleep(duration: Duration) -> impl Future {
    tokio::time::sleep(duration)
}

#[cfg(not(any(target_family = "wasm", feature = "server")))]
fn sleep(_duration: Duration) -> impl Future {
    std::future::pending::<()>()
}
