//! The authentication and connection state of a panel, always in view.

use convex_leptos::{AuthState, ConnectionState, UseConvexAuth, WaitingFor};
use leptos::prelude::*;

/// Both states as labelled chips, and a line that says more.
#[component]
pub fn States(auth: UseConvexAuth, connection: Signal<ConnectionState>) -> impl IntoView {
    let UseConvexAuth { state: auth, token_problem, .. } = auth;
    let auth_word = Memo::new(move |_| auth.with(auth_word));
    let connection_word = Memo::new(move |_| connection.with(connection_word));
    let detail = Memo::new(move |_| {
        let problem = token_problem.get();
        let auth_detail =
            || auth.with(|auth| auth_detail(auth, problem.as_ref().map(|problem| &*problem.reason)));
        connection.with(connection_detail).unwrap_or_else(auth_detail)
    });
    view! {
        <dl class="states" aria-live="polite">
            <div>
                <dt>"Auth"</dt>
                <dd
                    class=move || format!("state {}", auth_tone(auth_word.get()))
                    data-testid="auth-state"
                    data-state=move || auth_word.get()
                >
                    {auth_word}
                </dd>
            </div>
            <div>
                <dt>"Connection"</dt>
                <dd
                    class=move || format!("state {}", connection_tone(connection_word.get()))
                    data-testid="connection-state"
                    data-state=move || connection_word.get()
                >
                    {connection_word}
                </dd>
            </div>
        </dl>
        <p class="detail" data-testid="state-detail">{detail}</p>
    }
}

fn auth_word(auth: &AuthState) -> &'static str {
    match auth {
        AuthState::Loading { .. } => "loading",
        AuthState::Authenticated { refreshing: false } => "authenticated",
        AuthState::Authenticated { refreshing: true } => "refreshing",
        AuthState::Unauthenticated { .. } => "unauthenticated",
    }
}

fn auth_tone(word: &str) -> &'static str {
    match word {
        "authenticated" => "good",
        "unauthenticated" => "",
        _ => "wait",
    }
}

fn auth_detail(auth: &AuthState, token_problem: Option<&str>) -> String {
    match (auth, token_problem) {
        (AuthState::Loading { waiting_for: WaitingFor::Token, .. }, Some(problem)) => {
            format!("No token: {problem}. It will be asked for again.")
        }
        (AuthState::Loading { waiting_for, .. }, _) => match waiting_for {
            WaitingFor::Provider => "Waiting for the identity service.".into(),
            WaitingFor::Token => "Waiting for a token.".into(),
            WaitingFor::Server => "Waiting for the server to confirm the token.".into(),
        },
        (AuthState::Authenticated { refreshing: true }, Some(problem)) => {
            format!("The token ran out, and there is no new one yet: {problem}. Everything stays on screen.")
        }
        (AuthState::Authenticated { refreshing: true }, None) => {
            "A new token is under way; everything stays.".into()
        }
        (AuthState::Authenticated { refreshing: false }, _) => "The server confirmed the token.".into(),
        (AuthState::Unauthenticated { reason }, _) => sentence(&reason.to_string()),
    }
}

fn connection_word(connection: &ConnectionState) -> &'static str {
    match connection {
        ConnectionState::Connecting => "connecting",
        ConnectionState::Syncing => "syncing",
        ConnectionState::HeldForAuth => "held for auth",
        ConnectionState::Live => "live",
        ConnectionState::Reconnecting { .. } => "reconnecting",
        ConnectionState::Fatal { .. } => "fatal",
        ConnectionState::Closed => "closed",
    }
}

fn connection_tone(word: &str) -> &'static str {
    match word {
        "live" => "good",
        "reconnecting" | "fatal" | "closed" => "bad",
        _ => "wait",
    }
}

fn connection_detail(connection: &ConnectionState) -> Option<String> {
    match connection {
        ConnectionState::Reconnecting { attempt, reason, .. } => {
            Some(format!("The connection was lost ({reason}); trying again (attempt {}).", attempt + 1))
        }
        ConnectionState::Fatal { message } => Some(sentence(message)),
        _ => None,
    }
}

/// With a capital and a full stop.
fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().map(|letter| letter.to_uppercase().to_string()).unwrap_or_default();
    format!("{first}{}.", letters.as_str().trim_end_matches('.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reasons_become_sentences() {
        assert_eq!(sentence("nobody is signed in"), "Nobody is signed in.");
        assert_eq!(sentence(""), ".");
    }
}
