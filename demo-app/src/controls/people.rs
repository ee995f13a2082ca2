//! Signing in and out, as one of two people.

use convex_leptos::{AuthProvider, BetterAuth, BetterAuthError, ConvexClient, Session};
use leptos::{prelude::*, task::spawn_local};

/// Somebody with an account on the dev server, which prints the same passwords in its help.
#[derive(Debug, Clone, Copy)]
struct Person {
    name: &'static str,
    email: &'static str,
    password: &'static str,
    testid: &'static str,
}

const PEOPLE: [Person; 2] = [
    Person { name: "Alice", email: "alice@example.com", password: "alice-demo", testid: "sign-in-alice" },
    Person { name: "Bob", email: "bob@example.com", password: "bob-demo", testid: "sign-in-bob" },
];

/// Something asked of the identity service: one at a time, and what went wrong with the last.
#[derive(Debug, Clone, Copy, Default)]
struct Errand {
    busy: RwSignal<bool>,
    problem: RwSignal<Option<String>>,
}

impl Errand {
    fn run(self, errand: impl Future<Output = Result<(), BetterAuthError>> + 'static) {
        self.busy.set(true);
        spawn_local(async move {
            self.problem.set(errand.await.err().map(|error| error.to_string()));
            self.busy.set(false);
        });
    }
}

/// Buttons to sign in as each of the people, to sign out, and to authenticate anew.
#[component]
pub fn People(identity: BetterAuth, clients: [ConvexClient; 2]) -> impl IntoView {
    let errand = Errand::default();
    let session = identity.session();
    let is = move |person: Person| identity.user().is_some_and(|user| user.email == person.email);
    let button = move |person: Person| {
        view! {
            <button
                type="button"
                data-testid=person.testid
                aria-pressed=move || is(person).to_string()
                disabled=errand.busy
                on:click=move |_| errand.run(identity.sign_in_email(person.email, person.password))
            >
                {person.name}
            </button>
        }
    };
    // The order first: it holds at once, whether or not the identity service can be reached.
    let sign_out = move |_| {
        clients.iter().for_each(|client| client.sign_out());
        errand.run(identity.sign_out());
    };
    let note = move || {
        errand.problem.get().unwrap_or_else(|| match session.get() {
            Session::Loading => "Asking the identity service…".to_owned(),
            Session::SignedOut => "Nobody is signed in.".to_owned(),
            Session::SignedIn { .. } => "By a cookie, across reloads.".to_owned(),
        })
    };
    view! {
        <fieldset>
            <legend>"You are"</legend>
            <div class="row">
                <div class="segmented" role="group" aria-label="Sign in as">{PEOPLE.map(button).collect_view()}</div>
                <button
                    type="button"
                    data-testid="sign-out"
                    disabled=move || errand.busy.get() || !matches!(session.get(), Session::SignedIn { .. })
                    on:click=sign_out
                >
                    "Sign out"
                </button>
                <button
                    type="button"
                    data-testid="reauthenticate"
                    disabled=move || errand.busy.get() || !matches!(session.get(), Session::SignedIn { .. })
                    on:click=move |_| clients.iter().for_each(|client| client.reauthenticate())
                >
                    "Reauthenticate"
                </button>
            </div>
            <p class="note" role="status">{note}</p>
        </fieldset>
    }
}
