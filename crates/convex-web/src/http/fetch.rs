//! The browser's `fetch`.

use super::{AbortOnDrop, CLIENT_HEADER, HttpError, NO_CONTENT_TYPE, RawResponse};
use crate::sync::Token;
use gloo_events::EventListener;
use gloo_net::http::{Request, Response};
use gloo_timers::future::TimeoutFuture;
use std::{cell::Cell, rc::Rc};
use wasm_bindgen::JsCast;
use web_sys::{
    Document, SecurityPolicyViolationEvent, SecurityPolicyViolationEventDisposition as Disposition,
};

/// Sends a request and receives the response. The request is aborted when the future is dropped.
pub(super) async fn exchange(
    url: &str,
    token: Option<&Token>,
    body: String,
) -> Result<RawResponse, HttpError> {
    let abort = AbortOnDrop::default();
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
    Ok(RawResponse {
        status: response.status(),
        content_type: content_type(&response),
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
        .abort_signal(Some(&abort.signal()))
        .header("Content-Type", "application/json")
        .header(CLIENT_HEADER.0, CLIENT_HEADER.1);
    match token {
        Some(token) => request.header("Authorization", &format!("Bearer {}", token.expose())),
        None => request,
    }
    .body(body)
}

fn content_type(response: &Response) -> String {
    response.headers().get("content-type").unwrap_or_else(|| NO_CONTENT_TYPE.to_owned())
}

/// Detects whether the page's Content-Security-Policy blocks requests to a URL. A failed `fetch`
/// does not say so; an event of the document does.
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

    /// Call this after the request has failed: Chromium and Firefox fire the event right after
    /// that.
    async fn blocked(self) -> bool {
        TimeoutFuture::new(0).await;
        self.blocked.get()
    }
}
