//! Optimistic updates and the filters of suspensions run while the client is being changed. They
//! should not use the client; if they do, nothing panics.
#![cfg(target_family = "wasm")]

mod calls;
mod chat;

use calls::{CALLS, Handles, deployment_and_client};
use chat::{args, json, path, subscribe};
use convex_testkit_web::{testkit::object, until};
use convex_web::{
    ConvexClient, RequestFuture,
    sync::{
        AuthPolicy, AuthState, ConnectionState, ConvexError, NotSentReason, QueryHandle, Session,
        SuspendedResults, UnauthenticatedReason,
    },
};
use futures_util::FutureExt;
use std::sync::{
    Arc, Mutex, PoisonError,
    atomic::{AtomicBool, Ordering},
};
use wasm_bindgen_test::{console_log, wasm_bindgen_test, wasm_bindgen_test_configure};

wasm_bindgen_test_configure!(run_in_browser);

/// What app code does, once: it can be run again and again, as optimistic updates are.
#[derive(Clone)]
struct Once(Arc<(AtomicBool, Box<dyn Fn() + Send + Sync>)>);

impl Once {
    fn new(action: impl Fn() + Send + Sync + 'static) -> Self {
        Self(Arc::new((AtomicBool::new(false), Box::new(action))))
    }

    fn run(&self) {
        if !self.0.0.swap(true, Ordering::Relaxed) {
            self.0.1();
        }
    }

    fn has_run(&self) -> bool {
        self.0.0.load(Ordering::Relaxed)
    }
}

/// Runs it when it is dropped.
struct OnDrop(Once);

impl Drop for OnDrop {
    fn drop(&mut self) {
        self.0.run();
    }
}

/// Has a closure own what it names.
fn touch<T>(_: &T) {}

/// Has the client run this. What comes back is to be dropped once it has.
type Place = fn(&ConvexClient, Once) -> Kept;
type Kept = Box<dyn std::any::Any>;

const PLACES: &[(&str, Place)] = &[
    ("an update, at the call", |client, once| Box::new(optimistically(client, move || once.run()))),
    ("an update, replayed for a new subscription", |client, once| {
        let is_replay = AtomicBool::new(false);
        let request = optimistically(client, move || {
            if is_replay.swap(true, Ordering::Relaxed) {
                once.run();
            }
        });
        subscribe(client, "messages:count");
        Box::new(request)
    }),
    ("what an update drops", |client, once| {
        let on_drop = OnDrop(once);
        let request = optimistically(client, move || touch(&on_drop));
        request.cancel();
        Box::new(request)
    }),
    ("what an update drops that was never run", |client, once| {
        let (inner, on_drop) = (client.clone(), Mutex::new(Some(OnDrop(once))));
        // Inside of another update its own is refused.
        let request = optimistically(client, move || {
            let on_drop = on_drop.lock().unwrap_or_else(PoisonError::into_inner).take();
            drop(optimistically(&inner, move || touch(&on_drop)));
        });
        Box::new(request)
    }),
    ("a filter, at the call", |client, once| {
        Box::new(client.cancel_queries(SuspendedResults::Keep, move |_, _| {
            once.run();
            false
        }))
    }),
    ("a filter, for a new subscription", |client, once| {
        let suspension = client.cancel_queries(SuspendedResults::Keep, move |function, _| {
            if function.as_str() == "messages:count" {
                once.run();
            }
            false
        });
        subscribe(client, "messages:count");
        Box::new(suspension)
    }),
    ("what a filter drops", |client, once| {
        let on_drop = OnDrop(once);
        drop(client.cancel_queries(SuspendedResults::Keep, move |_, _| {
            touch(&on_drop);
            false
        }));
        Box::new(())
    }),
];

/// A mutation with an optimistic update that does this, and looks at `messages:count`. It is called
/// while the provider loads, so it stays under way.
fn optimistically(client: &ConvexClient, act: impl Fn() + Send + Sync + 'static) -> RequestFuture {
    let args_of_send = args(serde_json::json!({ "body": "hi" }));
    client.mutate_optimistically(path("messages:send"), args_of_send, AuthPolicy::Settled, move |store| {
        touch(&store.get(&path("messages:count"), &args(())));
        act();
        Ok(())
    })
}

#[wasm_bindgen_test]
async fn every_call_in_every_place_leaves_a_client_that_works() {
    for (place, run_in) in PLACES {
        for (name, call) in CALLS {
            console_log!("{name} in {place}");
            let (_fake, client) = deployment_and_client();
            client.set_session(Some(Session::Loading));
            let handles = Handles::of(&client);
            let once = Once::new({
                let handles = Arc::clone(&handles);
                move || call(&handles)
            });
            let kept = run_in(&client, once.clone());
            assert!(once.has_run(), "{name} in {place}");
            drop(kept);
            if client.connection() == ConnectionState::Closed {
                assert_eq!(*name, "ConvexClient::close");
                continue;
            }
            if *name == "SocketEvents::opened" {
                // The socket was open: the deployment ends a client that connects twice.
                continue;
            }
            let answer = client.query(path("messages:count"), args(()), AuthPolicy::Immediate).await;
            assert!(answer.is_ok(), "{name} in {place}: {answer:?}");
        }
    }
}

