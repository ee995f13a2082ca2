//! The dev server's settings (its *knobs*), over HTTP.

use crate::deployment::Deployment;
use gloo_net::http::{Request, Response};
use leptos::{prelude::*, task::spawn_local};
use serde::{Deserialize, Serialize};

/// The positions of the knobs that this page controls.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Knobs {
    /// One-way latency of all traffic.
    pub latency_ms: u32,
    /// Lifetime of tokens issued from now on.
    pub token_lifetime_secs: u32,
    /// How the token endpoint responds.
    pub token_endpoint: TokenEndpoint,
    /// Which valid tokens the deployment rejects.
    pub reject_tokens: RejectTokens,
}

/// A new position of one knob.
#[derive(Debug, Clone, Copy, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum KnobChange {
    LatencyMs(u32),
    TokenLifetimeSecs(u32),
    TokenEndpoint(TokenEndpoint),
    RejectTokens(RejectTokens),
}

/// How the token endpoint responds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum TokenEndpoint {
    Ok,
    Failing,
    Hanging,
    /// A response that this page does not offer.
    #[serde(other, skip_serializing)]
    Other,
}

/// Which valid tokens the deployment rejects.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum RejectTokens {
    None,
    Next(u32),
    All,
}

/// Whether the deployment has knobs, and their positions.
#[derive(Debug, Clone, PartialEq)]
pub enum DevServerState {
    /// The first request is pending.
    Loading,
    /// The deployment is a dev server with these knobs.
    Ready(Knobs),
    /// The deployment responds, but is not a dev server.
    NoKnobs,
    /// The deployment does not respond.
    Unreachable { reason: String },
}

/// The dev server behind the page.
#[derive(Debug, Clone, Copy)]
pub struct DevServer {
    url: StoredValue<String>,
    state: RwSignal<DevServerState>,
}

impl DevServer {
    /// A handle to the deployment, which requests its knobs.
    pub fn new(deployment: &Deployment) -> Self {
        let server = Self {
            url: StoredValue::new(format!("{}/api/dev", deployment.url)),
            state: RwSignal::new(DevServerState::Loading),
        };
        server.refresh();
        server
    }

    /// The state of the deployment's knobs.
    pub fn state(&self) -> RwSignal<DevServerState> {
        self.state
    }

    /// The knobs' positions, once they are known.
    pub fn knobs(&self) -> Option<Knobs> {
        self.state.with(|state| match state {
            DevServerState::Ready(knobs) => Some(knobs.clone()),
            _ => None,
        })
    }

    /// Whether the knobs cannot be set: still loading, unreachable, or not a dev server.
    pub fn has_no_knobs(&self) -> bool {
        self.state.with(|state| !matches!(state, DevServerState::Ready(_)))
    }

    /// Requests the knobs' positions.
    pub fn refresh(&self) {
        let server = *self;
        spawn_local(async move {
            let response = Request::get(&server.path("knobs")).send().await;
            server.state.set(read(response).await);
        });
    }

    /// Sets a knob.
    pub fn set(&self, change: KnobChange) {
        self.set_and_then(change, || ());
    }

    /// Sets a knob, then calls `next`.
    pub fn set_and_then(&self, change: KnobChange, next: impl FnOnce() + 'static) {
        let server = *self;
        spawn_local(async move {
            let response = match Request::post(&server.path("knobs")).json(&change) {
                Ok(request) => request.send().await,
                Err(error) => Err(error),
            };
            server.state.set(read(response).await);
            next();
        });
    }

    /// Drops all sockets, as a failing network does.
    pub fn drop_connections(&self) {
        let server = *self;
        spawn_local(async move {
            if let Err(error) = Request::post(&server.path("drop")).send().await {
                server.set_unreachable(error.to_string());
            }
        });
    }

    /// Records that the deployment does not respond.
    pub fn set_unreachable(&self, reason: String) {
        self.state.set(DevServerState::Unreachable { reason });
    }

    /// The URL of one of the dev server's controls.
    pub fn path(&self, control: &str) -> String {
        self.url.with_value(|url| format!("{url}/{control}"))
    }
}

async fn read(response: Result<Response, gloo_net::Error>) -> DevServerState {
    match response {
        Err(error) => DevServerState::Unreachable { reason: error.to_string() },
        Ok(response) if response.status() >= 500 => {
            DevServerState::Unreachable { reason: format!("it responds with status {}", response.status()) }
        }
        Ok(response) => response.json().await.map_or(DevServerState::NoKnobs, DevServerState::Ready),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn knobs_have_the_dev_servers_json_form() {
        let json = |change| serde_json::to_value(change).expect("a change is JSON");
        assert_eq!(
            json(KnobChange::TokenEndpoint(TokenEndpoint::Hanging)),
            json!({ "tokenEndpoint": "hanging" })
        );
        assert_eq!(
            json(KnobChange::RejectTokens(RejectTokens::Next(2))),
            json!({ "rejectTokens": { "next": 2 } })
        );
        let knobs =
            json!({ "latencyMs": 0, "tokenLifetimeSecs": 5, "tokenEndpoint": "html", "rejectTokens": "all" });
        let knobs: Knobs = serde_json::from_value(knobs).expect("knobs");
        assert_eq!((knobs.token_endpoint, knobs.reject_tokens), (TokenEndpoint::Other, RejectTokens::All));
    }
}
