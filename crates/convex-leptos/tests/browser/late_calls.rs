//! Calls on handles whose component or client is gone do nothing, or return a neutral value or an
//! error.

mod calls;

use crate::stage::{Page, client, deployment, put};
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

/// A client and a component that uses it, each with an owner.
struct Stage {
    client: ConvexClient,
    client_owner: Owner,
    component: Owner,
    handles: Handles,
}

impl Stage {
    fn new() -> Self {
        start_executor();
        let fake = deployment();
        let (client_owner, component) = (Owner::new(), Owner::new());
        let client = client_owner.with(|| client(&fake));
        let handles = component.with(|| Handles::new(client));
        Self { client, client_owner, component, handles }
    }
}

/// Leptos spawns tasks only once something was mounted.
fn start_executor() {
    drop(Page::show(|| ()));
}

/// What is gone when the call comes.
type Situation = (&'static str, fn(&Stage));

const SITUATIONS: &[Situation] = &[
    ("nothing is gone", |_| ()),
    ("the component is gone", |stage| stage.component.cleanup()),
    ("the client is closed", |stage| stage.client.close()),
    ("the client is gone", |stage| stage.client_owner.cleanup()),
    ("both are gone", |stage| {
        stage.component.cleanup();
        stage.client_owner.cleanup();
    }),
    ("the client is gone before the component", |stage| {
        stage.client_owner.cleanup();
        stage.component.cleanup();
    }),
    ("the client is closed, and both are gone", |stage| {
        stage.client.close();
        stage.component.cleanup();
        stage.client_owner.cleanup();
    }),
    ("both are gone, and the client is closed", |stage| {
        stage.component.cleanup();
        stage.client_owner.cleanup();
        stage.client.close();
    }),
];

/// Auth contract §4, line 53.
#[wasm_bindgen_test]
async fn every_call_on_a_handle_that_is_gone_returns() {
    for (situation, go) in SITUATIONS {
        for (name, call) in CALLS {
            let stage = Stage::new();
            go(&stage);
            console_log!("{name} when {situation}");
            // A task has no owner; a component may have been given the handle of another one.
            call(&stage.handles).await;
            let other = Owner::new();
            other.with(|| call(&stage.handles)).await;
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
            let answer = client.query_with::<f64>("items:count", (), AuthPolicy::Immediate).await;
            assert!(answer.is_ok(), "{name}: {answer:?}");
        }
        owner.cleanup();
    }
}

fn in_update(client: ConvexClient, act: impl Fn() + Send + Sync + 'static) -> Arc<AtomicBool> {
    let ran = Arc::new(AtomicBool::new(false));
    let put = client.use_mutation::<String>("items:put").with_optimistic_update({
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

/// An update that sets a signal moves the queries whose arguments follow it, as an event handler
/// does.
#[wasm_bindgen_test]
async fn arguments_that_an_update_changes_are_subscribed_to_after_it() {
    let fake = deployment();
    let owner = Owner::new();
    let client = owner.with(|| client(&fake));
    let name = owner.with(|| RwSignal::new("a"));
    let (one, set) = owner.with(|| {
        (
            client.use_query::<Option<String>>("items:label", move || [("name", name.get())]),
            client.use_queries(move || [(1, "items:label", [("name", name.get())])]),
        )
    });
    let set: UseQueries<Option<String>, i32> = set;
    until("the first ones are there", || one.status() == QueryStatus::Ready).await;
    put(&fake, &[("b", "of b")]);
    let put_later = owner.with(|| {
        client.use_mutation::<String>("items:put").with_optimistic_update(move |_, _: &serde_json::Value| {
            name.set("b");
            Ok(())
        })
    });
    put_later.dispatch(json!({ "name": "c", "label": "of c" }));
    let label = |query: UseQuery<Option<String>>| query.data().flatten();
    until("the second ones are there", || {
        label(one).as_deref() == Some("of b") && set.query(&1).and_then(label).as_deref() == Some("of b")
    })
    .await;
    owner.cleanup();
}

#[wasm_bindgen_test]
async fn hooks_of_a_client_that_is_gone_give_what_a_closed_one_gives() {
    for close in [ConvexClient::close, |_| ()] {
        let fake = deployment();
        let (client_owner, component) = (Owner::new(), Owner::new());
        let client = client_owner.with(|| client(&fake));
        close(client);
        client_owner.cleanup();
        component.with(|| {
            let auth = client.use_auth();
            let state = auth.state.get_untracked();
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
            assert!(!auth.is_loading.get_untracked() && !auth.is_authenticated.get_untracked());
            let connection = client.use_connection_state();
            assert_eq!(connection.state.get_untracked(), ConnectionState::Closed);
            assert_eq!(connection.in_flight.get_untracked().count(), 0);
            assert_eq!(client.use_query::<f64>("items:count", ()).status(), QueryStatus::Loading);
        });
        let put = component.with(|| client.use_mutation::<String>("items:put"));
        let outcome = put.call(json!({ "name": "a", "label": "one" })).await;
        assert_eq!(outcome, Err(ConvexError::NotSent(NotSentReason::ClientClosed)));
        assert_eq!((fake.open_sockets(), fake.opening_sockets()), (0, 0));
        component.cleanup();
    }
}

thread_local! {
    /// What the code of an item's traits does, and how often it still may.
    static NOSY: RefCell<Option<Act>> = const { RefCell::new(None) };
}

type Act = (Rc<dyn Fn()>, u32);

/// An item whose traits use the client.
struct Nosy(f64);

fn be_nosy() {
    let act = NOSY.with_borrow_mut(|nosy| {
        let (act, left) = nosy.as_mut().filter(|(_, left)| *left > 0)?;
        *left -= 1;
        Some(Rc::clone(act))
    });
    if let Some(act) = act {
        act();
    }
}

impl Clone for Nosy {
    fn clone(&self) -> Self {
        be_nosy();
        Self(self.0)
    }
}

impl Drop for Nosy {
    fn drop(&mut self) {
        be_nosy();
    }
}

impl PartialEq for Nosy {
    fn eq(&self, other: &Self) -> bool {
        be_nosy();
        self.0 == other.0
    }
}

impl<'de> Deserialize<'de> for Nosy {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        struct Item {
            n: f64,
        }
        let Item { n: value } = Item::deserialize(deserializer)?;
        be_nosy();
        Ok(Self(value))
    }
}

/// What an app's `Clone`, `Drop`, `PartialEq` and `Deserialize` may do while results are read,
/// written and compared.
#[wasm_bindgen_test]
async fn the_traits_of_items_may_use_the_client() {
    let acts: [fn(ConvexClient); 4] = [
        |client| drop(client.suspend(SuspendedResults::Clear)),
        ConvexClient::sign_out,
        |client| client.use_mutation::<f64>("items:add").dispatch(()),
        ConvexClient::close,
    ];
    for act in acts {
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
            let all = client.use_query::<Vec<Nosy>>("items:all", ());
            let list = client.use_paginated_query::<Nosy>(
                "items:page",
                (),
                PaginationOptions { initial_num_items: 9 },
            );
            let add = client.use_mutation::<Nosy>("items:add");
            let row = |item: ReadSignal<Nosy>| view! { <i>{move || item.get().0}</i> };
            view! {
                <button on:click=move |_| add.dispatch(())>{move || add.value().map(|value| value.0)}</button>
                <ForEach each=all key=|item| item.0 as u32 children=row/>
                <ForEach each=list key=|item| item.0 as u32 children=row/>
                <p>{move || list.results().len() + all.with(Vec::len).unwrap_or_default()}</p>
            }
        });
        NOSY.set(Some((Rc::new(move || act(client)), 40)));
        let add = page.find("button").expect("it is there").unchecked_into::<HtmlElement>();
        for _ in 0..3 {
            add.click();
            turns(10).await;
        }
        NOSY.set(None);
        drop(page);
        client.close();
    }
}
