//! Signing in and out as one of two users.

use convex_leptos::{AuthProvider, BetterAuth, BetterAuthError, ConvexClient, Session};
use leptos::{prelude::*, task::spawn_local};

/// An account on the dev server. The help of the dev server prints the same passwords.
#[derive(Debug, Clone, Copy)]
struct DemoUser {
    name: &'static str,
    email: &'static str,
    password: &'static str,
    testid: &'static str,
}

const USERS: [DemoUser; 2] = [
    DemoUser { name: "Alice", email: "alice@example.com", password: "alice-demo", testid: "sign-in-alice" },
    DemoUser { name: "Bob", email: "bob@example.com", password: "bob-demo", testid: "sign-in-bob" },
];

/// Runs requests to the identity service, one at a time, and keeps the error of the last.
#[derive(Debug, Clone, Copy, Default)]
struct IdentityRequest {
    busy: RwSignal<bool>,
    problem: RwSignal<Option<String>>,
}

impl IdentityRequest {
    fn run(self, request: impl Future<Output = Result<(), BetterAuthError>> + 'static) {
        self.busy.set(true);
        spawn_local(async move {
            self.problem.set(request.await.err().map(|error| error.to_string()));
            self.busy.set(false);
        });
    }
}

/// Buttons to sign in as each user, to sign out, and to reauthenticate.
#[component]
pub fn UserControls(identity: BetterAuth, clients: [ConvexClient; 2]) -> impl IntoView {
    let request = IdentityRequest::default();
    let session = identity.session();
    let is_signed_in =
        move |user: DemoUser| identity.user().is_some_and(|current| current.email == user.email);
    let button = move |user: DemoUser| {
        view! {
            <button
                type="button"
                data-testid=user.testid
                aria-pressed=move || is_signed_in(user).to_string()
                disabled=request.busy
                on:click=move |_| request.run(identity.sign_in_email(user.email, user.password))
            >
                {user.name}
            </button>
        }
    };
    // The clients first: their sign-out takes effect at once, even if the identity service cannot
    // be reached.
    let sign_out = move |_| {
        clients.iter().for_each(|client| client.sign_out());
        request.run(identity.sign_out());
    };
    let note = move || {
        request.problem.get().unwrap_or_else(|| match session.get() {
            Session::Loading => "Checking the session…".to_owned(),
            Session::SignedOut => "Signed out.".to_owned(),
            Session::SignedIn { .. } => "A session cookie survives reloads.".to_owned(),
        })
    };
    view! {
        <fieldset>
            <legend>"User"</legend>
            <div class="row">
                <div class="segmented" role="group" aria-label="Sign in as">{USERS.map(button).collect_view()}</div>
                <button
                    type="button"
                    data-testid="sign-out"
                    disabled=move || request.busy.get() || !matches!(session.get(), Session::SignedIn { .. })
                    on:click=sign_out
                >
                    "Sign out"
                </button>
                <button
                    type="button"
                    data-testid="reauthenticate"
                    disabled=move || request.busy.get() || !matches!(session.get(), Session::SignedIn { .. })
                    on:click=move |_| clients.iter().for_each(|client| client.reauthenticate())
                >
                    "Reauthenticate"
                </button>
            </div>
            <p class="note" role="status">{note}</p>
        </fieldset>
    }
}
