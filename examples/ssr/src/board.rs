//! The messages, and the form that sends one.

use crate::api::messages::{Doc, list, send};
use convex_leptos::{
    Authenticated, BetterAuth, ConvexError, ForEach, Id, OptimisticError, OptimisticLocalStore,
    Unauthenticated, use_mutation, use_query,
};
use leptos::{ev::SubmitEvent, prelude::*, server_fn::ServerFn};
use leptos_meta::Title;
use leptos_router::components::A;
use serde::Deserialize;

/// The start of the id of a message that the server has not stored yet.
const PREVIEW: &str = "preview-";

#[component]
pub fn Board(auth: BetterAuth) -> impl IntoView {
    // The server runs it, and waits for it in the `<Suspense>`. In the browser it is live.
    let messages = use_query(list, ());
    view! {
        <Title text="Messages"/>
        <h1>"Messages"</h1>
        <Suspense fallback=|| view! { <p class="quiet" data-testid="messages-loading">"Loading the messages…"</p> }>
            <p class="quiet" data-testid="count">
                {move || messages.and_then(Vec::len).and_then(Result::ok).map(|count| format!("{count} messages"))}
            </p>
            <p class="problem" role="alert">{move || messages.error().map(|error| error.to_string())}</p>
            <ol class="messages" data-testid="messages">
                <ForEach each=messages key=|message| message.id.clone() let:message>
                    <MessageRow message/>
                </ForEach>
            </ol>
        </Suspense>
        <Authenticated>
            <Composer auth/>
        </Authenticated>
        <Unauthenticated>
            <p class="quiet">"Sign in to write a message."</p>
        </Unauthenticated>
        <StreamingModes/>
    }
}

#[component]
fn MessageRow(message: ReadSignal<Doc>) -> impl IntoView {
    let is_preview = move || message.read().id.starts_with(PREVIEW);
    view! {
        <li class:sending=is_preview>
            <b>{move || message.read().author.clone()}</b>
            <span>{move || message.read().body.clone()}</span>
        </li>
    }
}

#[component]
fn Composer(auth: BetterAuth) -> impl IntoView {
    let body = RwSignal::new(String::new());
    let author = move || auth.user().map(|user| user.name).unwrap_or_default();
    let send = use_mutation(send)
        .with_optimistic_update(move |store, args: &send::Args| show_at_once(store, &author(), &args.body));
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        send.dispatch(send::Args { body: body.get().trim().to_owned() });
        body.set(String::new());
    };
    view! {
        // Before the page is hydrated, and without JavaScript, the form is sent to the server
        // function.
        <form class="composer" method="post" action=SendMessage::url() on:submit=submit>
            <input
                name="body"
                data-testid="message-input"
                aria-label="Message"
                placeholder="Write a message"
                autocomplete="off"
                bind:value=body
            />
            <button type="submit" class="primary" data-testid="send">"Send"</button>
        </form>
        <p class="problem" role="alert" data-testid="problem">{move || send.error().map(|error| error_text(&error))}</p>
    }
}

/// Sends a message as the user of the request.
#[server]
async fn send_message(body: String) -> Result<(), ServerFnError> {
    let client = convex_leptos::request_client(crate::app::deployment_url());
    let sent = client.mutation(send, send::Args { body }).await;
    sent.map(drop).map_err(ServerFnError::new)
}

fn show_at_once(store: &mut OptimisticLocalStore, author: &str, body: &str) -> Result<(), OptimisticError> {
    store.update(list, (), |mut messages| {
        // Each message that is being sent adds one to the list, so the ids differ.
        let id = Id::new(format!("{PREVIEW}{}", messages.len()));
        messages.push(Doc { id, author: author.to_owned(), body: body.to_owned() });
        messages
    })
}

/// The `message` of the `ConvexError` that the function threw, or else the whole error.
fn error_text(error: &ConvexError) -> String {
    #[derive(Deserialize)]
    struct Thrown {
        message: String,
    }
    let thrown = error.data().and_then(|data| data.decode::<Thrown>().ok());
    thrown.map_or_else(|| error.to_string(), |thrown| thrown.message)
}

/// Links to this page in each streaming mode. `rel="external"` makes the browser load it from the
/// server.
#[component]
fn StreamingModes() -> impl IntoView {
    view! {
        <nav class="modes quiet" aria-label="Streaming mode">
            "Load this page "
            <A href="/" exact=true attr:rel="external">"out of order"</A>
            <A href="/in-order" attr:rel="external">"in order"</A>
            <A href="/async" attr:rel="external">"async"</A>
        </nav>
    }
}
