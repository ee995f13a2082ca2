//! Settings of a running server: its latency, the lifetime of its tokens, and which of its parts
//! fail.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};
use tokio::sync::watch;

/// The settings. Their JSON is the response of `GET /api/dev/knobs`; `POST` takes any part of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Knobs {
    /// The *one-way* delay of each frame of a socket, each HTTP request, each response, and the
    /// socket's handshake.
    pub latency_ms: u64,
    /// An additional delay of the token endpoint.
    pub token_delay_ms: u64,
    /// The lifetime of new tokens. Below -5, they are expired even with the deployment's leeway.
    pub token_lifetime_secs: i64,
    /// The response of the token endpoint.
    pub token_endpoint: TokenEndpoint,
    /// Which valid tokens the deployment rejects.
    pub reject_tokens: RejectTokens,
    /// Whether the deployment can load the key set that verifies tokens.
    pub key_set: KeySet,
    /// Whether the deployment redacts, as production deployments do: no log lines, error messages
    /// without details.
    pub redact: bool,
    /// Whether the network between clients and this server works.
    pub network: NetworkState,
    /// Whether each frame of a client is answered individually, as by an idle server. Otherwise one
    /// transition answers all frames that have arrived, as under load, and their number is up to
    /// chance.
    pub answer_singly: bool,
}

/// The response of `GET /api/auth/convex/token` to a signed-in user.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum TokenEndpoint {
    /// A valid token.
    Ok,
    /// Status 500.
    Failing,
    /// No response, until the knob changes.
    Hanging,
    /// An HTML page with status 200, as from a misconfigured proxy.
    Html,
    /// A correctly signed token for another audience.
    WrongAudience,
}

/// Which valid tokens the deployment rejects: `"none"`, `"all"`, or `{"next": 2}`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum RejectTokens {
    /// None.
    None,
    /// The next ones, this many.
    Next(u32),
    /// All.
    All,
}

/// Whether the deployment can load the identity service's key set. If it cannot, it rejects every
/// token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum KeySet {
    /// It can.
    Reachable,
    /// It cannot: the service responds with status 503.
    Unreachable,
}

/// The network between clients and this server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum NetworkState {
    /// It carries everything.
    Up,
    /// As around a sleeping laptop: open sockets stay silent forever, without a close frame;
    /// requests and new sockets fail with status 503.
    Dead,
}

/// The settings, shared by the parts that they control.
#[derive(Debug, Clone)]
pub struct KnobPanel(watch::Sender<Knobs>);

impl KnobPanel {
    /// A panel with these settings.
    pub fn new(knobs: Knobs) -> Self {
        Self(watch::Sender::new(knobs))
    }

    /// The current settings.
    pub fn knobs(&self) -> Knobs {
        self.0.borrow().clone()
    }

    /// Changes the settings in `changes`; the others stay.
    ///
    /// # Errors
    ///
    /// `changes` contains an unknown setting or value. Nothing is changed then.
    pub fn turn(&self, changes: Map<String, Json>) -> Result<Knobs, serde_json::Error> {
        let mut outcome = Ok(());
        self.0.send_if_modified(|knobs| match merged(knobs, changes) {
            Ok(turned) => {
                *knobs = turned;
                true
            }
            Err(error) => {
                outcome = Err(error);
                false
            }
        });
        outcome.map(|()| self.knobs())
    }

    /// Whether each frame is answered individually.
    pub(crate) fn answers_singly(&self) -> bool {
        self.0.borrow().answer_singly
    }

    /// Whether the deployment redacts.
    pub(crate) fn redacts(&self) -> bool {
        self.0.borrow().redact
    }

    /// The current one-way latency.
    pub(crate) fn latency(&self) -> Duration {
        Duration::from_millis(self.0.borrow().latency_ms)
    }

    /// Kills or restores the network.
    pub(crate) fn set_network(&self, network: NetworkState) {
        self.0.send_modify(|knobs| knobs.network = network);
    }

    /// Waits until the network is dead.
    pub(crate) async fn network_dead(&self) {
        let mut knobs = self.0.subscribe();
        let dead = knobs.wait_for(|knobs| knobs.network == NetworkState::Dead).await;
        dead.expect("`self` is the sender");
    }

    /// Waits until the token endpoint does not hang, and returns its state.
    pub(crate) async fn token_endpoint_that_answers(&self) -> TokenEndpoint {
        let mut knobs = self.0.subscribe();
        let answers = knobs.wait_for(|knobs| knobs.token_endpoint != TokenEndpoint::Hanging).await;
        answers.expect("`self` is the sender").token_endpoint
    }

    /// Whether to reject the token being verified. Counts it.
    pub(crate) fn rejects_this_token(&self) -> bool {
        self.0.send_if_modified(|knobs| match knobs.reject_tokens {
            RejectTokens::None => false,
            RejectTokens::All => true,
            RejectTokens::Next(count) => {
                let left = count.saturating_sub(1);
                knobs.reject_tokens = if left == 0 { RejectTokens::None } else { RejectTokens::Next(left) };
                count > 0
            }
        })
    }
}

fn merged(knobs: &Knobs, changes: Map<String, Json>) -> Result<Knobs, serde_json::Error> {
    let mut positions = serde_json::to_value(knobs)?;
    if let Json::Object(positions) = &mut positions {
        positions.extend(changes);
    }
    serde_json::from_value(positions)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn panel() -> KnobPanel {
        KnobPanel::new(Knobs {
            latency_ms: 0,
            token_delay_ms: 0,
            token_lifetime_secs: 300,
            token_endpoint: TokenEndpoint::Ok,
            reject_tokens: RejectTokens::None,
            key_set: KeySet::Reachable,
            redact: false,
            network: NetworkState::Up,
            answer_singly: false,
        })
    }

    fn turn(panel: &KnobPanel, changes: Json) -> Result<Knobs, serde_json::Error> {
        panel.turn(changes.as_object().unwrap().clone())
    }

    #[test]
    fn changing_one_knob_keeps_the_others() {
        let panel = panel();
        turn(&panel, json!({ "latencyMs": 80 })).unwrap();
        turn(&panel, json!({ "tokenEndpoint": "wrongAudience" })).unwrap();
        let knobs = panel.knobs();
        assert_eq!((knobs.latency_ms, knobs.token_endpoint), (80, TokenEndpoint::WrongAudience));
        assert_eq!(knobs.token_lifetime_secs, 300);
    }

    #[test]
    fn unknown_knob_is_named_in_the_error() {
        let panel = panel();
        let error = turn(&panel, json!({ "latencyMs": 80, "latency": 1 })).unwrap_err();
        assert!(error.to_string().contains("unknown field `latency`"), "{error}");
        assert_eq!(panel.knobs().latency_ms, 0);
    }

    #[test]
    fn the_next_n_tokens_are_rejected() {
        let panel = panel();
        assert!(!panel.rejects_this_token());
        turn(&panel, json!({ "rejectTokens": { "next": 2 } })).unwrap();
        assert_eq!([(); 3].map(|()| panel.rejects_this_token()), [true, true, false]);
        assert_eq!(panel.knobs().reject_tokens, RejectTokens::None);
    }

    #[test]
    fn all_tokens_are_rejected_until_the_knob_is_reset() {
        let panel = panel();
        turn(&panel, json!({ "rejectTokens": "all" })).unwrap();
        assert_eq!([(); 3].map(|()| panel.rejects_this_token()), [true; 3]);
        turn(&panel, json!({ "rejectTokens": "none" })).unwrap();
        assert!(!panel.rejects_this_token());
    }
}
