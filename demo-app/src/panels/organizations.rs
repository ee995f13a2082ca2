//! The signed-in user's organizations: the query that needs a user.

use crate::timeline::Screen;
use convex_leptos::{UnauthenticatedReason, prelude::*};
use leptos::prelude::*;
use serde::Deserialize;

/// An item of the result of `organizations:list`.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Organization {
    #[serde(rename = "_id")]
    id: String,
    name: String,
}

const ORGANIZATIONS: QueryRef<(), Vec<Organization>> = QueryRef::new("organizations:list");

/// The list, or its query's error. Both panels use this component.
#[component]
pub fn Organizations(screen: RwSignal<Screen>) -> impl IntoView {
    let organizations = use_query(ORGANIZATIONS, ());
    let now = Memo::new(move |_| match organizations.get() {
        None => Screen::Loading,
        Some(Ok(_)) => Screen::Data,
        Some(Err(_)) => Screen::Error,
    });
    Effect::new(move |_| screen.set(now.get()));
    move || {
        match now.get() {
        Screen::Error => {
            let message = move || organizations.error().map(|error| headline(&error.to_string()));
            view! { <QueryError message=Signal::derive(move || message().unwrap_or_default())/> }.into_any()
        }
        Screen::Data => view! {
            <div data-testid="organizations">
                <h3>"Your organizations"</h3>
                <ul class="rows">
                    <ForEach
                        each=organizations
                        key=|organization: &Organization| organization.id.clone()
                        let:organization
                    >
                        <li>
                            <span class="initial" aria-hidden="true">{move || initial(&organization.read().name)}</span>
                            <span class="name">{move || organization.read().name.clone()}</span>
                        </li>
                    </ForEach>
                </ul>
            </div>
        }
        .into_any(),
        Screen::Loading | Screen::SignedOut => view! { <Loading screen/> }.into_any(),
    }
    }
}

/// A placeholder of the list's height.
#[component]
pub fn Loading(screen: RwSignal<Screen>) -> impl IntoView {
    screen.set(Screen::Loading);
    let bone = |width| {
        view! { <li><span class="initial"></span><span class="bone" style=format!("--width: {width}%")></span></li> }
    };
    view! {
        <div aria-busy="true" data-testid="loading">
            <h3>"Your organizations"</h3>
            <ul class="rows">{bone(42)}{bone(58)}{bone(36)}</ul>
            <span class="visually-hidden">"Loading"</span>
        </div>
    }
}

/// Asks the user to sign in, after a sign-out or a rejected token.
#[component]
pub fn Invitation(screen: RwSignal<Screen>) -> impl IntoView {
    screen.set(Screen::SignedOut);
    let auth = use_convex_auth();
    let rejected = Memo::new(move |_| {
        matches!(auth.state(), AuthState::Unauthenticated { reason: UnauthenticatedReason::Rejected { .. } })
    });
    let words = move || {
        if rejected.get() {
            ("The server does not accept this sign-in", "Press “Reauthenticate” above, or sign in again.")
        } else {
            ("You are signed out", "Sign in as Alice or Bob above, then press “Hard refresh”.")
        }
    };
    view! {
        <div class="invitation" data-testid="invitation">
            <h3>{move || words().0}</h3>
            <p>{move || words().1}</p>
        </div>
    }
}

#[component]
fn QueryError(message: Signal<String>) -> impl IntoView {
    view! {
        <div class="error" role="alert" data-testid="query-error">
            <span>"organizations:list"</span>
            <strong>{message}</strong>
        </div>
    }
}

fn initial(name: &str) -> String {
    name.chars().take(1).collect()
}

/// The thrown message inside a server error, without the request id and the stack.
fn headline(message: &str) -> String {
    let line = message.lines().find_map(|line| line.split_once("Uncaught Error: ").map(|(_, text)| text));
    line.or_else(|| message.lines().next()).unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_headline_is_the_thrown_message() {
        let message =
            "[Request ID: 7f] Server Error\nUncaught Error: Unauthorized: No identity found\n    at list";
        assert_eq!(headline(message), "Unauthorized: No identity found");
        assert_eq!(headline("Could not find public function"), "Could not find public function");
    }
}
