//! A shared counter: a click in one window updates all windows.

use convex_leptos::{ConvexProvider, use_mutation, use_query};
use leptos::prelude::*;

fn main() {
    mount_to_body(|| {
        let url = window().location().origin().unwrap_or_default();
        view! { <ConvexProvider url><Counter/></ConvexProvider> }
    });
}

#[component]
fn Counter() -> impl IntoView {
    let count = use_query::<_, u32, _>("counters:get", [("name", "left")]);
    let increment = use_mutation::<_, u32>("counters:incrementBoth");
    view! {
        <button on:click=move |_| increment.dispatch(())>
            {move || count.value().map_or("…".to_owned(), |count| count.to_string())}
        </button>
    }
}
