//! One message.

use convex_leptos::BetterAuth;
use js_sys::{Date, Object};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

/// A document of the table `messages`; or, while it is being sent, what will be one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Message {
    #[serde(rename = "_id")]
    pub id: String,
    /// In milliseconds since 1970.
    #[serde(rename = "_creationTime")]
    pub creation_time: f64,
    pub author: String,
    pub body: String,
    /// The server's have no such field.
    #[serde(default)]
    pub is_on_its_way: bool,
}

#[component]
pub fn MessageRow(message: ReadSignal<Message>, auth: BetterAuth) -> impl IntoView {
    let author = move || message.read().author.clone();
    let is_mine = move || auth.user().is_some_and(|user| user.name == author());
    let is_on_its_way = move || message.read().is_on_its_way;
    let note =
        move || if is_on_its_way() { "Sending…".to_owned() } else { clock(message.read().creation_time) };
    view! {
        <li class:mine=is_mine class:sending=is_on_its_way>
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

/// Hours and minutes, as is usual where the reader lives.
fn clock(time: f64) -> String {
    let time = Date::new(&time.into()).to_locale_time_string_with_options("default", &hours_and_minutes());
    time.into()
}

fn hours_and_minutes() -> Object {
    let style = js_sys::Array::of2(&"timeStyle".into(), &"short".into());
    Object::from_entries(&js_sys::Array::of1(&style)).expect("an array of pairs is entries")
}

/// Everybody has a colour of their own, the same in every window.
fn hue(author: &str) -> String {
    let mixed = author.bytes().fold(0_u32, |mixed, byte| (mixed ^ u32::from(byte)).wrapping_mul(0x0100_0193));
    (mixed % 360).to_string()
}
