//! Summaries of frames for the timeline, without tokens and query results.

use super::model::{QueryIdentity, ReceivedFrame, SentFrame};
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

/// Summarizes a frame to the server; `None` if it is invalid.
pub fn sent(text: &str) -> Option<SentFrame> {
    let frame: ClientFrame = serde_json::from_str(text).ok()?;
    Some(match frame.kind.as_str() {
        "Connect" => SentFrame::Connect,
        "Authenticate" => SentFrame::Authenticate { with_token: frame.token_type.as_deref() != Some("None") },
        "ModifyQuerySet" => {
            let added = frame.modifications.iter().filter(|change| change.kind == "Add").count();
            SentFrame::ModifyQuerySet { added, removed: frame.modifications.len() - added }
        }
        "Mutation" => SentFrame::Mutation { function: frame.udf_path.unwrap_or_default() },
        _ => SentFrame::Other { kind: frame.kind },
    })
}

/// Summarizes a frame from the server; `None` for pings and invalid frames.
pub fn received(text: &str) -> Option<ReceivedFrame> {
    let frame: ServerFrame = serde_json::from_str(text).ok()?;
    Some(match frame.kind.as_str() {
        "Ping" => return None,
        "Transition" => {
            let lines = frame.modifications.iter().flat_map(|change| &change.log_lines);
            let mut ran_as: Vec<QueryIdentity> = Vec::new();
            for identity in lines.filter_map(|line| server_identity(line)) {
                if !ran_as.contains(&identity) {
                    ran_as.push(identity);
                }
            }
            let failed = frame.modifications.iter().filter(|change| change.kind == "QueryFailed").count();
            ReceivedFrame::Transition { ran_as, failed }
        }
        "MutationResponse" => ReceivedFrame::MutationResponse { success: frame.success == Some(true) },
        "AuthError" => ReceivedFrame::AuthError,
        "FatalError" => ReceivedFrame::FatalError,
        _ => ReceivedFrame::Other { kind: frame.kind },
    })
}

/// Reads the identity that the demo's functions log, as Convex's guide to debugging auth suggests.
fn server_identity(line: &str) -> Option<QueryIdentity> {
    let (_, identity) = line.split_once("'server identity' ")?;
    if identity.trim() == "null" {
        return Some(QueryIdentity::Anonymous);
    }
    Some(QueryIdentity::User(identity.trim().trim_matches('\'').to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_not_recorded() {
        let frame =
            sent(r#"{"type":"Authenticate","baseVersion":0,"tokenType":"User","value":"eyJ.secret"}"#);
        assert_eq!(frame, Some(SentFrame::Authenticate { with_token: true }));
    }

    #[test]
    fn log_lines_name_the_identity_of_queries() {
        let text = r#"{"type":"Transition","modifications":[
            {"type":"QueryFailed","queryId":0,"logLines":["[LOG] 'server identity' null"]},
            {"type":"QueryUpdated","queryId":1,"value":[],"logLines":["[LOG] 'server identity' 'Alice'"]}]}"#;
        let ran_as = vec![QueryIdentity::Anonymous, QueryIdentity::User("Alice".into())];
        assert_eq!(received(text), Some(ReceivedFrame::Transition { ran_as, failed: 1 }));
    }

    #[test]
    fn pings_and_invalid_frames_are_not_recorded() {
        assert_eq!(received(r#"{"type":"Ping"}"#), None);
        assert_eq!(received("<html>"), None);
    }
}
