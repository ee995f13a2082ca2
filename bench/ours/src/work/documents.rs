use convex_leptos::use_query;
use leptos::prelude::*;

use crate::document::BenchDocument;

/// A large result of which only a small part is shown.
#[component]
pub fn Documents() -> impl IntoView {
    let documents = use_query::<_, Vec<BenchDocument>, _>("bench:documents", ());
    let count = documents.select(Vec::len);
    let first = documents.select(|documents| documents.first().map(|document| document.title.clone()));
    view! {
        <p id="count">{count}</p>
        <p id="first">{move || first.get().flatten()}</p>
    }
}
