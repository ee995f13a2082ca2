//! A chat with sign-in, pagination and optimistic updates.
//!
//! The end-to-end test finds these elements by `data-testid`: `fill-alice`, `fill-bob`, `sign-in`,
//! `sign-out`, `problem`; `messages`, `older`, `message-input`, `send`.

mod api;
mod composer;
mod header;
mod message;
mod messages;
mod sign_in;

use composer::Composer;
use convex_leptos::{AuthLoading, Authenticated, BetterAuth, ConvexProviderWithAuth, Unauthenticated};
use header::Header;
use leptos::prelude::*;
use messages::Messages;
use sign_in::SignIn;

fn main() {
    console_error_panic_hook::set_once();
    mount_to_body(App);
}

#[component]
fn App() -> impl IntoView {
    // Trunk proxies the page's own origin to the deployment and to Better Auth.
    let url = window().location().origin().unwrap_or_default();
    let auth = BetterAuth::new("");
    view! {
        <ConvexProviderWithAuth url auth>
            <Header auth/>
            <AuthLoading>
                <p class="quiet">"Loading…"</p>
            </AuthLoading>
            <Unauthenticated>
                <SignIn auth/>
            </Unauthenticated>
            <Authenticated>
                <Messages auth/>
                <Composer auth/>
            </Authenticated>
        </ConvexProviderWithAuth>
    }
}
