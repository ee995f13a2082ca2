use convex_leptos::use_query;
use leptos::prelude::*;

/// `n` components, each with its own query.
#[component]
pub fn Cells(n: u32) -> impl IntoView {
    view! { <ul>{(0..n).map(|i| view! { <Cell i/> }).collect_view()}</ul> }
}

#[component]
fn Cell(i: u32) -> impl IntoView {
    let value = use_query::<_, u32, _>("bench:cell", [("i", i)]);
    view! { <li>{move || value.value()}</li> }
}
