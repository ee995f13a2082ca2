//! A call of every method of the handles of `convex-leptos`, and a read of every signal that is a
//! field. The testkit's `late_call_coverage.rs` fails if one is missing.

#![allow(clippy::unit_arg, reason = "an entry passes on the result of its call, of any type")]

use convex_leptos::{
    AuthFn, AuthPolicy, AuthProvider, BetterAuth, CallFuture, CallOptions, ConvexClient, ItemSource,
    Optimistic, PaginationOptions, Preloaded, QueryFuture, QueryOnce, Session, SuspendedResults, TokenError,
    TokenRequest, UseAction, UseConvexAuth, UseConvexConnection, UseMutation, UsePaginatedQuery, UseQueries,
    UseQuery, UseStoredUser, auth_fn,
};
use futures_util::{FutureExt, future::LocalBoxFuture};
use leptos::prelude::*;
use serde_json::{Value, json};
use std::{
    future::IntoFuture,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

/// The handles of one component. A call that consumes a handle takes it.
#[derive(Clone)]
pub struct Handles {
    client: ConvexClient,
    auth: UseConvexAuth,
    user: UseStoredUser,
    connection: UseConvexConnection,
    query: UseQuery<f64>,
    items: UseQuery<Vec<Value>>,
    queries: UseQueries<f64, u32>,
    list: UsePaginatedQuery<Value>,
    mutation: UseMutation<String>,
    optimistic: UseMutation<String, Value, Optimistic<Value>>,
    action: UseAction<String>,
    selected: Signal<Option<u32>>,
    better_auth: BetterAuth,
    auth_fn: TestAuthFn,
    futures: Arc<Mutex<Futures>>,
}

type TestAuthFn = AuthFn<fn() -> Session, fn(TokenRequest) -> Fetch>;
type Fetch = std::future::Ready<Result<Option<String>, TokenError>>;

#[derive(Default)]
struct Futures {
    call: Option<CallFuture<String>>,
    query: Option<QueryFuture<f64>>,
    once: Option<QueryOnce<f64>>,
}

pub type Call = (&'static str, fn(&Handles) -> LocalBoxFuture<'static, ()>);

impl Handles {
    pub fn new(client: ConvexClient) -> Self {
        let query = client.use_query::<_, f64, _>("items:count", ());
        let session: fn() -> Session = || Session::SignedOut;
        let fetch: fn(TokenRequest) -> Fetch = |_| std::future::ready(Ok(None));
        let action = client.use_action::<_, String>("echo:late");
        Self {
            auth: client.use_auth(),
            user: client.use_stored_user("users:store", ()),
            connection: client.use_connection_state(),
            items: client.use_query("items:list", ()),
            queries: client.use_queries(|| [(1, "items:count", ())]),
            list: client.use_paginated_query("items:page", (), PAGE),
            mutation: client.use_mutation("items:put"),
            optimistic: client
                .use_mutation("items:put")
                .with_optimistic_update(|store, _: &Value| store.set("items:count", (), &1.0)),
            selected: query.select(|count| *count as u32),
            // Nothing listens at this address.
            better_auth: BetterAuth::new("http://127.0.0.1:9"),
            auth_fn: auth_fn(session, fetch),
            futures: Arc::new(Mutex::new(Futures {
                call: Some(action.call(echo_args())),
                query: Some(query.into_future()),
                once: Some(client.query("items:count", ())),
            })),
            query,
            action,
            client,
        }
    }

    fn take<T>(&self, of: impl FnOnce(&mut Futures) -> Option<T>) -> Option<T> {
        of(&mut self.futures.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// A call that ends when it returns.
fn done<T>(_: T) -> LocalBoxFuture<'static, ()> {
    std::future::ready(()).boxed_local()
}

/// A call that ends when its future resolves.
fn awaited(call: impl Future + 'static) -> LocalBoxFuture<'static, ()> {
    call.map(drop).boxed_local()
}

/// A result that a server preloaded, as it crosses a serialized border.
fn preloaded() -> Preloaded<f64> {
    let serialized =
        json!({ "function": "items:count", "args": "{}", "identity": "Anonymous", "value": "1" });
    serde_json::from_value(serialized).expect("a preloaded result")
}

#[rustfmt::skip]
pub const CALLS: &[Call] = &[
    ("ConvexClient::set_auth", |h| done(h.client.set_auth(h.auth_fn))),
    ("ConvexClient::clear_auth", |h| done(h.client.clear_auth())),
    ("ConvexClient::sign_out", |h| done(h.client.sign_out())),
    ("ConvexClient::reauthenticate", |h| done(h.client.reauthenticate())),
    ("ConvexClient::reconnect_now", |h| done(h.client.reconnect_now())),
    ("ConvexClient::claims", |h| done(h.client.claims())),
    ("ConvexClient::now", |h| done(h.client.now())),
    ("ConvexClient::close", |h| done(h.client.close())),
    ("ConvexClient::query", |h| done(h.client.query::<_, f64, _>("items:count", ()).now_or_never())),
    ("ConvexClient::query_with", |h| {
        done(h.client.query_with::<_, f64, _>("items:count", (), AuthPolicy::Immediate).now_or_never())
    }),
    ("ConvexClient::mutation", |h| done(h.client.mutation::<_, String>("items:put", put_args()).now_or_never())),
    ("ConvexClient::mutation_with", |h| {
        let call = h.client.mutation_with::<_, String>("items:put", put_args(), AuthPolicy::Immediate);
        done(call.now_or_never())
    }),
    ("ConvexClient::action", |h| done(h.client.action::<_, String>("echo:late", echo_args()).now_or_never())),
    ("ConvexClient::action_with", |h| {
        let call = h.client.action_with::<_, String>("echo:late", echo_args(), AuthPolicy::Immediate);
        done(call.now_or_never())
    }),
    ("ConvexClient::prewarm_query", |h| done(h.client.prewarm_query("items:count", ()))),
    ("ConvexClient::prewarm_query_with", |h| {
        done(h.client.prewarm_query_with("items:count", (), AuthPolicy::Immediate))
    }),
    ("ConvexClient::suspend", |h| done(h.client.suspend(SuspendedResults::Clear))),
    ("ConvexClient::cancel_queries", |h| done(h.client.cancel_queries(SuspendedResults::Clear, |_, _| true))),
    ("ConvexClient::use_auth", |h| done(untrack(|| h.client.use_auth().state()))),
    ("ConvexClient::use_stored_user", |h| {
        let user = h.client.use_stored_user("users:store", ());
        user.retry();
        done(untrack(|| (user.error(), user.auth().state())))
    }),
    ("ConvexClient::use_connection_state", |h| done(h.client.use_connection_state().state())),
    ("ConvexClient::use_query", |h| done(h.client.use_query::<_, f64, _>("items:count", ()).get())),
    ("ConvexClient::use_query_with", |h| {
        let query = h.client.use_query_with::<_, f64, _>("items:count", || [("n", 1)], AuthPolicy::Immediate);
        done(query.status())
    }),
    ("ConvexClient::use_authenticated_query", |h| {
        done(h.client.use_authenticated_query::<_, f64, _>("items:count", ()).error())
    }),
    ("ConvexClient::preload_query", |h| {
        done(h.client.preload_query::<_, f64, _>("items:count", ()).now_or_never())
    }),
    ("ConvexClient::use_preloaded_query", |h| done(h.client.use_preloaded_query(preloaded()).value())),
    ("ConvexClient::use_queries", |h| {
        let set: UseQueries<f64, u32> = h.client.use_queries(|| [(1, "items:count", ())]);
        done(set.query(&1).map(|query| query.value()))
    }),
    ("ConvexClient::use_queries_with", |h| {
        let set: UseQueries<f64, u32> = h.client.use_queries_with(|| [(1, "items:count", ())], AuthPolicy::Immediate);
        done(set.entries().len())
    }),
    ("ConvexClient::use_paginated_query", |h| {
        let list = h.client.use_paginated_query::<_, Value, _>("items:page", (), PAGE);
        list.load_more(1);
        done(list.results())
    }),
    ("ConvexClient::use_paginated_query_with", |h| {
        let list = h.client.use_paginated_query_with::<_, Value, _>("items:page", (), PAGE, AuthPolicy::Immediate);
        list.load_more(1);
        done((list.status(), list.error()))
    }),
    ("ConvexClient::use_mutation", |h| {
        let put = h.client.use_mutation::<_, String>("items:put");
        put.dispatch(put_args());
        done((put.pending(), put.error()))
    }),
    ("ConvexClient::use_mutation_with", |h| {
        let options = CallOptions::default().timeout(SECOND);
        done(h.client.use_mutation_with::<_, String>("items:put", options).call(put_args()))
    }),
    ("ConvexClient::use_action", |h| {
        let echo = h.client.use_action::<_, String>("echo:late");
        echo.dispatch(echo_args());
        done((echo.pending(), echo.error()))
    }),
    ("ConvexClient::use_action_with", |h| {
        done(h.client.use_action_with::<_, String>("echo:late", AuthPolicy::Immediate).call(echo_args()))
    }),
    ("Debug for ConvexClient", |h| done(format!("{:?}", h.client))),

    ("UseConvexAuth::when", |h| {
        let auth = h.auth.when(|| false);
        done((auth.state(), auth.is_loading(), auth.is_authorized()))
    }),
    ("UseConvexAuth::is_authorized", |h| done(h.auth.is_authorized())),
    ("UseConvexAuth::is_loading", |h| done(h.auth.is_loading())),
    ("UseConvexAuth::is_authenticated", |h| done(h.auth.is_authenticated())),
    ("UseConvexAuth::is_refreshing", |h| done(h.auth.is_refreshing())),
    ("UseConvexAuth::state", |h| done(h.auth.state())),
    ("UseConvexAuth::token_problem", |h| done(h.auth.token_problem())),
    ("From for UseConvexAuth", |h| done(UseConvexAuth::from(h.user))),
    ("UseStoredUser::retry", |h| done(h.user.retry())),
    ("UseStoredUser::auth", |h| done(h.user.auth().state())),
    ("UseStoredUser::error", |h| done(h.user.error())),
    ("UseConvexConnection::state", |h| done(h.connection.state())),
    ("UseConvexConnection::since", |h| done(h.connection.since())),
    ("UseConvexConnection::in_flight", |h| done(h.connection.in_flight())),
    ("UseConvexConnection::raw_state", |h| done(h.connection.raw_state())),

    ("UseQuery::get", |h| done(h.query.get())),
    ("UseQuery::value", |h| done(h.query.value())),
    ("UseQuery::with", |h| done(h.query.with(|count| count.is_some()))),
    ("UseQuery::map", |h| done(h.query.map(|count| count.is_ok()))),
    ("UseQuery::and_then", |h| done(h.query.and_then(|count| *count))),
    ("UseQuery::error", |h| done(h.query.error())),
    ("UseQuery::select", |h| {
        let half = h.query.select(|count| *count / 2.0);
        done((h.selected.try_get_untracked(), half.try_get_untracked()))
    }),
    ("UseQuery::status", |h| done(h.query.status())),
    ("UseQuery::pending", |h| done(h.query.pending())),
    ("IntoFuture for UseQuery", |h| done(h.query.into_future().now_or_never())),
    ("ItemSource for UseQuery", |h| done(h.items.for_each_item(&mut |_| ()))),
    ("Debug for UseQuery", |h| done(format!("{:?}", h.query))),
    ("Future for QueryFuture", |h| done(h.take(|futures| futures.query.take()).map(FutureExt::now_or_never))),
    ("Debug for QueryFuture", |h| done(format!("{:?}", h.query.into_future()))),
    ("Future for QueryOnce", |h| done(h.take(|futures| futures.once.take()).map(FutureExt::now_or_never))),
    ("Drop for QueryOnce", |h| done(h.take(|futures| futures.once.take()))),
    ("Debug for QueryOnce", |h| done(format!("{:?}", h.take(|futures| futures.once.take())))),
    ("UseQueries::query", |h| done(h.queries.query(&1).map(|query| query.get()))),
    ("UseQueries::entries", |h| {
        done(h.queries.entries().into_iter().map(|(_, query)| query.status()).collect::<Vec<_>>())
    }),
    ("Debug for UseQueries", |h| done(format!("{:?}", h.queries))),
    ("UsePaginatedQuery::results", |h| done(h.list.results())),
    ("UsePaginatedQuery::status", |h| done(h.list.status())),
    ("UsePaginatedQuery::error", |h| done(h.list.error())),
    ("UsePaginatedQuery::pending", |h| done(h.list.pending())),
    ("UsePaginatedQuery::load_more", |h| done(h.list.load_more(1))),
    ("ItemSource for UsePaginatedQuery", |h| done(h.list.for_each_item(&mut |_| ()))),
    ("Debug for UsePaginatedQuery", |h| done(format!("{:?}", h.list))),

    ("UseMutation::with_optimistic_update", |h| {
        let optimistic = h.mutation.with_optimistic_update(|_, _: &Value| Ok(()));
        done(optimistic.call(put_args()).now_or_never())
    }),
    ("UseMutation::call", |h| {
        done((h.mutation.call(put_args()).now_or_never(), h.optimistic.call(put_args()).now_or_never()))
    }),
    ("UseMutation::dispatch", |h| done((h.mutation.dispatch(put_args()), h.optimistic.dispatch(put_args())))),
    ("UseMutation::pending", |h| done(h.mutation.pending())),
    ("UseMutation::value", |h| done(h.mutation.value())),
    ("UseMutation::error", |h| done(h.mutation.error())),
    ("UseMutation::clear", |h| done(h.mutation.clear())),
    ("Debug for UseMutation", |h| done(format!("{:?}", h.mutation))),
    ("Debug for Optimistic", |h| done(format!("{:?}", h.optimistic))),
    ("UseAction::call", |h| done(h.action.call(echo_args()).now_or_never())),
    ("UseAction::dispatch", |h| done(h.action.dispatch(echo_args()))),
    ("UseAction::pending", |h| done(h.action.pending())),
    ("UseAction::value", |h| done(h.action.value())),
    ("UseAction::error", |h| done(h.action.error())),
    ("UseAction::clear", |h| done(h.action.clear())),
    ("Debug for UseAction", |h| done(format!("{:?}", h.action))),
    ("CallFuture::cancel", |h| done(h.take(|futures| futures.call.take()).map(|call| call.cancel()))),
    ("Future for CallFuture", |h| done(h.take(|futures| futures.call.take()).map(FutureExt::now_or_never))),
    ("Debug for CallFuture", |h| done(format!("{:?}", h.take(|futures| futures.call.take())))),

    ("BetterAuth::user", |h| done(h.better_auth.user())),
    ("BetterAuth::sign_in_email", |h| awaited(h.better_auth.sign_in_email("ada@example.com", "correct horse"))),
    ("BetterAuth::sign_out", |h| awaited(h.better_auth.sign_out())),
    ("BetterAuth::refetch_session", |h| awaited(h.better_auth.refetch_session())),
    ("AuthProvider for BetterAuth", |h| {
        h.client.set_auth(h.better_auth);
        let auth = h.better_auth;
        drop(auth.session().get_untracked());
        awaited(async move { auth.fetch_token(TokenRequest { force: false }).await })
    }),
    ("AuthProvider for AuthFn", |h| {
        let auth = h.auth_fn;
        drop(auth.session().get_untracked());
        awaited(async move { auth.fetch_token(TokenRequest { force: true }).await })
    }),
    ("Debug for AuthFn", |h| done(format!("{:?}", h.auth_fn))),
];

const SECOND: Duration = Duration::from_secs(1);
const PAGE: PaginationOptions = PaginationOptions::new(1);

fn put_args() -> Value {
    json!({ "name": "a", "label": "one" })
}

fn echo_args() -> Value {
    json!({ "text": "hi", "ms": 3_600_000 })
}
