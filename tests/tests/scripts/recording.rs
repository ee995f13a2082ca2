//! What came of a script: what both players write down in the same words.

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use std::collections::BTreeMap;

/// What came of a script.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Recording {
    /// What every subscription showed, one thing after another: `"loading"`, `{"value"}` or
    /// `{"error", "data"}`.
    pub queries: BTreeMap<String, Vec<Json>>,
    /// What the subscriptions that the script looks at together showed, one thing after another.
    pub together: Vec<Vec<Json>>,
    /// How every request ended, `{"value"}`, `{"error", "data"}` or `"lost"`, and what the
    /// subscriptions showed at that moment.
    pub requests: BTreeMap<String, Settled>,
    /// The requests in the order in which they ended.
    pub settled: Vec<String>,
    /// Whether somebody was signed in, one answer after another.
    pub authenticated: Vec<bool>,
    /// What went over every connection.
    pub connections: Vec<Vec<Frame>>,
}

/// How a request ended.
#[derive(Debug, Serialize, Deserialize)]
pub struct Settled {
    pub outcome: Json,
    pub shown: BTreeMap<String, Json>,
}

/// A frame.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Frame {
    Sent(Json),
    Received(Json),
}

/// How many connections have brought a transition.
pub fn answered(connections: &[Vec<Frame>]) -> usize {
    let is_transition =
        |frame: &Frame| matches!(frame, Frame::Received(json) if json["type"] == "Transition");
    connections.iter().filter(|frames| frames.iter().any(is_transition)).count()
}
