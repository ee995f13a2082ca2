//! Optimistic updates: the results that queries show while mutations are pending.

use crate::fixture::{Page, client, deployment, put, ran, sent};
use convex_leptos::{ConvexClient, ConvexError, OptimisticError, OptimisticLocalStore, UseQuery};
use convex_testkit_web::until;
use leptos::{prelude::*, reactive::effect::ImmediateEffect};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Value, json};
use wasm_bindgen_test::wasm_bindgen_test;

#[derive(Serialize)]
struct Put {
    name: &'static str,
    label: &'static str,
}

fn show_label(store: &mut OptimisticLocalStore<'_, '_>, args: &Put) -> Result<(), OptimisticError> {
    store.set("items:label", json!({ "name": args.name }), &format!("{}…", args.label))
}

fn increment_count(store: &mut OptimisticLocalStore<'_, '_>, _: &Put) -> Result<(), OptimisticError> {
    let Some(count) = store.get::<_, f64>("items:count", ())? else { return Ok(()) };
    store.set("items:count", (), &(count + 1.0))
}

/// Every value that a query showed, in order, without repetitions. (A query notifies again when the
/// server's `2.0` replaces an update's `2`, because their texts differ.)
#[derive(Clone, Copy)]
struct ValueHistory<T: 'static>(StoredValue<Vec<T>>);

impl<T: Clone + PartialEq + std::fmt::Debug + Send + Sync + 'static> ValueHistory<T> {
    fn watch(query: UseQuery<T>) -> Self {
        let values = StoredValue::new(Vec::new());
        ImmediateEffect::new_scoped(move || {
            if let Some(value) = query.value() {
                values.update_value(|values: &mut Vec<T>| {
                    if values.last() != Some(&value) {
                        values.push(value);
                    }
                });
            }
        });
        Self(values)
    }

    async fn until(&self, expected: &[T]) {
        let is_long_enough = || self.0.with_value(|values| values.len() >= expected.len());
        until(&format!("the history is {expected:?}"), is_long_enough).await;
        self.0.with_value(|values| assert_eq!(values, expected));
    }
}

