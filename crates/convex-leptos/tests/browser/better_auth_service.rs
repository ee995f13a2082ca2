//! A fake Better Auth service behind the page's `fetch`, and a page that signs in with it.

use crate::fixture::{Page, client};
use convex_leptos::{AuthState, BetterAuth, ConvexClient, UnauthenticatedReason};
use convex_testkit_web::FakeDeployment;
use js_sys::{Array, Reflect, Set};
use leptos::prelude::*;
use std::sync::atomic::{AtomicUsize, Ordering};
use wasm_bindgen::{JsCast, JsValue};

/// The response of `get-session` when Ada is signed in.
pub const SIGNED_IN: &str =
    r#"{"session":{"id":"s1","userId":"ada"},"user":{"id":"ada","name":"Ada","email":"ada@example.com"}}"#;

/// Handles requests to the origins of fake services, and passes all others on.
const FETCH: &str = r#"
    if (!window.services) {
        window.services = {};
        const realFetch = window.fetch;
        window.fetch = async (request, init) => {
            const url = new URL(request.url ?? request, document.baseURI);
            const service = window.services[url.origin];
            if (!service) return realFetch(request, init);
            if (!(request instanceof Request)) request = new Request(request, init);
            const endpoint = url.pathname.replace("/api/auth/", "");
            service.requests.push(`${request.method} ${endpoint} ${request.credentials}`);
            service.lastSignal = request.signal;
            service.caches.push(request.cache);
            const response = service.responses[endpoint];
            while (service.held.has(endpoint)) await new Promise((next) => setTimeout(next, 1));
            if (!response) throw new TypeError("Failed to fetch");
            const [status, type, body] = response;
            return new Response(body, { status, headers: { "content-type": type } });
        };
    }
"#;

/// A fake service. Its endpoints are unreachable until they get a response. Each service has its
/// own origin, so that clients of other tests do not reach it.
pub struct FakeAuthService {
    origin: String,
    /// The service's object in the page.
    state: JsValue,
}

impl FakeAuthService {
    pub fn start() -> Self {
        static STARTED: AtomicUsize = AtomicUsize::new(0);
        let origin = format!("https://auth-{}.example", STARTED.fetch_add(1, Ordering::Relaxed));
        let script = format!(
            "{FETCH} services['{origin}'] = {{ requests: [], caches: [], responses: {{}}, held: new Set() }};"
        );
        let state = js_sys::eval(&script).expect("the script is valid");
        Self { origin, state }
    }

    /// The origin to pass to [`BetterAuth::new`].
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// Responds to requests to `endpoint` from now on.
    pub fn respond(&self, endpoint: &str, status: u16, body: &str) {
        self.respond_with_type(endpoint, status, "application/json", body);
    }

    pub fn respond_with_type(&self, endpoint: &str, status: u16, content_type: &str, body: &str) {
        self.set_response(endpoint, &Array::of3(&status.into(), &content_type.into(), &body.into()));
    }

    /// Lets requests to `endpoint` fail from now on, as without a network.
    pub fn disconnect(&self, endpoint: &str) {
        self.set_response(endpoint, &JsValue::NULL);
    }

    fn set_response(&self, endpoint: &str, response: &JsValue) {
        Reflect::set(&self.get("responses"), &endpoint.into(), response).expect("an object takes fields");
    }

    /// Delays the responses of `endpoint` until [`release`](Self::release).
    pub fn hold(&self, endpoint: &str) {
        self.held().add(&endpoint.into());
    }

    pub fn release(&self, endpoint: &str) {
        self.held().delete(&endpoint.into());
    }

    fn held(&self) -> Set {
        self.get("held").unchecked_into()
    }

    /// The requests so far: method, endpoint and credentials.
    pub fn requests(&self) -> Vec<String> {
        Array::from(&self.get("requests")).iter().filter_map(|request| request.as_string()).collect()
    }

    /// Whether the last request was aborted.
    pub fn was_aborted(&self) -> bool {
        let signal = self.get("lastSignal");
        Reflect::get(&signal, &"aborted".into()).expect("there was a request").is_truthy()
    }

    /// The cache mode of each request.
    pub fn caches(&self) -> Vec<String> {
        Array::from(&self.get("caches")).iter().filter_map(|mode| mode.as_string()).collect()
    }

    /// Runs the early start of a page that sends GET requests to these endpoints. Its socket never
    /// opens.
    pub fn start_early(&self, endpoints: &[&str]) {
        let requests: Vec<String> =
            endpoints.iter().map(|endpoint| format!("{}/api/auth/{endpoint}", self.origin)).collect();
        let configuration = format!("https://unused.test {}", requests.join(" "));
        let script = convex_leptos::EARLY_START_SCRIPT;
        js_sys::eval(&format!(
            "{{
                const meta = document.createElement('meta');
                Object.assign(meta, {{ name: 'convex-early-start', content: {configuration:?} }});
                const script = document.createElement('script');
                script.textContent = {script:?};
                const real = window.WebSocket;
                window.WebSocket = class extends EventTarget {{ close() {{}} }};
                document.head.append(meta, script);
                window.WebSocket = real;
                meta.remove();
                script.remove();
            }}"
        ))
        .expect("the script is valid");
    }

    /// The number of requests for the session.
    pub fn session_requests(&self) -> usize {
        self.requests().iter().filter(|request| request.contains("get-session")).count()
    }

    fn get(&self, field: &str) -> JsValue {
        Reflect::get(&self.state, &field.into()).expect("the script set it")
    }
}

pub struct AuthPage {
    pub page: Page,
    pub auth: BetterAuth,
    pub client: ConvexClient,
}

/// A page with a client that follows the service, and shows the auth state.
pub fn auth_page(fake: &FakeDeployment, service: &FakeAuthService) -> AuthPage {
    let (fake, origin) = (fake.clone(), service.origin().to_owned());
    let handles = StoredValue::new(None);
    let page = Page::show(move || {
        let client = client(&fake);
        let auth = BetterAuth::new(origin);
        handles.set_value(Some((auth, client)));
        client.set_auth(auth);
        let state = client.use_auth();
        move || match state.state() {
            AuthState::Loading { .. } => "loading".to_owned(),
            AuthState::Authenticated { .. } => {
                format!("in: {}", auth.user().map(|user| user.name).unwrap_or_default())
            }
            AuthState::Unauthenticated { reason: UnauthenticatedReason::SignedOut } => "out".to_owned(),
            AuthState::Unauthenticated { reason } => reason.to_string(),
        }
    });
    let (auth, client) = handles.get_value().expect("the page was built");
    AuthPage { page, auth, client }
}

/// The response of `convex/token` when this user is signed in.
pub fn token(fake: &FakeDeployment, user: &str) -> String {
    format!(r#"{{"token":"{}"}}"#, fake.token(user).expose())
}
