//! The page's controls: sign-in, the dev server's settings, the fixed panel's gate, and faults.

mod faults;
mod knobs;
mod network;
mod problem;
mod server;
mod users;

use crate::{browser::match_media, deployment::reload_with, setup::DemoSetup};
use convex_leptos::{AuthProvider, ConvexClient};
use faults::Faults;
use knobs::DevServer;
use leptos::{
    ev::{self, Event},
    prelude::*,
};
use problem::Problem;
use server::ServerControls;
use users::UserControls;

/// All controls, with an alert above them while the deployment cannot be reached.
#[component]
pub fn Controls(setup: DemoSetup, clients: [ConvexClient; 2]) -> impl IntoView {
    let server = DevServer::new(&setup.deployment);
    let eager = setup.eager;
    view! {
        <Problem setup=setup.clone() server/>
        <section class="bench" aria-label="Controls">
            <div class="strip first">
                <UserControls identity=setup.identity clients/>
                <Collapsible summary="The server, and the fixed panel’s gate">
                    <ServerControls server/>
                    <EagerGate eager/>
                </Collapsible>
            </div>
            <Collapsible summary="Faults: tokens, network, sleep">
                <Faults server session=setup.identity.session() clients recorders=[setup.naive, setup.fixed]/>
            </Collapsible>
        </section>
    }
}

/// A group of controls that is collapsed on narrow screens and open on wide ones.
#[component]
fn Collapsible(summary: &'static str, children: Children) -> impl IntoView {
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

/// Turns the fixed panel's eager gate on or off.
#[component]
fn EagerGate(eager: bool) -> impl IntoView {
    let choose = |event: Event| reload_with("eager", (!event_target_checked(&event)).then_some("0"));
    view! {
        <fieldset>
            <legend>"Fixed panel"</legend>
            <div class="row">
                <label class="switch calm">
                    <input type="checkbox" role="switch" data-testid="eager" checked=eager on:change=choose/>
                    "Eager gate"
                </label>
            </div>
            <p class="note">"Saves one round trip."</p>
        </fieldset>
    }
}
