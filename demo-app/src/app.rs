//! The page.
//!
//! End-to-end tests find these elements by `data-testid`:
//!
//! - on the page: `sign-in-alice`, `sign-in-bob`, `sign-out`, `reauthenticate`, `hard-refresh`,
//!   `eager`; `latency`, `token-lifetime`; `token-endpoint-ok`, `token-endpoint-failing`,
//!   `token-endpoint-hanging`, `reject-token`, `reject-all`, `drop-connection`, `sleep`,
//!   `sleep-duration`; `problem` and `asleep` (present only while they apply); `naive`, `fixed`;
//! - in each panel: `auth-state`, `token-life`, `connection-state`, `state-detail`, then one of
//!   `loading`, `invitation`, `query-error`, `organizations`; `error-trace`, `first-data`,
//!   `timeline` (with `data-token-fetches`, `data-authenticates` and `data-ran-anonymously`, the
//!   counts of this page load), `messages`, `message-input`, `send`, `message-problem`.

use crate::{
    controls::Controls,
    panels::{FixedPanel, NaivePanel, fixed_client, naive_client},
    setup::DemoSetup,
};
use leptos::prelude::*;

#[component]
pub fn App() -> impl IntoView {
    let setup = DemoSetup::from_page();
    // The order of creation is the order of the sockets: end-to-end tests rely on it.
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
            leptos::logging::error!("could not reload the page: {error:?}");
        }
    };
    view! {
        <header class="hero">
            <div>
                <h1>"The hard-refresh race"</h1>
                <p class="lede">
                    "Reload while signed in. The left panel sends its query before the server knows the user, and shows an \
                     error. The right panel never does."
                </p>
            </div>
            <div class="action">
                <button type="button" class="primary hard-refresh" data-testid="hard-refresh" on:click=reload>
                    <svg viewBox="0 0 24 24" aria-hidden="true">
                        <path d="M20 5v5h-5M20 10a8 8 0 1 0 .4 4"></path>
                    </svg>
                    "Hard refresh"
                </button>
                <p>"Reloads this page for real."</p>
            </div>
        </header>
    }
}

#[component]
fn Footer() -> impl IntoView {
    view! {
        <footer>
            <p>
                "Each panel has its own client, socket and timeline. The timelines show the frames sent and received over the \
                 WebSocket, and the dev server causes the failures. Only sleep is simulated: the page blocks itself, then \
                 fires the events that a browser fires on wake. Browsers open the sockets to one host one after another, so \
                 the right panel’s socket opens later: compare the times from there. Add "<code>"?deployment=<url>"</code>
                " to the address to use another deployment."
            </p>
        </footer>
    }
}