/// What a call inside an update comes to, for each kind of call.
#[wasm_bindgen_test]
async fn a_call_inside_an_update_is_refused_or_takes_effect_after_it() {
    struct Case {
        name: &'static str,
        call: fn(&Noted, &ConvexClient, QueryHandle),
        then: fn(&Noted, &ConvexClient, QueryHandle) -> bool,
    }
    #[derive(Default)]
    struct Noted {
        requests: Mutex<Vec<RequestFuture>>,
        query: Mutex<Option<QueryHandle>>,
    }
    impl Noted {
        fn note(&self, request: RequestFuture) {
            self.requests.lock().expect("not poisoned").push(request);
        }

        fn all_refused(&self) -> bool {
            let requests = std::mem::take(&mut *self.requests.lock().expect("not poisoned"));
            let refused = Some(Err(ConvexError::NotSent(NotSentReason::ClientBusy)));
            !requests.is_empty() && requests.into_iter().all(|request| request.now_or_never() == refused)
        }
    }
    let cases = [
        Case {
            name: "requests fail",
            call: |noted, client, _| {
                let (list, none) = (path("messages:list"), args(()));
                noted.note(client.query(list.clone(), none.clone(), AuthPolicy::Immediate));
                noted.note(client.mutate(list.clone(), none.clone(), AuthPolicy::Immediate));
                noted.note(client.mutate_optimistically(
                    list.clone(),
                    none.clone(),
                    AuthPolicy::Immediate,
                    |_| Ok(()),
                ));
                noted.note(client.act(list, none, AuthPolicy::Immediate));
            },
            then: |noted, _, _| noted.all_refused(),
        },
        Case {
            name: "a sign-out takes effect",
            call: |_, client, _| client.sign_out(),
            then: |_, client, _| {
                client.auth() == AuthState::Unauthenticated { reason: UnauthenticatedReason::SignedOutByApp }
            },
        },
        Case {
            name: "closing takes effect",
            call: |_, client, _| client.close(),
            then: |_, client, _| client.connection() == ConnectionState::Closed,
        },
        Case {
            name: "unsubscribing takes effect",
            call: |_, client, query| client.unsubscribe(query),
            then: |_, client, query| client.result(query).is_none(),
        },
        Case {
            name: "a subscription names nothing",
            call: |noted, client, _| {
                *noted.query.lock().expect("not poisoned") = Some(subscribe(client, "messages:list"))
            },
            then: |noted, _, _| *noted.query.lock().expect("not poisoned") == Some(QueryHandle::NONE),
        },
        Case {
            name: "what waits until the client is idle runs, and may subscribe",
            call: |_, client, _| {
                let inner = client.clone();
                client.when_idle(move || drop(subscribe(&inner, "messages:count").to_string()));
            },
            then: |_, client, query| {
                subscribe(client, "messages:count") != QueryHandle::NONE && query != QueryHandle::NONE
            },
        },
    ];
    for Case { name, call, then } in cases {
        let (_fake, client) = deployment_and_client();
        client.set_session(Some(Session::Loading));
        let query = client.subscribe(&path("messages:list"), &args(()), AuthPolicy::Immediate);
        until("the query has its result", || client.result(query).is_some()).await;
        let noted = Arc::new(Noted::default());
        let once = Once::new({
            let (noted, client) = (Arc::clone(&noted), client.clone());
            move || call(&noted, &client, query)
        });
        let request = optimistically(&client, move || once.run());
        until(name, || then(&noted, &client, query)).await;
        drop(request);
    }
}

/// The server's frame runs the update, in a stack of its own.
#[wasm_bindgen_test]
async fn an_update_that_a_frame_replays_may_close_the_client() {
    let (fake, client) = deployment_and_client();
    client.set_session(Some(Session::Loading));
    let count = client.subscribe(&path("messages:count"), &args(()), AuthPolicy::Immediate);
    until("the query has its result", || json(&client, count).as_deref() == Some("0.0")).await;
    let (inner, calls) = (Mutex::new(Some(client.clone())), AtomicBool::new(false));
    let request = optimistically(&client, move || {
        // The first call is not a frame's.
        if calls.swap(true, Ordering::Relaxed)
            && let Some(client) = inner.lock().unwrap_or_else(PoisonError::into_inner).take()
        {
            client.close();
        }
    });
    fake.deployment(|deployment, now| {
        deployment.edit(now, |db| db.insert("messages", object! { "body" => "hi" }))
    });
    until("it is closed", || client.connection() == ConnectionState::Closed).await;
    assert_eq!(request.await, Err(ConvexError::NotSent(NotSentReason::ClientClosed)));
}

/// An update may hold the last handle of its own client.
#[wasm_bindgen_test]
async fn the_last_handle_may_be_dropped_inside_an_update() {
    let (fake, client) = deployment_and_client();
    client.set_session(Some(Session::Loading));
    let count = client.subscribe(&path("messages:count"), &args(()), AuthPolicy::Immediate);
    until("the query has its result", || client.result(count).is_some()).await;
    let slot = Arc::new(Mutex::new(None));
    let calls = AtomicBool::new(false);
    let request = optimistically(&client, {
        let slot = Arc::clone(&slot);
        move || {
            if calls.swap(true, Ordering::Relaxed) {
                drop(slot.lock().unwrap_or_else(PoisonError::into_inner).take());
            }
        }
    });
    *slot.lock().unwrap_or_else(PoisonError::into_inner) = Some(client);
    fake.deployment(|deployment, now| {
        deployment.edit(now, |db| db.insert("messages", object! { "body" => "hi" }))
    });
    assert_eq!(request.await, Err(ConvexError::NotSent(NotSentReason::ClientClosed)));
    until("its socket is closed", || fake.open_sockets() == 0).await;
}
