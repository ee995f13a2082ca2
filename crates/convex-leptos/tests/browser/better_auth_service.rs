//! Better Auth, played by the page's `fetch`; and a page that follows it.

use crate::stage::{Page, client};
use convex_leptos::{AuthState, BetterAuth, ConvexClient, UnauthenticatedReason};
use convex_testkit_web::FakeDeployment;
use leptos::prelude::*;
use wasm_bindgen::JsValue;

/// The answer to `get-session` where Ada is signed in.
pub const SIGNED_IN: &str =
    r#"{"session":{"id":"s1","userId":"ada"},"user":{"id":"ada","name":"Ada","email":"ada@example.com"}}"#;
pub const BASE: &str = "https://auth.example";

/// Answers what is asked of [`BASE`], and of nothing else.
const FETCH: &str = r#"
    if (!window.realFetch) {
        window.realFetch = window.fetch;
        window.fetch = async (request, init) => {
            const url = new URL(request.url ?? request);
            if (url.origin !== "https://auth.example") return window.realFetch(request, init);
            const endpoint = url.pathname.replace("/api/auth/", "");
            window.asked.push(`${request.method} ${endpoint} ${request.credentials}`);
            window.lastSignal = request.signal;
            const answer = window.answers[endpoint];
            while (window.held.has(endpoint)) await new Promise((next) => setTimeout(next, 1));
            if (!answer) throw new TypeError("Failed to fetch");
            const [status, type, body] = answer;
            return new Response(body, { status, headers: { "content-type": type } });
        };
    }
    window.asked = [];
    window.answers = {};
    window.held = new Set();
"#;

/// What answers; nothing does until it is told.
pub struct Service;

impl Service {
    pub fn start() -> Self {
        js_sys::eval(FETCH).expect("the script is right");
        Self
    }

    pub fn answer(&self, endpoint: &str, status: u16, body: &str) {
        self.answer_as(endpoint, status, "application/json", body);
    }

    pub fn answer_as(&self, endpoint: &str, status: u16, content: &str, body: &str) {
        let answer = js_sys::Array::of3(&status.into(), &content.into(), &body.into());
        js_sys::Reflect::set(&global("answers"), &endpoint.into(), &answer).expect("answers is an object");
    }

    pub fn fall_silent(&self, endpoint: &str) {
        js_sys::Reflect::set(&global("answers"), &endpoint.into(), &JsValue::NULL)
            .expect("answers is an object");
    }

    /// From now on its answers at this endpoint are on their way, but do not arrive until they are [released](Self::release).
    pub fn hold(&self, endpoint: &str) {
        js_sys::eval(&format!("held.add('{endpoint}')")).expect("the script set it");
    }

    pub fn release(&self, endpoint: &str) {
        js_sys::eval(&format!("held.delete('{endpoint}')")).expect("the script set it");
    }

    /// What it was asked: the method, the endpoint and the credentials.
    pub fn asked(&self) -> Vec<String> {
        js_sys::Array::from(&global("asked")).iter().filter_map(|asked| asked.as_string()).collect()
    }

    /// Whether the last one who asked has given up.
    pub fn was_left(&self) -> bool {
        js_sys::eval("lastSignal.aborted").expect("it was asked").is_truthy()
    }

    /// How often it was asked who is signed in.
    pub fn asked_who(&self) -> usize {
        self.asked().iter().filter(|asked| asked.contains("get-session")).count()
    }
}

fn global(name: &str) -> JsValue {
    js_sys::Reflect::get(&js_sys::global(), &name.into()).expect("the script set it")
}

pub struct Setting {
    pub page: Page,
    pub auth: BetterAuth,
    pub client: ConvexClient,
}

/// A page that says what the client says of who is signed in.
pub fn setting(fake: &FakeDeployment) -> Setting {
    let fake = fake.clone();
    let made = StoredValue::new(None);
    let page = Page::show(move || {
        let client = client(&fake);
        let auth = BetterAuth::new(BASE);
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
