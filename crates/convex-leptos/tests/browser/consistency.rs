//! Results that one change on the server affects are updated together.

use crate::fixture::{Page, client, deployment, put};
use convex_testkit_web::turns;
use leptos::{prelude::*, reactive::effect::ImmediateEffect};
use serde_json::json;
use wasm_bindgen_test::wasm_bindgen_test;

#[wasm_bindgen_test]
async fn two_queries_of_one_transition_change_together() {
    let fake = deployment();
    put(&fake, &[("a", "0"), ("b", "0")]);
    let client = client(&fake);
    let pairs = StoredValue::new(Vec::new());
    let page = Page::show(move || {
        let [a, b] =
            ["a", "b"].map(|name| client.use_query::<_, String, _>("items:label", json!({ "name": name })));
        let pair = Memo::new(move |_| {
            let pair = (a.value(), b.value());
            pairs.update_value(|pairs| pairs.push(pair.clone()));
            pair
        });
        ImmediateEffect::new_scoped(move || pairs.update_value(|pairs| pairs.push((a.value(), b.value()))));
        ImmediateEffect::new_scoped(move || pairs.update_value(|pairs| pairs.push((b.value(), a.value()))));
        ImmediateEffect::new_scoped(move || drop(pair.get()));
        move || format!("{:?}", pair.get())
    });
    page.until_text(r#"(Some("0"), Some("0"))"#).await;
    for label in ["1", "2", "3"] {
        put(&fake, &[("a", label), ("b", label)]);
        page.until_text(&format!(r#"(Some("{label}"), Some("{label}"))"#)).await;
    }
    turns(2).await;
    let pairs = pairs.get_value();
    assert!(pairs.len() > 6);
    assert!(pairs.iter().all(|(a, b)| a == b), "inconsistent: {pairs:?}");
}

#[wasm_bindgen_test]
async fn selected_parts_of_one_transition_change_together() {
    let fake = deployment();
    put(&fake, &[("a", "0"), ("b", "0")]);
    let client = client(&fake);
    let pairs = StoredValue::new(Vec::new());
    let page = Page::show(move || {
        let [a, b] = ["a", "b"].map(|name| {
            client
                .use_query::<_, String, _>("items:label", json!({ "name": name }))
                .select(|label| label.clone())
        });
        ImmediateEffect::new_scoped(move || pairs.update_value(|pairs| pairs.push((a.get(), b.get()))));
        ImmediateEffect::new_scoped(move || pairs.update_value(|pairs| pairs.push((b.get(), a.get()))));
        move || format!("{:?}", (a.get(), b.get()))
    });
    for label in ["0", "1", "2", "3"] {
        put(&fake, &[("a", label), ("b", label)]);
        page.until_text(&format!(r#"(Some("{label}"), Some("{label}"))"#)).await;
    }
    let pairs = pairs.get_value();
    assert!(pairs.len() > 6);
    assert!(pairs.iter().all(|(a, b)| a == b), "inconsistent: {pairs:?}");
}
