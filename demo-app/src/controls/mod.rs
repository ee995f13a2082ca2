//! The bench: who is signed in, how the server behaves, how the page is built, and what fails.

mod faults;
mod knobs;
mod people;
mod problem;
mod server;
mod sleep;

use crate::{browser::match_media, deployment::reload_with, setup::Setup};
use convex_leptos::{AuthProvider, ConvexClient};
use faults::Faults;
use knobs::DevServer;
use leptos::{
    ev::{self, Event},
    prelude::*,
};
use people::People;
use problem::Problem;
use server::ServerControls;

/// All controls, and what is wrong with the deployment, if anything is.
#[component]
pub fn Controls(setup: Setup, clients: [ConvexClient; 2]) -> impl IntoView {
    let server = DevServer::new(&setup.deployment);
    let eager = setup.eager;
    view! {
        <Problem setup=setup.clone() server/>
        <section class="bench" aria-label="Controls">
            <div class="strip first">
                <People identity=setup.identity clients/>
                <More summary="The server, and the fixed panel’s gate">
                    <ServerControls server/>
                    <EagerGate eager/>
                </More>
            </div>
            <More summary="What fails: tokens, network, sleep">
                <Faults server session=setup.identity.session() clients recorders=[setup.naive, setup.fixed]/>
            </More>
        </section>
    }
}

/// What a phone has no room for: folded away there, always open where there is room.
#[component]
fn More(summary: &'static str, children: Children) -> impl IntoView {
    let has_room = || match_media("(min-width: 60rem)").matches();
    let (open, set_open) = signal(has_room());
    let listener = window_event_listener(ev::resize, move |_| {
        if has_room() {
            set_open.set(true);
        }
    });
    on_cleanup(move || listener.remove());
    view! {
        <details prop:open=open>
            <summary>{summary}</summary>
            <div class="strip">{children()}</div>
        </details>
    }
}

/// Chooses the fixed panel's gate.
#[component]
fn EagerGate(eager: bool) -> impl IntoView {
    let choose = |event: Event| reload_with("eager", event_target_checked(&event).then_some("1"));
    view! {
        <fieldset>
            <legend>"Fixed panel"</legend>
            <div class="row">
                <label class="switch calm">
                    <input type="checkbox" role="switch" data-testid="eager" checked=eager on:change=choose/>
                    "Eager gate"
                </label>
            </div>
            <p class="note">"One round trip less; reloads."</p>
        </fieldset>
    }
}
