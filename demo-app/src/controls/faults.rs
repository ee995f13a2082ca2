//! Controls that inject faults: in the token endpoint, in the deployment, in the network.

use super::{
    knobs::{DevServer, KnobChange, RejectTokens, TokenEndpoint},
    network::NetworkControls,
};
use crate::timeline::Recorder;
use convex_leptos::{ConvexClient, Session};
use leptos::{ev::Event, prelude::*};

/// The controls of all faults.
#[component]
pub fn Faults(
    server: DevServer,
    session: Signal<Session>,
    clients: [ConvexClient; 2],
    recorders: [Recorder; 2],
) -> impl IntoView {
    view! {
        <Endpoint server/>
        <Rejection server session clients/>
        <NetworkControls server recorders/>
    }
}

/// Chooses how the token endpoint responds.
#[component]
fn Endpoint(server: DevServer) -> impl IntoView {
    let current = Memo::new(move |_| server.knobs().map(|knobs| knobs.token_endpoint));
    let choose = move |this: TokenEndpoint, label: &'static str, testid: &'static str| {
        view! {
            <button
                type="button"
                class:bad=this != TokenEndpoint::Ok
                data-testid=testid
                aria-pressed=move || (current.get() == Some(this)).to_string()
                on:click=move |_| server.set(KnobChange::TokenEndpoint(this))
            >
                {label}
            </button>
        }
    };
    let note = move || match current.get() {
        Some(TokenEndpoint::Ok) | None => "A signed-in user gets a token.",
        Some(TokenEndpoint::Failing) => "Token requests fail.",
        Some(TokenEndpoint::Hanging) => "Token requests get no response.",
        Some(TokenEndpoint::Other) => "Token requests get another response.",
    };
    view! {
        <fieldset class="knobs" disabled=move || server.has_no_knobs()>
            <legend>"Token endpoint"</legend>
            <div class="row">
                <div class="segmented" role="group" aria-label="The token endpoint">
                    {choose(TokenEndpoint::Ok, "Works", "token-endpoint-ok")}
                    {choose(TokenEndpoint::Failing, "Fails", "token-endpoint-failing")}
                    {choose(TokenEndpoint::Hanging, "Hangs", "token-endpoint-hanging")}
                </div>
            </div>
            <p class="note" role="status">{note}</p>
        </fieldset>
    }
}

/// Makes the deployment reject valid tokens, and both clients present one at once.
#[component]
fn Rejection(server: DevServer, session: Signal<Session>, clients: [ConvexClient; 2]) -> impl IntoView {
    let rejects_all =
        Memo::new(move |_| server.knobs().is_some_and(|knobs| knobs.reject_tokens == RejectTokens::All));
    let present_tokens = move || clients.iter().for_each(|client| client.reauthenticate());
    let reject_next = move |_| {
        let each = RejectTokens::Next(clients.len() as u32);
        server.set_and_then(KnobChange::RejectTokens(each), present_tokens);
    };
    let reject_all = move |event: Event| {
        if event_target_checked(&event) {
            server.set_and_then(KnobChange::RejectTokens(RejectTokens::All), present_tokens);
        } else {
            server.set(KnobChange::RejectTokens(RejectTokens::None));
        }
    };
    let signed_out = move || !matches!(session.get(), Session::SignedIn { .. });
    let note = move || {
        if rejects_all.get() {
            "The third rejection in a row ends the session. The client retries after 30 s."
        } else {
            "A rejected token is replaced, and the user stays signed in."
        }
    };
    view! {
        <fieldset class="knobs" disabled=move || server.has_no_knobs()>
            <legend>"The deployment"</legend>
            <div class="row">
                <button
                    type="button"
                    data-testid="reject-token"
                    disabled=move || signed_out() || rejects_all.get()
                    on:click=reject_next
                >
                    "Reject token"
                </button>
                <label class="switch">
                    <input
                        type="checkbox"
                        role="switch"
                        data-testid="reject-all"
                        prop:checked=rejects_all
                        on:change=reject_all
                    />
                    "Reject all tokens"
                </label>
            </div>
            <p class="note" role="status">{note}</p>
        </fieldset>
    }
}
