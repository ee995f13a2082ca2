//! The sign-in form, with Better Auth.

use convex_leptos::{AuthLoading, Authenticated, BetterAuth, Unauthenticated};
use leptos::{ev::SubmitEvent, prelude::*, task::spawn_local};
use leptos_meta::Title;
use leptos_router::components::Redirect;

/// The accounts of the dev server: name, email and password.
const ACCOUNTS: [(&str, &str, &str); 2] =
    [("alice", "alice@example.com", "alice-demo"), ("bob", "bob@example.com", "bob-demo")];

#[component]
pub fn SignInPage(auth: BetterAuth) -> impl IntoView {
    view! {
        <Title text="Sign in"/>
        <AuthLoading>
            <p class="quiet">"Loading…"</p>
        </AuthLoading>
        <Unauthenticated>
            <SignIn auth/>
        </Unauthenticated>
        <Authenticated>
            <Redirect path="/"/>
        </Authenticated>
    }
}

#[component]
pub fn SignIn(auth: BetterAuth) -> impl IntoView {
    let email = RwSignal::new(String::new());
    let password = RwSignal::new(String::new());
    let is_busy = RwSignal::new(false);
    let problem = RwSignal::new(None);
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        is_busy.set(true);
        spawn_local(async move {
            let outcome = auth.sign_in_email(email.get_untracked(), password.get_untracked()).await;
            // After a successful sign-in, this form may already be disposed.
            problem.try_set(outcome.err().map(|error| error.to_string()));
            is_busy.try_set(false);
        });
    };
    let fill = move |(name, address, secret): (&'static str, &'static str, &'static str)| {
        let fill = move |_| {
            email.set(address.to_owned());
            password.set(secret.to_owned());
        };
        view! { <button type="button" data-testid=format!("fill-{name}") on:click=fill>{name}</button> }
    };
    view! {
        // A submission before the page is hydrated must not put the password into the address.
        <form class="sign-in" method="post" on:submit=submit>
            <h2>"Sign in"</h2>
            <label>
                "Email"
                <input type="email" autocomplete="username" required=true bind:value=email/>
            </label>
            <label>
                "Password"
                <input type="password" autocomplete="current-password" required=true bind:value=password/>
            </label>
            <button type="submit" class="primary" data-testid="sign-in" disabled=is_busy>"Sign in"</button>
            <p class="problem" role="alert">{problem}</p>
            <p class="accounts quiet">"On the dev server: " {ACCOUNTS.map(fill).collect_view()}</p>
        </form>
    }
}
