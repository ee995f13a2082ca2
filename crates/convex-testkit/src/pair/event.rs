//! The events of a pair, and their text form.

use std::fmt::Write as _;

use convex_sync::{AuthState, ConnectionState, FetchId, Time, TokenError};
use serde_json::Value as Json;

/// An event between the client, the server and the provider.
#[derive(Debug, Clone, PartialEq)]
pub enum PairEvent {
    /// The client sent a frame.
    Sent(Json),
    /// The client received a frame.
    Received(Json),
    /// A frame arrived on a socket that the client has left for another.
    ReceivedLate(Json),
    /// The client dialled.
    Dialed,
    /// The client left its socket.
    SocketLeft,
    /// The client started a token fetch.
    FetchStarted {
        /// Its id.
        fetch: FetchId,
        /// Whether a cached token must not be returned.
        force: bool,
    },
    /// The client dropped a token fetch.
    FetchDropped(FetchId),
    /// The provider answered a token fetch, which may have been dropped.
    FetchAnswered(FetchId),
    /// The client reported its auth state.
    Auth(AuthState, Option<TokenError>),
    /// The client reported the number of its identity.
    Identity(u64),
    /// The client reported its connection state.
    Connection(ConnectionState),
    /// The network broke one socket or all of them.
    NetworkBreak,
    /// Anything else.
    Note(String),
}

/// The events as lines.
pub(super) fn trace(story: &[(Time, PairEvent)]) -> String {
    let mut text = String::new();
    for (time, event) in story {
        let line = match event {
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
        writeln!(text, "{:>12} {line}", time.to_string()).expect("writing to a String succeeds");
    }
    text
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
