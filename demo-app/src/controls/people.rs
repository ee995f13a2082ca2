//! Signing in and out, as one of two people.

use convex_leptos::{AuthProvider, BetterAuth, Session};
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

/// Buttons to sign in as each of the people, and to sign out.
#[component]
pub fn People(identity: BetterAuth) -> impl IntoView {
    let (busy, set_busy) = signal(false);
    let (problem, set_problem) = signal(None::<String>);
    let session = identity.session();
    let user = identity.user();
    let sign_in = {
        let identity = identity.clone();
        move |person: Person| {
            let identity = identity.clone();
            set_busy.set(true);
            spawn_local(async move {
                let outcome = identity.sign_in_email(person.email, person.password).await;
                set_problem.set(outcome.err().map(|error| error.to_string()));
                set_busy.set(false);
            });
        }
    };
    let sign_out = move |_| {
        let identity = identity.clone();
        set_busy.set(true);
        spawn_local(async move {
            let outcome = identity.sign_out().await;
            set_problem.set(outcome.err().map(|error| error.to_string()));
            set_busy.set(false);
        });
    };
    let is = move |person: Person| user.read().as_ref().is_some_and(|user| user.email == person.email);
    let button = move |person: Person| {
        let sign_in = sign_in.clone();
        view! {
            <button
                type="button"
                data-testid=person.testid
                aria-pressed=move || is(person).to_string()
                disabled=busy
                on:click=move |_| sign_in(person)
            >
                {person.name}
            </button>
        }
    };
    let note = move || {
        problem.get().unwrap_or_else(|| match session.get() {
            Session::Loading => "Asking the identity service…".to_owned(),
            Session::SignedOut => "Nobody is signed in.".to_owned(),
            Session::SignedIn { .. } => "A cookie keeps you signed in across reloads.".to_owned(),
        })
    };
    view! {
        <fieldset>
            <legend>"Signed in as"</legend>
            <div class="row">
                <div class="segmented" role="group" aria-label="Sign in as">{PEOPLE.map(button).collect_view()}</div>
                <button
                    type="button"
                    data-testid="sign-out"
                    disabled=move || busy.get() || session.get() == Session::SignedOut
                    on:click=sign_out
                >
                    "Sign out"
                </button>
            </div>
            <p class="note" role="status">{note}</p>
        </fieldset>
    }
}
