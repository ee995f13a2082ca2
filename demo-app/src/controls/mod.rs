//! The bench: who is signed in, how the server behaves, how the page is built.

mod knobs;
mod network;
mod people;
mod problem;

use crate::{deployment::reload_with, setup::Setup};
use knobs::DevServer;
use leptos::{
    ev::{self, Event},
    prelude::*,
};
use network::ServerControls;
use people::People;
use problem::Problem;

/// All controls, and what is wrong with the deployment, if anything is.
#[component]
pub fn Controls(setup: Setup) -> impl IntoView {
    let server = DevServer::new(&setup.deployment);
    let eager = setup.eager;
    view! {
        <Problem setup=setup.clone() server/>
        <section class="bench" aria-label="Controls">
            <People identity=setup.identity/>
            <More>
                <ServerControls server/>
                <EagerGate eager/>
            </More>
        </section>
    }
}

/// What a phone has no room for: folded away there, always open where there is room.
#[component]
fn More(children: Children) -> impl IntoView {
    let has_room =
        || window().match_media("(min-width: 60rem)").ok().flatten().is_some_and(|query| query.matches());
    let (open, set_open) = signal(has_room());
    let listener = window_event_listener(ev::resize, move |_| {
        if has_room() {
            set_open.set(true);
        }
    });
    on_cleanup(move || listener.remove());
    view! {
        <details prop:open=open>
            <summary>"The server, and the fixed panel’s gate"</summary>
            <div class="more">{children()}</div>
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
