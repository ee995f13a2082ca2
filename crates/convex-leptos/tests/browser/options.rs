//! Every option with every hook that accepts it.
//!
//! | option | hook | test |
//! | --- | --- | --- |
//! | `default_auth`, and a policy of the call | every hook | here |
//! | `keep_previous_data` | `use_query_with` | `queries`, `new_args_clear_the_result_…` |
//! | | `use_queries_with` | `query_sets`, `an_entry_resubscribes_with_its_new_arguments` |
//! | | `use_paginated_query_with` | `pagination_args`, `old_rows_…` |
//! | `lasts` | `prewarm_query_with` | `client_queries`, `a_prewarmed_query_…` |
//! | `timeout` | `query_with`, `mutation_with`, `action_with`, `use_mutation_with`, `use_action_with` | here |
//! | `with_optimistic_update` | `use_mutation` | here |
//! | `query_cache_time` | queries of hooks, but not lists | `client_queries`, `a_cached_query_…`, and here |
//!
//! The types allow no other combination.

use crate::fixture::{Page, client, options, ran, sent};
use convex_leptos::{
    AuthPolicy, CallOptions, ConvexClient, ConvexError, NotSentReason, PaginationOptions, PrewarmOptions,
    QueryOptions,
};
use convex_testkit_web::{
    FakeDeployment,
    testkit::{Functions, Order, Value, object},
    turns, until,
};
use leptos::prelude::*;
use serde_json::{Value as Json, json};
use std::time::Duration;
use wasm_bindgen_test::wasm_bindgen_test;

const QUERIES: [&str; 6] =
    ["by:useQuery", "by:useQueries", "by:usePaginatedQuery", "by:prewarmQuery", "by:query", "by:other"];
const PAGES: PaginationOptions = PaginationOptions::new(2);

/// A deployment with a function for each hook.
fn deployment() -> FakeDeployment {
    let mut functions = Functions::new();
    for path in QUERIES {
        functions = functions.query(path, |ctx, args| match args.pagination() {
            Ok(options) => {
                let mut db = ctx.db();
                db.query("items").order(Order::Descending).paginate(&options).map(Value::from)
            }
            Err(_) => Ok(Value::Null),
        });
    }
    for path in ["by:mutation", "by:useMutation"] {
        functions = functions.mutation(path, |ctx, _| {
            ctx.db().insert("items", object! {});
            Ok(Value::Null)
        });
    }
    for path in ["by:action", "by:useAction"] {
        functions = functions.action(path, |_, _| Ok(Value::Null));
    }
    FakeDeployment::new(functions)
}

