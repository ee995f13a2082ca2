//! A chat with one channel: a live list and a form.

use convex_leptos::prelude::*;
use leptos::{ev::SubmitEvent, html::Ol, prelude::*};
use serde::{Deserialize, Serialize};

/// An item of the result of `messages:list`.
#[derive(Debug, Clone, PartialEq, Deserialize)]
struct Message {
    #[serde(rename = "_id")]
    id: String,
    author: String,
    body: String,
}

/// The arguments of `messages:send`.
#[derive(Debug, Clone, Serialize)]
struct SendArgs {
    body: String,
}

const LIST: QueryRef<(), Vec<Message>> = QueryRef::new("messages:list");
const SEND: MutationRef<SendArgs, String> = MutationRef::new("messages:send");

/// The messages, live, and a form to send one.
#[component]
pub fn Messages() -> impl IntoView {
    let messages = use_query(LIST, ());
    let list = NodeRef::<Ol>::new();
    Effect::new(move |_| {
        let Some(list) = list.get().filter(|_| messages.value().is_some()) else { return };
        // The rows are rendered after the effects have run.
        request_animation_frame(move || list.set_scroll_top(list.scroll_height()));
    });
    view! {
        <div class="messages">
            <h3>"Messages"</h3>
            <ol class="list" node_ref=list tabindex="0" aria-label="Messages" data-testid="messages">
                <ForEach
                    each=messages
                    key=|message: &Message| message.id.clone()
                    let:message
                >
                    <li>
                        <span class="author">{move || message.read().author.clone()}</span>
                        <span class="body">{move || message.read().body.clone()}</span>
                    </li>
                </ForEach>
            </ol>
            <MessageForm/>
        </div>
    }
}

#[component]
fn MessageForm() -> impl IntoView {
    let auth = use_convex_auth();
    let send = use_mutation(SEND);
    let body = RwSignal::new(String::new());
    let can_send = move || auth.is_authenticated() && !body.read().trim().is_empty();
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        let args = SendArgs { body: body.get_untracked().trim().to_owned() };
        body.set(String::new());
        send.dispatch(args);
    };
    let note = move || match send.error() {
        Some(error) => error.to_string(),
        None if matches!(auth.state(), AuthState::Unauthenticated { .. }) => "Sign in to write.".to_owned(),
        None => String::new(),
    };
    view! {
        <form on:submit=submit>
            <input
                type="text"
                aria-label="New message"
                placeholder="Write something"
                autocomplete="off"
                maxlength="280"
                data-testid="message-input"
                prop:value=body
                on:input=move |event| body.set(event_target_value(&event))
            />
            <button type="submit" data-testid="send" disabled=move || !can_send()>"Send"</button>
        </form>
        <p class="detail" role="status" data-testid="message-problem">
            {note}
        </p>
    }
}
