//! The recording of a script, in the format that both players write.

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use std::collections::BTreeMap;

/// The results of a script.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Recording {
    /// The successive results of each subscription: `"loading"`, `{"value"}` or
    /// `{"error", "data"}`.
    pub queries: BTreeMap<String, Vec<Json>>,
    /// The successive results of the script's `together` subscriptions.
    pub together: Vec<Vec<Json>>,
    /// The outcome of each request, with the results of the subscriptions at that moment.
    pub requests: BTreeMap<String, RecordedRequest>,
    /// The requests in the order in which they settled.
    pub settled: Vec<String>,
    /// The successive values of "is a user authenticated".
    pub authenticated: Vec<bool>,
    /// The frames of each connection.
    pub connections: Vec<Vec<RecordedFrame>>,
}

/// A settled request.
#[derive(Debug, Serialize, Deserialize)]
pub struct RecordedRequest {
    /// `{"value"}`, `{"error", "data"}` or `"lost"`.
    pub outcome: Json,
    /// The results of all subscriptions when the request settled.
    pub results: BTreeMap<String, Json>,
}

/// A frame, as seen by the client.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RecordedFrame {
    Sent(Json),
    Received(Json),
}

/// How many connections have received a transition.
pub fn connections_with_transitions(connections: &[Vec<RecordedFrame>]) -> usize {
    let is_transition = |frame: &RecordedFrame| matches!(frame, RecordedFrame::Received(json) if json["type"] == "Transition");
    connections.iter().filter(|frames| frames.iter().any(is_transition)).count()
}
