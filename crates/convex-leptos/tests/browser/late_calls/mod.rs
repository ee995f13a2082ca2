//! Calls on handles of disposed components and clients do nothing, or return a neutral value or an
//! error.

mod calls;

use crate::fixture::{Page, client, deployment, put};
use calls::{CALLS, Handles};
use convex_leptos::{
    AuthPolicy, AuthState, ConnectionState, ConvexClient, ConvexError, ForEach, NotSentReason,
    PaginationOptions, QueryStatus, SuspendedResults, UnauthenticatedReason, UseQueries, UseQuery,
};
use convex_testkit_web::{
    FakeDeployment,
    testkit::{Functions, Value, object},
    turns, until,
};
use leptos::prelude::*;
use serde::{Deserialize, Deserializer};
use serde_json::json;
use std::{
    cell::RefCell,
    rc::Rc,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};
use wasm_bindgen::JsCast;
use wasm_bindgen_test::{console_log, wasm_bindgen_test};
use web_sys::HtmlElement;

/// A client and a component that uses it, each with its own owner.
struct LateCallFixture {
    client: ConvexClient,
    client_owner: Owner,
    component: Owner,
    handles: Handles,
}

impl LateCallFixture {
    fn new() -> Self {
        start_executor();
        let fake = deployment();
        let (client_owner, component) = (Owner::new(), Owner::new());
        let client = client_owner.with(|| client(&fake));
        let handles = component.with(|| Handles::new(client));
        Self { client, client_owner, component, handles }
    }
}

/// Starts the executor of Leptos, by mounting a view.
fn start_executor() {
    drop(Page::show(|| ()));
}

/// A disposal before the call.
type Disposal = (&'static str, fn(&LateCallFixture));

const DISPOSALS: &[Disposal] = &[
    ("nothing is disposed", |_| ()),
    ("the component is disposed", |fixture| fixture.component.cleanup()),
    ("the client is closed", |fixture| fixture.client.close()),
    ("the client is disposed", |fixture| fixture.client_owner.cleanup()),
    ("the component and then the client are disposed", |fixture| {
        fixture.component.cleanup();
        fixture.client_owner.cleanup();
    }),
    ("the client and then the component are disposed", |fixture| {
        fixture.client_owner.cleanup();
        fixture.component.cleanup();
    }),
    ("the client is closed, then both are disposed", |fixture| {
        fixture.client.close();
        fixture.component.cleanup();
        fixture.client_owner.cleanup();
    }),
    ("both are disposed, then the client is closed", |fixture| {
        fixture.component.cleanup();
        fixture.client_owner.cleanup();
        fixture.client.close();
    }),
];

/// docs/auth.md §4, line 53.
#[wasm_bindgen_test]
async fn every_call_on_a_disposed_handle_returns() {
    for (disposal, dispose) in DISPOSALS {
        for (name, call) in CALLS {
            let fixture = LateCallFixture::new();
            dispose(&fixture);
            console_log!("{name} when {disposal}");
            // Without an owner, as in a task; and under the owner of another component.
            call(&fixture.handles).await;
            let other = Owner::new();
            other.with(|| call(&fixture.handles)).await;
            other.cleanup();
            turns(1).await;
        }
    }
}

#[wasm_bindgen_test]
async fn every_call_inside_an_update_or_a_filter_returns() {
    start_executor();
    for (name, call) in CALLS {
        let fake = deployment();
        let owner = Owner::new();
        let client = owner.with(|| client(&fake));
        let handles = owner.with(|| Handles::new(client));
        console_log!("{name} inside");
        for place in [in_update, in_filter] {
            let ran = place(client, {
                let handles = handles.clone();
                move || drop(call(&handles))
            });
            assert!(ran.load(Ordering::Relaxed), "{name}");
            turns(1).await;
        }
        if !matches!(*name, "ConvexClient::close") {
            let outcome = client.query_with::<_, f64, _>("items:count", (), AuthPolicy::Immediate).await;
            assert!(outcome.is_ok(), "{name}: {outcome:?}");
        }
        owner.cleanup();
    }
}

fn in_update(client: ConvexClient, act: impl Fn() + Send + Sync + 'static) -> Arc<AtomicBool> {
    let ran = Arc::new(AtomicBool::new(false));
    let put = client.use_mutation::<_, String>("items:put").with_optimistic_update({
        let ran = Arc::clone(&ran);
        move |_, _: &serde_json::Value| {
            if !ran.swap(true, Ordering::Relaxed) {
                act();
            }
            Ok(())
        }
    });
    put.dispatch(json!({ "name": "a", "label": "one" }));
    ran
}

fn in_filter(client: ConvexClient, act: impl Fn() + Send + Sync + 'static) -> Arc<AtomicBool> {
    let ran = Arc::new(AtomicBool::new(false));
    let suspension = client.cancel_queries(SuspendedResults::Keep, {
        let ran = Arc::clone(&ran);
        move |_, _| {
            if !ran.swap(true, Ordering::Relaxed) {
                act();
            }
            false
        }
    });
    drop(suspension);
    ran
}

/// If an update sets a signal, the queries that depend on the signal change, as in an event
/// handler.
#[wasm_bindgen_test]
async fn arguments_changed_by_an_update_are_subscribed_after_it() {
    let fake = deployment();
    let owner = Owner::new();
    let client = owner.with(|| client(&fake));
    let name = owner.with(|| RwSignal::new("a"));
    let (one, set) = owner.with(|| {
        (
            client.use_query::<_, Option<String>, _>("items:label", move || [("name", name.get())]),
            client.use_queries(move || [(1, "items:label", [("name", name.get())])]),
        )
    });
    let set: UseQueries<Option<String>, i32> = set;
    until("the first results are there", || one.status() == QueryStatus::Ready).await;
    put(&fake, &[("b", "of b")]);
    let put_later = owner.with(|| {
        client.use_mutation::<_, String>("items:put").with_optimistic_update(
            move |_, _: &serde_json::Value| {
                name.set("b");
                Ok(())
            },
        )
    });
    put_later.dispatch(json!({ "name": "c", "label": "of c" }));
    let label = |query: UseQuery<Option<String>>| query.value().flatten();
    until("the new results are there", || {
        label(one).as_deref() == Some("of b") && set.query(&1).and_then(label).as_deref() == Some("of b")
    })
    .await;
    owner.cleanup();
}

#[wasm_bindgen_test]
async fn hooks_of_a_disposed_client_act_as_if_it_was_closed() {
    for close in [ConvexClient::close, |_| ()] {
        let fake = deployment();
        let (client_owner, component) = (Owner::new(), Owner::new());
        let client = client_owner.with(|| client(&fake));
        close(client);
        client_owner.cleanup();
        component.with(|| {
            let auth = client.use_auth();
            let state = untrack(|| auth.state());
            assert!(
                matches!(
                    &state,
                    AuthState::Unauthenticated {
                        reason: UnauthenticatedReason::ClientStopped { .. }
                            | UnauthenticatedReason::NoProvider
                    }
                ),
                "{state:?}"
            );
            assert!(!untrack(|| auth.is_loading()) && !untrack(|| auth.is_authenticated()));
            let connection = client.use_connection_state();
            assert_eq!(untrack(|| connection.state()), ConnectionState::Closed);
            assert_eq!(untrack(|| connection.in_flight()).count(), 0);
            assert_eq!(client.use_query::<_, f64, _>("items:count", ()).status(), QueryStatus::Loading);
        });
        let put = component.with(|| client.use_mutation::<_, String>("items:put"));
        let outcome = put.call(json!({ "name": "a", "label": "one" })).await;
        assert_eq!(outcome, Err(ConvexError::NotSent(NotSentReason::ClientClosed)));
        assert_eq!((fake.open_sockets(), fake.opening_sockets()), (0, 0));
        component.cleanup();
    }
}

thread_local! {
    /// The code that an item's trait impls run, and the number of runs left.
    static ITEM_HOOK: RefCell<Option<ItemHook>> = const { RefCell::new(None) };
}

type ItemHook = (Rc<dyn Fn()>, u32);

/// An item with trait impls that use the client.
struct HookedItem(f64);

fn run_item_hook() {
    let hook = ITEM_HOOK.with_borrow_mut(|hook| {
        let (hook, runs_left) = hook.as_mut().filter(|(_, runs_left)| *runs_left > 0)?;
        *runs_left -= 1;
        Some(Rc::clone(hook))
    });
    if let Some(hook) = hook {
        hook();
    }
}

impl Clone for HookedItem {
    fn clone(&self) -> Self {
        run_item_hook();
        Self(self.0)
    }
}

impl Drop for HookedItem {
    fn drop(&mut self) {
        run_item_hook();
    }
}

impl PartialEq for HookedItem {
    fn eq(&self, other: &Self) -> bool {
        run_item_hook();
        self.0 == other.0
    }
}

impl<'de> Deserialize<'de> for HookedItem {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        struct Item {
            n: f64,
        }
        let Item { n: value } = Item::deserialize(deserializer)?;
        run_item_hook();
        Ok(Self(value))
    }
}

