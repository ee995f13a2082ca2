//! What can be turned while the server runs: how slow it is, how long its tokens live, which of its
//! parts fail.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};
use tokio::sync::watch;

/// The positions of all knobs; as JSON what `GET /api/dev/knobs` answers and, any part of it, what
/// `POST` takes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Knobs {
    /// How long everything takes *one way*: each frame of a socket, each HTTP request and its
    /// answer, the socket's handshake.
    pub latency_ms: u64,
    /// How much longer the token endpoint takes.
    pub token_delay_ms: u64,
    /// How long tokens live that are issued from now on. Below -5 they are expired beyond the
    /// deployment's leeway.
    pub token_lifetime_secs: i64,
    /// What the token endpoint answers.
    pub token_endpoint: TokenEndpoint,
    /// Which tokens the deployment rejects although they are good.
    pub reject_tokens: RejectTokens,
    /// Whether the deployment can load the key set that tokens are verified with.
    pub key_set: KeySet,
    /// Whether the deployment redacts, as production deployments do: no log lines, error messages
    /// without details.
    pub redact: bool,
    /// Whether the network between clients and this server is there.
    pub network: NetworkState,
    /// Whether each frame of a client is answered by itself, as by a server that has nothing else
    /// to do. Otherwise one transition answers all frames that are at hand, as under load, and how
    /// many there are is up to chance.
    pub answer_singly: bool,
}

/// What `GET /api/auth/convex/token` answers to somebody who is signed in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum TokenEndpoint {
    /// A good token.
    Ok,
    /// Status 500.
    Failing,
    /// Nothing, until the knob is turned to something else.
    Hanging,
    /// A page, with status 200, as a misconfigured proxy does.
    Html,
    /// A well-signed token for another audience.
    WrongAudience,
}

/// Which good tokens the deployment rejects: `"none"`, `"all"`, or `{"next": 2}`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum RejectTokens {
    /// None.
    None,
    /// This many more, then none.
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
    /// It cannot: the service answers it with status 503.
    Unreachable,
}

/// What lies between clients and this server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum NetworkState {
    /// It carries everything.
    Up,
    /// As around a laptop that sleeps: sockets that were open are silent from now on, for good and
    /// without a goodbye; requests and new sockets are refused with status 503.
    Dead,
}

/// The knobs as they stand, shared by everything they turn.
#[derive(Debug, Clone)]
pub struct Panel(watch::Sender<Knobs>);

impl Panel {
    /// A panel with the knobs in these positions.
    pub fn new(knobs: Knobs) -> Self {
        Self(watch::Sender::new(knobs))
    }

    /// Where the knobs stand now.
    pub fn knobs(&self) -> Knobs {
        self.0.borrow().clone()
    }

    /// Turns the knobs that `changes` names and leaves the others.
    ///
    /// # Errors
    ///
    /// Where `changes` names a knob that there is not, or a position it does not have; then nothing
    /// is turned.
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

    /// Whether each frame is answered by itself, as it stands.
    pub(crate) fn answers_singly(&self) -> bool {
        self.0.borrow().answer_singly
    }

    /// Whether the deployment redacts, as it stands.
    pub(crate) fn redacts(&self) -> bool {
        self.0.borrow().redact
    }

    /// The one-way latency as it stands.
    pub(crate) fn latency(&self) -> Duration {
        Duration::from_millis(self.0.borrow().latency_ms)
    }

    /// Makes the network die or come back.
    pub(crate) fn set_network(&self, network: NetworkState) {
        self.0.send_modify(|knobs| knobs.network = network);
    }

    /// Waits for the network to be dead.
    pub(crate) async fn network_dead(&self) {
        let mut knobs = self.0.subscribe();
        let dead = knobs.wait_for(|knobs| knobs.network == NetworkState::Dead).await;
        dead.expect("the sender is `self`");
    }

    /// Waits for the token endpoint to be anything but hanging, and says what it is.
    pub(crate) async fn token_endpoint_that_answers(&self) -> TokenEndpoint {
        let mut knobs = self.0.subscribe();
        let answers = knobs.wait_for(|knobs| knobs.token_endpoint != TokenEndpoint::Hanging).await;
        answers.expect("the sender is `self`").token_endpoint
    }

    /// Whether the token at hand is one to be rejected; counts it if so.
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

    fn panel() -> Panel {
        Panel::new(Knobs {
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

    fn turn(panel: &Panel, changes: Json) -> Result<Knobs, serde_json::Error> {
        panel.turn(changes.as_object().unwrap().clone())
    }

    #[test]
    fn turning_one_knob_leaves_the_others() {
        let panel = panel();
        turn(&panel, json!({ "latencyMs": 80 })).unwrap();
        turn(&panel, json!({ "tokenEndpoint": "wrongAudience" })).unwrap();
        let knobs = panel.knobs();
        assert_eq!((knobs.latency_ms, knobs.token_endpoint), (80, TokenEndpoint::WrongAudience));
        assert_eq!(knobs.token_lifetime_secs, 300);
    }

    #[test]
    fn a_knob_that_is_not_there_is_named() {
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
    fn all_tokens_are_rejected_until_the_knob_is_turned_back() {
        let panel = panel();
        turn(&panel, json!({ "rejectTokens": "all" })).unwrap();
        assert_eq!([(); 3].map(|()| panel.rejects_this_token()), [true; 3]);
        turn(&panel, json!({ "rejectTokens": "none" })).unwrap();
        assert!(!panel.rejects_this_token());
    }
}
