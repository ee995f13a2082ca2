//! The form that sends a message.

use crate::{
    api::messages::{Doc, page, send},
    message::preview_id,
};
use convex_leptos::{
    BetterAuth, ConvexError, MutationFunction, OptimisticError, OptimisticLocalStore, use_mutation,
};
use leptos::{ev::SubmitEvent, prelude::*};
use serde::{Deserialize, Serialize};

/// The arguments of `messages:send`, and what its optimistic update needs.
#[derive(Serialize)]
struct SendWithPreview {
    #[serde(flatten)]
    args: send::Args,
    /// The message to show until the server has stored it. It is not sent.
    #[serde(skip)]
    preview: Doc,
}

#[component]
pub fn Composer(auth: BetterAuth) -> impl IntoView {
    let body = RwSignal::new(String::new());
    let sent = StoredValue::new(0);
    // By its path, because the compiler would not accept other arguments than `send::Args`.
    let send = use_mutation::<_, send::Returns>(send.path()).with_optimistic_update(show_at_once);
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        sent.update_value(|sent| *sent += 1);
        let preview = Doc {
            id: preview_id(sent.get_value()),
            creation_time: js_sys::Date::now(),
            author: auth.user().map(|user| user.name).unwrap_or_default(),
            body: body.get().trim().to_owned(),
        };
        send.dispatch(SendWithPreview { args: send::Args { body: body.get() }, preview });
        body.set(String::new());
    };
    view! {
        <footer>
            <p class="problem" role="alert" data-testid="problem">{move || send.error().map(|error| error_text(&error))}</p>
            <form on:submit=submit>
                <input
                    data-testid="message-input"
                    aria-label="Message"
                    placeholder="Write a message"
                    autocomplete="off"
                    enterkeyhint="send"
                    prop:value=body
                    on:input:target=move |event| body.set(event.target().value())
                />
                <button type="submit" class="primary" data-testid="send">"Send"</button>
            </form>
        </footer>
    }
}

fn show_at_once(store: &mut OptimisticLocalStore, args: &SendWithPreview) -> Result<(), OptimisticError> {
    store.insert_at_top(page, (), &args.preview)
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
