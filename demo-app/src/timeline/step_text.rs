//! The texts for the steps of a timeline.

use super::model::{DeviceState, QueryIdentity, ReceivedFrame, Screen, SentFrame, Step, TokenOutcome};
use std::fmt;

/// Describes a step in one line.
pub fn describe(step: &Step) -> String {
    match step {
        Step::SessionKnown { signed_in: true } => "session: signed in".into(),
        Step::SessionKnown { signed_in: false } => "session: signed out".into(),
        Step::Dialled => "socket dialled".into(),
        Step::Opened => "socket open".into(),
        Step::Closed { code, reason } if reason.is_empty() => format!("socket closed ({code})"),
        Step::Closed { code, reason } => format!("socket closed ({code}: {reason})"),
        Step::TokenRequested { forced: true, .. } => "token requested (forced)".into(),
        Step::TokenRequested { forced: false, .. } => "token requested".into(),
        Step::TokenFetched { outcome, .. } => format!("token fetch: {outcome}"),
        Step::Sent(frame) => format!("sent {frame}"),
        Step::Received(frame) => format!("received {frame}"),
        Step::Shown(screen) => format!("on screen: {screen}"),
        Step::Device(DeviceState::Asleep) => "asleep".into(),
        Step::Device(DeviceState::Offline) => "awake, without network".into(),
        Step::Device(DeviceState::Awake) => "network back".into(),
    }
}

impl fmt::Display for TokenOutcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Token => f.write_str("succeeded"),
            Self::SignedOut => f.write_str("signed out"),
            Self::Failed { reason } => write!(f, "failed: {reason}"),
        }
    }
}

impl fmt::Display for SentFrame {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Connect => f.write_str("Connect"),
            Self::Authenticate { with_token: true } => f.write_str("Authenticate with a token"),
            Self::Authenticate { with_token: false } => f.write_str("Authenticate as anonymous"),
            Self::ModifyQuerySet { added, removed } => {
                write!(f, "ModifyQuerySet: {added} added, {removed} removed")
            }
            Self::Mutation { function } => write!(f, "Mutation {function}"),
            Self::Other { kind } => f.write_str(kind),
        }
    }
}

impl fmt::Display for ReceivedFrame {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Transition { ran_as, failed } => {
                f.write_str("Transition")?;
                for identity in ran_as {
                    write!(f, ", queries ran as {identity}")?;
                }
                if *failed > 0 { write!(f, ", {failed} failed") } else { Ok(()) }
            }
            Self::MutationResponse { success: true } => f.write_str("MutationResponse"),
            Self::MutationResponse { success: false } => f.write_str("MutationResponse: failed"),
            Self::AuthError => f.write_str("AuthError: the token was rejected"),
            Self::FatalError => f.write_str("FatalError"),
            Self::Other { kind } => f.write_str(kind),
        }
    }
}

impl fmt::Display for QueryIdentity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Anonymous => f.write_str("anonymous"),
            Self::User(name) => f.write_str(name),
        }
    }
}

impl fmt::Display for Screen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Loading => "loading",
            Self::SignedOut => "signed out",
            Self::Error => "error",
            Self::Data => "data",
        })
    }
}
