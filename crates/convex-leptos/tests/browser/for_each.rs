//! `<ForEach>`: rows are moved, updated and removed without rebuilding the others.

use crate::fixture::{Page, client, deployment, put};
use convex_leptos::ForEach;
use leptos::prelude::*;
use serde::{Deserialize, Deserializer};
use std::{
    cell::Cell,
    sync::atomic::{AtomicUsize, Ordering},
};
use wasm_bindgen_test::wasm_bindgen_test;

#[derive(Debug, Clone, PartialEq, Deserialize)]
struct Item {
    name: String,
    label: String,
}

#[wasm_bindgen_test]
async fn a_changed_row_updates_without_a_rebuild() {
    let fake = deployment();
    put(&fake, &[("a", "one"), ("b", "two")]);
    let client = client(&fake);
    let built = StoredValue::new_local(Cell::new(0));
    let page = Page::show(move || {
        let items = client.use_query::<_, Vec<Item>, _>("items:list", ());
        view! {
            <ul>
                <ForEach each=items key=|item| item.name.clone() let:item>
                    {built.with_value(|built| built.set(built.get() + 1));}
                    <li>{move || item.read().label.clone()}</li>
                </ForEach>
            </ul>
        }
    });
    page.until_text("onetwo").await;
    let second = page.find("li:nth-child(2)");
    put(&fake, &[("b", "renamed"), ("c", "three")]);
    page.until_text("onerenamedthree").await;
    assert_eq!(page.find("li:nth-child(2)"), second);
    assert_eq!(built.with_value(Cell::get), 3);
}

#[wasm_bindgen_test]
async fn only_changed_items_of_a_query_are_decoded_again() {
    static DECODED: AtomicUsize = AtomicUsize::new(0);

    #[derive(Debug, Clone, PartialEq)]
    struct Counted(Item);

    impl<'de> Deserialize<'de> for Counted {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            DECODED.fetch_add(1, Ordering::Relaxed);
            Item::deserialize(deserializer).map(Self)
        }
    }

    let fake = deployment();
    put(&fake, &[("a", "one"), ("b", "two"), ("c", "three")]);
    let client = client(&fake);
    let page = Page::show(move || {
        let items = client.use_query::<_, Vec<Counted>, _>("items:list", ());
        view! {
            <ForEach each=items key=|item| item.0.name.clone() let:item>
                <p>{move || item.read().0.label.clone()}</p>
            </ForEach>
        }
    });
    page.until_text("onetwothree").await;
    assert_eq!(DECODED.swap(0, Ordering::Relaxed), 3);
    put(&fake, &[("b", "renamed")]);
    page.until_text("onerenamedthree").await;
    assert_eq!(DECODED.swap(0, Ordering::Relaxed), 1);
}

#[wasm_bindgen_test]
async fn rows_are_moved_inserted_and_removed() {
    let items = RwSignal::new(vec![("a", 1), ("b", 2), ("c", 3)]);
    let page = Page::show(move || {
        view! {
            <ForEach each=move || items.get() key=|item| item.0 let:item>
                <p>{move || format!("{}{}", item.read().0, item.read().1)}</p>
            </ForEach>
        }
    });
    assert_eq!(page.texts("p"), ["a1", "b2", "c3"]);
    let c = page.find("p:nth-child(3)");
    items.set(vec![("c", 4), ("d", 5), ("a", 1)]);
    page.until_text("c4d5a1").await;
    assert_eq!(page.find("p:nth-child(1)"), c);
    items.set(vec![]);
    page.until_text("").await;
    items.set(vec![("c", 6)]);
    page.until_text("c6").await;
}

#[wasm_bindgen_test]
async fn the_first_of_two_items_with_one_key_is_shown() {
    let items = RwSignal::new(vec![("a", 1), ("a", 2), ("b", 3)]);
    let page = Page::show(move || {
        view! {
            <ForEach each=move || items.get() key=|item| item.0 let:item>
                <p>{move || item.read().1}</p>
            </ForEach>
        }
    });
    assert_eq!(page.texts("p"), ["1", "3"]);
    items.set(vec![("a", 4), ("b", 5), ("a", 6)]);
    page.until_text("45").await;
}
