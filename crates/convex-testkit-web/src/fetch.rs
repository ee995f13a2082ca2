//! A fake of the page's `fetch`, answered by a deployment.

use crate::FakeDeployment;
use convex_testkit::{FunctionKind, HttpRequest};
use gloo_timers::future::TimeoutFuture;
use js_sys::{Promise, Reflect, TypeError};
use std::{
    cell::{Cell, RefCell},
    fmt,
    rc::Rc,
};
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use wasm_bindgen_futures::{JsFuture, future_to_promise};
use web_sys::{Headers, Request, Response, ResponseInit};

/// Answers every `fetch` of the page with a deployment's HTTP API, until it is dropped.
///
/// A page has one `fetch`: a test that replaces it must not run beside others in the same page.
pub struct FakeFetch {
    server: Rc<FakeServer>,
    real_fetch: JsValue,
    _fake_fetch: Closure<dyn Fn(Request) -> Promise>,
}

struct FakeServer {
    deployment: FakeDeployment,
    network: RefCell<HttpNetwork>,
    requests: RefCell<Vec<RecordedRequest>>,
    responses: Cell<usize>,
}

/// How the network treats HTTP requests.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum HttpNetwork {
    /// The deployment responds.
    #[default]
    Up,
    /// Requests fail, as without a network.
    Down,
    /// Requests hang.
    Hanging,
    /// Another server responds, always the same.
    OtherServer {
        /// The HTTP status.
        status: u16,
        /// The `Content-Type`.
        content_type: String,
        /// The body.
        body: String,
    },
    /// The connection breaks in the middle of each response.
    Truncated,
}

/// A request of the page.
#[derive(Debug, Clone)]
pub struct RecordedRequest {
    request: Request,
    /// The body.
    pub body: String,
}

impl FakeFetch {
    /// Replaces the page's `fetch`.
    pub fn of(deployment: &FakeDeployment) -> Self {
        let server = Rc::new(FakeServer {
            deployment: deployment.clone(),
            network: RefCell::default(),
            requests: RefCell::default(),
            responses: Cell::new(0),
        });
        let fake_fetch = Closure::<dyn Fn(Request) -> Promise>::new({
            let server = Rc::clone(&server);
            move |request| future_to_promise(Rc::clone(&server).fetch(request))
        });
        let real_fetch = Reflect::get(&js_sys::global(), &"fetch".into()).expect("a page has a fetch");
        replace_fetch(fake_fetch.as_ref());
        Self { server, real_fetch, _fake_fetch: fake_fetch }
    }

    /// Sets how the network treats later requests.
    pub fn set_network(&self, network: HttpNetwork) {
        self.server.network.replace(network);
    }

    /// Every request so far, in order.
    pub fn requests(&self) -> Vec<RecordedRequest> {
        self.server.requests.borrow().clone()
    }

    /// The number of requests that got a response.
    pub fn responses(&self) -> usize {
        self.server.responses.get()
    }
}

impl Drop for FakeFetch {
    fn drop(&mut self) {
        replace_fetch(&self.real_fetch);
    }
}

impl fmt::Debug for FakeFetch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FakeFetch").field("requests", &self.requests().len()).finish_non_exhaustive()
    }
}

impl RecordedRequest {
    /// The method and URL: `POST https://fake.convex.test/api/query`.
    pub fn target(&self) -> String {
        format!("{} {}", self.request.method(), self.request.url())
    }

    /// The value of a header.
    pub fn header(&self, name: &str) -> Option<String> {
        self.request.headers().get(name).expect("a test's header names are valid")
    }

    /// Whether the page has aborted it.
    pub fn was_aborted(&self) -> bool {
        self.request.signal().aborted()
    }
}

impl FakeServer {
    async fn fetch(self: Rc<Self>, request: Request) -> Result<JsValue, JsValue> {
        let body = JsFuture::from(request.text()?).await?.as_string().unwrap_or_default();
        let request = RecordedRequest { request, body };
        self.requests.borrow_mut().push(request.clone());
        // Responses arrive in tasks of their own.
        TimeoutFuture::new(0).await;
        let network = self.network.borrow().clone();
        let response = match network {
            HttpNetwork::Up => self.respond(&request).await?,
            HttpNetwork::Down => return Err(TypeError::new("Failed to fetch").into()),
            HttpNetwork::Hanging => std::future::pending().await,
            HttpNetwork::OtherServer { status, content_type, body } => {
                response(status, &content_type, &body)?
            }
            HttpNetwork::Truncated => truncated_response()?,
        };
        self.responses.set(self.responses.get() + 1);
        Ok(response)
    }

    async fn respond(&self, request: &RecordedRequest) -> Result<JsValue, JsValue> {
        let Some(kind) = function_kind(&request.request.url()) else {
            return response(404, "text/plain", "Not found");
        };
        let header = |name| request.header(name);
        let (content_type, client) = (header("Content-Type"), header("Convex-Client"));
        let (authorization, request_id) = (header("Authorization"), header("Convex-Request-Id"));
        let call = HttpRequest {
            kind,
            body: request.body.as_bytes(),
            content_type: content_type.as_deref(),
            authorization: authorization.as_deref().map(str::as_bytes),
            client: client.as_deref(),
            request_id: request_id.as_deref(),
        };
        let reply = self.deployment.deployment(|deployment, now| deployment.http(now, &call));
        TimeoutFuture::new(reply.after.as_millis() as u32).await;
        response(reply.status, "application/json", &reply.body)
    }
}

fn function_kind(url: &str) -> Option<FunctionKind> {
    match url.strip_prefix(FakeDeployment::URL)? {
        "/api/query" => Some(FunctionKind::Query),
        "/api/mutation" => Some(FunctionKind::Mutation),
        "/api/action" => Some(FunctionKind::Action),
        _ => None,
    }
}

fn response(status: u16, content_type: &str, body: &str) -> Result<JsValue, JsValue> {
    let headers = Headers::new()?;
    headers.set("content-type", content_type)?;
    let init = ResponseInit::new();
    init.set_status(status);
    init.set_headers(&headers);
    Ok(Response::new_with_opt_str_and_init(Some(body), &init)?.into())
}

/// A response with a body that fails while it is read.
fn truncated_response() -> Result<JsValue, JsValue> {
    let script = r#"new Response(new ReadableStream({
        start(controller) {
            controller.enqueue(new TextEncoder().encode('{"status":"succ'));
            controller.error(new TypeError("network error"));
        },
    }))"#;
    js_sys::eval(script)
}

fn replace_fetch(fetch: &JsValue) {
    Reflect::set(&js_sys::global(), &"fetch".into(), fetch.unchecked_ref()).expect("fetch can be replaced");
}
