//! The small app without Convex: the same session, and messages that stay in the page. Convex's own
//! share is the difference of the small app to it. The same in React is
//! `bench/theirs/src/no_convex.jsx`.

mod session;

use convex_leptos::Session;
use leptos::{prelude::*, task::spawn_local};

fn main() {
    mount_to_body(App);
}

#[component]
fn App() -> impl IntoView {
    let session = session::current();
    let sign_in = move |_| spawn_local(session::sign_in(session));
    view! {
        <h1>"Messages"</h1>
        <Show when=move || session.with(|session| matches!(session, Session::Loading))>
            <p>"Loading…"</p>
        </Show>
        <Show when=move || session.with(|session| matches!(session, Session::SignedOut))>
            <button data-testid="sign-in" on:click=sign_in>"Sign in"</button>
        </Show>
        <Show when=move || session.with(|session| matches!(session, Session::SignedIn { .. }))>
            <Messages/>
        </Show>
    }
}

#[derive(Clone)]
struct Message {
    id: usize,
    author: &'static str,
    body: &'static str,
}

#[component]
fn Messages() -> impl IntoView {
    let messages =
        RwSignal::new(vec![Message { id: 0, author: "Alice", body: "Nobody else will see this." }]);
    let send = move |_| spawn_local(send(messages));
    view! {
        <ul data-testid="messages">
            <For each=move || messages.get() key=|message| message.id let:message>
                <li>
                    <b>{message.author}</b>
                    " "
                    {message.body}
                </li>
            </For>
        </ul>
        <button data-testid="send" on:click=send>"Say hello"</button>
    }
}

/// Adds a message if the user has a token. The token has no other use here.
async fn send(messages: RwSignal<Vec<Message>>) {
    if let Ok(Some(_)) = session::fetch_token().await {
        messages.update(|messages| {
            messages.push(Message { id: messages.len(), author: "Alice", body: "Hello" });
        });
    }
}
