//! A server in front of the app's server, on the origin that browsers visit. It observes pages
//! and requests, and can hold back the page's WASM.

use std::{
    convert::Infallible,
    net::{Ipv4Addr, SocketAddr},
    sync::{Arc, Mutex},
};

use anyhow::Result;
use axum::{
    Router,
    body::{Body, Bytes},
    extract::{Request, State},
    http::{
        StatusCode,
        header::{CONTENT_LENGTH, CONTENT_TYPE},
    },
    response::{Html, IntoResponse, Response},
    routing::get,
};
use futures_util::StreamExt;
use tokio::{net::TcpListener, sync::watch, task::AbortHandle};

use super::upstream::Upstream;
use crate::environment::UNPOISONED;

/// A page without content on the origin of the front.
pub(crate) const BLANK: &str = "/blank";
const OBSERVERS: &str =
    concat!("<script>", include_str!("../observer.js"), include_str!("document_observer.js"), "</script>");
const HEAD: &str = "<head>";

/// Forwards requests to the app's server. Each HTML page gets the observers as its first
/// script.
#[derive(Debug)]
pub struct Front {
    address: SocketAddr,
    shared: Arc<Shared>,
    server: AbortHandle,
}

#[derive(Debug)]
struct Shared {
    upstream: Upstream,
    holds_wasm: watch::Sender<bool>,
    traffic: Mutex<Traffic>,
}

#[derive(Debug, Default)]
struct Traffic {
    /// The paths of the requests that have arrived.
    requests: Vec<String>,
    /// The paths of those that were answered.
    answers: Vec<String>,
    /// All HTML, without the observers.
    html: Vec<u8>,
}

impl Front {
    /// A front for the server at this address.
    pub(crate) async fn start(upstream: &str) -> Result<Self> {
        let shared = Arc::new(Shared {
            upstream: Upstream::new(upstream)?,
            holds_wasm: watch::Sender::new(false),
            traffic: Mutex::default(),
        });
        let blank = Html("<!doctype html><title>blank</title>");
        let router = Router::new().route(BLANK, get(async move || blank));
        let router = router.fallback(forward).with_state(Arc::clone(&shared));
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let server = tokio::spawn(async move { axum::serve(listener, router).await });
        Ok(Self { address, shared, server: server.abort_handle() })
    }

    /// The origin of the pages.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Holds back the page's WASM, or releases it. A page without it is not hydrated.
    pub fn hold_wasm(&self, holds: bool) {
        self.shared.holds_wasm.send_replace(holds);
    }

    /// The number of requests for a path since the last [`clear`](Self::clear).
    pub fn requests(&self, path: &str) -> usize {
        self.shared.traffic.lock().expect(UNPOISONED).requests.iter().filter(|one| *one == path).count()
    }

    /// Whether a request for a path was answered since the last [`clear`](Self::clear).
    pub fn has_answered(&self, path: &str) -> bool {
        self.shared.traffic.lock().expect(UNPOISONED).answers.iter().any(|one| one == path)
    }

    /// The HTML of all pages since the last [`clear`](Self::clear), as the app's server sent
    /// it.
    pub fn html(&self) -> String {
        String::from_utf8_lossy(&self.shared.traffic.lock().expect(UNPOISONED).html).into_owned()
    }

    /// Forgets the requests and the HTML so far.
    pub fn clear(&self) {
        *self.shared.traffic.lock().expect(UNPOISONED) = Traffic::default();
    }
}

impl Drop for Front {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn forward(State(shared): State<Arc<Shared>>, request: Request) -> Response {
    let path = request.uri().path().to_owned();
    if path.ends_with(".wasm") {
        // An error means that the test is over.
        let _ = shared.holds_wasm.subscribe().wait_for(|holds| !holds).await;
    }
    shared.traffic.lock().expect(UNPOISONED).requests.push(path.clone());
    let fetched = shared.upstream.forward(request).await;
    shared.traffic.lock().expect(UNPOISONED).answers.push(path);
    match fetched {
        Ok(response) => observed(shared, response),
        Err(error) => (StatusCode::BAD_GATEWAY, error.to_string()).into_response(),
    }
}

/// An HTML page with the observers; another response as it is. The page stays a stream.
fn observed(shared: Arc<Shared>, response: Response) -> Response {
    let content = response.headers().get(CONTENT_TYPE);
    if !content.is_some_and(|content| content.as_bytes().starts_with(b"text/html")) {
        return response;
    }
    let (mut parts, body) = response.into_parts();
    parts.headers.remove(CONTENT_LENGTH);
    let mut injection = Injection::default();
    let body = body.into_data_stream().map(move |chunk| {
        // If the server breaks off, the page just ends.
        let chunk = chunk.unwrap_or_default();
        shared.traffic.lock().expect(UNPOISONED).html.extend_from_slice(&chunk);
        Ok::<_, Infallible>(injection.apply(&chunk))
    });
    Response::from_parts(parts, Body::from_stream(body))
}

/// The injection of the observers into one page.
#[derive(Debug, Default)]
struct Injection {
    /// The start of the page until `<head>` has arrived.
    start: Vec<u8>,
    is_done: bool,
}

impl Injection {
    /// The bytes to send for the next bytes of the page.
    fn apply(&mut self, chunk: &[u8]) -> Bytes {
        if self.is_done {
            return Bytes::copy_from_slice(chunk);
        }
        self.start.extend_from_slice(chunk);
        let Some(head) = self.start.windows(HEAD.len()).position(|part| part == HEAD.as_bytes()) else {
            return Bytes::new();
        };
        self.is_done = true;
        let (before, after) = self.start.split_at(head + HEAD.len());
        Bytes::from([before, OBSERVERS.as_bytes(), after].concat())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn observers_are_the_first_script_however_the_page_is_split() {
        let page = "<!doctype html><html><head><script>app()</script></head>";
        let expected = page.replace(HEAD, &format!("{HEAD}{OBSERVERS}"));
        for middle in 0..page.len() {
            let (start, rest) = page.split_at(middle);
            let mut injection = Injection::default();
            let sent = [start, rest].map(|chunk| injection.apply(chunk.as_bytes())).concat();
            assert_eq!(String::from_utf8_lossy(&sent), expected, "split at {middle}");
        }
    }
}
