//! Calls on a client from inside optimistic updates and filters of suspensions, which run while the
//! client is being changed. They should not use the client; if they do, nothing panics.
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

/// An action of app code that runs once, although optimistic updates run repeatedly.
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

/// Runs an action when it is dropped.
struct OnDrop(Once);

impl Drop for OnDrop {
    fn drop(&mut self) {
        self.0.run();
    }
}

/// Makes a closure capture a value.
fn capture<T>(_: &T) {}

/// Makes the client run an action. The returned value is dropped after that.
type Place = fn(&ConvexClient, Once) -> Guard;
type Guard = Box<dyn std::any::Any>;

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
    ("the destructor of an update", |client, once| {
        let on_drop = OnDrop(once);
        let request = optimistically(client, move || capture(&on_drop));
        request.cancel();
        Box::new(request)
    }),
    ("the destructor of an update that never ran", |client, once| {
        let (inner, on_drop) = (client.clone(), Mutex::new(Some(OnDrop(once))));
        // The inner mutation is refused, and its update is dropped.
        let request = optimistically(client, move || {
            let on_drop = on_drop.lock().unwrap_or_else(PoisonError::into_inner).take();
            drop(optimistically(&inner, move || capture(&on_drop)));
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
    ("the destructor of a filter", |client, once| {
        let on_drop = OnDrop(once);
        drop(client.cancel_queries(SuspendedResults::Keep, move |_, _| {
            capture(&on_drop);
            false
        }));
        Box::new(())
    }),
];

/// Calls a mutation with an optimistic update that reads `messages:count` and calls `act`. The
/// provider is loading meanwhile, so the mutation stays pending.
fn optimistically(client: &ConvexClient, act: impl Fn() + Send + Sync + 'static) -> RequestFuture {
    let args_of_send = args(serde_json::json!({ "body": "hi" }));
    client.mutate_optimistically(path("messages:send"), args_of_send, AuthPolicy::Settled, move |store| {
        capture(&store.get(&path("messages:count"), &args(())));
        act();
        Ok(())
    })
}

#[wasm_bindgen_test]
async fn the_client_works_after_every_call_from_app_code() {
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
            let guard = run_in(&client, once.clone());
            assert!(once.has_run(), "{name} in {place}");
            drop(guard);
            if client.connection() == ConnectionState::Closed {
                assert_eq!(*name, "ConvexClient::close");
                continue;
            }
            if *name == "SocketEvents::opened" {
                // The client has connected twice on one socket, so the deployment closed it.
                continue;
            }
            let result = client.query(path("messages:count"), args(()), AuthPolicy::Immediate).await;
            assert!(result.is_ok(), "{name} in {place}: {result:?}");
        }
    }
}

/// One case for each kind of call.
#[wasm_bindgen_test]
async fn calls_inside_an_update_are_refused_or_deferred() {
    struct Case {
        name: &'static str,
        call: fn(&CallResults, &ConvexClient, QueryHandle),
        then: fn(&CallResults, &ConvexClient, QueryHandle) -> bool,
    }
    #[derive(Default)]
    struct CallResults {
        requests: Mutex<Vec<RequestFuture>>,
        query: Mutex<Option<QueryHandle>>,
    }
    impl CallResults {
        fn add(&self, request: RequestFuture) {
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
            call: |results, client, _| {
                let (list, none) = (path("messages:list"), args(()));
                results.add(client.query(list.clone(), none.clone(), AuthPolicy::Immediate));
                results.add(client.mutate(list.clone(), none.clone(), AuthPolicy::Immediate));
                results.add(client.mutate_optimistically(
                    list.clone(),
                    none.clone(),
                    AuthPolicy::Immediate,
                    |_| Ok(()),
                ));
                results.add(client.act(list, none, AuthPolicy::Immediate));
            },
            then: |results, _, _| results.all_refused(),
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
            name: "a subscription returns an empty handle",
            call: |results, client, _| {
                *results.query.lock().expect("not poisoned") = Some(subscribe(client, "messages:list"))
            },
            then: |results, _, _| *results.query.lock().expect("not poisoned") == Some(QueryHandle::NONE),
        },
        Case {
            name: "a task for the idle client runs, and may subscribe",
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
        let results = Arc::new(CallResults::default());
        let once = Once::new({
            let (results, client) = (Arc::clone(&results), client.clone());
            move || call(&results, &client, query)
        });
        let request = optimistically(&client, move || once.run());
        until(name, || then(&results, &client, query)).await;
        drop(request);
    }
}

/// The update is replayed by a frame of the server, on a stack without a command.
#[wasm_bindgen_test]
async fn a_replayed_update_may_close_the_client() {
    let (fake, client) = deployment_and_client();
    client.set_session(Some(Session::Loading));
    let count = client.subscribe(&path("messages:count"), &args(()), AuthPolicy::Immediate);
    until("the query has its result", || json(&client, count).as_deref() == Some("0.0")).await;
    let (inner, calls) = (Mutex::new(Some(client.clone())), AtomicBool::new(false));
    let request = optimistically(&client, move || {
        // The first run is that of the call.
        if calls.swap(true, Ordering::Relaxed)
            && let Some(client) = inner.lock().unwrap_or_else(PoisonError::into_inner).take()
        {
            client.close();
        }
    });
    fake.deployment(|deployment, now| {
        deployment.edit(now, |db| db.insert("messages", object! { "body" => "hi" }))
    });
    until("the client is closed", || client.connection() == ConnectionState::Closed).await;
    assert_eq!(request.await, Err(ConvexError::NotSent(NotSentReason::ClientClosed)));
}

/// An update may own the last handle of its client.
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
    until("the socket is closed", || fake.open_sockets() == 0).await;
}
