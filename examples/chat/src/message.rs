//! One message.

use crate::api::{messages::Doc, tables};
use convex_leptos::{BetterAuth, Id};
use js_sys::{Date, Object};
use leptos::prelude::*;

/// The start of the id of a preview, which is shown until the server has stored the message.
const PREVIEW: &str = "preview-";

/// The id of the preview of the `n`th message that was sent.
pub fn preview_id(n: u32) -> Id<tables::Messages> {
    Id::new(format!("{PREVIEW}{n}"))
}

#[component]
pub fn MessageRow(message: ReadSignal<Doc>, auth: BetterAuth) -> impl IntoView {
    let author = move || message.read().author.clone();
    let is_mine = move || auth.user().is_some_and(|user| user.name == author());
    let is_pending = move || message.read().id.starts_with(PREVIEW);
    let note = move || {
        if is_pending() { "Sending…".to_owned() } else { time_of_day(message.read().creation_time) }
    };
    view! {
        <li class:mine=is_mine class:sending=is_pending>
            <span class="face" style:--hue=move || hue(&author()) aria-hidden="true">
                {move || author().chars().next()}
            </span>
            <div class="bubble">
                <p class="by"><b>{author}</b>" "<small>{note}</small></p>
                <p class="body">{move || message.read().body.clone()}</p>
            </div>
        </li>
    }
}

/// Hours and minutes in the user's locale.
fn time_of_day(time: f64) -> String {
    let time = Date::new(&time.into()).to_locale_time_string_with_options("default", &hours_and_minutes());
    time.into()
}

fn hours_and_minutes() -> Object {
    let style = js_sys::Array::of2(&"timeStyle".into(), &"short".into());
    Object::from_entries(&js_sys::Array::of1(&style)).expect("an array of pairs is entries")
}

/// A colour for an author, the same in every window: a hash of the name.
fn hue(author: &str) -> String {
    let hash = author.bytes().fold(0_u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193));
    (hash % 360).to_string()
}
