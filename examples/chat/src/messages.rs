//! The list of messages, the newest at the bottom.

use crate::{
    api::messages::{Doc, page},
    message::MessageRow,
};
use convex_leptos::{
    BetterAuth, ForEach, PaginationOptions, PaginationStatus, UsePaginatedQuery, use_paginated_query,
};
use leptos::prelude::*;

/// The number of messages per page.
const PAGE: u32 = 10;

#[component]
pub fn Messages(auth: BetterAuth) -> impl IntoView {
    let options = PaginationOptions::new(PAGE);
    let messages = use_paginated_query(page, (), options);
    view! {
        // The list is newest first. The style sheet puts the newest at the bottom and keeps the page
        // scrolled there.
        <main class="messages">
            <ol data-testid="messages">
                <ForEach each=messages key=|message| message.id.clone() let:message>
                    <MessageRow message auth/>
                </ForEach>
            </ol>
            <Older messages/>
        </main>
    }
}

/// The button or text above the oldest message.
#[component]
fn Older(messages: UsePaginatedQuery<Doc>) -> impl IntoView {
    move || {
        match messages.status() {
        PaginationStatus::LoadingFirstPage | PaginationStatus::LoadingMore => {
            view! { <p class="quiet">"Loading…"</p> }.into_any()
        }
        PaginationStatus::CanLoadMore => view! {
            <button type="button" class="older" data-testid="older" on:click=move |_| messages.load_more(PAGE)>
                "Older messages"
            </button>
        }
        .into_any(),
        PaginationStatus::Exhausted => view! { <p class="quiet">"No older messages."</p> }.into_any(),
        PaginationStatus::Error => {
            let error = messages.error().map(|error| error.to_string());
            view! { <p class="problem" role="alert">{error}</p> }.into_any()
        }
    }
    }
}
