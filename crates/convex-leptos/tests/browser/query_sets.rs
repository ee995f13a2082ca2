//! `use_queries`: a changing set of queries by key.

use crate::fixture::{Page, client, deployment, put, sent};
use convex_leptos::{QueryOptions, QueryStatus, UseQueries, UseQuery};
use convex_testkit_web::{turns, until};
use leptos::{prelude::*, reactive::effect::ImmediateEffect};
use serde_json::{Value, json};
use wasm_bindgen_test::wasm_bindgen_test;

type Labels = UseQueries<String, &'static str>;

/// The labels of these items, by their names.
fn labels_of(names: RwSignal<Vec<&'static str>>) -> impl Fn() -> Vec<(&'static str, &'static str, Value)> {
    move || names.get().into_iter().map(|name| (name, "items:label", json!({ "name": name }))).collect()
}

fn describe(labels: Labels) -> String {
    let entry = |(name, label): (&str, UseQuery<String>)| match label.value() {
        Some(label) => format!("{name} {label}"),
        None => format!("{name} {:?}", label.status()),
    };
    labels.entries().into_iter().map(entry).collect::<Vec<_>>().join(", ")
}

#[wasm_bindgen_test]
async fn entries_keep_their_subscription_while_their_key_stays() {
    let fake = deployment();
    put(&fake, &[("a", "one"), ("b", "two"), ("c", "three")]);
    let client = client(&fake);
    let names = RwSignal::new(vec!["a", "b"]);
    let set = StoredValue::new(None);
    let page = Page::show(move || {
        let labels: Labels = client.use_queries(labels_of(names));
        set.set_value(Some(labels));
        move || describe(labels)
    });
    assert_eq!(page.text(), "a Loading, b Loading");
    page.until_text("a one, b two").await;
    let labels = set.get_value().expect("the component was built");
    let b = untrack(|| labels.query(&"b")).expect("b is there");
    names.set(vec!["c", "b"]);
    page.until_text("c three, b two").await;
    until("a is unsubscribed", || sent(&fake, r#""type":"Remove""#) == 1).await;
    assert_eq!(sent(&fake, r#""type":"Add""#), 3, "b was subscribed once");
    put(&fake, &[("b", "four")]);
    page.until_text("c three, b four").await;
    assert_eq!(untrack(|| b.value()).as_deref(), Some("four"), "the old handle is still live");
    assert!(untrack(|| labels.query(&"a")).is_none());
    names.set(vec![]);
    page.until_text("").await;
    assert_eq!((untrack(|| b.value()), untrack(|| b.status())), (None, QueryStatus::Skipped));
    until("all queries are unsubscribed", || sent(&fake, r#""type":"Remove""#) == 3).await;
}

#[wasm_bindgen_test]
async fn each_entry_has_its_own_status() {
    let fake = deployment();
    put(&fake, &[("a", "one"), ("broken", "")]);
    let client = client(&fake);
    let page = Page::show(move || {
        let mixed = client.use_queries::<String, _>(|| {
            [
                (1, "items:label", Some(json!({ "name": "a" }))),
                (2, "items:check", Some(json!({}))),
                (3, "items:label", None),
                (4, "no such path", Some(json!({}))),
                (5, "items:label", Some(json!([1]))),
                (1, "items:nowhere", Some(json!({}))),
            ]
        });
        move || {
            let statuses =
                mixed.entries().into_iter().map(|(key, query)| format!("{key} {:?}", query.status()));
            statuses.collect::<Vec<_>>().join(", ")
        }
    });
    page.until_text("1 Ready, 2 Error, 3 Skipped, 4 Error, 5 Error").await;
}

#[wasm_bindgen_test]
async fn an_entry_resubscribes_with_its_new_arguments() {
    let fake = deployment();
    put(&fake, &[("a", "one"), ("b", "two")]);
    let client = client(&fake);
    for keeps in [true, false] {
        let name = RwSignal::new("a");
        let page = Page::show(move || {
            let options = QueryOptions::default().keep_previous_data(keeps);
            let queries = move || [("key", "items:label", json!({ "name": name.get() }))];
            let labels: Labels = client.use_queries_with(queries, options);
            move || describe(labels)
        });
        page.until_text("key one").await;
        fake.pause_delivery();
        name.set("b");
        turns(5).await;
        assert_eq!(page.text(), if keeps { "key one" } else { "key Loading" });
        fake.resume_delivery();
        page.until_text("key two").await;
    }
}

#[wasm_bindgen_test]
async fn another_function_under_a_key_is_another_entry() {
    let fake = deployment();
    put(&fake, &[("a", "one")]);
    let client = client(&fake);
    let function = RwSignal::new("items:label");
    let page = Page::show(move || {
        let labels: Labels = client.use_queries(move || [("key", function.get(), json!({ "name": "a" }))]);
        move || describe(labels)
    });
    page.until_text("key one").await;
    fake.pause_delivery();
    function.set("items:check");
    page.until_text("key Loading").await;
    fake.resume_delivery();
    page.until_text("key it works").await;
}

#[wasm_bindgen_test]
async fn a_transition_updates_its_entries_together_and_no_others() {
    let fake = deployment();
    put(&fake, &[("a", "0"), ("b", "0"), ("c", "0")]);
    let client = client(&fake);
    let (seen, c_runs) = (StoredValue::new(Vec::new()), StoredValue::new(0));
    let page = Page::show(move || {
        let labels: Labels = client.use_queries(labels_of(RwSignal::new(vec!["a", "b", "c"])));
        let label = move |name| labels.query(&name).and_then(|query| query.value());
        ImmediateEffect::new_scoped(move || {
            seen.update_value(|seen| seen.push((label("a"), label("b"))));
        });
        ImmediateEffect::new_scoped(move || {
            drop(label("c"));
            c_runs.update_value(|runs| *runs += 1);
        });
        move || describe(labels)
    });
    page.until_text("a 0, b 0, c 0").await;
    put(&fake, &[("a", "1"), ("b", "1")]);
    page.until_text("a 1, b 1, c 0").await;
    put(&fake, &[("a", "2"), ("b", "2")]);
    page.until_text("a 2, b 2, c 0").await;
    let seen = seen.get_value();
    assert!(seen.len() >= 4 && seen.iter().all(|(a, b)| a == b), "inconsistent: {seen:?}");
    assert_eq!(c_runs.get_value(), 2);
}

#[wasm_bindgen_test]
async fn entries_with_new_arguments_change_in_the_same_tick() {
    let fake = deployment();
    put(&fake, &[("a", "0"), ("b", "1")]);
    let client = client(&fake);
    let name = RwSignal::new("a");
    let seen = StoredValue::new(Vec::new());
    let page = Page::show(move || {
        let queries = move || {
            let args = json!({ "name": name.get() });
            [(1, "items:label", args.clone()), (2, "items:label", args)]
        };
        let fresh = QueryOptions::default().keep_previous_data(false);
        let labels = client.use_queries_with::<String, i32>(queries, fresh);
        let label = move |key| labels.query(&key).and_then(|query| query.value());
        for (one, other) in [(1, 2), (2, 1)] {
            ImmediateEffect::new_scoped(move || {
                seen.update_value(|seen| seen.push((label(one), label(other))));
            });
        }
        move || format!("{:?}", label(2))
    });
    page.until_text(r#"Some("0")"#).await;
    name.set("b");
    page.until_text(r#"Some("1")"#).await;
    let seen = seen.get_value();
    assert!(seen.len() >= 6 && seen.iter().all(|(one, other)| one == other), "inconsistent: {seen:?}");
}

#[wasm_bindgen_test]
async fn a_set_of_a_disposed_component_unsubscribes() {
    let fake = deployment();
    put(&fake, &[("a", "one")]);
    let client = client(&fake);
    let set = StoredValue::new(None);
    let page = Page::show(move || {
        let labels: Labels = client.use_queries(labels_of(RwSignal::new(vec!["a"])));
        set.set_value(Some(labels));
        move || describe(labels)
    });
    page.until_text("a one").await;
    drop(page);
    until("all queries are unsubscribed", || sent(&fake, r#""type":"Remove""#) == 1).await;
    let labels = set.get_value().expect("the component was built");
    assert!(untrack(|| labels.entries()).is_empty());
}

/// Before the query that they depend on has a result, it is unknown which entries there are.
#[wasm_bindgen_test]
async fn entries_that_wait_for_a_query_suspend() {
    let fake = deployment();
    put(&fake, &[("a", "b"), ("b", "two")]);
    let client = client(&fake);
    let page = Page::show(move || {
        let name = client.use_query::<_, String, _>("items:label", json!({ "name": "a" }));
        let labels: Labels = client.use_queries(move || {
            let args = name.value().map(|name| json!({ "name": name }));
            let later = args.clone().map(|args| ("later", "items:label", Some(args)));
            [("always", "items:label", args)].into_iter().chain(later).collect::<Vec<_>>()
        });
        view! {
            {move || describe(labels)} "; "
            <Suspense fallback=|| "waiting">{move || describe(labels)}</Suspense>
        }
    });
    page.until_text("always Loading; waiting").await;
    page.until_text("always two, later two; always two, later two").await;
}
