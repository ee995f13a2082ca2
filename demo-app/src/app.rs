//! The page.
//!
//! What end-to-end tests find by `data-testid`:
//!
//! - the page: `sign-in-alice`, `sign-in-bob`, `sign-out`, `reauthenticate`, `hard-refresh`,
//!   `eager`; `latency`, `token-lifetime`; `token-endpoint-ok`, `token-endpoint-failing`,
//!   `token-endpoint-hanging`, `reject-token`, `reject-all`, `drop-connection`, `sleep`,
//!   `sleep-duration`; `problem` and `asleep` (there only while they are true), `naive`, `fixed`;
//! - in each panel: `auth-state`, `token-life`, `connection-state`, `state-detail`, then one of
//!   `loading`, `invitation`, `query-error`, `organizations`; `error-trace`, `first-data`,
//!   `timeline` (with `data-token-fetches`, `data-authenticates` and `data-ran-as-nobody`, the
//!   counts of this load), `messages`, `message-input`, `send`, `message-problem`.

use crate::{
    controls::Controls,
    panels::{FixedPanel, NaivePanel, fixed_client, naive_client},
    setup::Setup,
};
use leptos::prelude::*;

#[component]
pub fn App() -> impl IntoView {
    let setup = Setup::from_page();
    // In this order, which is that of their sockets.
    let (naive, fixed) = (naive_client(&setup), fixed_client(&setup));
    view! {
        <main class="page">
            <Hero/>
            <Controls setup=setup.clone() clients=[naive, fixed]/>
            <div class="panels">
                <NaivePanel setup=setup.clone() client=naive/>
                <FixedPanel setup client=fixed/>
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
                "Each panel has its own client, socket and timeline. The timelines show the frames that went over the WebSocket; \
                 what fails, fails at the dev server. Only sleep is acted: the page blocks itself, and then hears what a browser tells \
                 a page that wakes. Browsers open the sockets to one host one after the other, so the right \
                 panel’s opens later; compare what follows it. Add "<code>"?deployment=<url>"</code>
                " to the address to talk to another deployment."
            </p>
        </footer>
    }
}
