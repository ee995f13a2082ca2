//! Frames of a server, as JSON.

use serde_json::{Value as Json, json};

/// The start version of every connection.
pub fn first_version() -> Json {
    json!({ "querySet": 0, "identity": 0, "ts": "AAAAAAAAAAA=" })
}

/// `version` with another query set.
pub fn with_query_set(version: &Json, query_set: u32) -> Json {
    let mut version = version.clone();
    version["querySet"] = json!(query_set);
    version
}

/// Keeps a socket alive, but answers nothing.
pub const PING: &str = r#"{"type":"Ping"}"#;

/// A transition without modifications.
pub fn transition(start: &Json, end: &Json) -> String {
    json!({ "type": "Transition", "startVersion": start, "endVersion": end, "modifications": [] }).to_string()
}

/// The response to the client's first mutation, which succeeded with the result 1.
pub fn mutation_succeeded(ts: &Json) -> String {
    json!({ "type": "MutationResponse", "requestId": 0, "success": true, "result": 1, "ts": ts, "logLines": [] })
        .to_string()
}

/// An `AuthError`. `update_attempted`: the server rejected a token that was sent; otherwise the
/// token in use expired.
pub fn auth_error(error: &str, base_version: u32, update_attempted: bool) -> String {
    json!({
        "type": "AuthError", "error": error, "baseVersion": base_version, "authUpdateAttempted": update_attempted,
    })
    .to_string()
}

/// A part of a transition that is sent in `total` parts.
pub fn chunk(part: &str, number: usize, total: usize, id: &str) -> String {
    json!({
        "type": "TransitionChunk", "chunk": part, "partNumber": number, "totalParts": total, "transitionId": id,
    })
    .to_string()
}