/// Calls a function by each hook, with or without a policy, and returns the paths.
fn by_every_hook(client: ConvexClient, auth: Option<AuthPolicy>) -> (Page, [&'static str; 9]) {
    let page = Page::show(move || {
        let with = auth.map_or_else(QueryOptions::default, QueryOptions::from);
        client.use_query_with::<_, Json, _>("by:useQuery", (), with);
        client.use_queries_with::<Json, _>(|| [(1, "by:useQueries", ())], with);
        client.use_paginated_query_with::<_, Json, _>("by:usePaginatedQuery", (), PAGES, with);
        let prewarm = auth.map_or_else(PrewarmOptions::default, PrewarmOptions::from);
        client.prewarm_query_with("by:prewarmQuery", (), prewarm.lasts(Duration::from_secs(60)));
        let call = auth.map_or_else(CallOptions::default, CallOptions::from);
        StoredValue::new_local(client.query_with::<_, Json, _>("by:query", (), call));
        drop(client.mutation_with::<_, Json>("by:mutation", (), call));
        drop(client.action_with::<_, Json>("by:action", (), call));
        client.use_mutation_with::<_, Json>("by:useMutation", call).dispatch(());
        client.use_action_with::<_, Json>("by:useAction", call).dispatch(());
    });
    let paths = [
        "by:useQuery",
        "by:useQueries",
        "by:usePaginatedQuery",
        "by:prewarmQuery",
        "by:query",
        "by:mutation",
        "by:action",
        "by:useMutation",
        "by:useAction",
    ];
    (page, paths)
}

#[wasm_bindgen_test]
async fn every_hook_follows_its_policy_or_the_clients() {
    use AuthPolicy::{Immediate, Required, Settled};
    for (default, named, runs) in [
        (Immediate, None, true),
        (Settled, Some(Immediate), true),
        (Required, Some(Immediate), true),
        (Immediate, Some(Settled), false),
        (Immediate, Some(Required), false),
        (Settled, None, false),
        (Required, None, false),
    ] {
        let fake = deployment();
        let client = ConvexClient::with_options(FakeDeployment::URL, options(&fake).default_auth(default));
        let loading = crate::test_provider::TestProvider::new(&fake);
        let provider = Page::show(move || client.set_auth(loading));
        let (page, paths) = by_every_hook(client, named);
        let other = Page::show(move || {
            client.use_query_with::<_, Json, _>("by:other", (), Immediate);
        });
        until("the immediate query has run", || ran(&fake, "by:other") == 1).await;
        turns(5).await;
        for path in paths {
            assert_eq!(ran(&fake, path) >= 1, runs, "{path}, {default:?}, {named:?}");
        }
        drop((page, other, provider));
    }
}

#[wasm_bindgen_test]
async fn every_call_with_a_timeout_times_out() {
    let fake = deployment();
    fake.hang_dials();
    let (client, short) = (client(&fake), Duration::from_millis(10));
    let timed_out = Err(ConvexError::NotSent(NotSentReason::TimedOut));
    let options = CallOptions::default().timeout(short);
    assert_eq!(client.query_with::<_, Json, _>("by:query", (), options).await, timed_out);
    assert_eq!(client.mutation_with::<_, Json>("by:mutation", (), options).await, timed_out);
    assert_eq!(client.action_with::<_, Json>("by:action", (), options).await, timed_out);
    let mutation = client.use_mutation_with::<_, Json>("by:useMutation", options);
    assert_eq!(mutation.call(()).await, timed_out);
    let optimistic = mutation.with_optimistic_update(|_, (): &()| Ok(()));
    assert_eq!(optimistic.call(()).await, timed_out, "with an optimistic update");
    let action = client.use_action_with::<_, Json>("by:useAction", options);
    assert_eq!(action.call(()).await, timed_out);
}

#[wasm_bindgen_test]
async fn a_timeout_alone_keeps_the_default_policy() {
    let fake = deployment();
    let required = options(&fake).default_auth(AuthPolicy::Required);
    let client = ConvexClient::with_options(FakeDeployment::URL, required);
    let calls = CallOptions::default().timeout(Duration::from_secs(60));
    let refused = Err(ConvexError::NotSent(NotSentReason::Unauthenticated));
    assert_eq!(client.query_with::<_, Json, _>("by:query", (), calls).await, refused);
    assert_eq!(client.use_mutation_with::<_, Json>("by:useMutation", calls).call(()).await, refused);
}

#[wasm_bindgen_test]
async fn the_cache_time_applies_to_queries_but_not_to_lists() {
    let fake = deployment();
    let cached = options(&fake).query_cache_time(Duration::from_secs(60)).config(Default::default());
    let client = ConvexClient::with_options(FakeDeployment::URL, cached);
    let page = Page::show(move || {
        client.use_query::<_, Json, _>("by:useQuery", json!({}));
        client.use_queries::<Json, _>(|| [(1, "by:useQueries", ())]);
        client.use_paginated_query::<_, Json, _>("by:usePaginatedQuery", (), PAGES);
    });
    until("all have run", || ran(&fake, "by:usePaginatedQuery") == 1).await;
    drop(page);
    until("the list is unsubscribed", || sent(&fake, r#""type":"Remove""#) == 1).await;
    turns(5).await;
    assert_eq!(sent(&fake, r#""type":"Remove""#), 1);
}
