//! The browser's `fetch`.

use super::{Answer, HttpError};
use crate::sync::Token;
use futures_util::future::{Either, select};
use gloo_net::http::{Request, Response};
use gloo_timers::future::TimeoutFuture;
use std::{pin::pin, time::Duration};
use web_sys::AbortController;

/// The server wants a name and a version, and refuses a version that it cannot read: one without anything behind its three numbers.
const CLIENT: &str = concat!(
    "convex-leptos-",
    env!("CARGO_PKG_VERSION_MAJOR"),
    ".",
    env!("CARGO_PKG_VERSION_MINOR"),
    ".",
    env!("CARGO_PKG_VERSION_PATCH")
);

pub(super) async fn post(
    url: &str,
    token: Option<&Token>,
    body: String,
    timeout: Option<Duration>,
) -> Result<Answer, HttpError> {
    let exchange = pin!(exchange(url, token, body));
    let Some(timeout) = timeout else { return exchange.await };
    match select(exchange, TimeoutFuture::new(millis(timeout))).await {
        Either::Left((answer, _)) => answer,
        Either::Right(_) => Err(HttpError::TimedOut),
    }
}

async fn exchange(url: &str, token: Option<&Token>, body: String) -> Result<Answer, HttpError> {
    let abort = AbortOnDrop::new();
    let unreachable = |_| HttpError::Unreachable;
    let request = request(url, token, body, &abort).map_err(unreachable)?;
    let response = request.send().await.map_err(unreachable)?;
    Ok(Answer {
        status: response.status(),
        content: content_type(&response),
        body: response.text().await.map_err(unreachable)?,
    })
}

fn request(
    url: &str,
    token: Option<&Token>,
    body: String,
    abort: &AbortOnDrop,
) -> Result<Request, gloo_net::Error> {
    let request = Request::post(url)
        .abort_signal(Some(&abort.0.signal()))
        .header("Content-Type", "application/json")
        .header("Convex-Client", CLIENT);
    match token {
        Some(token) => request.header("Authorization", &format!("Bearer {}", token.expose())),
        None => request,
    }
    .body(body)
}

fn content_type(response: &Response) -> String {
    response.headers().get("content-type").unwrap_or_else(|| "of no declared type".to_owned())
}

/// Has the browser give up what nobody waits for any more: it opens so many connections to one host only.
struct AbortOnDrop(AbortController);

impl AbortOnDrop {
    fn new() -> Self {
        Self(AbortController::new().expect("a browser that runs WASM has abort controllers"))
    }
}

impl Drop for AbortOnDrop {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// As a browser's timers take it: they fire at once where it is more.
fn millis(timeout: Duration) -> u32 {
    timeout.as_millis().min(i32::MAX as u128) as u32
}
