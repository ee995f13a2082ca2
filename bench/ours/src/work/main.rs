//! The measured pages, chosen by `?scenario=<name>&n=<size>`. `bench/page` drives and measures
//! them, and the same pages in `bench/theirs`.

mod cells;
mod document;
mod documents;
mod optimistic;
mod rows;

use convex_leptos::ConvexProvider;
use leptos::{prelude::*, wasm_bindgen::JsCast};
use web_sys::{HtmlElement, UrlSearchParams};

use crate::{cells::Cells, documents::Documents, optimistic::Optimistic, rows::Rows};

fn main() {
    let root = document().get_element_by_id("root").expect("the page has an element `root`");
    mount_to(root.unchecked_into::<HtmlElement>(), App).forget();
}

#[component]
fn App() -> impl IntoView {
    let location = window().location();
    let url = location.origin().expect("a served page has an origin");
    let query = location.search().unwrap_or_default();
    let params = UrlSearchParams::new_with_str(&query).expect("any text is a query string");
    let n = params.get("n").and_then(|n| n.parse().ok()).unwrap_or(1);
    let scenario = params.get("scenario").unwrap_or_default();
    view! {
        <ConvexProvider url>
            {match scenario.as_str() {
                "cells" => view! { <Cells n/> }.into_any(),
                "documents" => view! { <Documents/> }.into_any(),
                "rows" => view! { <Rows/> }.into_any(),
                "optimistic" => view! { <Optimistic/> }.into_any(),
                other => panic!("there is no scenario {other:?}"),
            }}
        </ConvexProvider>
    }
}
