//! What is shown while mutations are under way.

use crate::stage::{Page, client, deployment, put, ran, sent};
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

fn show_one_more(store: &mut OptimisticLocalStore<'_, '_>, _: &Put) -> Result<(), OptimisticError> {
    let Some(count) = store.get::<f64>("items:count", ())? else { return Ok(()) };
    store.set("items:count", (), &(count + 1.0))
}

/// Everything that a query ever showed, one after another. (The same number is not the same text:
/// it is told anew when a server's `2.0` takes the place of an update's `2`.)
#[derive(Clone, Copy)]
struct Seen<T: 'static>(StoredValue<Vec<T>>);

impl<T: Clone + PartialEq + std::fmt::Debug + Send + Sync + 'static> Seen<T> {
    fn watch(query: UseQuery<T>) -> Self {
        let seen = StoredValue::new(Vec::new());
        ImmediateEffect::new_scoped(move || {
            if let Some(value) = query.data() {
                seen.update_value(|seen: &mut Vec<T>| {
                    if seen.last() != Some(&value) {
                        seen.push(value);
                    }
                });
            }
        });
        Self(seen)
    }

    async fn until(&self, expected: &[T]) {
        until(&format!("{expected:?} was seen"), || self.0.with_value(|seen| seen.len() >= expected.len()))
            .await;
        self.0.with_value(|seen| assert_eq!(seen, expected));
    }
}

