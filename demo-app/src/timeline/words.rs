//! The steps of a timeline in words.

use super::model::{Machine, RanAs, Received, Screen, Sent, Step, TokenOutcome};
use std::fmt;

/// A step in words.
pub fn describe(step: &Step) -> String {
    match step {
        Step::SessionKnown { signed_in: true } => "the identity service says: signed in".into(),
        Step::SessionKnown { signed_in: false } => "the identity service says: signed out".into(),
        Step::Dialled => "socket dialled".into(),
        Step::Opened => "socket open".into(),
        Step::Closed { code, reason } if reason.is_empty() => format!("socket closed ({code})"),
        Step::Closed { code, reason } => format!("socket closed ({code}: {reason})"),
        Step::TokenAsked { forced: true, .. } => "asked for a new token".into(),
        Step::TokenAsked { forced: false, .. } => "asked for a token".into(),
        Step::TokenAnswered { outcome, .. } => format!("answer: {outcome}"),
        Step::Sent(frame) => format!("sent {frame}"),
        Step::Received(frame) => format!("received {frame}"),
        Step::Shown(screen) => format!("on screen: {screen}"),
        Step::Machine(Machine::Asleep) => "asleep".into(),
        Step::Machine(Machine::Offline) => "awake, without a network".into(),
        Step::Machine(Machine::Awake) => "the network is back".into(),
    }
}

impl fmt::Display for TokenOutcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Token => f.write_str("a token"),
            Self::SignedOut => f.write_str("nobody is signed in"),
            Self::Failed { reason } => write!(f, "none: {reason}"),
        }
    }
}

impl fmt::Display for Sent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Connect => f.write_str("Connect"),
            Self::Authenticate { with_token: true } => f.write_str("Authenticate with the token"),
            Self::Authenticate { with_token: false } => f.write_str("Authenticate as nobody"),
            Self::ModifyQuerySet { added, removed } => {
                write!(f, "ModifyQuerySet: {added} added, {removed} removed")
            }
            Self::Mutation { function } => write!(f, "Mutation {function}"),
            Self::Other { kind } => f.write_str(kind),
        }
    }
}

impl fmt::Display for Received {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Transition { ran_as, failed } => {
                f.write_str("Transition")?;
                for who in ran_as {
                    write!(f, ", queries ran as {who}")?;
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

impl fmt::Display for RanAs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nobody => f.write_str("nobody"),
            Self::Person(name) => f.write_str(name),
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
