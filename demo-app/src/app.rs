//! The page.
//!
//! What end-to-end tests find by `data-testid`:
//!
//! - the page: `sign-in-alice`, `sign-in-bob`, `sign-out`, `hard-refresh`, `latency`, `token-lifetime`, `break-token`,
//!   `drop-connection`, `eager`, `problem` (there only while there is one), `naive`, `fixed`;
//! - in each panel: `auth-state`, `connection-state`, `state-detail`, then one of `loading`, `invitation`, `query-error`,
//!   `organizations`; `error-trace`, `first-data`, `timeline` (with `data-token-fetches`, `data-authenticates` and
//!   `data-ran-as-nobody`, the counts of this load), `messages`, `message-input`, `send`, `message-problem`.

use crate::{
    controls::Controls,
    panels::{FixedPanel, NaivePanel},
    setup::Setup,
};
use leptos::prelude::*;

#[component]
pub fn App() -> impl IntoView {
    let setup = Setup::from_page();
    view! {
        <main class="page">
            <Hero/>
            <Controls setup=setup.clone()/>
            <div class="panels">
                <NaivePanel setup=setup.clone()/>
                <FixedPanel setup/>
            </div>
            <Footer/>
        </main>
    }
}

#[component]
fn Hero() -> impl IntoView {
    let reload = |_| {
        if let Err(error) = window().location().reload() {
            leptos::logging::error!("the page could not be reloaded: {error:?}");
        }
    };
    view! {
        <header class="hero">
            <div>
                <h1>"The hard-refresh race"</h1>
                <p class="lede">
                    "Reload while signed in: the left panel asks for its data before the server knows who is asking and is \
                     turned away; the right panel never is."
                </p>
            </div>
            <div class="action">
                <button type="button" class="primary hard-refresh" data-testid="hard-refresh" on:click=reload>
                    <svg viewBox="0 0 24 24" aria-hidden="true">
                        <path d="M20 5v5h-5M20 10a8 8 0 1 0 .4 4"></path>
                    </svg>
                    "Hard refresh"
                </button>
                <p>"It really reloads this page."</p>
            </div>
        </header>
    }
}

#[component]
fn Footer() -> impl IntoView {
    view! {
        <footer>
            <p>
                "Each panel has its own client, socket and timeline. Nothing is simulated in this page: the timelines show the \
                 frames that went over the WebSocket. Browsers open the sockets to one host one after the other, so the right \
                 panel’s opens later; compare what follows it. Add "<code>"?deployment=<url>"</code>
                " to the address to talk to another deployment."
            </p>
        </footer>
    }
}
