//! Saying something.

use crate::message::Message;
use convex_leptos::{BetterAuth, ConvexError, OptimisticError, OptimisticLocalStore, use_mutation};
use leptos::{ev::SubmitEvent, prelude::*};
use serde::{Deserialize, Serialize};

/// The arguments of `messages:send`.
#[derive(Serialize)]
struct Send {
    body: String,
    /// What is shown until the server has it. It is not sent.
    #[serde(skip)]
    preview: Message,
}

#[component]
pub fn Composer(auth: BetterAuth) -> impl IntoView {
    let body = RwSignal::new(String::new());
    let sent = StoredValue::new(0);
    let send = use_mutation::<String>("messages:send").with_optimistic_update(show_at_once);
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        sent.update_value(|sent| *sent += 1);
        let preview = Message {
            id: format!("preview-{}", sent.get_value()),
            creation_time: js_sys::Date::now(),
            author: auth.user().map(|user| user.name).unwrap_or_default(),
            body: body.get().trim().to_owned(),
            is_on_its_way: true,
        };
        send.dispatch(Send { body: body.get(), preview });
        body.set(String::new());
    };
    view! {
        <footer>
            <p class="problem" role="alert" data-testid="problem">{move || send.error().map(|error| words(&error))}</p>
            <form on:submit=submit>
                <input
                    data-testid="message-input"
                    aria-label="Message"
                    placeholder="Say something…"
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

fn show_at_once(store: &mut OptimisticLocalStore, args: &Send) -> Result<(), OptimisticError> {
    store.insert_at_top("messages:page", (), &args.preview)
}

/// The server's own words where the function threw a `ConvexError` with a `message`.
fn words(error: &ConvexError) -> String {
    #[derive(Deserialize)]
    struct Thrown {
        message: String,
    }
    let thrown = error.data().and_then(|data| data.decode::<Thrown>().ok());
    thrown.map_or_else(|| error.to_string(), |thrown| thrown.message)
}
