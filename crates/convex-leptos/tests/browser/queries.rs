//! `use_query`: results, arguments, errors, and the subscriptions behind them.

use crate::fixture::{Page, client, deployment, put, sent};
use convex_leptos::{ConvexError, QueryArgs, QueryOptions, QueryStatus, Skip, UseQuery};
use convex_testkit_web::{turns, until};
use leptos::{prelude::*, reactive::effect::ImmediateEffect};
use serde::{Deserialize, Deserializer};
use serde_json::json;
use std::{
    cell::Cell,
    sync::atomic::{AtomicUsize, Ordering},
};
use wasm_bindgen_test::wasm_bindgen_test;

fn describe(query: UseQuery<String>) -> String {
    match query.get() {
        None => format!("{:?}", query.status()),
        Some(Ok(value)) => format!("{:?} {value}", query.status()),
        Some(Err(error)) => format!("{:?} {error}", query.status()),
    }
}

#[wasm_bindgen_test]
async fn a_query_shows_its_result_and_its_updates() {
    let fake = deployment();
    put(&fake, &[("a", "one")]);
    let client = client(&fake);
    let page = Page::show(move || {
        let label = client.use_query::<_, String, _>("items:label", json!({ "name": "a" }));
        move || describe(label)
    });
    page.until_text("Loading").await;
    page.until_text("Ready one").await;
    put(&fake, &[("a", "two")]);
    page.until_text("Ready two").await;
    assert_eq!(sent(&fake, r#""type":"Add""#), 1);
}

#[wasm_bindgen_test]
async fn queries_of_one_event_are_sent_in_one_frame() {
    let fake = deployment();
    let client = client(&fake);
    let (shown, nested_shown) = (RwSignal::new(false), RwSignal::new(false));
    let _page = Page::show(move || {
        let view = move || {
            Effect::new(move || nested_shown.set(true));
            let label = client.use_query::<_, String, _>("items:label", json!({ "name": "b" }));
            move || describe(label)
        };
        let nested = move || {
            let count = client.use_query::<_, f64, _>("items:count", ());
            move || count.value()
        };
        (move || shown.get().then(view), move || nested_shown.get().then(nested))
    });
    client.use_query::<_, String, _>("items:label", json!({ "name": "first" }));
    until("the first query is subscribed", || sent(&fake, "ModifyQuerySet") == 1).await;
    fake.take_sent();
    shown.set(true);
    client.use_query::<_, String, _>("items:label", json!({ "name": "a" }));
    until("all queries are subscribed", || sent(&fake, r#""type":"Add""#) == 3).await;
    assert_eq!(sent(&fake, "ModifyQuerySet"), 1);
}

#[wasm_bindgen_test]
async fn args_of_every_kind_reach_the_function() {
    let fake = deployment();
    put(&fake, &[("a", "one")]);
    let client = client(&fake);
    let page = Page::show(move || {
        let name = RwSignal::new(json!({ "name": "a" }));
        let queries = [
            client.use_query::<_, String, _>("items:label", json!({ "name": "a" })),
            client.use_query("items:label", [("name", "a")]),
            client.use_query("items:label", name),
            client.use_query("items:label", Signal::<serde_json::Value>::from(name)),
            client.use_query("items:label", Memo::new(move |_| name.get())),
            client.use_query("items:label", move || name.get()),
            client.use_query("items:label", move || Some(name.get())),
            client.use_query("items:label", QueryArgs::Args(json!({ "name": "a" }))),
        ];
        let count = client.use_query::<_, f64, _>("items:count", ());
        let skipped = client.use_query::<_, f64, _>("items:count", Skip);
        move || {
            let labels: Vec<_> = queries.iter().filter_map(UseQuery::value).collect();
            format!("{} {:?} {:?}", labels.join(" "), count.value(), skipped.status())
        }
    });
    page.until_text("one one one one one one one one Some(1.0) Skipped").await;
    assert_eq!(sent(&fake, r#""type":"Add""#), 2, "equal queries are one");
}

#[wasm_bindgen_test]
async fn new_args_keep_the_old_value_until_their_result() {
    let fake = deployment();
    put(&fake, &[("a", "one"), ("b", "two")]);
    let client = client(&fake);
    let name = RwSignal::new("a");
    let page = Page::show(move || {
        let label = client.use_query::<_, String, _>("items:label", move || json!({ "name": name.get() }));
        move || describe(label)
    });
    page.until_text("Ready one").await;
    fake.pause_delivery();
    name.set("b");
    page.until_text("Loading one").await;
    fake.resume_delivery();
    page.until_text("Ready two").await;
    until("the old query is unsubscribed", || sent(&fake, r#""type":"Remove""#) == 1).await;
    put(&fake, &[("a", "three")]);
    turns(5).await;
    assert_eq!(page.text(), "Ready two");
}

#[wasm_bindgen_test]
async fn new_args_clear_the_result_without_keep_previous_data() {
    let fake = deployment();
    put(&fake, &[("a", "one"), ("b", "two")]);
    let client = client(&fake);
    let name = RwSignal::new("a");
    let page = Page::show(move || {
        let fresh = QueryOptions::default().keep_previous_data(false);
        let args = move || json!({ "name": name.get() });
        let label = client.use_query_with::<_, String, _>("items:label", args, fresh);
        move || describe(label)
    });
    page.until_text("Ready one").await;
    fake.pause_delivery();
    name.set("b");
    page.until_text("Loading").await;
    fake.resume_delivery();
    page.until_text("Ready two").await;
}

#[wasm_bindgen_test]
async fn a_selected_part_notifies_only_when_it_changes() {
    let fake = deployment();
    put(&fake, &[("a", "one")]);
    let client = client(&fake);
    let (whole_runs, part_runs) = (StoredValue::new(0), StoredValue::new(0));
    let page = Page::show(move || {
        let items = client.use_query::<_, Vec<serde_json::Value>, _>("items:list", ());
        let count = items.select(Vec::len);
        ImmediateEffect::new_scoped(move || {
            count.track();
            part_runs.update_value(|runs| *runs += 1);
        });
        ImmediateEffect::new_scoped(move || {
            drop(items.value());
            whole_runs.update_value(|runs| *runs += 1);
        });
        move || {
            let label = items.value().and_then(|items| Some(items.last()?["label"].to_string()));
            format!("{:?} {}", count.get(), label.unwrap_or_default())
        }
    });
    page.until_text(r#"Some(1) "one""#).await;
    put(&fake, &[("a", "two")]);
    page.until_text(r#"Some(1) "two""#).await;
    assert_eq!((part_runs.get_value(), whole_runs.get_value()), (2, 3));
    put(&fake, &[("b", "three")]);
    page.until_text(r#"Some(2) "three""#).await;
    assert_eq!((part_runs.get_value(), whole_runs.get_value()), (3, 4));
}

#[wasm_bindgen_test]
async fn equal_args_neither_resubscribe_nor_notify() {
    let fake = deployment();
    put(&fake, &[("a", "one")]);
    let client = client(&fake);
    let name = RwSignal::new("a");
    let page = Page::show(move || {
        let label = client.use_query::<_, String, _>("items:label", move || json!({ "name": name.get() }));
        let runs = StoredValue::new(0);
        move || {
            runs.update_value(|runs| *runs += 1);
            format!("{} {}", describe(label), runs.get_value())
        }
    });
    page.until_text("Ready one 2").await;
    name.set("a");
    turns(5).await;
    assert_eq!((page.text().as_str(), sent(&fake, "ModifyQuerySet")), ("Ready one 2", 1));
}

#[wasm_bindgen_test]
async fn a_query_is_subscribed_only_while_it_is_not_skipped() {
    let fake = deployment();
    put(&fake, &[("a", "one")]);
    let client = client(&fake);
    let name = RwSignal::new(None);
    let page = Page::show(move || {
        let label = client.use_query::<_, String, _>("items:label", move || {
            name.get().map(|name: &str| json!({ "name": name }))
        });
        move || describe(label)
    });
    page.until_text("Skipped").await;
    turns(5).await;
    assert_eq!(sent(&fake, "items:label"), 0);
    name.set(Some("a"));
    page.until_text("Ready one").await;
    name.set(None);
    page.until_text("Skipped").await;
    until("the query is unsubscribed", || sent(&fake, r#""type":"Remove""#) == 1).await;
    name.set(Some("a"));
    page.until_text("Ready one").await;
}

/// docs/auth.md §4, line 44.
#[wasm_bindgen_test]
async fn an_error_of_a_query_does_not_affect_other_queries() {
    let fake = deployment();
    put(&fake, &[("a", "one"), ("broken", "")]);
    let client = client(&fake);
    let page = Page::show(move || {
        let valid = client.use_query::<_, String, _>("items:label", json!({ "name": "a" }));
        let thrown = client.use_query::<_, String, _>("items:check", ());
        let mistyped = client.use_query::<_, f64, _>("items:label", json!({ "name": "a" }));
        let invalid_path = client.use_query::<_, f64, _>("no such path", ());
        let invalid_args = client.use_query::<_, f64, _>("items:count", json!([1, 2]));
        let unknown = client.use_query::<_, f64, _>("items:nowhere", ());
        move || {
            let kinds: String = [
                thrown.error(),
                mistyped.error(),
                invalid_path.error(),
                invalid_args.error(),
                unknown.error(),
            ]
            .map(|error| match error {
                Some(ConvexError::Function(_)) => 'F',
                Some(ConvexError::Result(_)) => 'R',
                Some(ConvexError::Path(_)) => 'P',
                Some(ConvexError::Arguments(_)) => 'A',
                Some(_) => '?',
                None => '-',
            })
            .into_iter()
            .collect();
            format!("{} {kinds}", valid.value().unwrap_or_default())
        }
    });
    page.until_text("one FRPAF").await;
    put(&fake, &[("a", "two")]);
    page.until_text("two FRPAF").await;
}

#[wasm_bindgen_test]
async fn components_share_a_query_until_the_last_one_unmounts() {
    let fake = deployment();
    put(&fake, &[("a", "one")]);
    let client = client(&fake);
    let show = move || {
        Page::show(move || {
            let label = client.use_query::<_, String, _>("items:label", json!({ "name": "a" }));
            move || describe(label)
        })
    };
    let first = show();
    first.until_text("Ready one").await;
    let second = show();
    assert_eq!(second.text(), "Ready one", "the result is ready at once");
    drop(first);
    turns(5).await;
    put(&fake, &[("a", "two")]);
    second.until_text("Ready two").await;
    assert_eq!((sent(&fake, r#""type":"Add""#), sent(&fake, r#""type":"Remove""#)), (1, 0));
    drop(second);
    until("the query is unsubscribed", || sent(&fake, r#""type":"Remove""#) == 1).await;
}

#[wasm_bindgen_test]
async fn a_value_is_decoded_once_for_each_type_and_change() {
    static DECODED: AtomicUsize = AtomicUsize::new(0);

    #[derive(Clone)]
    struct Counted(f64);

    impl<'de> Deserialize<'de> for Counted {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            DECODED.fetch_add(1, Ordering::Relaxed);
            f64::deserialize(deserializer).map(Self)
        }
    }

    let fake = deployment();
    let client = client(&fake);
    let page = Page::show(move || {
        let counts = [(); 3].map(|()| client.use_query::<_, Counted, _>("items:count", ()));
        let plain = client.use_query::<_, f64, _>("items:count", ());
        move || {
            let counts = counts.iter().filter_map(UseQuery::value).map(|count| count.0);
            counts.chain(plain.value()).map(|count| count.to_string()).collect::<String>()
        }
    });
    page.until_text("0000").await;
    put(&fake, &[("a", "one")]);
    page.until_text("1111").await;
    assert_eq!(DECODED.load(Ordering::Relaxed), 2);
}

#[wasm_bindgen_test]
async fn an_unchanged_result_does_not_notify() {
    let fake = deployment();
    put(&fake, &[("a", "one")]);
    let client = client(&fake);
    let page = Page::show(move || {
        let count = client.use_query::<_, f64, _>("items:count", ());
        let label = client.use_query::<_, String, _>("items:label", json!({ "name": "a" }));
        let runs = StoredValue::new_local(Cell::new(0));
        let shown = RwSignal::new(0);
        ImmediateEffect::new_scoped(move || {
            if count.value().is_some() {
                runs.with_value(|runs| runs.set(runs.get() + 1));
                untrack(|| shown.set(runs.with_value(Cell::get)));
            }
        });
        move || format!("{} {}", describe(label), shown.get())
    });
    page.until_text("Ready one 1").await;
    put(&fake, &[("a", "two")]);
    page.until_text("Ready two 1").await;
}

#[wasm_bindgen_test]
async fn a_disposed_query_is_skipped() {
    let fake = deployment();
    let client = client(&fake);
    let query = StoredValue::new_local(Cell::new(None));
    let page = Page::show(move || {
        query.with_value(|query| query.set(Some(client.use_query::<_, f64, _>("items:count", ()))));
    });
    let query: UseQuery<f64> = query.with_value(Cell::take).expect("the component was built");
    drop(page);
    assert!(query.get().is_none());
    assert_eq!(query.status(), QueryStatus::Skipped);
}

#[wasm_bindgen_test]
async fn a_querys_result_can_be_another_querys_argument() {
    let fake = deployment();
    put(&fake, &[("first", "a"), ("a", "one"), ("b", "two")]);
    let client = client(&fake);
    let page = Page::show(move || {
        let name = client.use_query::<_, String, _>("items:label", [("name", "first")]);
        let name = Memo::new(move |_| name.value());
        let label = client
            .use_query::<_, String, _>("items:label", move || name.get().map(|name| json!({ "name": name })));
        move || describe(label)
    });
    assert_eq!(page.text(), "Loading", "it is undecided whether it is skipped");
    page.until_text("Ready one").await;
    put(&fake, &[("first", "b")]);
    page.until_text("Ready two").await;
}

/// The second query is never skipped: its arguments are undecided while the first one loads.
#[wasm_bindgen_test]
async fn arguments_that_wait_for_a_query_are_loading() {
    let fake = deployment();
    put(&fake, &[("first", "a"), ("a", "one"), ("second", "b"), ("b", "two")]);
    let client = client(&fake);
    let (first, statuses) = (RwSignal::new("first"), StoredValue::new(Vec::new()));
    let page = Page::show(move || {
        let fresh = QueryOptions::default().keep_previous_data(false);
        let name = client.use_query_with("items:label", move || json!({ "name": first.get() }), fresh);
        let args = move || name.value().map(|name: String| json!({ "name": name }));
        let label = client.use_query::<_, String, _>("items:label", args);
        ImmediateEffect::new_scoped(move || statuses.update_value(|statuses| statuses.push(label.status())));
        view! { <Suspense fallback=|| "waiting">{move || describe(label)}</Suspense> }
    });
    page.until_text("waiting").await;
    page.until_text("Ready one").await;
    first.set("second");
    page.until_text("Ready two").await;
    let statuses = statuses.get_value();
    assert!(!statuses.contains(&QueryStatus::Skipped), "{statuses:?}");
    assert!(statuses.contains(&QueryStatus::Loading) && statuses.contains(&QueryStatus::Ready));
}
