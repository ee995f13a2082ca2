//! A table of calls: every method of the handles of `convex-web`. `late_call_coverage.rs` of the
//! testkit fails if one is missing.

use crate::chat::{args, functions, path};
use convex_testkit_web::{FakeDeployment, testkit::Value};
use convex_web::{
    ConvexClient, Dial, DialError, Listener, RequestFuture, RequestHandle, Socket, SocketEvent, SocketEvents,
    Suspension,
    sync::{AuthPolicy, EncodedValue, PageIdentity, PaginatedHandle, QueryHandle, Session, SuspendedResults},
};
use futures_util::{FutureExt, future};
use serde_json::json;
use std::{
    cell::RefCell,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

/// The handles of one client. A call that consumes a handle takes it.
pub struct Handles {
    pub client: ConvexClient,
    pub query: QueryHandle,
    pub list: PaginatedHandle,
    pending: Mutex<Vec<RequestFuture>>,
    request: RequestHandle,
    suspension: Mutex<Option<Suspension>>,
    listener: Mutex<Option<Listener>>,
}

pub type Call = (&'static str, fn(&Handles));

#[rustfmt::skip]
pub const CALLS: &[Call] = &[
    ("ConvexClient::result", |h| drop(h.client.result(h.query))),
    ("ConvexClient::paginated", |h| drop(h.client.paginated(h.list))),
    ("ConvexClient::identity_changes", |h| drop(h.client.identity_changes().to_string())),
    ("ConvexClient::identity", |h| drop(h.client.identity().to_string())),
    ("ConvexClient::auth", |h| drop(h.client.auth())),
    ("ConvexClient::token_problem", |h| drop(h.client.token_problem())),
    ("ConvexClient::claims", |h| drop(h.client.claims())),
    ("ConvexClient::connection", |h| drop(h.client.connection())),
    ("ConvexClient::connection_since", |h| drop(format!("{:?}", h.client.connection_since()))),
    ("ConvexClient::in_flight", |h| drop(format!("{:?}", h.client.in_flight()))),
    ("ConvexClient::now", |h| drop(h.client.now().to_string())),
    ("ConvexClient::when_idle", |h| {
        let client = h.client.clone();
        h.client.when_idle(move || client.unsubscribe(client.subscribe(&path("messages:count"), &args(()), AuthPolicy::Settled)));
    }),
    ("ConvexClient::subscribe", |h| {
        let query = h.client.subscribe(&path("messages:count"), &args(()), AuthPolicy::Settled);
        drop(h.client.result(query));
        h.client.unsubscribe(query);
    }),
    ("ConvexClient::unsubscribe", |h| h.client.unsubscribe(h.query)),
    ("ConvexClient::subscribe_paginated", |h| {
        let list = h.client.subscribe_paginated(&path("messages:page"), &args(()), AuthPolicy::Settled, 1);
        drop(h.client.paginated(list));
        h.client.load_more(list, 1);
        h.client.unsubscribe_paginated(list);
    }),
    ("ConvexClient::load_more", |h| drop(h.client.load_more(h.list, 1).to_string())),
    ("ConvexClient::unsubscribe_paginated", |h| h.client.unsubscribe_paginated(h.list)),
    ("ConvexClient::prewarm", |h| {
        h.client.prewarm(&path("messages:count"), &args(()), AuthPolicy::Settled, Duration::from_secs(1));
    }),
    ("ConvexClient::suspend", |h| drop(h.client.suspend(SuspendedResults::Clear))),
    ("ConvexClient::cancel_queries", |h| drop(h.client.cancel_queries(SuspendedResults::Clear, |_, _| true))),
    ("ConvexClient::set_session", |h| h.client.set_session(Some(Session::signed_in("ada")))),
    ("ConvexClient::set_token_fetcher", |h| {
        h.client.set_token_fetcher(Some(Box::new(|_| async { Ok(None) }.boxed_local())));
    }),
    ("ConvexClient::switch_provider", |h| {
        h.client.switch_provider(Session::signed_in("grace"), Box::new(|_| future::pending().boxed_local()));
    }),
    ("ConvexClient::presume", |h| h.client.presume(PageIdentity::Anonymous)),
    ("ConvexClient::seed", |h| h.client.seed(h.query, Ok(EncodedValue::encode(&1.0).expect("a number")))),
    ("ConvexClient::first_page", |h| drop(format!("{:?}", h.client.first_page(h.list)))),
    ("ConvexClient::query_call", |h| drop(h.client.query_call(h.query))),
    ("ConvexClient::is_identity", |h| drop(h.client.is_identity(PageIdentity::Anonymous).to_string())),
    ("ConvexClient::sign_out", |h| h.client.sign_out()),
    ("ConvexClient::reauthenticate", |h| h.client.reauthenticate()),
    ("ConvexClient::reconnect_now", |h| h.client.reconnect_now()),
    ("ConvexClient::on_update", |h| drop(h.client.on_update(|_| ()))),
    ("ConvexClient::on_auth_change", |h| drop(h.client.on_auth_change(|_| ()))),
    ("ConvexClient::close", |h| h.client.close()),
    ("ConvexClient::query", |h| {
        drop(h.client.query(path("messages:count"), args(()), AuthPolicy::Settled).now_or_never());
    }),
    ("ConvexClient::mutate", |h| {
        drop(h.client.mutate(path("messages:send"), args(json!({ "body": "more" })), AuthPolicy::Settled));
    }),
    ("ConvexClient::mutate_optimistically", |h| {
        let args = args(json!({ "body": "more" }));
        drop(h.client.mutate_optimistically(path("messages:send"), args, AuthPolicy::Settled, |_| Ok(())));
    }),
    ("ConvexClient::act", |h| drop(h.client.act(path("slow:never"), args(()), AuthPolicy::Settled))),
    ("Debug for ConvexClient", |h| drop(format!("{:?}", h.client))),
    ("RequestFuture::cancel", |h| h.pending().iter().for_each(RequestFuture::cancel)),
    ("RequestFuture::on_outcome", |h| h.pending().into_iter().for_each(|pending| drop(pending.on_outcome(drop)))),
    ("Future for RequestFuture", |h| h.pending().into_iter().for_each(|pending| drop(pending.now_or_never()))),
    ("Debug for RequestFuture", |h| drop(format!("{:?}", h.pending()))),
    ("RequestHandle::cancel", |h| h.request.cancel()),
    ("Debug for RequestHandle", |h| drop(format!("{:?}", h.request))),
    ("Drop for Suspension", |h| drop(take(&h.suspension))),
    ("Debug for Suspension", |h| drop(format!("{:?}", h.suspension))),
    ("Drop for Listener", |h| drop(take(&h.listener))),
    ("Debug for Listener", |h| drop(format!("{:?}", h.listener))),
    ("SocketEvents::emit", |_| emit(|events| events.emit(SocketEvent::Text(r#"{"type":"Ping"}"#)))),
    ("SocketEvents::opened", |_| emit(SocketEvents::opened)),
    ("SocketEvents::text", |_| emit(|events| events.text(r#"{"type":"Ping"}"#))),
    ("SocketEvents::closed", |_| emit(|events| events.closed(1006, "gone"))),
    ("Debug for SocketEvents", |_| emit(|events| drop(format!("{events:?}")))),
];

impl Handles {
    pub fn of(client: &ConvexClient) -> Arc<Self> {
        let act = || client.act(path("slow:never"), args(()), AuthPolicy::Settled);
        Arc::new(Self {
            client: client.clone(),
            query: client.subscribe(&path("messages:list"), &args(()), AuthPolicy::Settled),
            list: client.subscribe_paginated(&path("messages:page"), &args(()), AuthPolicy::Settled, 1),
            request: act().on_outcome(drop),
            pending: Mutex::new(vec![act()]),
            suspension: Mutex::new(Some(client.cancel_queries(SuspendedResults::Keep, |_, _| false))),
            listener: Mutex::new(Some(client.on_update(|_| ()))),
        })
    }

    /// Takes the pending requests. They have settled only if the client was closed.
    fn pending(&self) -> Vec<RequestFuture> {
        std::mem::take(&mut self.pending.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

fn take<T>(slot: &Mutex<Option<T>>) -> Option<T> {
    slot.lock().unwrap_or_else(PoisonError::into_inner).take()
}

/// The chat's deployment, and a client that dials through [`EventTap`].
pub fn deployment_and_client() -> (FakeDeployment, ConvexClient) {
    let functions = functions()
        .query("messages:page", |ctx, args| {
            let options = args.pagination()?;
            ctx.db().query("messages").paginate(&options).map(Value::from)
        })
        .action("slow:never", |ctx, _| {
            ctx.delay(Duration::from_secs(3600));
            Ok(Value::Null)
        });
    let fake = FakeDeployment::new(functions);
    let client = ConvexClient::builder(FakeDeployment::URL).dial(EventTap(fake.clone())).build();
    (fake, client)
}

/// Dials the deployment and stores the events of the last socket, so that a test can emit some.
#[derive(Debug)]
struct EventTap(FakeDeployment);

thread_local! {
    static EVENTS: RefCell<Option<SocketEvents>> = const { RefCell::new(None) };
}

impl Dial for EventTap {
    fn dial(&self, url: &str, events: SocketEvents) -> Result<Box<dyn Socket>, DialError> {
        EVENTS.replace(Some(events.clone()));
        self.0.dial(url, events)
    }
}

fn emit(event: impl FnOnce(&SocketEvents)) {
    let events = EVENTS.with_borrow(Option::clone);
    event(&events.expect("the client has dialled"));
}
