//! The authentication and connection state of a panel, and why they are so: always in view.

use super::{
    token_life::{TokenChip, now_and_then},
    words,
};
use convex_leptos::ConvexClient;
use leptos::prelude::*;

/// Both states and the token as labelled chips, and a line for the reason of each state.
#[component]
pub fn States(client: ConvexClient) -> impl IntoView {
    let auth = client.use_auth();
    // This is a measuring instrument: it shows blips, too.
    let connection = client.use_connection_state().raw_state;
    let tick = now_and_then();
    let auth_word = Memo::new(move |_| auth.state.with(words::auth));
    let connection_word = Memo::new(move |_| connection.with(words::connection));
    let auth_reason = Memo::new(move |_| {
        let problem = auth.token_problem.get();
        auth.state.with(|auth| words::auth_reason(auth, problem.as_ref().map(|problem| &*problem.reason)))
    });
    let connection_reason = Memo::new(move |_| {
        tick.track();
        connection.with(|connection| words::connection_reason(connection, client.now()))
    });
    view! {
        <dl class="states">
            <div>
                <dt>"Auth"</dt>
                <dd
                    class=move || format!("state {}", words::auth_tone(auth_word.get()))
                    aria-live="polite"
                    data-testid="auth-state"
                    data-state=move || auth_word.get()
                >
                    {auth_word}
                </dd>
            </div>
            <div>
                <dt>"Token"</dt>
                <TokenChip client auth=auth.state tick/>
            </div>
            <div>
                <dt>"Connection"</dt>
                <dd
                    class=move || format!("state {}", words::connection_tone(connection_word.get()))
                    aria-live="polite"
                    data-testid="connection-state"
                    data-state=move || connection_word.get()
                >
                    {connection_word}
                </dd>
            </div>
        </dl>
        <div class="reasons" data-testid="state-detail">
            <p>{auth_reason}</p>
            " "
            <p>{connection_reason}</p>
        </div>
    }
}
