//! Better Auth, played by the page's `fetch`; and a page that follows it.

use crate::stage::{Page, client};
use convex_leptos::{AuthState, BetterAuth, ConvexClient, UnauthenticatedReason};
use convex_testkit_web::FakeDeployment;
use js_sys::{Array, Reflect, Set};
use leptos::prelude::*;
use std::sync::atomic::{AtomicUsize, Ordering};
use wasm_bindgen::{JsCast, JsValue};

/// The answer to `get-session` where Ada is signed in.
pub const SIGNED_IN: &str =
    r#"{"session":{"id":"s1","userId":"ada"},"user":{"id":"ada","name":"Ada","email":"ada@example.com"}}"#;

/// Answers what is asked of a service's origin, and of nothing else.
const FETCH: &str = r#"
    if (!window.services) {
        window.services = {};
        const realFetch = window.fetch;
        window.fetch = async (request, init) => {
            const url = new URL(request.url ?? request);
            const service = window.services[url.origin];
            if (!service) return realFetch(request, init);
            const endpoint = url.pathname.replace("/api/auth/", "");
            service.asked.push(`${request.method} ${endpoint} ${request.credentials}`);
            service.lastSignal = request.signal;
            const answer = service.answers[endpoint];
            while (service.held.has(endpoint)) await new Promise((next) => setTimeout(next, 1));
            if (!answer) throw new TypeError("Failed to fetch");
            const [status, type, body] = answer;
            return new Response(body, { status, headers: { "content-type": type } });
        };
    }
"#;

/// What answers; nothing does until it is told. Each has an origin of its own, where nobody asks
/// whom another test has left.
pub struct Service {
    origin: String,
    /// How the page knows it.
    state: JsValue,
}

impl Service {
    pub fn start() -> Self {
        static STARTED: AtomicUsize = AtomicUsize::new(0);
        let origin = format!("https://auth-{}.example", STARTED.fetch_add(1, Ordering::Relaxed));
        let script =
            format!("{FETCH} services['{origin}'] = {{ asked: [], answers: {{}}, held: new Set() }};");
        let state = js_sys::eval(&script).expect("the script is right");
        Self { origin, state }
    }

    /// What to make a [`BetterAuth`] of.
    pub fn origin(&self) -> &str {
        &self.origin
    }

    pub fn answer(&self, endpoint: &str, status: u16, body: &str) {
        self.answer_as(endpoint, status, "application/json", body);
    }

    pub fn answer_as(&self, endpoint: &str, status: u16, content: &str, body: &str) {
        self.set_answer(endpoint, &Array::of3(&status.into(), &content.into(), &body.into()));
    }

    pub fn fall_silent(&self, endpoint: &str) {
        self.set_answer(endpoint, &JsValue::NULL);
    }

    fn set_answer(&self, endpoint: &str, answer: &JsValue) {
        Reflect::set(&self.get("answers"), &endpoint.into(), answer).expect("an object takes fields");
    }

    /// From now on its answers at this endpoint are on their way, but do not arrive until they are
    /// [released](Self::release).
    pub fn hold(&self, endpoint: &str) {
        self.held().add(&endpoint.into());
    }

    pub fn release(&self, endpoint: &str) {
        self.held().delete(&endpoint.into());
    }

    fn held(&self) -> Set {
        self.get("held").unchecked_into()
    }

    /// What it was asked: the method, the endpoint and the credentials.
    pub fn asked(&self) -> Vec<String> {
        Array::from(&self.get("asked")).iter().filter_map(|asked| asked.as_string()).collect()
    }

    /// Whether the last one who asked has given up.
    pub fn was_left(&self) -> bool {
        let signal = self.get("lastSignal");
        Reflect::get(&signal, &"aborted".into()).expect("it was asked").is_truthy()
    }

    /// How often it was asked who is signed in.
    pub fn asked_who(&self) -> usize {
        self.asked().iter().filter(|asked| asked.contains("get-session")).count()
    }

    fn get(&self, field: &str) -> JsValue {
        Reflect::get(&self.state, &field.into()).expect("the script set it")
    }
}

pub struct Setting {
    pub page: Page,
    pub auth: BetterAuth,
    pub client: ConvexClient,
}

/// A page that says what the client says of who is signed in.
pub fn setting(fake: &FakeDeployment, service: &Service) -> Setting {
    let (fake, origin) = (fake.clone(), service.origin().to_owned());
    let made = StoredValue::new(None);
    let page = Page::show(move || {
        let client = client(&fake);
        let auth = BetterAuth::new(origin);
        made.set_value(Some((auth, client)));
        client.set_auth(auth);
        let state = client.use_auth().state;
        move || match state.get() {
            AuthState::Loading { .. } => "loading".to_owned(),
            AuthState::Authenticated { .. } => {
                format!("in: {}", auth.user().map(|user| user.name).unwrap_or_default())
            }
            AuthState::Unauthenticated { reason: UnauthenticatedReason::SignedOut } => "out".to_owned(),
            AuthState::Unauthenticated { reason } => reason.to_string(),
        }
    });
    let (auth, client) = made.get_value().expect("the page was built");
    Setting { page, auth, client }
}

/// The answer to `convex/token` where this person is signed in.
pub fn token(fake: &FakeDeployment, who: &str) -> String {
    format!(r#"{{"token":"{}"}}"#, fake.token(who).expose())
}
