//! What happened, and how it is told.

use std::fmt::Write as _;

use convex_sync::{AuthState, ConnectionState, FetchId, Time, TokenError};
use serde_json::Value as Json;

/// Something that happened between the two, in a story's words.
#[derive(Debug, Clone, PartialEq)]
pub enum PairEvent {
    /// A frame left the client.
    Sent(Json),
    /// A frame reached the client.
    Received(Json),
    /// A frame reached the client on a socket it has left for another.
    ReceivedLate(Json),
    /// The client dials.
    Dialed,
    /// The client leaves its socket.
    SocketLeft,
    /// The client fetches a token.
    FetchStarted {
        /// Which fetch it is.
        fetch: FetchId,
        /// Whether a cached token will not do.
        force: bool,
    },
    /// The client no longer wants the answer to a fetch.
    FetchDropped(FetchId),
    /// The provider answers a fetch, dropped or not.
    FetchAnswered(FetchId),
    /// The client says that this changed.
    Auth(AuthState, Option<TokenError>),
    /// The client says that this changed.
    Identity(u64),
    /// The client says that this changed.
    Connection(ConnectionState),
    /// The network breaks one socket or all of them.
    NetworkBreak,
    /// Anything else.
    Note(String),
}

/// The story as lines.
pub(super) fn trace(story: &[(Time, PairEvent)]) -> String {
    let mut told = String::new();
    for (time, happening) in story {
        let line = match happening {
            PairEvent::Sent(frame) => format!("→ {}", short(frame)),
            PairEvent::Received(frame) => format!("← {}", short(frame)),
            PairEvent::ReceivedLate(frame) => format!("← late: {}", short(frame)),
            PairEvent::Dialed => "· the client dials".to_owned(),
            PairEvent::SocketLeft => "· the client leaves the socket".to_owned(),
            PairEvent::FetchStarted { force, .. } => format!("· the client fetches a token, force: {force}"),
            PairEvent::FetchDropped(_) => "· the client drops the fetch".to_owned(),
            PairEvent::FetchAnswered(_) => "· the provider answers".to_owned(),
            PairEvent::Auth(auth, None) => format!("· auth: {auth:?}"),
            PairEvent::Auth(auth, Some(problem)) => format!("· auth: {auth:?} ({problem})"),
            PairEvent::Identity(identity) => format!("· identity {identity}"),
            PairEvent::Connection(connection) => format!("· connection: {connection:?}"),
            PairEvent::NetworkBreak => "· the network breaks".to_owned(),
            PairEvent::Note(note) => format!("· {note}"),
        };
        writeln!(told, "{:>12} {line}", time.to_string()).expect("a String takes everything");
    }
    told
}

pub(super) fn parse_or_string(text: &str) -> Json {
    serde_json::from_str(text).unwrap_or_else(|_| Json::String(text.to_owned()))
}

/// `Connect`, `Authenticate User`, …
pub(super) fn frame_type(frame: &Json) -> String {
    let name = frame["type"].as_str().unwrap_or("?");
    match frame["tokenType"].as_str() {
        Some(kind) => format!("{name} {kind}"),
        None => name.to_owned(),
    }
}

fn short(frame: &Json) -> String {
    let mut frame = frame.clone();
    if frame["tokenType"] != Json::Null {
        frame["value"] = "…".into();
    }
    frame.to_string().chars().take(200).collect()
}
