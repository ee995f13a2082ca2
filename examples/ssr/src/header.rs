//! The navigation and the signed-in user.

use convex_leptos::{AuthLoading, AuthRefreshing, Authenticated, BetterAuth, Unauthenticated, use_convex};
use leptos::{prelude::*, task::spawn_local};
use leptos_router::components::A;

#[component]
pub fn Header(auth: BetterAuth) -> impl IntoView {
    let client = use_convex();
    let sign_out = move |_| {
        // Takes effect at once, even if Better Auth cannot be reached.
        client.sign_out();
        spawn_local(async move {
            if let Err(error) = auth.sign_out().await {
                leptos::logging::warn!("{error}");
            }
        });
    };
    view! {
        <header>
            <nav>
                <A href="/" exact=true>"Messages"</A>
                <A href="/organizations">"Organizations"</A>
            </nav>
            <AuthLoading>
                <p class="quiet" data-testid="auth-loading">"…"</p>
            </AuthLoading>
            <AuthRefreshing>
                <p class="quiet" data-testid="auth-refreshing">"Checking the sign-in…"</p>
            </AuthRefreshing>
            <Unauthenticated>
                <A href="/sign-in" attr:class="button" attr:data-testid="sign-in-link">"Sign in"</A>
            </Unauthenticated>
            <Authenticated>
                <p class="user" data-testid="user">{move || auth.user().map(|user| user.name)}</p>
                <button type="button" data-testid="sign-out" on:click=sign_out>"Sign out"</button>
            </Authenticated>
        </header>
    }
}
