//! A complete small app: a provider with auth, gates, a query and a mutation. The same in React is
//! `bench/theirs/src/small.jsx`.

use convex_leptos::{
    AuthLoading, Authenticated, ConvexProviderWithAuth, ForEach, Unauthenticated, auth_fn, use_mutation,
    use_query,
};
use leptos::{prelude::*, task::spawn_local};
use serde::Deserialize;

use crate::{EAGER, session};

#[component]
pub fn App() -> impl IntoView {
    let url = window().location().origin().unwrap_or_default();
    let session = session::current();
    let auth = auth_fn(move || session.get(), |_| session::fetch_token());
    let sign_in = move |_| spawn_local(session::sign_in(session));
    view! {
        <ConvexProviderWithAuth url auth>
            <h1>"Messages"</h1>
            <AuthLoading>
                <p>"Loading…"</p>
            </AuthLoading>
            <Unauthenticated>
                <button data-testid="sign-in" on:click=sign_in>"Sign in"</button>
            </Unauthenticated>
            <Authenticated eager=EAGER>
                <Messages/>
            </Authenticated>
        </ConvexProviderWithAuth>
    }
}

/// An item of `messages:list`.
#[derive(Clone, PartialEq, Deserialize)]
struct Message {
    #[serde(rename = "_id")]
    id: String,
    author: String,
    body: String,
}

#[component]
fn Messages() -> impl IntoView {
    let messages = use_query::<_, Vec<Message>, _>("messages:list", ());
    let send = use_mutation::<_, String>("messages:send");
    view! {
        <ul data-testid="messages">
            <ForEach
                each=move || messages.value().unwrap_or_default()
                key=|message: &Message| message.id.clone()
                let:message
            >
                <li>
                    <b>{move || message.read().author.clone()}</b>
                    " "
                    {move || message.read().body.clone()}
                </li>
            </ForEach>
        </ul>
        <button data-testid="send" on:click=move |_| send.dispatch([("body", "Hello")])>"Say hello"</button>
    }
}
