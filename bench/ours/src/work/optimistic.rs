use convex_leptos::{use_mutation, use_query};
use leptos::prelude::*;
use serde::Serialize;

#[derive(Serialize)]
struct CellArgs {
    i: u32,
}

/// A counter with an optimistic update.
#[component]
pub fn Optimistic() -> impl IntoView {
    let count = use_query::<_, u32, _>("bench:cell", [("i", 0)]);
    let increment =
        use_mutation::<_, ()>("bench:increment").with_optimistic_update(|store, args: &CellArgs| match store
            .get::<_, u32>(
            "bench:cell",
            args,
        )? {
            Some(count) => store.set("bench:cell", args, &(count + 1)),
            None => Ok(()),
        });
    view! {
        <button id="increment" on:click=move |_| increment.dispatch(CellArgs { i: 0 })>
            {move || count.value()}
        </button>
    }
}