/// What a query shows, in a page that stays.
fn seen<T>(client: ConvexClient, path: &'static str, args: Value) -> (Page, Seen<T>)
where
    T: DeserializeOwned + Clone + PartialEq + std::fmt::Debug + Send + Sync + 'static,
{
    let seen = StoredValue::new(None);
    let page = Page::show(move || {
        seen.set_value(Some(Seen::watch(client.use_query::<T>(path, args))));
    });
    (page, seen.get_value().expect("the component was built"))
}

/// Auth contract §3, rule 14.
#[wasm_bindgen_test]
async fn an_update_goes_in_the_very_transition_that_shows_what_was_written() {
    let fake = deployment();
    put(&fake, &[("a", "one")]);
    let client = client(&fake);
    let (_page, labels) = seen::<String>(client, "items:label", json!({ "name": "a" }));
    labels.until(&["one".into()]).await;
    let rename = client.use_mutation::<String>("items:put").with_optimistic_update(show_label);
    let call = rename.call(Put { name: "a", label: "two" });
    labels.until(&["one".into(), "two…".into()]).await;
    assert!(rename.pending());
    assert_eq!(call.await.as_deref(), Ok("two"));
    labels.until(&["one".into(), "two…".into(), "two".into()]).await;
}

#[wasm_bindgen_test]
async fn the_page_shows_an_update_before_its_mutation_leaves() {
    let fake = deployment();
    put(&fake, &[("a", "one")]);
    let client = client(&fake);
    let label = client.use_query::<String>("items:label", json!({ "name": "a" }));
    let shown = StoredValue::new_local(Vec::new());
    let network = fake.clone();
    Effect::new(move || {
        let mutations = sent(&network, r#""type":"Mutation""#);
        shown.update_value(|shown| shown.extend(label.data().map(|label| (label, mutations))));
    });
    until("the label is shown", || !shown.read_value().is_empty()).await;
    let rename = client.use_mutation::<String>("items:put").with_optimistic_update(show_label);
    assert!(rename.call(Put { name: "a", label: "two" }).await.is_ok());
    let expected = [("one".to_owned(), 0), ("two…".to_owned(), 0)];
    assert_eq!(shown.get_value()[..2], expected);
    assert_eq!(sent(&fake, r#""type":"Mutation""#), 1);
}

#[wasm_bindgen_test]
async fn an_update_is_replayed_over_each_transition_until_then() {
    let fake = deployment();
    put(&fake, &[("a", "one")]);
    let client = client(&fake);
    let (_page, counts) = seen::<f64>(client, "items:count", json!({}));
    counts.until(&[1.0]).await;
    let add = client.use_mutation::<String>("items:put").with_optimistic_update(show_one_more);
    let call = add.call(Put { name: "b", label: "two" });
    // Somebody else is faster: that transition comes before the call's own.
    put(&fake, &[("c", "three")]);
    assert!(call.await.is_ok());
    counts.until(&[1.0, 2.0, 3.0]).await;
}

#[wasm_bindgen_test]
async fn updates_of_several_calls_lie_over_each_other() {
    let fake = deployment();
    let client = client(&fake);
    let (_page, counts) = seen::<f64>(client, "items:count", json!({}));
    counts.until(&[0.0]).await;
    let add = client.use_mutation::<String>("items:put").with_optimistic_update(show_one_more);
    add.dispatch(Put { name: "a", label: "one" });
    let second = add.call(Put { name: "b", label: "two" });
    counts.until(&[0.0, 1.0, 2.0]).await;
    assert!(second.await.is_ok());
    // Each goes with its own transition, so that 2 is shown all along.
    counts.until(&[0.0, 1.0, 2.0]).await;
}

#[wasm_bindgen_test]
async fn what_a_failed_mutation_was_to_do_is_gone_with_it() {
    let fake = deployment();
    put(&fake, &[("a", "one")]);
    let client = client(&fake);
    let (_page, labels) = seen::<String>(client, "items:label", json!({ "name": "a" }));
    labels.until(&["one".into()]).await;
    let refused = client.use_mutation::<()>("items:refuse").with_optimistic_update(show_label);
    let result = refused.call(Put { name: "a", label: "two" }).await;
    assert!(matches!(result, Err(ConvexError::Function(_))), "{result:?}");
    labels.until(&["one".into(), "two…".into(), "one".into()]).await;
}

#[wasm_bindgen_test]
async fn one_that_is_given_up_takes_its_update_along_in_the_same_tick() {
    let fake = deployment();
    put(&fake, &[("a", "one")]);
    let client = client(&fake);
    let (_page, labels) = seen::<String>(client, "items:label", json!({ "name": "a" }));
    labels.until(&["one".into()]).await;
    let rename = client.use_mutation::<String>("items:put").with_optimistic_update(show_label);
    let call = rename.call(Put { name: "a", label: "two" });
    call.cancel();
    labels.0.with_value(|seen| assert_eq!(seen, &["one", "two…", "one"]));
}

#[wasm_bindgen_test]
async fn an_update_that_fails_leaves_nothing_and_takes_nothing_along() {
    let fake = deployment();
    put(&fake, &[("a", "one"), ("b", "one")]);
    let client = client(&fake);
    let (_page, a) = seen::<String>(client, "items:label", json!({ "name": "a" }));
    let (_other_page, b) = seen::<String>(client, "items:label", json!({ "name": "b" }));
    a.until(&["one".into()]).await;
    b.until(&["one".into()]).await;
    let mutation = client.use_mutation::<String>("items:put");
    let good = mutation.with_optimistic_update(show_label);
    // A label is no number.
    let bad = mutation.with_optimistic_update(|store, args: &Put| {
        show_label(store, args)?;
        store.get::<f64>("items:label", json!({ "name": args.name })).map(drop)
    });
    let calls = (
        good.call(Put { name: "a", label: "two" }),
        bad.call(Put { name: "b", label: "two" }),
        good.call(Put { name: "a", label: "three" }),
    );
    a.until(&["one".into(), "two…".into(), "three…".into()]).await;
    b.until(&["one".into()]).await;
    assert_eq!(calls.0.await.as_deref(), Ok("two"));
    assert_eq!(calls.1.await.as_deref(), Ok("two"), "the mutation runs all the same");
    assert_eq!(calls.2.await.as_deref(), Ok("three"));
    a.until(&["one".into(), "two…".into(), "three…".into(), "three".into()]).await;
    b.until(&["one".into(), "two".into()]).await;
}

#[wasm_bindgen_test]
async fn an_update_that_fails_when_it_is_replayed_is_gone_from_then_on() {
    let fake = deployment();
    put(&fake, &[("a", "one")]);
    let client = client(&fake);
    let (_page, counts) = seen::<f64>(client, "items:count", json!({}));
    counts.until(&[1.0]).await;
    let add = client.use_mutation::<String>("items:put").with_optimistic_update(|store, args: &Put| {
        let count = store.get::<f64>("items:count", ())?;
        show_one_more(store, args)?;
        if count > Some(1.0) { Err(OptimisticError::new("too many")) } else { Ok(()) }
    });
    let call = add.call(Put { name: "b", label: "two" });
    put(&fake, &[("c", "three"), ("d", "four")]);
    assert!(call.await.is_ok());
    counts.until(&[1.0, 2.0, 3.0, 4.0]).await;
}

#[wasm_bindgen_test]
async fn arguments_that_cannot_be_sent_show_nothing() {
    let fake = deployment();
    put(&fake, &[("a", "one")]);
    let client = client(&fake);
    let (_page, labels) = seen::<String>(client, "items:label", json!({ "name": "a" }));
    labels.until(&["one".into()]).await;
    let rename = client
        .use_mutation::<String>("items:put")
        .with_optimistic_update(|store, _: &Value| store.set("items:label", json!({ "name": "a" }), &"two…"));
    assert!(matches!(rename.call(json!([1])).await, Err(ConvexError::Arguments(_))));
    labels.until(&["one".into()]).await;
    assert_eq!(ran(&fake, "items:put"), 0);
}
