//! The browser's `fetch`.

use super::{Answer, HttpError};
use crate::sync::Token;
use futures_util::future::{Either, select};
use gloo_events::EventListener;
use gloo_net::http::{Request, Response};
use gloo_timers::future::TimeoutFuture;
use std::{cell::Cell, pin::pin, rc::Rc, time::Duration};
use wasm_bindgen::JsCast;
use web_sys::{
    AbortController, Document, SecurityPolicyViolationEvent,
    SecurityPolicyViolationEventDisposition as Disposition,
};

/// The server wants a name and a version, and refuses a version that it cannot read: one without
/// anything behind its three numbers.
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
    let policy = PagePolicy::watch(url);
    let unreachable = |_| HttpError::Unreachable;
    let request = request(url, token, body, &abort).map_err(unreachable)?;
    let Ok(response) = request.send().await else {
        let blocked = policy.blocked().await;
        return Err(if blocked {
            HttpError::Blocked { url: url.to_owned() }
        } else {
            HttpError::Unreachable
        });
    };
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

/// Whether the page's Content-Security-Policy blocks requests to a URL. A failed `fetch` does not
/// say so; an event does.
struct PagePolicy {
    blocked: Rc<Cell<bool>>,
    _violations: Option<EventListener>,
}

impl PagePolicy {
    fn watch(url: &str) -> Self {
        let blocked = Rc::new(Cell::new(false));
        let listen = |document: Document| {
            let (url, blocked) = (url.to_owned(), Rc::clone(&blocked));
            EventListener::new(&document, "securitypolicyviolation", move |event| {
                let event: &SecurityPolicyViolationEvent = event.unchecked_ref();
                if event.disposition() == Disposition::Enforce && event.blocked_uri() == url {
                    blocked.set(true);
                }
            })
        };
        let document = web_sys::window().and_then(|window| window.document());
        Self { _violations: document.map(listen), blocked }
    }

    /// To be asked when the request has failed: in Chromium and Firefox the event comes right after
    /// that.
    async fn blocked(self) -> bool {
        TimeoutFuture::new(0).await;
        self.blocked.get()
    }
}

/// Has the browser give up what nobody waits for any more: it opens so many connections to one host
/// only.
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
