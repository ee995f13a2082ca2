//! The signed-in user, sign-out, and connection problems.

use convex_leptos::{Authenticated, BetterAuth, ConnectionState, use_convex, use_convex_connection_state};
use leptos::{prelude::*, task::spawn_local};

#[component]
pub fn Header(auth: BetterAuth) -> impl IntoView {
    let client = use_convex();
    let connection = use_convex_connection_state();
    let sign_out = move |_| {
        // Takes effect at once, even if Better Auth cannot be reached.
        client.sign_out();
        spawn_local(async move {
            if let Err(error) = auth.sign_out().await {
                leptos::logging::warn!("{error}");
            }
        });
    };
    view! {
        <header>
            <h1>"Chat"</h1>
            <p class="connection" role="status">{move || connection_problem(&connection.state())}</p>
            <Authenticated>
                <p class="me">{move || auth.user().map(|user| user.name)}</p>
                <button type="button" data-testid="sign-out" on:click=sign_out>"Sign out"</button>
            </Authenticated>
        </header>
    }
}

fn connection_problem(connection: &ConnectionState) -> Option<String> {
    match connection {
        ConnectionState::Reconnecting { .. } => Some("Reconnecting…".to_owned()),
        ConnectionState::Fatal { message } => Some(message.to_string()),
        _ => None,
    }
}
