//! The texts for states and their reasons.

use convex_leptos::{AuthState, ConnectionState, UnauthenticatedReason, WaitingFor, sync::Time};

pub fn auth(auth: &AuthState) -> &'static str {
    match auth {
        AuthState::Loading { .. } => "loading",
        AuthState::Authenticated { refreshing: false } => "authenticated",
        AuthState::Authenticated { refreshing: true } => "refreshing",
        AuthState::Unauthenticated { .. } => "unauthenticated",
    }
}

pub fn auth_tone(word: &str) -> &'static str {
    match word {
        "authenticated" => "good",
        "unauthenticated" => "",
        _ => "wait",
    }
}

/// The reason of the state. `token_problem`: the reason of the last failed token fetch.
pub fn auth_reason(auth: &AuthState, token_problem: Option<&str>) -> String {
    match (auth, token_problem) {
        (AuthState::Loading { waiting_for: WaitingFor::Token, .. }, Some(problem)) => {
            format!("No token: {problem}. Retrying.")
        }
        (AuthState::Loading { waiting_for, .. }, _) => match waiting_for {
            WaitingFor::Provider => "Waiting for the identity service.".into(),
            WaitingFor::Token => "Waiting for a token.".into(),
            WaitingFor::Server => "Waiting for the server to confirm the token.".into(),
        },
        (AuthState::Authenticated { refreshing: true }, Some(problem)) => {
            format!(
                "The token is not valid, and fetching a new one fails: {problem}. The page does not change."
            )
        }
        (AuthState::Authenticated { refreshing: true }, None) => {
            "The token is being replaced. The page does not change.".into()
        }
        (AuthState::Authenticated { refreshing: false }, Some(problem)) => {
            format!("The server confirmed the token. Fetching the next one failed: {problem}. Retrying.")
        }
        (AuthState::Authenticated { refreshing: false }, None) => "The server confirmed the token.".into(),
        (
            AuthState::Unauthenticated {
                reason: UnauthenticatedReason::Rejected { message, claims: Some(claims) },
            },
            _,
        ) => format!("Sign-in rejected: {message} ({claims})."),
        (AuthState::Unauthenticated { reason }, _) => sentence(&reason.to_string()),
    }
}

pub fn connection(connection: &ConnectionState) -> &'static str {
    match connection {
        ConnectionState::Idle => "idle",
        ConnectionState::Connecting => "connecting",
        ConnectionState::Syncing => "syncing",
        ConnectionState::HeldForAuth => "held for auth",
        ConnectionState::Live => "live",
        ConnectionState::Reconnecting { .. } => "reconnecting",
        ConnectionState::Fatal { .. } => "fatal",
        ConnectionState::Closed => "closed",
    }
}

pub fn connection_tone(word: &str) -> &'static str {
    match word {
        "live" => "good",
        "reconnecting" | "fatal" | "closed" => "bad",
        _ => "wait",
    }
}

/// The state of the connection in a sentence, with the reason of a loss.
pub fn connection_reason(connection: &ConnectionState, now: Time) -> String {
    match connection {
        ConnectionState::Idle => "Not connected yet.".into(),
        ConnectionState::Connecting => "Opening the socket.".into(),
        ConnectionState::Syncing => "The socket is open; waiting for the server’s results.".into(),
        ConnectionState::HeldForAuth => "The socket is open; requests wait for auth to settle.".into(),
        ConnectionState::Live => "All results are up to date.".into(),
        ConnectionState::Reconnecting { attempt, next_attempt, reason } => {
            let attempt = attempt.max(&1);
            let when = next_attempt.map_or("is under way".to_owned(), |next| {
                format!("in {} s", (next - now).as_secs_f64().ceil())
            });
            format!("Lost ({reason}); attempt {attempt} {when}.")
        }
        ConnectionState::Fatal { message } => sentence(message),
        ConnectionState::Closed => "The client was closed.".into(),
    }
}

/// Adds a capital letter and a full stop.
fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().map(|letter| letter.to_uppercase().to_string()).unwrap_or_default();
    format!("{first}{}.", letters.as_str().trim_end_matches('.'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn reasons_become_sentences() {
        assert_eq!(sentence("signed out"), "Signed out.");
        assert_eq!(sentence(""), ".");
    }

    #[test]
    fn a_lost_connection_names_the_next_attempt() {
        let lost = |next_attempt| ConnectionState::Reconnecting {
            attempt: 2,
            next_attempt,
            reason: "InactiveServer".into(),
        };
        let now = Time::ZERO + Duration::from_secs(60);
        let soon = Some(now + Duration::from_millis(1_200));
        assert_eq!(connection_reason(&lost(soon), now), "Lost (InactiveServer); attempt 2 in 2 s.");
        assert_eq!(connection_reason(&lost(None), now), "Lost (InactiveServer); attempt 2 is under way.");
    }
}
