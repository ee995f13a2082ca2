//! A shared counter: a click in one window updates all windows.

use convex_leptos::prelude::*;
use leptos::prelude::*;

fn main() {
    mount_to_body(|| {
        let url = window().location().origin().unwrap_or_default();
        view! { <ConvexProvider url><Counter/></ConvexProvider> }
    });
}

#[component]
fn Counter() -> impl IntoView {
    let count: UseQuery<u32> = use_query("counters:get", [("name", "left")]);
    let increment: UseMutation<u32> = use_mutation("counters:incrementBoth");
    view! {
        <button on:click=move |_| increment.dispatch(())>
            {move || count.value().map_or("…".to_owned(), |count| count.to_string())}
        </button>
    }
}