/// The history of a query, and the page that subscribes to it.
fn history<T>(client: ConvexClient, path: &'static str, args: Value) -> (Page, ValueHistory<T>)
where
    T: DeserializeOwned + Clone + PartialEq + std::fmt::Debug + Send + Sync + 'static,
{
    let history = StoredValue::new(None);
    let page = Page::show(move || {
        history.set_value(Some(ValueHistory::watch(client.use_query::<_, T, _>(path, args))));
    });
    (page, history.get_value().expect("the component was built"))
}

/// docs/auth.md §3, rule 14.
#[wasm_bindgen_test]
async fn an_update_is_removed_in_the_transition_with_its_writes() {
    let fake = deployment();
    put(&fake, &[("a", "one")]);
    let client = client(&fake);
    let (_page, labels) = history::<String>(client, "items:label", json!({ "name": "a" }));
    labels.until(&["one".into()]).await;
    let rename = client.use_mutation::<_, String>("items:put").with_optimistic_update(show_label);
    let call = rename.call(Put { name: "a", label: "two" });
    labels.until(&["one".into(), "two…".into()]).await;
    assert!(rename.pending());
    assert_eq!(call.await.as_deref(), Ok("two"));
    labels.until(&["one".into(), "two…".into(), "two".into()]).await;
}

#[wasm_bindgen_test]
async fn the_page_shows_an_update_before_its_mutation_is_sent() {
    let fake = deployment();
    put(&fake, &[("a", "one")]);
    let client = client(&fake);
    let label = client.use_query::<_, String, _>("items:label", json!({ "name": "a" }));
    let shown = StoredValue::new_local(Vec::new());
    let network = fake.clone();
    Effect::new(move || {
        let mutations = sent(&network, r#""type":"Mutation""#);
        shown.update_value(|shown| shown.extend(label.value().map(|label| (label, mutations))));
    });
    until("the label is shown", || !shown.read_value().is_empty()).await;
    let rename = client.use_mutation::<_, String>("items:put").with_optimistic_update(show_label);
    assert!(rename.call(Put { name: "a", label: "two" }).await.is_ok());
    let expected = [("one".to_owned(), 0), ("two…".to_owned(), 0)];
    assert_eq!(shown.get_value()[..2], expected);
    assert_eq!(sent(&fake, r#""type":"Mutation""#), 1);
}

#[wasm_bindgen_test]
async fn an_update_is_reapplied_to_each_transition() {
    let fake = deployment();
    put(&fake, &[("a", "one")]);
    let client = client(&fake);
    let (_page, counts) = history::<f64>(client, "items:count", json!({}));
    counts.until(&[1.0]).await;
    let add = client.use_mutation::<_, String>("items:put").with_optimistic_update(increment_count);
    let call = add.call(Put { name: "b", label: "two" });
    // Another client's write arrives first, in an earlier transition than the call's own.
    put(&fake, &[("c", "three")]);
    assert!(call.await.is_ok());
    counts.until(&[1.0, 2.0, 3.0]).await;
}

#[wasm_bindgen_test]
async fn updates_of_several_calls_are_applied_in_order() {
    let fake = deployment();
    let client = client(&fake);
    let (_page, counts) = history::<f64>(client, "items:count", json!({}));
    counts.until(&[0.0]).await;
    let add = client.use_mutation::<_, String>("items:put").with_optimistic_update(increment_count);
    add.dispatch(Put { name: "a", label: "one" });
    let second = add.call(Put { name: "b", label: "two" });
    counts.until(&[0.0, 1.0, 2.0]).await;
    assert!(second.await.is_ok());
    // Each update is removed in its own transition, so that 2 stays.
    counts.until(&[0.0, 1.0, 2.0]).await;
}

#[wasm_bindgen_test]
async fn a_failed_mutation_removes_its_update() {
    let fake = deployment();
    put(&fake, &[("a", "one")]);
    let client = client(&fake);
    let (_page, labels) = history::<String>(client, "items:label", json!({ "name": "a" }));
    labels.until(&["one".into()]).await;
    let failing = client.use_mutation::<_, ()>("items:fail").with_optimistic_update(show_label);
    let result = failing.call(Put { name: "a", label: "two" }).await;
    assert!(matches!(result, Err(ConvexError::Function(_))), "{result:?}");
    labels.until(&["one".into(), "two…".into(), "one".into()]).await;
}

#[wasm_bindgen_test]
async fn cancelling_a_call_removes_its_update_in_the_same_tick() {
    let fake = deployment();
    put(&fake, &[("a", "one")]);
    let client = client(&fake);
    let (_page, labels) = history::<String>(client, "items:label", json!({ "name": "a" }));
    labels.until(&["one".into()]).await;
    let rename = client.use_mutation::<_, String>("items:put").with_optimistic_update(show_label);
    let call = rename.call(Put { name: "a", label: "two" });
    call.cancel();
    labels.0.with_value(|values| assert_eq!(values, &["one", "two…", "one"]));
}

#[wasm_bindgen_test]
async fn a_failed_update_has_no_effect_on_other_calls() {
    let fake = deployment();
    put(&fake, &[("a", "one"), ("b", "one")]);
    let client = client(&fake);
    let (_page, a) = history::<String>(client, "items:label", json!({ "name": "a" }));
    let (_other_page, b) = history::<String>(client, "items:label", json!({ "name": "b" }));
    a.until(&["one".into()]).await;
    b.until(&["one".into()]).await;
    let mutation = client.use_mutation::<_, String>("items:put");
    let good = mutation.with_optimistic_update(show_label);
    // Fails: a label is not a number.
    let bad = mutation.with_optimistic_update(|store, args: &Put| {
        show_label(store, args)?;
        store.get::<_, f64>("items:label", json!({ "name": args.name })).map(drop)
    });
    let calls = (
        good.call(Put { name: "a", label: "two" }),
        bad.call(Put { name: "b", label: "two" }),
        good.call(Put { name: "a", label: "three" }),
    );
    a.until(&["one".into(), "two…".into(), "three…".into()]).await;
    b.until(&["one".into()]).await;
    assert_eq!(calls.0.await.as_deref(), Ok("two"));
    assert_eq!(calls.1.await.as_deref(), Ok("two"), "the mutation still runs");
    assert_eq!(calls.2.await.as_deref(), Ok("three"));
    a.until(&["one".into(), "two…".into(), "three…".into(), "three".into()]).await;
    b.until(&["one".into(), "two".into()]).await;
}

#[wasm_bindgen_test]
async fn an_update_that_fails_on_reapplication_is_removed() {
    let fake = deployment();
    put(&fake, &[("a", "one")]);
    let client = client(&fake);
    let (_page, counts) = history::<f64>(client, "items:count", json!({}));
    counts.until(&[1.0]).await;
    let add = client.use_mutation::<_, String>("items:put").with_optimistic_update(|store, args: &Put| {
        let count = store.get::<_, f64>("items:count", ())?;
        increment_count(store, args)?;
        if count > Some(1.0) { Err(OptimisticError::new("too many")) } else { Ok(()) }
    });
    let call = add.call(Put { name: "b", label: "two" });
    put(&fake, &[("c", "three"), ("d", "four")]);
    assert!(call.await.is_ok());
    counts.until(&[1.0, 2.0, 3.0, 4.0]).await;
}

#[wasm_bindgen_test]
async fn invalid_arguments_apply_no_update() {
    let fake = deployment();
    put(&fake, &[("a", "one")]);
    let client = client(&fake);
    let (_page, labels) = history::<String>(client, "items:label", json!({ "name": "a" }));
    labels.until(&["one".into()]).await;
    let rename = client
        .use_mutation::<_, String>("items:put")
        .with_optimistic_update(|store, _: &Value| store.set("items:label", json!({ "name": "a" }), &"two…"));
    assert!(matches!(rename.call(json!([1])).await, Err(ConvexError::Arguments(_))));
    labels.until(&["one".into()]).await;
    assert_eq!(ran(&fake, "items:put"), 0);
}
