//! A panel's authentication and connection states, and their reasons.

use super::{
    state_text,
    token_chip::{TokenChip, use_tick},
};
use convex_leptos::ConvexClient;
use leptos::prelude::*;

/// Both states and the token as labelled chips, and a line with the reason of each state.
#[component]
pub fn States(client: ConvexClient) -> impl IntoView {
    let auth = client.use_auth();
    let connection = client.use_connection_state();
    let tick = use_tick();
    let auth_word = Memo::new(move |_| state_text::auth(&auth.state()));
    // The undebounced state: the demo also shows short changes.
    let connection_word = Memo::new(move |_| state_text::connection(&connection.raw_state()));
    let auth_reason = Memo::new(move |_| {
        let problem = auth.token_problem();
        state_text::auth_reason(&auth.state(), problem.as_ref().map(|problem| &*problem.reason))
    });
    let connection_reason = Memo::new(move |_| {
        tick.track();
        state_text::connection_reason(&connection.raw_state(), client.now())
    });
    view! {
        <dl class="states">
            <div>
                <dt>"Auth"</dt>
                <dd
                    class=move || format!("state {}", state_text::auth_tone(auth_word.get()))
                    aria-live="polite"
                    data-testid="auth-state"
                    data-state=move || auth_word.get()
                >
                    {auth_word}
                </dd>
            </div>
            <div>
                <dt>"Token"</dt>
                <TokenChip client auth tick/>
            </div>
            <div>
                <dt>"Connection"</dt>
                <dd
                    class=move || format!("state {}", state_text::connection_tone(connection_word.get()))
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
