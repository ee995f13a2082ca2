//! The small app without a session and without Convex: its size is the share of Leptos. The same in
//! React is `bench/theirs/src/bare.jsx`.

use leptos::prelude::*;

fn main() {
    mount_to_body(App);
}

#[component]
fn App() -> impl IntoView {
    let signed_in = RwSignal::new(false);
    view! {
        <h1>"Messages"</h1>
        <Show when=move || !signed_in.get()>
            <button data-testid="sign-in" on:click=move |_| signed_in.set(true)>"Sign in"</button>
        </Show>
        <Show when=move || signed_in.get()>
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
    let send = move |_| {
        messages.update(|messages| {
            messages.push(Message { id: messages.len(), author: "Alice", body: "Hello" });
        });
    };
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
