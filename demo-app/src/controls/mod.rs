//! The bench: who is signed in, how the server behaves, how the page is built.

mod knobs;
mod network;
mod people;
mod problem;

use crate::{deployment::reload_with, setup::Setup};
use knobs::DevServer;
use leptos::prelude::*;
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
            <ServerControls server/>
            <fieldset>
                <legend>"Fixed panel"</legend>
                <div class="row">
                    <label class="switch calm">
                        <input
                            type="checkbox"
                            role="switch"
                            data-testid="eager"
                            checked=eager
                            on:change=move |event| {
                                reload_with("eager", event_target_checked(&event).then_some("1"));
                            }
                        />
                        "Eager gate"
                    </label>
                </div>
                <p class="note">"One round trip less; reloads."</p>
            </fieldset>
        </section>
    }
}
