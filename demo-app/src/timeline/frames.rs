//! Reads of a frame what the timeline shows, and nothing else: no token, no value of a query.

use super::model::{RanAs, Received, Sent};
use serde::Deserialize;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ClientFrame {
    #[serde(rename = "type")]
    kind: String,
    token_type: Option<String>,
    udf_path: Option<String>,
    #[serde(default)]
    modifications: Vec<QuerySetChange>,
}

#[derive(Deserialize)]
struct QuerySetChange {
    #[serde(rename = "type")]
    kind: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ServerFrame {
    #[serde(rename = "type")]
    kind: String,
    success: Option<bool>,
    #[serde(default)]
    modifications: Vec<QueryChange>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct QueryChange {
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    log_lines: Vec<String>,
}

/// What a frame to the server says; `None` where it cannot be read.
pub fn sent(text: &str) -> Option<Sent> {
    let frame: ClientFrame = serde_json::from_str(text).ok()?;
    Some(match frame.kind.as_str() {
        "Connect" => Sent::Connect,
        "Authenticate" => Sent::Authenticate { with_token: frame.token_type.as_deref() != Some("None") },
        "ModifyQuerySet" => {
            let added = frame.modifications.iter().filter(|change| change.kind == "Add").count();
            Sent::ModifyQuerySet { added, removed: frame.modifications.len() - added }
        }
        "Mutation" => Sent::Mutation { function: frame.udf_path.unwrap_or_default() },
        _ => Sent::Other { kind: frame.kind },
    })
}

/// What a frame from the server says; `None` for pings and for what cannot be read.
pub fn received(text: &str) -> Option<Received> {
    let frame: ServerFrame = serde_json::from_str(text).ok()?;
    Some(match frame.kind.as_str() {
        "Ping" => return None,
        "Transition" => {
            let lines = frame.modifications.iter().flat_map(|change| &change.log_lines);
            let mut ran_as: Vec<RanAs> = Vec::new();
            for who in lines.filter_map(|line| server_identity(line)) {
                if !ran_as.contains(&who) {
                    ran_as.push(who);
                }
            }
            let failed = frame.modifications.iter().filter(|change| change.kind == "QueryFailed").count();
            Received::Transition { ran_as, failed }
        }
        "MutationResponse" => Received::MutationResponse { success: frame.success == Some(true) },
        "AuthError" => Received::AuthError,
        "FatalError" => Received::FatalError,
        _ => Received::Other { kind: frame.kind },
    })
}

/// The demo's functions log the identity they run with, as Convex's debugging guide has people do.
fn server_identity(line: &str) -> Option<RanAs> {
    let (_, identity) = line.split_once("'server identity' ")?;
    if identity.trim() == "null" {
        return Some(RanAs::Nobody);
    }
    Some(RanAs::Person(identity.trim().trim_matches('\'').to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_not_kept() {
        let frame =
            sent(r#"{"type":"Authenticate","baseVersion":0,"tokenType":"User","value":"eyJ.secret"}"#);
        assert_eq!(frame, Some(Sent::Authenticate { with_token: true }));
    }

    #[test]
    fn log_lines_tell_as_whom_the_queries_ran() {
        let text = r#"{"type":"Transition","modifications":[
            {"type":"QueryFailed","queryId":0,"logLines":["[LOG] 'server identity' null"]},
            {"type":"QueryUpdated","queryId":1,"value":[],"logLines":["[LOG] 'server identity' 'Alice'"]}]}"#;
        let ran_as = vec![RanAs::Nobody, RanAs::Person("Alice".into())];
        assert_eq!(received(text), Some(Received::Transition { ran_as, failed: 1 }));
    }

    #[test]
    fn pings_and_noise_are_not_recorded() {
        assert_eq!(received(r#"{"type":"Ping"}"#), None);
        assert_eq!(received("<html>"), None);
    }
}
