//! The dev server's knobs, over HTTP.

use crate::deployment::Deployment;
use gloo_net::http::{Request, Response};
use leptos::{prelude::*, task::spawn_local};
use serde::{Deserialize, Serialize};

/// Where the knobs stand, as far as this page turns them.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Knobs {
    /// One way, of everything.
    pub latency_ms: u32,
    /// Of tokens issued from now on.
    pub token_lifetime_secs: u32,
    /// What the token endpoint answers: `ok`, `failing` and others.
    pub token_endpoint: String,
}

impl Knobs {
    /// Whether the token endpoint gives out no tokens.
    pub fn is_token_endpoint_broken(&self) -> bool {
        self.token_endpoint != "ok"
    }
}

/// A turn of one knob.
#[derive(Debug, Clone, Copy, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Turn {
    LatencyMs(u32),
    TokenLifetimeSecs(u32),
    TokenEndpoint(TokenEndpoint),
}

/// What the token endpoint shall answer.
#[derive(Debug, Clone, Copy, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum TokenEndpoint {
    Ok,
    Failing,
}

/// What is known about the deployment's knobs.
#[derive(Debug, Clone, PartialEq)]
pub enum DevServerState {
    /// It was not asked yet.
    Asking,
    /// It is a dev server, and its knobs stand so.
    Turnable(Knobs),
    /// It answers, but it has no knobs: it is no dev server.
    NoKnobs,
    /// It does not answer.
    Unreachable { reason: String },
}

/// The dev server behind the page.
#[derive(Debug, Clone, Copy)]
pub struct DevServer {
    url: StoredValue<String>,
    state: RwSignal<DevServerState>,
}

impl DevServer {
    /// Asks the deployment for its knobs.
    pub fn new(deployment: &Deployment) -> Self {
        let server = Self {
            url: StoredValue::new(format!("{}/api/dev", deployment.url)),
            state: RwSignal::new(DevServerState::Asking),
        };
        server.ask();
        server
    }

    /// What is known about it.
    pub fn state(&self) -> RwSignal<DevServerState> {
        self.state
    }

    /// Where its knobs stand, once that is known.
    pub fn knobs(&self) -> Option<Knobs> {
        self.state.with(|state| match state {
            DevServerState::Turnable(knobs) => Some(knobs.clone()),
            _ => None,
        })
    }

    /// Asks where the knobs stand.
    pub fn ask(&self) {
        let server = *self;
        spawn_local(async move {
            let answer = Request::get(&server.path("knobs")).send().await;
            server.state.set(read(answer).await);
        });
    }

    /// Turns a knob.
    pub fn turn(&self, turn: Turn) {
        let server = *self;
        spawn_local(async move {
            let answer = match Request::post(&server.path("knobs")).json(&turn) {
                Ok(request) => request.send().await,
                Err(error) => Err(error),
            };
            server.state.set(read(answer).await);
        });
    }

    /// Drops all sockets, as a network does that goes away.
    pub fn drop_connections(&self) {
        let server = *self;
        spawn_local(async move {
            if let Err(error) = Request::post(&server.path("drop")).send().await {
                server.state.set(DevServerState::Unreachable { reason: error.to_string() });
            }
        });
    }

    fn path(&self, what: &str) -> String {
        self.url.with_value(|url| format!("{url}/{what}"))
    }
}

async fn read(answer: Result<Response, gloo_net::Error>) -> DevServerState {
    match answer {
        Err(error) => DevServerState::Unreachable { reason: error.to_string() },
        Ok(response) if response.status() >= 500 => {
            DevServerState::Unreachable { reason: format!("it answers with status {}", response.status()) }
        }
        Ok(response) => response.json().await.map_or(DevServerState::NoKnobs, DevServerState::Turnable),
    }
}
