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
    /// What the token endpoint answers.
    pub token_endpoint: TokenEndpoint,
    /// Which good tokens the deployment rejects.
    pub reject_tokens: RejectTokens,
}

/// A turn of one knob.
#[derive(Debug, Clone, Copy, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Turn {
    LatencyMs(u32),
    TokenLifetimeSecs(u32),
    TokenEndpoint(TokenEndpoint),
    RejectTokens(RejectTokens),
}

/// What the token endpoint answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum TokenEndpoint {
    Ok,
    Failing,
    Hanging,
    /// Something else, which this page does not choose.
    #[serde(other, skip_serializing)]
    Other,
}

/// Which good tokens the deployment rejects.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum RejectTokens {
    None,
    Next(u32),
    All,
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

    /// Whether it has no knobs to turn, as far as is known.
    pub fn cannot_be_turned(&self) -> bool {
        self.state.with(|state| !matches!(state, DevServerState::Turnable(_)))
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
        self.turn_and_then(turn, || ());
    }

    /// Turns a knob, and goes on once that has happened.
    pub fn turn_and_then(&self, turn: Turn, next: impl FnOnce() + 'static) {
        let server = *self;
        spawn_local(async move {
            let answer = match Request::post(&server.path("knobs")).json(&turn) {
                Ok(request) => request.send().await,
                Err(error) => Err(error),
            };
            server.state.set(read(answer).await);
            next();
        });
    }

    /// Drops all sockets, as a network does that goes away.
    pub fn drop_connections(&self) {
        let server = *self;
        spawn_local(async move {
            if let Err(error) = Request::post(&server.path("drop")).send().await {
                server.set_unreachable(error.to_string());
            }
        });
    }

    /// It does not answer.
    pub fn set_unreachable(&self, reason: String) {
        self.state.set(DevServerState::Unreachable { reason });
    }

    /// The address of one of its controls.
    pub fn path(&self, what: &str) -> String {
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

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn positions_are_written_and_read_as_the_server_does() {
        let turn = |turn| serde_json::to_value(turn).expect("a turn is JSON");
        assert_eq!(turn(Turn::TokenEndpoint(TokenEndpoint::Hanging)), json!({ "tokenEndpoint": "hanging" }));
        assert_eq!(turn(Turn::RejectTokens(RejectTokens::Next(2))), json!({ "rejectTokens": { "next": 2 } }));
        let knobs =
            json!({ "latencyMs": 0, "tokenLifetimeSecs": 5, "tokenEndpoint": "html", "rejectTokens": "all" });
        let knobs: Knobs = serde_json::from_value(knobs).expect("knobs");
        assert_eq!((knobs.token_endpoint, knobs.reject_tokens), (TokenEndpoint::Other, RejectTokens::All));
    }
}
