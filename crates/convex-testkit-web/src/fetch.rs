//! The page's `fetch`, played by a deployment.

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
/// One page has one `fetch`: a test that replaces it has the page to itself.
pub struct FakeFetch {
    inner: Rc<Inner>,
    real: JsValue,
    _fake: Closure<dyn Fn(Request) -> Promise>,
}

struct Inner {
    deployment: FakeDeployment,
    network: RefCell<Network>,
    asked: RefCell<Vec<Asked>>,
    answered: Cell<usize>,
}

/// What becomes of requests.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Network {
    /// The deployment answers them.
    #[default]
    Up,
    /// They fail, as where there is no network.
    Down,
    /// They are never answered.
    Silent,
    /// Something else answers them, always with the same.
    Other {
        /// The status.
        status: u16,
        /// The type of its content.
        content: String,
        /// The content.
        body: String,
    },
    /// Their answers begin and then break off.
    Torn,
}

/// A request as the page made it.
#[derive(Debug, Clone)]
pub struct Asked {
    request: Request,
    /// Its body.
    pub body: String,
}

impl FakeFetch {
    /// Answers in the place of the page's own `fetch`, from now on.
    pub fn of(deployment: &FakeDeployment) -> Self {
        let inner = Rc::new(Inner {
            deployment: deployment.clone(),
            network: RefCell::default(),
            asked: RefCell::default(),
            answered: Cell::new(0),
        });
        let fake = Closure::<dyn Fn(Request) -> Promise>::new({
            let inner = Rc::clone(&inner);
            move |request| future_to_promise(Rc::clone(&inner).fetch(request))
        });
        let real = Reflect::get(&js_sys::global(), &"fetch".into()).expect("a page has a fetch");
        replace_fetch(fake.as_ref());
        Self { inner, real, _fake: fake }
    }

    /// What becomes of requests from now on.
    pub fn set_network(&self, network: Network) {
        self.inner.network.replace(network);
    }

    /// Every request that was made, in order.
    pub fn asked(&self) -> Vec<Asked> {
        self.inner.asked.borrow().clone()
    }

    /// How many of them were answered.
    pub fn answered(&self) -> usize {
        self.inner.answered.get()
    }
}

impl Drop for FakeFetch {
    fn drop(&mut self) {
        replace_fetch(&self.real);
    }
}

impl fmt::Debug for FakeFetch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FakeFetch").field("asked", &self.asked().len()).finish_non_exhaustive()
    }
}

impl Asked {
    /// Where it went, and how: `POST https://fake.convex.test/api/query`.
    pub fn target(&self) -> String {
        format!("{} {}", self.request.method(), self.request.url())
    }

    /// One of its headers.
    pub fn header(&self, name: &str) -> Option<String> {
        self.request.headers().get(name).expect("a test's header names are good")
    }

    /// Whether the page has given it up.
    pub fn was_aborted(&self) -> bool {
        self.request.signal().aborted()
    }
}

impl Inner {
    async fn fetch(self: Rc<Self>, request: Request) -> Result<JsValue, JsValue> {
        let body = JsFuture::from(request.text()?).await?.as_string().unwrap_or_default();
        let asked = Asked { request, body };
        self.asked.borrow_mut().push(asked.clone());
        // Answers come in tasks of their own.
        TimeoutFuture::new(0).await;
        let network = self.network.borrow().clone();
        let response = match network {
            Network::Up => self.ask(&asked).await?,
            Network::Down => return Err(TypeError::new("Failed to fetch").into()),
            Network::Silent => std::future::pending().await,
            Network::Other { status, content, body } => response(status, &content, &body)?,
            Network::Torn => torn()?,
        };
        self.answered.set(self.answered.get() + 1);
        Ok(response)
    }

    async fn ask(&self, asked: &Asked) -> Result<JsValue, JsValue> {
        let Some(kind) = kind(&asked.request.url()) else { return response(404, "text/plain", "Not found") };
        let header = |name| asked.header(name);
        let (content_type, client) = (header("Content-Type"), header("Convex-Client"));
        let (authorization, request_id) = (header("Authorization"), header("Convex-Request-Id"));
        let call = HttpRequest {
            kind,
            body: asked.body.as_bytes(),
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

fn kind(url: &str) -> Option<FunctionKind> {
    match url.strip_prefix(FakeDeployment::URL)? {
        "/api/query" => Some(FunctionKind::Query),
        "/api/mutation" => Some(FunctionKind::Mutation),
        "/api/action" => Some(FunctionKind::Action),
        _ => None,
    }
}

fn response(status: u16, content: &str, body: &str) -> Result<JsValue, JsValue> {
    let headers = Headers::new()?;
    headers.set("content-type", content)?;
    let init = ResponseInit::new();
    init.set_status(status);
    init.set_headers(&headers);
    Ok(Response::new_with_opt_str_and_init(Some(body), &init)?.into())
}

/// A response whose body fails when it is read.
fn torn() -> Result<JsValue, JsValue> {
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
