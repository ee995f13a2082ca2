//! What fails on purpose: the token endpoint, the deployment's trust in tokens, the network.

use super::{
    knobs::{DevServer, RejectTokens, TokenEndpoint, Turn},
    sleep::SleepControl,
};
use crate::timeline::Recorder;
use convex_leptos::{ConvexClient, Session};
use leptos::{ev::Event, prelude::*};

/// All of it.
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
        <SleepControl server recorders/>
    }
}

/// Chooses what the token endpoint answers.
#[component]
fn Endpoint(server: DevServer) -> impl IntoView {
    let stands = Memo::new(move |_| server.knobs().map(|knobs| knobs.token_endpoint));
    let choose = move |this: TokenEndpoint, label: &'static str, testid: &'static str| {
        view! {
            <button
                type="button"
                class:bad=this != TokenEndpoint::Ok
                data-testid=testid
                aria-pressed=move || (stands.get() == Some(this)).to_string()
                on:click=move |_| server.turn(Turn::TokenEndpoint(this))
            >
                {label}
            </button>
        }
    };
    let note = move || match stands.get() {
        Some(TokenEndpoint::Ok) | None => "Who is signed in gets a token.",
        Some(TokenEndpoint::Failing) => "Who asks for a token gets an error.",
        Some(TokenEndpoint::Hanging) => "Who asks for a token waits for ever.",
        Some(TokenEndpoint::Other) => "Who asks for a token gets something else.",
    };
    view! {
        <fieldset class="knobs" disabled=move || server.cannot_be_turned()>
            <legend>"Token endpoint"</legend>
            <div class="row">
                <div class="segmented" role="group" aria-label="The token endpoint">
                    {choose(TokenEndpoint::Ok, "Answers", "token-endpoint-ok")}
                    {choose(TokenEndpoint::Failing, "Fails", "token-endpoint-failing")}
                    {choose(TokenEndpoint::Hanging, "Hangs", "token-endpoint-hanging")}
                </div>
            </div>
            <p class="note" role="status">{note}</p>
        </fieldset>
    }
}

/// Lets the deployment reject good tokens, and has both clients show it one at once.
#[component]
fn Rejection(server: DevServer, session: Signal<Session>, clients: [ConvexClient; 2]) -> impl IntoView {
    let rejects_all =
        Memo::new(move |_| server.knobs().is_some_and(|knobs| knobs.reject_tokens == RejectTokens::All));
    let present_tokens = move || clients.iter().for_each(|client| client.reauthenticate());
    let reject_next = move |_| {
        let each = RejectTokens::Next(clients.len() as u32);
        server.turn_and_then(Turn::RejectTokens(each), present_tokens);
    };
    let reject_all = move |event: Event| {
        if event_target_checked(&event) {
            server.turn_and_then(Turn::RejectTokens(RejectTokens::All), present_tokens);
        } else {
            server.turn(Turn::RejectTokens(RejectTokens::None));
        }
    };
    let nobody = move || !matches!(session.get(), Session::SignedIn { .. });
    let note = move || {
        if rejects_all.get() {
            "The third rejection in a row ends the session. The client tries again after 30 s."
        } else {
            "A rejected token is replaced, and the user stays signed in."
        }
    };
    view! {
        <fieldset class="knobs" disabled=move || server.cannot_be_turned()>
            <legend>"The deployment"</legend>
            <div class="row">
                <button
                    type="button"
                    data-testid="reject-token"
                    disabled=move || nobody() || rejects_all.get()
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
