use convex_leptos::{ForEach, use_query};
use leptos::prelude::*;

use crate::document::BenchDocument;

/// A long keyed list.
#[component]
pub fn Rows() -> impl IntoView {
    let documents = use_query::<_, Vec<BenchDocument>, _>("bench:documents", ());
    view! {
        <ul>
            <ForEach each=documents key=|document| document.id.clone() let:document>
                <li>
                    <span>{move || document.read().title.clone()}</span>
                    <span>{move || document.read().author.clone()}</span>
                </li>
            </ForEach>
        </ul>
    }
}