/// An app's `Clone`, `Drop`, `PartialEq` and `Deserialize` run while results are read, written and
/// compared.
#[wasm_bindgen_test]
async fn trait_impls_of_items_may_use_the_client() {
    let hooks: [fn(ConvexClient); 4] = [
        |client| drop(client.suspend(SuspendedResults::Clear)),
        ConvexClient::sign_out,
        |client| client.use_mutation::<_, f64>("items:add").dispatch(()),
        ConvexClient::close,
    ];
    for hook in hooks {
        let functions = Functions::new()
            .query("items:all", |ctx, _| Ok(Value::from(ctx.db().query("items").collect())))
            .query("items:page", |ctx, args| {
                let options = args.pagination()?;
                ctx.db().query("items").paginate(&options).map(Value::from)
            })
            .mutation("items:add", |ctx, _| {
                let n = ctx.db().query("items").collect().len() as f64;
                ctx.db().insert("items", object! { "n" => n });
                Ok(Value::from(object! { "n" => n }))
            });
        let fake = FakeDeployment::new(functions);
        let client = client(&fake);
        let page = Page::show(move || {
            let all = client.use_query::<_, Vec<HookedItem>, _>("items:all", ());
            let list =
                client.use_paginated_query::<_, HookedItem, _>("items:page", (), PaginationOptions::new(9));
            let add = client.use_mutation::<_, HookedItem>("items:add");
            let row = |item: ReadSignal<HookedItem>| view! { <i>{move || item.get().0}</i> };
            view! {
                <button on:click=move |_| add.dispatch(())>{move || add.value().map(|value| value.0)}</button>
                <ForEach each=all key=|item| item.0 as u32 children=row/>
                <ForEach each=list key=|item| item.0 as u32 children=row/>
                <p>{move || list.results().len() + all.and_then(Vec::len).and_then(Result::ok).unwrap_or_default()}</p>
            }
        });
        ITEM_HOOK.set(Some((Rc::new(move || hook(client)), 40)));
        let add = page.find("button").expect("the document exists").unchecked_into::<HtmlElement>();
        for _ in 0..3 {
            add.click();
            turns(10).await;
        }
        ITEM_HOOK.set(None);
        drop(page);
        client.close();
    }
}
